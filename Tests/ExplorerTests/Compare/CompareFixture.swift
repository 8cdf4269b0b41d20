import ExemplarPartitioning
import Experiments
import Foundation
import Storage
import TestSupport
import Testing

@testable import Explorer

/// Two dictionaries of one stream: the tuned one has the parent's first three regions a little turned, its fourth in two, and
/// one of its own.
enum CompareFixture {
  static func explorer(
    columns: Int = 80, rows: Int = 24, more: [String] = []
  ) throws -> ScriptedExplorer {
    let folder = try TemporaryFolder()
    try write("parent", [[0], [1], [2], [3]], turned: 0, to: folder)
    try write("tuned", [[0], [1], [2], [3], [4]], turned: 0.3, to: folder)
    if more.contains("later") {
      try write("later", [[0], [1], [2], [3], [4]], turned: 0.5, to: folder)
    }
    if more.contains("narrow") {
      try write("narrow", [[0], [1], [2], [3]], turned: 0, width: 9, to: folder)
    }
    return try ScriptedExplorer(
      columns: columns, rows: rows, folder: folder,
      paths: (["parent", "tuned"] + more).map { "\($0).epdict" })
  }

  static func write(
    _ name: String, _ axes: [[Int]], turned: Float, width: Int = 8, to folder: TemporaryFolder
  ) throws {
    let isTuned = axes.count == 5
    // Rows 0 to 19 of the stream, five a region; of the parent's last five, the tuned one has three elsewhere.
    let members = (0..<axes.count).map { region -> [Int] in
      let own = Array(5 * region..<5 * region + 5)
      guard isTuned, region >= 3 else { return own }
      return region == 3 ? [15, 16] : [17, 18, 19]
    }
    var exemplars: [Float] = []
    for (region, _) in axes.enumerated() {
      var row = [Float](repeating: 0, count: width)
      row[region] = 1
      row[7] = region == 3 ? 3 * turned : turned
      let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      exemplars += row.map { $0 / norm }
    }
    let documents = (0..<20).map { "Document \($0) is about \($0 % 2 == 0 ? "locks" : "bread")." }
    let regions = members.enumerated().map { region, rows in
      Region(
        memberCount: rows.count, coherence: 0.9, sumDistance: 0.5, sumSquaredDistance: 0.1,
        batches: [0], members: rows,
        closest: rows.prefix(3).enumerated().map {
          Context(distance: Double($0.offset) * 0.1, document: $0.element, position: 1)
        },
        farthest: [], label: region == 0 && !isTuned ? "greeting" : nil)
    }
    var provenance = DictionaryProvenance()
    (provenance.model, provenance.positions, provenance.percentile) = ("tiny-model", "all", 10)
    (provenance.prompts, provenance.activations) = (20, 20)
    try DictionaryWriter.write(
      ExemplarDictionary(
        centre: [Float](repeating: 0.5, count: width), threshold: 0.5, exemplars: exemplars,
        means: exemplars, regions: regions, documents: documents), provenance: provenance,
      tokenEnds: nil, to: folder.file("\(name).epdict"))
  }

  /// The parent compared with the tuned one.
  static func compared(columns: Int = 80, rows: Int = 24) throws -> ScriptedExplorer {
    let explorer = try explorer(columns: columns, rows: rows)
    explorer.type("cjc")
    try #require(explorer.state.screen == .compare)
    return explorer
  }

  /// As if stores lay beside both: the tuned one refuses all of what ends in its region 4, and the parent none of it.
  static func withOutcomes(columns: Int = 80, rows: Int = 24) throws -> ScriptedExplorer {
    let explorer = try compared(columns: columns, rows: rows)
    func outcomes(_ regions: [Int], refusing: Set<Int>, store: String) -> RegionOutcomes {
      var prompts: [Int: [RegionOutcomes.Prompt]] = [:]
      for (prompt, region) in regions.enumerated() {
        prompts[region, default: []].append(
          RegionOutcomes.Prompt(
            id: "p\(prompt)", set: "harmful", text: "prompt \(prompt)",
            outcome: refusing.contains(prompt) ? .refused : .complied, distance: 0.1,
            document: prompt))
      }
      return RegionOutcomes(
        store: store, classifier: "exemplar-v1", prompts: prompts, hasCapturedSameModel: true)
    }
    var opened = try #require(explorer.state.compare?.opened)
    opened.outcomes = ComparisonOutcomes(
      a: outcomes(
        [0, 0, 0, 1, 1, 2, 3, 3, 3, 3, 3, 3], refusing: [0], store: "parent.epstore"),
      b: outcomes(
        [0, 0, 0, 1, 1, 2, 4, 4, 4, 4, 3, 3], refusing: [0, 3, 6, 7, 8, 9], store: "tuned.epstore"))
    opened.nulls = explorer.state.compare?.nulls.known ?? []
    explorer.state.compare = CompareScreen(opened)
    explorer.act(.tick(explorer.state.clock))
    return explorer
  }
}
