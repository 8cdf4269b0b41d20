import Foundation
import TestSupport
import Testing

@testable import Experiments

/// Clusters of texts are scikit-learn's, to the label.
struct TextClusterTests {
  private struct Golden: Decodable {
    struct Draws: Decodable {
      var below50: [Int]
      var uniform: [Double]
      var choose: [Int]
      var below1000: [Int]
    }
    struct Scripts: Decodable {
      var texts: [String]
      var terms: [String]
      var rows: [[Double]]
    }
    struct Run: Decodable {
      var clusters: Int
      var batch: Int
      var starts: Int
      var seed: UInt32
      var steps: Int
      var labels: [Int]
      var inertia: Double
    }
    var draws: Draws
    var terms: Int
    var sums: [Double]
    var scripts: Scripts
    var runs: [Run]
  }

  private static let golden = Result {
    try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: Fixtures.url("text-clusters/text-clusters.json")))
  }

  private static func prompts() throws -> [String] {
    struct Prompt: Decodable { var prompt: String }
    let file = Fixtures.root.deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "sample-dicts/prompts/prompts.jsonl")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(Prompt.self, from: Data($0.utf8)).prompt
    }
  }

  @Test func `draws are those of numpy's older generator`() throws {
    let known = try Self.golden.get().draws
    var generator = NumPyLegacyGenerator(seed: 7)
    #expect((0..<8).map { _ in generator.below(50) } == known.below50)
    #expect((0..<3).map { _ in generator.uniform() } == known.uniform)
    #expect(generator.choose(6, of: 20) == known.choose)
    #expect((0..<5).map { _ in generator.below(1000) } == known.below1000)
  }

  @Test func `words, pairs and their weights are scikit-learn's, in any script`() throws {
    let golden = try Self.golden.get()
    let found = TermVectors(golden.scripts.texts)
    #expect(found.terms.map { String(decoding: $0, as: UTF8.self) } == golden.scripts.terms)
    #expect(found.terms == golden.scripts.terms.map { Array($0.utf8) })
    for (own, known) in zip(found.rows, golden.scripts.rows) {
      var dense = [Double](repeating: 0, count: found.termCount)
      for entry in own { dense[entry.term] = entry.weight }
      for (a, b) in zip(dense, known) { #expect(abs(a - b) < 1e-6) }
    }
    let prompts = TermVectors(try Self.prompts())
    #expect(prompts.termCount == golden.terms)
    for (row, sum) in zip(prompts.rows, golden.sums) {
      #expect(abs(row.reduce(0) { $0 + $1.weight } - sum) < 1e-6)
    }
  }

  @Test(arguments: 0..<6) func `labels are scikit-learn's, of every seed and size`(_ run: Int)
    throws
  {
    let known = try Self.golden.get().runs[run]
    let found = try MiniBatchKMeans(
      TermVectors(try Self.prompts()), clusters: known.clusters, seed: known.seed,
      starts: known.starts, batch: known.batch)
    #expect(found.labels == known.labels)
    #expect(found.steps == known.steps)
    #expect(abs(found.inertia - known.inertia) < 1e-6 * known.inertia)
  }

  @Test func `of more terms than may stay those stand that are met most often`() {
    let texts = ["bb aa bb", "bb aa cc", "cc aa aa"]
    let found = TermVectors(texts, mostTerms: 2)
    #expect(found.terms.map { String(decoding: $0, as: UTF8.self) } == ["aa", "bb"])
    #expect(TermVectors(["one two", "three"]).termCount == 0)
  }

  @Test func `coverage counts prompts of a kind in groups of nearly that kind alone`() {
    let groups: [Int32] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2]
    let kind = [true, true, true, true, true, true, true, true, true, false, true, false, true]
    let found = TextBaseline.coverage(groups, kind)
    #expect(found.map(\.share.successes) == [10, 1])
    #expect(found.map(\.share.count) == [11, 11])
  }

  @Test func `texts that say what regions hold bring them home`() throws {
    let texts = (0..<40).map {
      "\(["red apples", "grey stones", "warm rain", "old songs"][$0 % 4]) \($0 % 4)\($0 % 4)"
    }
    let own = PromptRegions(
      regions: (0..<40).map { Int32($0 % 4) }, distances: (0..<40).map { Float($0) })
    let kind = (0..<40).map { $0 % 4 == 1 || $0 % 4 == 2 }
    func baseline(_ clusters: Int) throws -> TextBaseline {
      try TextBaseline(
        texts, own, kind: kind, clusters: clusters, seeds: [0, 1], permutations: 20, seed: 0,
        check: { _, _ in })
    }
    let found = try baseline(4)
    #expect(found.runs.map(\.trip.regions) == [[1, 2], [1, 2]])
    #expect(found.runs.allSatisfy { $0.trip.home == [1, 2] && $0.clusters == 4 })
    #expect(found.runs.allSatisfy { $0.coverage.map(\.share.rate) == [1, 1] })
    #expect(throws: ExperimentError.self) { try baseline(41) }
    #expect(throws: ExperimentError.self) {
      try TextBaseline(
        ["one", "two"], PromptRegions(regions: [0, 1], distances: [0, 0]), kind: nil, clusters: 1,
        seeds: [0], permutations: 0, seed: 0, check: { _, _ in })
    }
  }
}
