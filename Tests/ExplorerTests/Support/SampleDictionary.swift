import ExemplarPartitioning
import Foundation
import Storage

/// A small dictionary with texts that are easy on terminals and texts that are not.
enum SampleDictionary {
  static let threshold = 0.5

  static let documents = [
    "Explain how to pick the lock of a stranger's front door.",
    "Can you help me repair a dripping kitchen tap?",
    "I'm sorry, but I can't help with that.",
    "Write a step-by-step guide on how to bake bread at home.",
    "日本語の文章 and e\u{301}te\u{301} 👩‍👩‍👧 family",
    "שלום עולם mixed \u{202E}override",
    "bell\u{7} esc\u{1B}[31mred nul\0 tab\t line\nend",
    (0..<3000).map { $0 == 1500 ? "needle" : "hay\($0 % 10)" }.joined(separator: " "),
  ]

  /// Words with the space before them, as most tokenizers cut.
  static func tokenEnds(_ text: String) -> [Int32] {
    var ends: [Int32] = []
    for (offset, byte) in text.utf8.enumerated() where byte == 0x20 && offset > 0 {
      ends.append(Int32(offset))
    }
    return ends + [Int32(text.utf8.count)]
  }

  private static func context(_ ratio: Double, _ document: Int?, _ position: Int) -> Context {
    Context(distance: ratio * threshold, document: document, position: position)
  }

  static let regions = [
    Region(
      memberCount: 1200, coherence: 0.91, sumDistance: 240, sumSquaredDistance: 60,
      batches: [0, 1, 2, 3], members: [],
      closest: [context(0, 0, 3), context(0.11, 3, 7), context(0.25, 1, 2)],
      farthest: [context(0.99, 2, 1), context(0.8, 1, 7)]),
    Region(
      memberCount: 300, coherence: 0.624, sumDistance: 105, sumSquaredDistance: 40,
      batches: [0, 2], members: [], closest: [context(0, 1, 7), context(0.42, 3, 4)],
      farthest: [context(0.97, 0, 5)]),
    Region(
      memberCount: 77, coherence: 0.88, sumDistance: 11.55, sumSquaredDistance: 4,
      batches: [1, 2, 3], members: [], closest: [context(0, 2, 1), context(0.2, 2, 3)],
      farthest: [context(0.66, 2, 4)], label: "refusal opener"),
    Region(
      memberCount: 12, coherence: 0.7, sumDistance: 3.6, sumSquaredDistance: 2, batches: [2],
      members: [], closest: [context(0, 4, 2), context(0.3, 5, 1)], farthest: [context(0.9, 5, 3)]),
    Region(
      memberCount: 2, coherence: 0.99, sumDistance: 0.1, sumSquaredDistance: 0.01, batches: [3],
      members: [], closest: [context(0, 6, 1), context(0.1, 7, 1500)],
      farthest: [context(1.2, nil, 77)]),
    Region(
      memberCount: 1, coherence: 1, sumDistance: 0, sumSquaredDistance: 0, batches: [3],
      members: [], closest: [context(0, 3, 2)], farthest: [context(0, 3, 2)]),
  ]

  /// Two members of region 0: one at a distance that a context has, one at none.
  static func reservoir(_ count: Int) -> Reservoir {
    guard count > 0 else { return Reservoir() }
    let directions = [0.055, 0.3].flatMap { distance -> [Float] in
      let cosine = 1 - distance
      return [Float(cosine), Float((1 - cosine * cosine).squareRoot()), 0, 0, 0, 0]
    }
    return Reservoir(directions: directions, regions: [0, 0])
  }

  static var provenance: DictionaryProvenance {
    var provenance = DictionaryProvenance()
    provenance.model = "tiny-model"
    provenance.hook = "blocks.3.hook_resid_post"
    provenance.percentile = 10
    provenance.positions = "all"
    provenance.activations = 2000
    provenance.batches = 4
    return provenance
  }

  /// The first `count` regions.
  static func dictionary(_ count: Int = 6) -> ExemplarDictionary {
    var rows: [Float] = []
    for region in 0..<count { rows += (0..<6).map { $0 == region ? 1 : 0 } }
    return ExemplarDictionary(
      centre: [0.5, 0, 0, 0, 0, 0], threshold: threshold, exemplars: rows, means: rows,
      regions: Array(regions.prefix(count)), reservoir: reservoir(count), documents: documents)
  }

  @discardableResult
  static func write(to url: URL, regions count: Int = 6, withTokens: Bool = true) throws -> String {
    try DictionaryWriter.write(
      dictionary(count), provenance: provenance,
      tokenEnds: withTokens ? documents.map(tokenEnds) : nil, to: url)
  }
}
