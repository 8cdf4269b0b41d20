import ExemplarPartitioning
import Experiments
import Foundation
import TensorFiles
import TestSupport
import Testing

@Suite("Reading activations")
struct ActivationSourceTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func batches(_ source: ActivationSource) throws -> [ActivationBatch] {
    var batches: [ActivationBatch] = []
    try source.forEachBatch {
      batches.append($0)
      return true
    }
    return batches
  }

  private func writeShard(_ name: String, _ rows: [Float], width: Int) throws {
    try NPZWriter.write(
      [("x", NumPyOutput(rows, shape: [rows.count / width, width]))], to: folder.file(name))
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  @Test("a file of rows is the same stream in npy, npz and safetensors, cut where asked")
  func rowFiles() throws {
    let values = (0..<35).map(Float.init)
    try NumPyWriter.write(NumPyOutput(values, shape: [7, 5]), to: folder.file("a.npy"))
    try NPZWriter.write(
      [("other", NumPyOutput([1.0], shape: [1])), ("x", NumPyOutput(values, shape: [7, 5]))],
      to: folder.file("a.npz"))
    try SafetensorsWriter.write(
      [("hidden", SafetensorsTensor(values, shape: [7, 5]))], to: folder.file("a.safetensors"))
    for name in ["a.npy", "a.npz", "a.safetensors"] {
      let read = try batches(try ActivationSource(folder.file(name), batchSize: 3))
      #expect(read.map(\.count) == [3, 3, 1])
      #expect(read.flatMap(\.rows) == values)
    }
  }

  @Test(
    "the one matrix of floats is found among arrays that are none, or of types that are not read",
    arguments: ["beside.npz", "beside-packed.npz"])
  func beside(_ name: String) throws {
    let read = try batches(try ActivationSource(Fixtures.url("cases/05-f8-beside/\(name)")))
    #expect(read.flatMap(\.rows) == (0..<12).map { Float($0) / 4 })
  }

  @Test("matrices between which a file leaves the choice are named with their shapes")
  func doubtful() throws {
    try NPZWriter.write(
      [
        ("a", NumPyOutput([Float](repeating: 1, count: 6), shape: [3, 2])),
        ("b", NumPyOutput([Float](repeating: 1, count: 2), shape: [2, 1])),
        ("c", NumPyOutput([Float](repeating: 1, count: 2), shape: [2])),
      ], to: folder.file("two.npz"))
    #expect(
      message { _ = try ActivationSource(folder.file("two.npz")) }
        == "two.npz: expected one matrix, or one named x or activations, found a [3, 2], b [2, 1]")
    try NPZWriter.write(
      [
        ("x", NumPyOutput([Float](repeating: 1, count: 6), shape: [3, 2])),
        ("activations", NumPyOutput([Float](repeating: 2, count: 6), shape: [3, 2])),
      ], to: folder.file("both.npz"))
    #expect(
      message { _ = try ActivationSource(folder.file("both.npz")) }.contains(
        "found x [3, 2], activations [3, 2]"))
  }

  @Test("a link to a folder of shards is that folder")
  func linkedShards() throws {
    let link = folder.file("link")
    try FileManager.default.createSymbolicLink(
      at: link, withDestinationURL: Fixtures.url("ep/p10/activations"))
    let linked = try batches(try ActivationSource(link))
    #expect(!linked.isEmpty)
    #expect(
      linked.map(\.rows)
        == (try batches(ActivationSource(Fixtures.url("ep/p10/activations")))).map(
          \.rows))
  }

  @Test("a size of batches is for a file of rows, and a dictionary is no activations")
  func notRows() throws {
    #expect(
      message { _ = try ActivationSource(Fixtures.url("ep/p10/activations"), batchSize: 3) }
        .contains("single file of rows"))
    try Data().write(to: folder.file("dictionary.sqlite"))
    #expect(message { _ = try ActivationSource(folder.url) }.contains("found a dictionary"))
  }

  @Test("an empty name of a set is refused where somebody wrote it")
  func emptySets() throws {
    for list in ["", ",", "harmful,", "harmful,,benign"] {
      #expect(
        message { _ = try StoreSelection.writtenSets(list, of: "x.epstore") }.contains("x.epstore"))
    }
    #expect(try StoreSelection.writtenSets("harmful,benign", of: "x") == ["harmful", "benign"])
    #expect(try StoreSelection.writtenSets(nil, of: "x") == nil)
  }

  @Test("what is missing, empty or of another kind is named")
  func missing() throws {
    #expect(
      message { _ = try ActivationSource(folder.file("nowhere")) }.contains("no such file"))
    #expect(message { _ = try ActivationSource(folder.url) }.contains("shard_*.npz"))
    try Data("text".utf8).write(to: folder.file("a.txt"))
    #expect(
      message { _ = try ActivationSource(folder.file("a.txt")) }
        == "a.txt: expected .npy, .npz, .safetensors or a folder of shards")
    try NumPyWriter.write(NumPyOutput([Float](), shape: [0]), to: folder.file("flat.npy"))
    #expect(
      message { _ = try ActivationSource(folder.file("flat.npy")) }
        == "flat.npy: expected shape [n, D], found [0]")
  }

  @Test(
    "NaN and infinity are told with their shard and row",
    arguments: [Float.nan, .infinity, -.infinity])
  func notFinite(value: Float) throws {
    var rows = [Float](repeating: 1, count: 40 * 3)
    try writeShard("shard_000000.npz", rows, width: 3)
    rows[37 * 3 + 2] = value
    try writeShard("shard_000001.npz", rows, width: 3)
    let source = try ActivationSource(folder.url)
    #expect(
      message { _ = try batches(source) }
        == "shard_000001.npz: row 37: expected finite activations, found NaN or infinity")
  }

  @Test("shards that disagree in width are told with both")
  func widths() throws {
    try writeShard("shard_000000.npz", [1, 2, 3, 4], width: 2)
    try writeShard("shard_000001.npz", [1, 2, 3], width: 3)
    let source = try ActivationSource(folder.url)
    #expect(
      message { _ = try batches(source) }
        == "shard_000001.npz: expected activations of 2 components as in the first shard, found 3")
  }

  @Test("a shard cut short at any length is an error, never a shorter shard")
  func truncated() throws {
    let whole = try Data(
      contentsOf: Fixtures.url("ep/p10-merge-min2/activations/shard_000000.npz"))
    let file = folder.file("shard_000000.npz")
    for length in stride(from: 0, to: whole.count, by: whole.count / 23) {
      try whole.prefix(length).write(to: file)
      #expect(throws: (any Error).self) { try batches(try ActivationSource(folder.url)) }
    }
  }

  @Test("prompt ids that point past the prompts are told")
  func strayPrompt() throws {
    let archive = Fixtures.url("ep/p10/activations/shard_000000.npz")
    let shard = try NPZArchive(archive)
    let prompts = try shard.array("prompts").strings()
    #expect(prompts.count == 16)
    try NPZWriter.write(
      [
        ("x", NumPyOutput([Float](repeating: 1, count: 4), shape: [2, 2])),
        ("prompt_ids", NumPyOutput([Int64(0), 1], shape: [2])),
        ("position_ids", NumPyOutput([Int64(1)], shape: [1])),
      ], to: folder.file("shard_000000.npz"))
    let source = try ActivationSource(folder.url)
    #expect(
      message { _ = try batches(source) }
        == "shard_000000.npz: position_ids: expected 2 values, one a row, found 1")
  }

  @Test("final positions need to know which rows are final")
  func finalPositionsNeedPositions() throws {
    try writeShard("shard_000000.npz", [1, 2, 3, 4], width: 2)
    let source = try ActivationSource(folder.url, positions: .last)
    #expect(message { _ = try batches(source) }.contains("prompt_ids and position_ids"))
  }

  @Test("token offsets that run backwards or past the text are refused with their line")
  func tokenOffsets() throws {
    try writeShard("shard_000000.npz", [1, 2], width: 2)
    try Data("{\"text\":\"ab\",\"ends\":[1,2]}\n{\"text\":\"ab\",\"ends\":[2,1]}\n".utf8)
      .write(to: folder.file("tokens.jsonl"))
    #expect(
      message { _ = try ActivationSource(folder.url) }.hasPrefix("tokens.jsonl: line 2:"))
  }
}
