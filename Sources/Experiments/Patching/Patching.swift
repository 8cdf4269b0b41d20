import Engines
import ExemplarPartitioning
import Foundation
import LanguageModel
import Numerics
import Storage

/// The residual of one prompt at a position, or the direction of its region, put into another prompt: does the other's next
/// token become the first one's answer?
///
/// What is put in keeps the length that the receiver had there, seen from the centre: x ← c + ‖x − c‖ · u.
/// - Source: the reference's patching experiment, whose unit is the region; the source's own residual stands beside it here.
package struct Patching: Sendable {
  package struct Item: Sendable, Equatable {
    package var prompt: String
    /// What the prompts of a category differ in, where that was said.
    package var fill: String?
    package var target: String
    package var category: String
    package var tokens: [Int]
    package var position: Int
    package var positionToken: String
    package var targetToken: Int
    package var targetSpelling: String

    package init(
      prompt: String, fill: String?, target: String, category: String, tokens: [Int],
      position: Int, positionToken: String, targetToken: Int, targetSpelling: String
    ) {
      (self.prompt, self.fill, self.target, self.category) = (prompt, fill, target, category)
      (self.tokens, self.position, self.positionToken) = (tokens, position, positionToken)
      (self.targetToken, self.targetSpelling) = (targetToken, targetSpelling)
    }
  }

  /// What stands at the receiver's position.
  package enum Condition: String, Sendable, CaseIterable, Codable {
    /// What was there.
    case baseline
    /// The source's own residual.
    case row
    /// The direction of the source's region.
    case region
    /// The direction of the receiver's own region.
    case own = "self"
    /// The direction of a region drawn at random, neither's.
    case random
  }

  /// A prompt as it is.
  package struct Reading: Sendable, Equatable {
    package var region: Int
    package var distance: Float
    /// The most probable next token.
    package var top: Int
    package var isCorrect: Bool
  }

  /// What the receiver predicts, beside the source's answer.
  package struct Effect: Sendable, Equatable {
    package var top: Int
    /// Whether the most probable token is the source's answer.
    package var isFlipped: Bool
    /// The logit of the source's answer less that of the receiver's.
    package var logitDifference: Double
    /// KL(receiver ‖ source as it is), in nats.
    package var divergence: Double
  }

  package struct Pair: Sendable, Equatable {
    package var receiver: Int
    package var source: Int
    /// The regions that random controls drew; their logits are averaged.
    package var drawn: [Int]
    package var effects: [Condition: Effect]
  }

  package struct Options: Sendable {
    package var basis = ReadoutBasis.mean
    package var maxPairs = 400
    /// Random regions a pair.
    package var draws = 1
    /// Only sources of these regions; `nil` for all.
    package var regions: Set<Int>?
    package var seed: UInt64 = 0

    package init() {}
  }

  package var items: [Item]
  package var readings: [Reading]
  package var pairs: [Pair]
  /// Ordered pairs of a category whose prompts lie in one region: there is nothing to put in.
  package var sameRegion: Int
  /// Ordered pairs that there were, before `maxPairs`.
  package var possible: Int
  package var options: Options

  /// - Parameter draw: the random regions of a pair of receiver and source; seeded draws of neither's without it.
  /// - Throws: `missing` where no two prompts of a category lie in different regions, `invalidValue` for fewer regions than a
  ///   random control needs; what the model and `progress` throw.
  package static func run(
    _ items: [Item], _ dictionary: DictionaryFile, _ engine: any Engine, hook: HookPoint,
    _ options: Options = Options(), draw: ((Item, Item) -> [Int])? = nil,
    progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> Patching {
    guard dictionary.regionCount > 2 else {
      throw ExperimentError(
        .invalidValue,
        "expected at least 3 regions, as a random control is neither prompt's, found \(dictionary.regionCount)",
        file: dictionary.name)
    }
    let bench = try PatchBench(items, dictionary, engine, hook, options.basis)
    let readings = bench.readings
    var (candidates, same) = ([(receiver: Int, source: Int)](), 0)
    for (a, own) in items.enumerated() {
      for (b, other) in items.enumerated()
      where a != b && own.category == other.category && own.fillOrPrompt != other.fillOrPrompt {
        guard options.regions?.contains(readings[b].region) ?? true else { continue }
        if readings[a].region == readings[b].region { same += 1 } else { candidates.append((a, b)) }
      }
    }
    guard !candidates.isEmpty else {
      throw ExperimentError(
        .missing,
        "expected two prompts of a category in different regions, found none"
          + (same > 0 ? " (\(same) pairs lie in one region each)" : ""), file: dictionary.name)
    }
    let order = SeededNumbers.permutation(candidates.count, seed: options.seed)
    let chosen = order.prefix(options.maxPairs).map { candidates[$0] }
    let pairs = try chosen.enumerated().map { index, pair in
      try progress(index, chosen.count)
      let regions = (readings[pair.receiver].region, readings[pair.source].region)
      let drawn =
        draw?(items[pair.receiver], items[pair.source])
        ?? draws(
          options.draws, of: dictionary.regionCount, but: regions,
          seed: options.seed &+ 1 &+ UInt64(index))
      return try bench.pair(receiver: pair.receiver, source: pair.source, drawn: drawn)
    }
    return Patching(
      items: items, readings: readings, pairs: pairs, sameRegion: same,
      possible: candidates.count, options: options)
  }

  private static func draws(
    _ count: Int, of regions: Int, but pair: (Int, Int), seed: UInt64
  ) -> [Int] {
    var (drawn, index) = ([Int](), UInt64(0))
    while drawn.count < count {
      let region = Int(SeededNumbers.value(seed: seed, index: index) % UInt64(regions))
      index += 1
      if region != pair.0, region != pair.1 { drawn.append(region) }
    }
    return drawn
  }
}

extension Patching.Item {
  fileprivate var fillOrPrompt: String { fill ?? prompt }
}
