import ExemplarPartitioning
import Foundation
import TensorFiles

/// Dictionaries as the reference implementation pickles them, under its present class names
/// (`Dictionary` of `Partition`s) and its first-published ones (`ConceptLibrary` of `Concept`s).
package enum ReferencePickle {
  /// - Throws: `TensorFileError`, about the file, for a pickle that is damaged or names another class;
  ///   `StorageError.invalid` for an attribute that is missing or not of its shape, saying which.
  package static func read(_ url: URL) throws -> ExemplarDictionary {
    let file = url.lastPathComponent
    let value = try TensorFileError.naming(url) { try Pickle.load(url) }
    guard let object = value.objectValue, classes.contains(object.name) else {
      throw StorageError(
        .wrongKind, "expected a pickled dictionary, found \(value.kindName)", file: file)
    }
    var mapping = PickledDictionary(file: file, root: PickledObject(object, name: "", file: file))
    return try mapping.dictionary()
  }

  private static let classes: Set<String> = ["Dictionary", "ConceptLibrary"]
}

/// One pickled object, reading its attributes with errors that say where.
private struct PickledObject {
  private let attributes: [String: PickleValue]
  private let name: String
  private let file: String

  init(_ object: PickleObject, name: String, file: String) {
    attributes = Dictionary(
      object.attributes.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
    self.name = name
    self.file = file
  }

  func failure(_ attribute: String, expected: String, found: String) -> StorageError {
    let place = name.isEmpty ? attribute : "\(name): \(attribute)"
    return StorageError(.invalid, "\(place): expected \(expected), found \(found)", file: file)
  }

  func value<Value>(
    _ attribute: String, _ expected: String, _ convert: (PickleValue) throws -> Value?
  ) throws -> Value {
    guard let found = attributes[attribute] else {
      throw failure(attribute, expected: expected, found: "nothing")
    }
    guard let value = try convert(found) else {
      throw failure(attribute, expected: expected, found: found.kindName)
    }
    return value
  }

  func number(_ attribute: String) throws -> Double {
    try value(attribute, "a number") { $0.doubleValue }
  }

  func integer(_ attribute: String) throws -> Int {
    try value(attribute, "an integer") { $0.intValue.map { Int($0) } }
  }

  func list(_ attribute: String) throws -> [PickleValue] {
    try value(attribute, "a list") { $0.elements }
  }

  /// Absent in the first published files, or `None`: no list.
  func optionalList(_ attribute: String) throws -> [PickleValue] {
    switch attributes[attribute] {
    case nil, .some(.none): []
    default: try list(attribute)
    }
  }

  func optionalText(_ attribute: String) throws -> String? {
    switch attributes[attribute] {
    case nil, .some(.none): nil
    default: try value(attribute, "text or None") { $0.stringValue }
    }
  }

  func integers(_ attribute: String) throws -> [Int] {
    try optionalList(attribute).map { element in
      guard let number = element.intValue else {
        throw failure(attribute, expected: "integers", found: element.kindName)
      }
      return Int(number)
    }
  }

  /// `[count]`, or of any length where `count` is `nil`.
  func vector(_ attribute: String, count: Int?) throws -> [Float] {
    let array = try value(attribute, "an array") { $0.arrayValue }
    return try floats(array, attribute, count: count)
  }

  func floats(_ array: NumPyArray, _ attribute: String, count: Int?) throws -> [Float] {
    guard array.shape.count == 1, count == nil || array.shape[0] == count else {
      let expected = count.map { "\($0) numbers" } ?? "a vector"
      throw failure(attribute, expected: expected, found: "shape \(array.shape)")
    }
    let values = try array.floats()
    if let place = DictionaryWriter.firstNonFinite(values) {
      throw failure(attribute, expected: "finite numbers", found: "\(values[place]) at \(place)")
    }
    return values
  }
}

/// The walk over a pickled dictionary; collects each distinct prompt once.
private struct PickledDictionary {
  let file: String
  let root: PickledObject
  private var documents: [String] = []
  private var documentIDs: [ExactText: Int] = [:]

  init(file: String, root: PickledObject) {
    self.file = file
    self.root = root
  }

  mutating func dictionary() throws -> ExemplarDictionary {
    let centre = try root.vector("center", count: nil)
    let threshold = try root.number("threshold")
    guard threshold.isFinite else {
      throw root.failure("threshold", expected: "a finite number", found: "\(threshold)")
    }
    let partitions = try root.list("partitions")
    var exemplars: [Float] = []
    var means: [Float] = []
    var regions: [Region] = []
    var reservoir = Reservoir()
    exemplars.reserveCapacity(partitions.count * centre.count)
    means.reserveCapacity(partitions.count * centre.count)
    regions.reserveCapacity(partitions.count)
    for (index, value) in partitions.enumerated() {
      guard let object = value.objectValue else {
        throw root.failure("partitions", expected: "partitions", found: value.kindName)
      }
      let partition = PickledObject(object, name: "partition \(index)", file: file)
      exemplars += try partition.vector("exemplar_direction", count: centre.count)
      means += try partition.vector("mean_member_direction", count: centre.count)
      for member in try partition.optionalList("sample_members") {
        guard let array = member.arrayValue else {
          throw partition.failure("sample_members", expected: "arrays", found: member.kindName)
        }
        reservoir.directions += try partition.floats(array, "sample_members", count: centre.count)
        reservoir.regions.append(index)
      }
      regions.append(try region(partition))
    }
    return ExemplarDictionary(
      centre: centre, threshold: threshold, exemplars: exemplars, means: means, regions: regions,
      reservoir: reservoir, documents: documents)
  }

  private mutating func region(_ partition: PickledObject) throws -> Region {
    // Both are heaps: their order is arbitrary but for ties, which stay as they are.
    let closest = try contexts(partition, "sample_prompts", sign: -1)
      .sorted { $0.distance < $1.distance }
    let farthest = try contexts(partition, "boundary_prompts", sign: 1)
      .sorted { $0.distance > $1.distance }
    return Region(
      memberCount: try partition.integer("member_count"),
      coherence: try partition.number("member_coherence"),
      sumDistance: try partition.number("sum_dist_to_exemplar"),
      sumSquaredDistance: try partition.number("sum_sq_dist_to_exemplar"),
      batches: try partition.integers("source_iterations").sorted(),
      members: try partition.integers("constituent_sample_indices"),
      closest: closest, farthest: farthest, label: try partition.optionalText("label"))
  }

  /// Entries `(±distance, prompt, position)`.
  private mutating func contexts(
    _ partition: PickledObject, _ attribute: String, sign: Double
  ) throws -> [Context] {
    var contexts: [Context] = []
    for entry in try partition.optionalList(attribute) {
      guard let parts = entry.elements, parts.count == 3, let distance = parts[0].doubleValue,
        let position = parts[2].intValue
      else {
        throw partition.failure(
          attribute, expected: "(distance, prompt, position)", found: entry.kindName)
      }
      guard distance.isFinite else {
        throw partition.failure(attribute, expected: "a finite distance", found: "\(distance)")
      }
      var document: Int?
      switch parts[1] {
      case .none: document = nil
      case .string(let text): document = id(of: text)
      default:
        throw partition.failure(
          attribute, expected: "a prompt of text", found: parts[1].kindName)
      }
      // Adding zero turns the −0 of a founder into 0.
      contexts.append(
        Context(distance: sign * distance + 0, document: document, position: Int(position)))
    }
    return contexts
  }

  private mutating func id(of text: String) -> Int {
    let key = ExactText(text)
    if let id = documentIDs[key] { return id }
    documentIDs[key] = documents.count
    documents.append(text)
    return documents.count - 1
  }
}

/// Text told apart by its bytes, where `String` would take precomposed and decomposed for one.
struct ExactText: Hashable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (left: ExactText, right: ExactText) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
