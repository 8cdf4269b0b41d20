import ExemplarPartitioning
import LanguageModel
import Numerics
import Storage

/// What ``Patching`` did over all pairs, by category and by the source's region, under the keys by which it is printed and
/// kept.
package struct PatchingRecord: Encodable, Sendable {
  struct Item: Encodable {
    var prompt: String
    var fill: String?
    var target: String
    var targetToken: String
    var category: String
    var position: Int
    var token: String
    var region: Int
    var distance: Double
    /// In θ.
    var ratio: Double
    var predicted: String
    var correct: Bool
  }

  struct Null: Encodable {
    var mean: Double
    var p: Double

    init(_ null: Patching.Null) { (mean, p) = (null.mean, null.p) }
  }

  struct Condition: Encodable {
    var n: Int
    var flips: Int
    var rate: Double?
    var rate95: ConfidenceInterval?
    var logitDifference: Double
    var kl: Double
    @IfAny var null: Null?

    init(_ summary: Patching.Summary, _ null: Patching.Null?) {
      (n, flips) = (summary.flips.count, summary.flips.successes)
      (rate, rate95) = (summary.flips.rate, summary.interval)
      (logitDifference, kl) = (summary.logitDifference, summary.divergence)
      self.null = null.map(Null.init)
    }
  }

  struct Test: Encodable {
    var b: Int
    var c: Int
    var p: Double

    init(_ test: McNemar) { (b, c, p) = (test.b, test.c, test.p) }
  }

  /// Pairs that have something in common.
  struct Group: Encodable {
    var sources: Int
    var pairs: Int
    var wilson95: ConfidenceInterval?
    var flips: OrderedFields<Int>
    var logitDifference: OrderedFields<Double?>

    init(_ group: Patching.Group) {
      (sources, pairs) = (group.sources, group.pairs)
      wilson95 = group.flips[.region]?.wilson()
      let all = Patching.Condition.allCases
      flips = OrderedFields(all.map { ($0.rawValue, group.flips[$0]?.successes ?? 0) })
      logitDifference = OrderedFields(all.map { ($0.rawValue, group.logitDifferences[$0]) })
    }
  }

  struct OfRegion: Encodable {
    var region: Int
    var label: String?
    @Inline var group: Group
  }

  struct OfCategory: Encodable {
    var category: String
    @Inline var group: Group
  }

  struct Effect: Encodable {
    var flip: Bool
    var predicted: String
    var logitDifference: Double
    var kl: Double
  }

  struct Pair: Encodable {
    var category: String
    var receiver: Int
    var source: Int
    var receiverFill: String
    var sourceFill: String
    var receiverRegion: Int
    var sourceRegion: Int
    var randomRegions: [Int]
    @Inline var effects: OrderedFields<Effect>
  }

  var dictionary: String
  var identity: String
  var hook: String
  var basis: String
  var regions: Int
  var items: [Item]
  var pairs: Int
  var possiblePairs: Int
  var sameRegionPairs: Int
  var draws: Int
  /// What is asked for first stands first.
  var conditions: OrderedFields<Condition>
  var besideRandom: OrderedFields<Test>
  var byRegion: [OfRegion]
  var byCategory: [OfCategory]
  var pairResults: [Pair]
  var seed: UInt64
  var seconds: Double

  package init(
    _ result: Patching, _ file: DictionaryFile, _ hook: HookPoint, _ tokenizer: Tokenizer,
    labels: [Int: String], seconds: Double
  ) {
    (dictionary, identity, regions) = (file.name, file.identity, file.regionCount)
    (self.hook, basis) = (hook.name, result.options.basis.rawValue)
    items = zip(result.items, result.readings).map { item, reading in
      Item(
        prompt: item.prompt, fill: item.fill, target: item.target,
        targetToken: item.targetSpelling, category: item.category, position: item.position,
        token: item.positionToken, region: reading.region, distance: Double(reading.distance),
        ratio: Theta.multiple(Double(reading.distance), of: file.threshold),
        predicted: tokenizer.spelling(of: reading.top), correct: reading.isCorrect)
    }
    (pairs, possiblePairs) = (result.pairs.count, result.possible)
    (sameRegionPairs, draws) = (result.sameRegion, result.options.draws)
    let patched: [Patching.Condition] = [.region, .row]
    conditions = OrderedFields(
      (patched + [.own, .random, .baseline]).map {
        (
          $0.rawValue,
          Condition(result.summary($0), patched.contains($0) ? result.null($0) : nil)
        )
      })
    besideRandom = OrderedFields(
      patched.map { ($0.rawValue, Test(result.beside($0, .random))) })
    byRegion = result.byRegion.map {
      OfRegion(region: $0.region, label: labels[$0.region], group: Group($0.group))
    }
    byCategory = result.byCategory.map { OfCategory(category: $0.name, group: Group($0.group)) }
    pairResults = result.pairs.map { Pair($0, result, tokenizer) }
    (seed, self.seconds) = (result.options.seed, seconds)
  }
}

extension PatchingRecord.Pair {
  fileprivate init(_ pair: Patching.Pair, _ result: Patching, _ tokenizer: Tokenizer) {
    let (a, b) = (pair.receiver, pair.source)
    category = result.items[a].category
    (receiver, source) = (a, b)
    receiverFill = result.items[a].fill ?? result.items[a].prompt
    sourceFill = result.items[b].fill ?? result.items[b].prompt
    (receiverRegion, sourceRegion) = (result.readings[a].region, result.readings[b].region)
    randomRegions = pair.drawn
    effects = OrderedFields(
      Patching.Condition.allCases.compactMap { condition in
        pair.effects[condition].map {
          (
            condition.rawValue,
            PatchingRecord.Effect(
              flip: $0.isFlipped, predicted: tokenizer.spelling(of: $0.top),
              logitDifference: $0.logitDifference, kl: $0.divergence)
          )
        }
      })
  }
}
