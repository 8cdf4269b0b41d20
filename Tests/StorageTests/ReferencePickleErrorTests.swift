import ExemplarPartitioning
import Foundation
import Storage
import TensorFiles
import TestSupport
import Testing

@Suite struct ReferencePickleErrorTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let partition: [(String, PickleText)] = [
    ("member_count", .int(3)), ("exemplar_direction", .floats([1, 0])),
    ("mean_member_direction", .floats([0, 1])), ("member_coherence", .float(0.5)),
    ("sum_dist_to_exemplar", .float(1)), ("sum_sq_dist_to_exemplar", .float(2)),
    ("source_iterations", .list([.int(4), .int(2)])),
    ("constituent_sample_indices", .list([.int(1), .int(5)])),
    ("sample_prompts", .list([])), ("boundary_prompts", .list([])),
    ("sample_members", .list([.floats([0.6, 0.8])])), ("label", .none),
  ]

  /// Reads a dictionary of two partitions, the second with `changes` (or without what is `nil`).
  private func read(
    partition changes: [(String, PickleText?)] = [],
    dictionary other: [(String, PickleText?)] = []
  ) throws -> ExemplarDictionary {
    func changed(
      _ attributes: [(String, PickleText)], _ changes: [(String, PickleText?)]
    ) -> [(String, PickleText)] {
      attributes.filter { attribute in !changes.contains { $0.0 == attribute.0 } }
        + changes.compactMap { change in change.1.map { (change.0, $0) } }
    }
    let module = "ep.discovery.dictionary"
    let partitions = [Self.partition, changed(Self.partition, changes)].map {
      PickleText.object(module, "Partition", $0)
    }
    let pickle = PickleText.object(
      module, "Dictionary",
      changed(
        [
          ("center", .floats([1, 2])), ("threshold", .float(0.5)),
          ("partitions", .list(partitions)),
        ], other))
    let file = folder.file("d.pkl")
    try pickle.file.write(to: file)
    return try ReferencePickle.read(file)
  }

  @Test func `a small pickle is read whole`() throws {
    let dictionary = try read(partition: [("label", .text("x"))])
    #expect(dictionary.exemplars.values == [1, 0, 1, 0])
    #expect(dictionary.regions[0].batches == [2, 4])
    #expect(dictionary.regions.map(\.label) == [nil, "x"])
    #expect(dictionary.reservoir == Reservoir(directions: [0.6, 0.8, 0.6, 0.8], regions: [0, 1]))
  }

  @Test func `equal distances stay in the order of the heap`() throws {
    func entry(_ distance: Double, _ text: String) -> PickleText {
      .tuple([.float(distance), .text(text), .int(1)])
    }
    let dictionary = try read(partition: [
      ("sample_prompts", .list([entry(-0.5, "a"), entry(-0.25, "b"), entry(-0.5, "c")])),
      ("boundary_prompts", .list([entry(0.5, "d"), entry(0.75, "e"), entry(0.5, "a")])),
    ])
    func texts(_ contexts: [Context]) -> [String] {
      contexts.map { $0.document.map { dictionary.documents[$0] } ?? "none" }
    }
    #expect(texts(dictionary.regions[1].closest) == ["b", "a", "c"])
    #expect(texts(dictionary.regions[1].farthest) == ["e", "d", "a"])
    #expect(dictionary.documents.count == 5)
  }

  @Test func `texts that differ in bytes alone stay apart`() throws {
    let texts = ["caf\u{e9}", "cafe\u{301}"]
    let dictionary = try read(partition: [
      ("sample_prompts", .list(texts.map { .tuple([.float(-0.5), .text($0), .int(1)]) }))
    ])
    #expect(dictionary.documents.map { Array($0.utf8) } == texts.map { Array($0.utf8) })
  }

  @Test(
    arguments: [
      ("member_count", nil, "an integer, found nothing"),
      ("member_count", .text("3"), "an integer, found text"),
      ("member_coherence", PickleText.none, "a number, found None"),
      ("exemplar_direction", nil, "an array, found nothing"),
      ("exemplar_direction", .floats([1, 2, 3]), "2 numbers, found shape [3]"),
      ("exemplar_direction", .floats([1, 2], shape: [1, 2]), "2 numbers, found shape [1, 2]"),
      ("mean_member_direction", .floats([1, .nan]), "finite numbers, found nan at 1"),
      ("sample_members", .list([.int(1)]), "arrays, found an integer"),
      (
        "sample_prompts", .list([.tuple([.float(1)])]),
        "(distance, prompt, position), found a tuple"
      ),
      (
        "boundary_prompts", .list([.tuple([.float(.nan), .text("x"), .int(0)])]),
        "a cosine distance of 0 to 2, found nan"
      ),
      ("source_iterations", .list([.text("x")]), "integers, found text"),
      ("member_count", .int(0), "1 to 9007199254740992, found 0"),
      ("exemplar_direction", .floats([3, 4]), "a direction of length 1, found length 5.0"),
      ("exemplar_direction", .floats([0, 0]), "a direction of length 1, found length 0.0"),
      ("mean_member_direction", .floats([0.5, 0]), "a direction of length 1, found length 0.5"),
      ("sample_members", .list([.floats([2, 0])]), "a direction of length 1, found length 2.0"),
      ("member_coherence", .float(1.5), "a length of 0 to 1, found 1.5"),
      ("member_coherence", .float(-0.5), "a length of 0 to 1, found -0.5"),
      ("sum_dist_to_exemplar", .float(-0.5), "a sum of 3 cosine distances, found -0.5"),
      ("sum_dist_to_exemplar", .float(7), "a sum of 3 cosine distances, found 7.0"),
      (
        "sum_sq_dist_to_exemplar", .float(-0.5),
        "a sum of 3 squares of cosine distances, found -0.5"
      ),
      (
        "sample_prompts", .list([.tuple([.float(0.5), .text("x"), .int(0)])]),
        "a cosine distance of 0 to 2, found -0.5"
      ),
      ("label", .int(3), "text or None, found an integer"),
    ] as [(String, PickleText?, String)])
  func `a partition's attribute that is not as it should be is named`(
    _ attribute: String, _ value: PickleText?, _ message: String
  ) {
    let error = storageError { _ = try read(partition: [(attribute, value)]) }
    #expect(error?.code == .invalid)
    #expect(error?.description == "d.pkl: partition 1: \(attribute): expected \(message)")
  }

  @Test(
    arguments: [
      ("center", nil, "an array, found nothing"),
      ("threshold", .float(.infinity), "a finite number, found inf"),
      ("partitions", .int(1), "a list, found an integer"),
      ("partitions", .list([.int(1)]), "partitions, found an integer"),
    ] as [(String, PickleText?, String)])
  func `a dictionary's attribute that is not as it should be is named`(
    _ attribute: String, _ value: PickleText?, _ message: String
  ) {
    let error = storageError { _ = try read(dictionary: [(attribute, value)]) }
    #expect(error?.description == "d.pkl: \(attribute): expected \(message)")
  }

  @Test func `what rounding leaves is read`() throws {
    let dictionary = try read(partition: [
      ("exemplar_direction", .floats([0.9995, 0])), ("mean_member_direction", .floats([0, 0])),
      ("sample_members", .list([.floats([0, 0])])), ("member_coherence", .float(1.000_001)),
      ("sum_dist_to_exemplar", .float(-0.000_001)),
    ])
    #expect(dictionary.regions[1].sumDistance == -0.000_001)
  }

  @Test func `another object is not taken for a dictionary`() throws {
    let file = folder.file("p.pkl")
    try PickleText.object("ep.discovery.dictionary", "Partition", Self.partition).file
      .write(to: file)
    #expect(storageError { _ = try ReferencePickle.read(file) }?.code == .wrongKind)
    try PickleText.list([.int(1)]).file.write(to: file)
    #expect(
      storageError { _ = try ReferencePickle.read(file) }?.description
        == "p.pkl: expected a pickled object of class Dictionary, found a list")
  }

  @Test func `a pickle that names a function is refused, and nothing is cached`() throws {
    let file = folder.file("evil.pkl")
    try Data([0x80, 2] + Array("cos\nsystem\nX\u{4}\0\0\0true\u{85}R.".utf8)).write(to: file)
    #expect {
      try DictionaryLocation.open(file, cache: folder.file("cache"))
    } throws: { error in
      "\(error)".contains("os.system") && "\(error)".hasPrefix("evil.pkl: ")
        && (error as? TensorFileError)?.code == .forbidden
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("cache").path()))
  }
}
