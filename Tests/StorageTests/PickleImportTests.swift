import ExemplarPartitioning
import Foundation
import GRDB
import Storage
import Synchronization
import TensorFiles
import TestSupport
import Testing

@Suite struct PickleImportTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The directions, and what the database says of itself, the hashes of all its tables included.
  private func content(_ name: String) throws -> (directions: Data, provenance: [String: String]) {
    let database = try DatabaseQueue(path: folder.file("\(name)/dictionary.sqlite").path)
    let rows = try database.read { try Row.fetchAll($0, sql: "SELECT key, value FROM provenance") }
    return (
      try Data(contentsOf: folder.file("\(name)/directions.safetensors")),
      Dictionary(uniqueKeysWithValues: rows.map { ($0[0], $0[1]) })
    )
  }

  @Test(arguments: ["p10/dictionary", "p10/dictionary-legacy", "p10-merge-min2/dictionary"])
  func `region by region the same is written as at once`(_ name: String) throws {
    let url = Fixtures.url("ep/\(name).pkl")
    let source = try PickleImport(url)
    try source.write(to: folder.file("streamed.epdict"))
    var provenance = source.provenance
    // The pickle itself says it.
    provenance.mergeClose = name.contains("merge")
    provenance.sourceHash = try source.hash
    try DictionaryWriter.write(
      ReferencePickle.read(url), provenance: provenance, to: folder.file("whole.epdict"))
    let (streamed, whole) = (try content("streamed.epdict"), try content("whole.epdict"))
    #expect(streamed.directions == whole.directions)
    #expect(streamed.provenance.count > 20)
    #expect(streamed.provenance == whole.provenance)
    try DictionaryFile(folder.file("streamed.epdict")).verify()
  }

  private static func pickle(
    _ change: [(String, PickleText)] = [], centre: [Float] = [1, 2], isShared: Bool = false
  ) -> PickleText {
    let module = "ep.discovery.dictionary"
    let partition: [(String, PickleText)] = [
      ("member_count", .int(3)), ("exemplar_direction", .floats([1, 0])),
      ("mean_member_direction", .floats([0, 1])), ("member_coherence", .float(0.5)),
      ("sum_dist_to_exemplar", .float(1)), ("sum_sq_dist_to_exemplar", .float(2)),
      ("source_iterations", .list([.int(4), .int(2)])),
      ("constituent_sample_indices", .list([.int(1), .int(5)])),
      ("sample_prompts", .list([])), ("boundary_prompts", .list([])),
      ("sample_members", .list([.floats([0.6, 0.8])])), ("label", .none),
    ]
    let changed =
      partition.filter { old in !change.contains { $0.0 == old.0 } } + change
    let region = PickleText.object(module, "Partition", changed)
    // Stored as number 99, and named a second time.
    let stored = PickleText.raw(region.file.dropFirst(2).dropLast() + Data("qc".utf8))
    return .object(
      module, "Dictionary",
      [
        ("partitions", .list(isShared ? [stored, .raw(Data("hc".utf8))] : [region])),
        // Behind the regions, where the reference does not put them.
        ("center", .floats(centre)), ("threshold", .float(0.5)),
      ])
  }

  @Test func `attributes may stand behind the regions`() throws {
    let file = folder.file("d.pkl")
    try Self.pickle().file.write(to: file)
    try PickleImport(file).write(to: folder.file("d.epdict"))
    #expect(try DictionaryFile(folder.file("d.epdict")).load() == ReferencePickle.read(file))
  }

  @Test(arguments: [
    ("exemplar_direction", PickleText.floats([1, .nan])), ("member_coherence", .float(.nan)),
    ("member_count", .int(-1)), ("mean_member_direction", .floats([1])),
    ("sample_members", .list([.int(1)])),
  ])
  func `what no dictionary may hold leaves nothing behind`(
    _ attribute: String, _ value: PickleText
  ) throws {
    let file = folder.file("d.pkl")
    try Self.pickle([(attribute, value)]).file.write(to: file)
    let error = storageError { try PickleImport(file).write(to: folder.file("d.epdict")) }
    #expect(error?.code == .invalid)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["d.pkl"])
  }

  @Test func `one array named a thousand times does not fill the disk`() throws {
    // A list of one member that is stored, and then a hundred thousand times the two bytes that name it.
    let row = PickleText.floats([Float](repeating: 1 / Float(1000).squareRoot(), count: 1000)).file
    let stored = Data("](".utf8) + row.dropFirst(2).dropLast() + Data("q\u{63}".utf8)
    let list = stored + Data(String(repeating: "hc", count: 100_000).utf8) + Data("e".utf8)
    let direction = [Float](repeating: 1 / Float(1000).squareRoot(), count: 1000)
    let whole = Self.pickle(
      [
        ("sample_members", .raw(list)), ("exemplar_direction", .floats(direction)),
        ("mean_member_direction", .floats(direction)),
      ], centre: direction)
    let file = folder.file("d.pkl")
    try whole.file.write(to: file)
    let error = storageError { try PickleImport(file).write(to: folder.file("d.epdict")) }
    #expect(error?.code == .invalid, "\(error as Any)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["d.pkl"])
    #expect(storageError { _ = try ReferencePickle.read(file) }?.code == .invalid)
  }

  @Test func `an interrupt ends an import of shared parts wherever it comes, and leaves nothing`()
    async throws
  {
    let file = folder.file("d.pkl")
    try Self.pickle(isShared: true).file.write(to: file)
    await #expect(processExitsWith: .success) {
      [path = folder.url.path(percentEncoded: false) as String] in
      struct Interrupt: Error {}
      /// How often it was asked since it began, and at which time the interrupt comes.
      final class Times: Sendable {
        let asked = Mutex(0)
        let last = Mutex(0)
      }
      let times = Times()
      LongWork.askBetweenSteps {
        let count = times.asked.withLock { count in
          count += 1
          return count
        }
        if count == times.last.withLock(\.self) { throw Interrupt() }
      }
      let folder = URL(filePath: path)
      for place in 1...100 {
        times.asked.withLock { $0 = 0 }
        times.last.withLock { $0 = place }
        do {
          try PickleImport(folder.appending(path: "d.pkl"))
            .write(to: folder.appending(path: "d.epdict"))
          // It was asked while it read, and while it wrote two regions.
          exit(place > 5 ? 0 : 3)
        } catch is Interrupt {
          let names = try FileManager.default.contentsOfDirectory(atPath: path)
          if names != ["d.pkl"] { exit(2) }
        }
      }
    }
    #expect(try DictionaryFile(folder.file("d.epdict")).regionCount == 2)
  }

  @Test func `a disk without room is told before anything is written`() throws {
    #expect(throws: StorageError.self) {
      try DiskSpace.check(for: .max, at: folder.file("none/yet"), file: "d.epdict")
    }
    try DiskSpace.check(for: 1, at: folder.url, file: "d.epdict")
    #expect(DiskSpace.words(65_123_456) == "65.1 MB")
    #expect(DiskSpace.words(999) == "999 B")
  }
}
