import ExemplarPartitioning
import Foundation
import TensorFiles

/// Dictionaries as the reference implementation pickles them, under its present class names
/// (`Dictionary` of `Partition`s) and its first-published ones (`ConceptLibrary` of `Concept`s).
package enum ReferencePickle {
  /// Reads a pickle into memory, whole; ``PickleImport`` writes one of any size.
  ///
  /// - Throws: `TensorFileError`, about the file, for a pickle that is damaged or names another class;
  ///   `StorageError.invalid` for an attribute that is missing or not of its shape, saying which.
  package static func read(_ url: URL) throws -> ExemplarDictionary {
    try readWhole(url).dictionary
  }

  /// The same, and whether it says that close regions were merged.
  static func readWhole(
    _ url: URL
  ) throws -> (dictionary: ExemplarDictionary, mergeClose: Bool?) {
    let file = url.lastPathComponent
    let value = try TensorFileError.naming(url) { try Pickle.load(url) }
    let outline = try Outline(value, file: file)
    var partitions = PickledPartitions(of: url, dimension: outline.centre.count)
    var exemplars: [Float] = []
    var means: [Float] = []
    var regions: [Region] = []
    var reservoir = Reservoir()
    exemplars.reserveCapacity(outline.partitions.count * outline.centre.count)
    means.reserveCapacity(outline.partitions.count * outline.centre.count)
    regions.reserveCapacity(outline.partitions.count)
    for (index, value) in outline.partitions.enumerated() {
      guard let object = value.objectValue else {
        throw outline.root.failure("partitions", expected: "partitions", found: value.kindName)
      }
      try LongWork.check()
      let partition = try partitions.read(object, index: index)
      exemplars += partition.exemplar
      means += partition.mean
      reservoir.directions += partition.sampled
      reservoir.regions += repeatElement(index, count: partition.sampledCount)
      regions.append(partition.region)
    }
    let dictionary = ExemplarDictionary(
      centre: outline.centre, threshold: outline.threshold, exemplars: exemplars, means: means,
      regions: regions, reservoir: reservoir, documents: partitions.documents.texts)
    return (dictionary, outline.mergeClose)
  }

  /// What a pickled dictionary has besides its regions.
  struct Outline {
    let root: PickledObject
    let centre: [Float]
    let threshold: Double
    let partitions: [PickleValue]
    /// Whether close regions were merged; `nil` of the first ones, which do not say.
    let mergeClose: Bool?

    init(_ value: PickleValue, file: String) throws {
      guard let object = value.objectValue, classes.contains(object.name) else {
        throw StorageError(
          .wrongKind, "expected a pickled object of class Dictionary, found \(value.kindName)",
          file: file)
      }
      root = PickledObject(object, name: "", file: file)
      centre = try root.vector("center", count: nil)
      threshold = try root.number("threshold")
      guard threshold.isFinite else {
        throw root.failure("threshold", expected: "a finite number", found: "\(threshold)")
      }
      partitions = try root.list("partitions")
      mergeClose = try root.optionalBool("merge_close")
    }
  }

  private static let classes: Set<String> = ["Dictionary", "ConceptLibrary"]
  static let regionClasses: Set<String> = ["Partition", "Concept"]
}

/// One region as it was pickled.
struct PickledPartition {
  var exemplar: [Float]
  var mean: [Float]
  /// Sampled members, row after row.
  var sampled: [Float]
  var sampledCount: Int
  var region: Region
}

/// Reads one pickled region after the other; collects each distinct prompt once.
struct PickledPartitions {
  let file: String
  let dimension: Int
  private(set) var documents = DocumentTable()
  private let byteCount: Int
  /// Directions read so far.
  private var rowCount = 0

  init(of url: URL, dimension: Int) {
    (file, self.dimension) = (url.lastPathComponent, dimension)
    byteCount = FileState(url)?.size ?? 0
  }

  /// Bytes of the directions of so many regions and sampled members, where the pickle may hold as many.
  mutating func bytes(regions: Int, sampled: Int) throws -> Int {
    try spend(2 * regions + sampled)
    return rowCount * dimension * MemoryLayout<Float>.size
  }

  /// Refuses what grows beyond the file by naming one array again and again: every number that was written takes two
  /// bytes of the file or more, as f16.
  private mutating func spend(_ rows: Int) throws {
    rowCount += rows
    let limit = (1 << 20 + 4 * byteCount) / MemoryLayout<Float>.size
    guard rowCount <= limit / max(dimension, 1) else {
      throw StorageError(
        .invalid,
        "its regions come to more than \(rowCount) directions of \(dimension) numbers, in \(byteCount) bytes: it grows "
          + "by naming the same ones again", file: file)
    }
  }

  mutating func read(_ object: PickleObject, index: Int) throws -> PickledPartition {
    let partition = PickledObject(object, name: "partition \(index)", file: file)
    // What is missing is named before what is wrong.
    let (exemplarRow, meanRow) = (
      try partition.vector("exemplar_direction", count: dimension),
      try partition.vector("mean_member_direction", count: dimension)
    )
    let exemplar = try partition.unit(exemplarRow, "exemplar_direction", isZeroAllowed: false)
    // Members that cancel have a mean of no direction.
    let mean = try partition.unit(meanRow, "mean_member_direction", isZeroAllowed: true)
    let members = try partition.optionalList("sample_members")
    try spend(2 + members.count)
    var sampled: [Float] = []
    sampled.reserveCapacity(min(members.count, Reservoir.capacity) * dimension)
    for member in members {
      guard let array = member.arrayValue else {
        throw partition.failure("sample_members", expected: "arrays", found: member.kindName)
      }
      sampled += try partition.unit(
        partition.floats(array, "sample_members", count: dimension), "sample_members",
        isZeroAllowed: true)
    }
    return PickledPartition(
      exemplar: exemplar, mean: mean, sampled: sampled, sampledCount: members.count,
      region: try region(partition))
  }

  private mutating func region(_ partition: PickledObject) throws -> Region {
    // Both are heaps: their order is arbitrary but for ties, which stay as they are.
    let closest = try contexts(partition, "sample_prompts", sign: -1)
      .sorted { $0.distance < $1.distance }
    let farthest = try contexts(partition, "boundary_prompts", sign: 1)
      .sorted { $0.distance > $1.distance }
    let members = try partition.integer("member_count")
    guard (1...DictionaryValues.countLimit).contains(members) else {
      throw partition.failure(
        "member_count", expected: "1 to \(DictionaryValues.countLimit)", found: "\(members)")
    }
    // Each of the members lies up to 2 from the exemplar; what is subtracted of 1 leaves a little below 0.
    let most = Double(members) * (2 + DictionaryValues.unitTolerance)
    let least = -Double(members) * DictionaryValues.distanceNoise
    return Region(
      memberCount: members,
      coherence: try partition.number(
        "member_coherence", "a length of 0 to 1", in: 0...1 + DictionaryValues.unitTolerance),
      sumDistance: try partition.number(
        "sum_dist_to_exemplar", "a sum of \(members) cosine distances", in: least...most),
      sumSquaredDistance: try partition.number(
        "sum_sq_dist_to_exemplar", "a sum of \(members) squares of cosine distances",
        in: 0...2 * most),
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
      let noise = DictionaryValues.distanceNoise
      guard (-noise...2 + DictionaryValues.unitTolerance).contains(sign * distance) else {
        throw partition.failure(
          attribute, expected: "a cosine distance of 0 to 2", found: "\(sign * distance)")
      }
      var document: Int?
      switch parts[1] {
      case .none: document = nil
      case .string(let text): document = documents.id(of: text)
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
}

/// Texts, each once.
struct DocumentTable {
  private(set) var texts: [String] = []
  private var ids: [ExactText: Int] = [:]

  mutating func id(of text: String) -> Int {
    let key = ExactText(text)
    if let id = ids[key] { return id }
    ids[key] = texts.count
    texts.append(text)
    return texts.count - 1
  }
}

/// Text told apart by its bytes, where `String` would take precomposed and decomposed for one.
private struct ExactText: Hashable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (left: ExactText, right: ExactText) -> Bool {
    var (left, right) = (left.text, right.text)
    return left.withUTF8 { left in
      right.withUTF8 { right in
        guard left.count == right.count, let first = left.baseAddress,
          let second = right.baseAddress
        else { return left.count == right.count }
        // Mostly it is the very text that was kept.
        return first == second || memcmp(first, second, left.count) == 0
      }
    }
  }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
