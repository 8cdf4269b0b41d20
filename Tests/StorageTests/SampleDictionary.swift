import ExemplarPartitioning
import Foundation
import Storage

/// A small dictionary with every kind of content, made in place.
enum SampleDictionary {
  static let documents = [
    "The river bank was steep, and the river ran fast.",
    "He went to the bank to open an account.",
    "Café society: naïve, résumé, Zürich.",
    "A music lesson by the lamp.\0\u{1b}[31mred\u{7}",
    "never shown",
  ]

  static let tokenEnds: [[Int32]?] = [
    [0, 3, 9, 14, 18, 24, 25, 29, 33, 39, 43, 48, 49], nil, nil, nil, nil,
  ]

  static let regions = [
    Region(
      memberCount: 5, coherence: 0.75, sumDistance: 1.25, sumSquaredDistance: 0.5,
      batches: [0, 1, 4], members: [0, 3, 7, 1000, 9],
      closest: [
        Context(distance: 0, document: 0, position: 2),
        Context(distance: 0.125, document: 1, position: 4),
      ],
      farthest: [Context(distance: 0.7, document: 2, position: 1)],
      label: "water"),
    Region(
      memberCount: 1, coherence: 1, sumDistance: 0, sumSquaredDistance: 0, batches: [2],
      members: [12], closest: [Context(distance: 0, document: 3, position: 3)]),
    Region(
      memberCount: 2, coherence: 0.1 + 0.2, sumDistance: 1.0 / 3, sumSquaredDistance: 1.0 / 9,
      closest: [Context(distance: 0.25, document: nil, position: 77)], label: "bank \u{1b}[2J"),
  ]

  static let dictionary = ExemplarDictionary(
    centre: [0.5, -1, 2], threshold: 0.8146749329690576,
    exemplars: [1, 0, 0, 0, 1, 0, 0, 0, 1], means: [0.6, 0.8, 0, 0, 1, 0, 0, 0.6, 0.8],
    regions: regions,
    growth: [
      GrowthPoint(activations: 5, documents: 2, regions: 2, newRegionRate: 0.4),
      GrowthPoint(activations: 8, documents: 4, regions: 3, newRegionRate: 1.0 / 3),
    ],
    reservoir: Reservoir(directions: [1, 0, 0, 0, 0, 1], regions: [0, 2]), documents: documents)

  static var provenance: DictionaryProvenance {
    var provenance = DictionaryProvenance()
    provenance.model = "tiny"
    provenance.hook = "blocks.3.hook_resid_post"
    provenance.positions = "all"
    provenance.percentile = 0.1 + 0.2
    provenance.seed = .max
    provenance.mergeClose = false
    provenance.activations = 9
    return provenance
  }

  @discardableResult
  static func write(to url: URL, overwrite: Bool = false) throws -> String {
    try DictionaryWriter.write(
      dictionary, provenance: provenance, tokenEnds: tokenEnds, to: url, overwrite: overwrite)
  }
}

/// The error that `body` throws, of our own kind.
func storageError(_ body: () throws -> Void) -> StorageError? {
  do {
    try body()
    return nil
  } catch {
    return error as? StorageError
  }
}

/// Every byte of every file in a folder, by name.
func contents(of folder: URL) throws -> [String: Data] {
  let files = try FileManager.default.contentsOfDirectory(atPath: folder.path())
  return try files.reduce(into: [:]) {
    $0[$1] = try Data(contentsOf: folder.appending(path: $1))
  }
}
