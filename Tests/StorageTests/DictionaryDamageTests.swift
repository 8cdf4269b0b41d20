import ExemplarPartitioning
import Foundation
import GRDB
import Storage
import TensorFiles
import TestSupport
import Testing

@Suite struct DictionaryDamageTests {
  let folder: TemporaryFolder
  let url: URL
  var database: URL { url.appending(path: "dictionary.sqlite") }
  var tensors: URL { url.appending(path: "directions.safetensors") }

  init() throws {
    folder = try TemporaryFolder()
    url = folder.file("a.epdict")
    try SampleDictionary.write(to: url)
  }

  /// The message of the error that opening throws, all of it reached through `DictionaryFile`.
  private func refusal() -> String? {
    do {
      _ = try DictionaryFile(url).load()
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: ["dictionary.sqlite", "directions.safetensors"])
  func `a missing file is named`(_ name: String) throws {
    try FileManager.default.removeItem(at: url.appending(path: name))
    #expect(refusal() == "a.epdict: not a dictionary: \(name) is not there")
  }

  @Test func `a folder that is not there is said so`() {
    let error = storageError { _ = try DictionaryLocation.open(folder.file("none.epdict")) }
    #expect(error?.description == "none.epdict: no such file or folder")
  }

  @Test func `something else than a dictionary is refused`() throws {
    let file = folder.file("notes.txt")
    try Data("hello".utf8).write(to: file)
    #expect(storageError { _ = try DictionaryLocation.open(file) }?.code == .wrongKind)
  }

  @Test func `a database cut short is refused with both sizes`() throws {
    let size = try Data(contentsOf: database).count
    for kept in [0, 50, 100, size / 2, size - 1] {
      let bytes = try Data(contentsOf: database).prefix(kept)
      let copy = folder.file("cut-\(kept).epdict")
      try FileManager.default.copyItem(at: url, to: copy)
      try bytes.write(to: copy.appending(path: "dictionary.sqlite"))
      let error = storageError { _ = try DictionaryFile(copy) }
      #expect(error?.code == .damaged, "\(kept) bytes")
      if kept >= 100 { #expect(error?.message == "expected \(size) bytes, found \(kept)") }
    }
  }

  @Test func `a database overwritten anywhere gives an error or a dictionary, never a crash`()
    throws
  {
    let original = try Data(contentsOf: database)
    var generator = SeededGenerator(seed: 3)
    for round in 0..<60 {
      var bytes = original
      for _ in 0..<8 {
        bytes[Int.random(in: 100..<bytes.count, using: &generator)] = UInt8.random(
          in: .min ... .max, using: &generator)
      }
      try bytes.write(to: database)
      guard let file = try? DictionaryFile(url) else { continue }
      _ = try? file.load()
      _ = try? file.table()
      if file.regionCount > 0 { _ = try? file.detail(of: round % file.regionCount) }
      _ = try? file.search(SearchQuery("river OR b*"), limit: 5)
    }
  }

  @Test func `directions cut short are refused`() throws {
    let bytes = try Data(contentsOf: tensors)
    try bytes.prefix(bytes.count - 4).write(to: tensors)
    #expect(throws: TensorFileError.self) { try DictionaryFile(url) }
  }

  @Test func `directions of other shapes are refused`() throws {
    try replaceTensors {
      $0["exemplars"] = SafetensorsTensor([Float](repeating: 1, count: 6), shape: [2, 3])
    }
    #expect(
      refusal() == "a.epdict/directions.safetensors: exemplars: expected shape [3, 3] "
        + "as in dictionary.sqlite, found [2, 3]")
  }

  @Test func `directions of another dictionary are refused`() throws {
    try replaceTensors(identity: "0123456789abcdef") { _ in }
    #expect(refusal()?.contains("belongs to another dictionary") == true)
  }

  @Test func `directions that were changed do not pass verification`() throws {
    try replaceTensors {
      $0["center"] = SafetensorsTensor([Float](repeating: 9, count: 3), shape: [3])
    }
    let error = storageError { try DictionaryFile(url).verifyIdentity() }
    #expect(error?.code == .damaged)
  }

  @Test func `NaN in the directions is found with its place`() throws {
    try replaceTensors(hashes: false) {
      $0["means"] = SafetensorsTensor([0, 0, 0, 0, 0, .nan, 0, 0, 0], shape: [3, 3])
    }
    #expect(
      refusal() == "a.epdict/directions.safetensors: means: row 1, component 2 is nan")
  }

  @Test func `directions that are no unit vectors are found with their place`() throws {
    try replaceTensors(hashes: false) {
      $0["exemplars"] = SafetensorsTensor([Float]([1, 0, 0, 0, 1, 0, 0, 0, 3]), shape: [3, 3])
    }
    #expect(
      refusal()
        == "a.epdict/directions.safetensors: exemplars: expected row 2 of length 1, found 3.0")
  }

  @Test(arguments: [
    (
      "UPDATE provenance SET value = '-1.0' WHERE key = 'threshold'", "threshold: expected a cosine"
    ),
    ("UPDATE provenance SET value = 'nan' WHERE key = 'threshold'", "threshold: expected a cosine"),
    ("UPDATE provenance SET value = '2.5' WHERE key = 'threshold'", "threshold: expected a cosine"),
    (
      "UPDATE provenance SET value = 'inf' WHERE key = 'centreNorm'",
      "centreNorm: expected a length"
    ),
    ("UPDATE region SET members = -3 WHERE id = 1", "region 1: expected members of 0 or more"),
    ("UPDATE region SET coherence = 9e999 WHERE id = 1", "region 1: expected finite statistics"),
    ("UPDATE region SET members = 'many' WHERE id = 1", "region 1: expected members of 0 or more"),
    ("UPDATE region SET members = 2.5 WHERE id = 1", "region 1: expected members of 0 or more"),
    (
      "UPDATE region SET coherence = x'3f' WHERE id = 1", "region 1: expected finite statistics"
    ),
  ])
  func `numbers that no build writes are refused`(sql: String, refused: String) throws {
    try change(sql)
    #expect(refusal()?.contains(refused) == true, "\(refusal() ?? "none")")
  }

  @Test(arguments: [Int.max, 1 << 40, 5])
  func `a document's number says nothing of how much memory a search takes`(id: Int) throws {
    try change("UPDATE document SET id = \(id) WHERE id = (SELECT max(id) FROM document)")
    let error = storageError {
      _ = try DictionaryFile(url).search(SearchQuery("river OR b*"), limit: 5)
    }
    #expect(error?.code == .damaged)
  }

  @Test func `member counts whose sum is beyond any stream are refused`() throws {
    try change("UPDATE region SET members = 9223372036854775807")
    let error = storageError { _ = try DictionaryFile(url).table() }
    #expect(error?.code == .damaged)
    #expect(storageError { _ = try DictionaryFile(url).load() }?.code == .damaged)
  }

  @Test(arguments: [
    "activations = 9223372036854775807", "regions = -1", "documents = -9223372036854775808",
    "newRegionRate = 9e999",
  ])
  func `a growth that no stream has is refused`(_ change: String) throws {
    try self.change("UPDATE growth SET \(change)")
    #expect(storageError { _ = try DictionaryFile(url).growth() }?.code == .damaged)
  }

  @Test(arguments: ["1e308", "-1e308", "9e999"])
  func `a context's distance that is none by any measure is refused`(_ distance: String) throws {
    try change("UPDATE context SET distance = \(distance) WHERE region = 0 AND kind = 0")
    let file = try DictionaryFile(url)
    #expect(storageError { _ = try file.detail(of: 0) }?.code == .damaged)
    #expect(storageError { _ = try file.closestContexts(of: [0]) }?.code == .damaged)
    #expect(storageError { _ = try file.load() }?.code == .damaged)
    #expect(try file.detail(of: 1).closest.count == 1)
  }

  @Test(.timeLimit(.minutes(1)))
  func `a pipe in the place of the database is refused and not waited for`() throws {
    try FileManager.default.removeItem(at: database)
    #expect(mkfifo(database.path(), 0o600) == 0)
    #expect(refusal()?.contains("not an ordinary file") == true)
  }

  private func change(_ sql: String) throws {
    let queue = try DatabaseQueue(path: database.path())
    try queue.write { try $0.execute(sql: sql) }
    try queue.close()
  }

  @Test func `a dictionary of a later version is refused with both versions`() throws {
    try setVersion(7, of: database)
    #expect(
      refusal() == "a.epdict/dictionary.sqlite: is of version 7; this program reads up to 2")
  }

  @Test func `tables that are not literally ours are refused`() throws {
    // The same length, so that only the text of the schema changes.
    var bytes = try Data(contentsOf: database)
    let range = try #require(bytes.range(of: Data("newRegionRate REAL".utf8)))
    bytes.replaceSubrange(range, with: Data("newRegionRate TEXT".utf8))
    try bytes.write(to: database)
    #expect(
      refusal() == "a.epdict/dictionary.sqlite: table growth is not there as this version makes it")
  }

  @Test func `a notebook in the place of the database is refused`() throws {
    try FileManager.default.removeItem(at: database)
    try Notebook(database).setLabel("x", region: 1, identity: "abc")
    #expect(storageError { _ = try DictionaryFile(url) }?.code == .wrongKind)
  }

  @Test func `a read-only folder opens, and nothing is written beside it`() throws {
    let files = FileManager.default
    for (path, mode) in [(database, 0o444), (tensors, 0o444), (url, 0o555)] {
      try files.setAttributes([.posixPermissions: mode], ofItemAtPath: path.path())
    }
    defer { try? files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: url.path()) }
    let file = try DictionaryFile(url)
    #expect(try file.load() == SampleDictionary.dictionary)
    #expect(try file.search(SearchQuery("river"), limit: 5).count == 1)
    #expect(
      try files.contentsOfDirectory(atPath: url.path()).sorted() == [
        "dictionary.sqlite", "directions.safetensors",
      ])
  }

  /// Writes the tensors again as `change` leaves them.
  private func replaceTensors(
    identity: String? = nil, hashes: Bool = true,
    _ change: (inout [String: SafetensorsTensor]) -> Void
  ) throws {
    if !hashes { try self.change("DELETE FROM provenance WHERE key LIKE 'hash%'") }
    let dictionary = SampleDictionary.dictionary
    var parts = [
      "center": SafetensorsTensor(dictionary.centre, shape: [3]),
      "exemplars": SafetensorsTensor(dictionary.exemplars.values, shape: [3, 3]),
      "means": SafetensorsTensor((0..<3).flatMap(dictionary.mean), shape: [3, 3]),
      "reservoir": SafetensorsTensor(dictionary.reservoir.directions, shape: [2, 3]),
      "reservoir_region": SafetensorsTensor([Int64](arrayLiteral: 0, 2), shape: [2]),
    ]
    change(&parts)
    try SafetensorsWriter.write(
      parts.map { ($0.key, $0.value) },
      metadata: ["identity": identity ?? dictionary.identity].merging(
        hashes ? ["hashes": "sha256"] : [:]
      ) { first, _ in first }, to: tensors)
  }
}
