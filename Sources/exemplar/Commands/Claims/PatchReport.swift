import ExemplarPartitioning
import Experiments
import Foundation
import LanguageModel
import Numerics
import Storage

/// What patching did, over all pairs, by category and by the source's region.
struct PatchReport {
  private let result: Patching
  private let file: DictionaryFile
  private let hook: HookPoint
  private let tokenizer: Tokenizer
  private let labels: [Int: String]

  /// Regions with the most pairs that a person is shown.
  private static let shownRegions = 12
  private static let words: [Patching.Condition: String] = [
    .baseline: "as it is", .row: "source's residual", .region: "source's region",
    .own: "own region", .random: "random region",
  ]

  init(
    _ result: Patching, _ file: DictionaryFile, _ hook: HookPoint, _ tokenizer: Tokenizer,
    _ labels: [Int: String]
  ) {
    (self.result, self.file, self.hook) = (result, file, hook)
    (self.tokenizer, self.labels) = (tokenizer, labels)
  }

  private func words(_ condition: Patching.Condition) -> String { Self.words[condition] ?? "" }

  func report(seconds: Double) -> ClaimReport {
    // What is asked for first stands first.
    let conditions: [Patching.Condition] = [.region, .row, .own, .random, .baseline]
    let summaries = conditions.map { ($0, result.summary($0)) }
    let nulls = Dictionary(
      uniqueKeysWithValues: [Patching.Condition.region, .row].map { ($0, result.null($0)) })
    let header = ["put in", "pairs", "flips", "rate", "95 %", "logits", "KL", "null", "p"]
    let rows = summaries.map { condition, summary in
      [
        words(condition), "\(summary.flips.count)", "\(summary.flips.successes)",
        figure(summary.flips.rate), figure(summary.interval), figure(summary.logitDifference),
        figure(summary.divergence), figure(nulls[condition]?.mean), figure(nulls[condition]?.p),
      ]
    }
    let correct = result.readings.count { $0.isCorrect }
    let regions = Set(result.readings.map(\.region)).count
    var text = """
      \(oneLine(file.name)): \(result.items.count) prompts in \(regions) regions at \(hook.name), \(correct) answered as they \
      should; \(result.pairs.count) of \(result.possible) pairs
      \(table(header, rows))
      logits: of the source's answer less the receiver's own; KL: to the source as it is; null: answers dealt anew
      """
    if result.sameRegion > 0 {
      text += "\n\(result.sameRegion) further pairs lie in one region, and are left out"
    }
    let byRegion = result.byRegion
    text +=
      "\n\n"
      + table(
        groupHeader("source's region"),
        byRegion.prefix(Self.shownRegions).map {
          row("\($0.region)" + (labels[$0.region].map { " \(oneLine($0))" } ?? ""), $0.group)
        })
    if byRegion.count > Self.shownRegions {
      text += "\n\(byRegion.count - Self.shownRegions) more regions are in --json"
    }
    let byCategory = result.byCategory
    if byCategory.count > 1 {
      text += "\n\n"
      text += table(
        groupHeader("category"), byCategory.map { row(oneLine($0.name), $0.group) })
    }
    let region = result.summary(.region)
    return ClaimReport(
      kind: .patching, identities: [file.identity],
      entries: entries(summaries, nulls) + [("seconds", .number(seconds))],
      header: header, rows: rows,
      plot: SVGPlot(
        title: "Receivers that give the source's answer",
        caption:
          "\(file.name), \(hook.name); \(result.pairs.count) pairs of \(result.items.count) prompts",
        content: .bars(
          summaries.map { .init(words($0.0), $0.1.flips.rate ?? .nan, $0.1.interval) },
          axis: "share of pairs", reference: nulls[.region]?.mean)),
      records: result.pairs.map { json($0) }, text: text,
      headline: (
        "patching \(result.pairs.count) pairs of \(oneLine(file.name))",
        "the source's region flips \(region.flips.successes) of \(region.flips.count), \(figure(region.flips.rate)) \(figure(region.interval)); random \(figure(result.summary(.random).flips.rate)), null \(figure(nulls[.region]?.mean)), p \(figure(nulls[.region]?.p))"
      ))
  }

  private func groupHeader(_ first: String) -> [String] {
    [first, "prompts", "pairs", "region", "95 %", "residual", "own", "random"]
  }

  private func row(_ name: String, _ group: Patching.Group) -> [String] {
    func rate(_ condition: Patching.Condition) -> String { figure(group.flips[condition]?.rate) }
    return [
      name, "\(group.sources)", "\(group.pairs)", rate(.region),
      figure(group.flips[.region]?.wilson()), rate(.row), rate(.own), rate(.random),
    ]
  }

  // MARK: - JSON

  private func entries(
    _ summaries: [(Patching.Condition, Patching.Summary)],
    _ nulls: [Patching.Condition: Patching.Null]
  ) -> [(String, JSONValue)] {
    [
      ("dictionary", .string(file.name)), ("identity", .string(file.identity)),
      ("hook", .string(hook.name)), ("basis", .string(result.options.basis.rawValue)),
      ("regions", .integer(file.regionCount)),
      ("items", .array(result.items.indices.map { json(item: $0) })),
      ("pairs", .integer(result.pairs.count)), ("possiblePairs", .integer(result.possible)),
      ("sameRegionPairs", .integer(result.sameRegion)), ("draws", .integer(result.options.draws)),
      (
        "conditions",
        .object(
          summaries.map { condition, summary in
            var entries: [(String, JSONValue)] = [
              ("n", .integer(summary.flips.count)), ("flips", .integer(summary.flips.successes)),
              ("rate", .optional(summary.flips.rate)), ("rate95", .interval(summary.interval)),
              ("logitDifference", .number(summary.logitDifference)),
              ("kl", .number(summary.divergence)),
            ]
            if let null = nulls[condition] {
              entries.append(
                ("null", .object([("mean", .number(null.mean)), ("p", .number(null.p))])))
            }
            return (condition.rawValue, .object(entries))
          })
      ),
      (
        "besideRandom",
        .object(
          [Patching.Condition.region, .row].map { condition in
            let test = result.beside(condition, .random)
            return (
              condition.rawValue,
              .object([("b", .integer(test.b)), ("c", .integer(test.c)), ("p", .number(test.p))])
            )
          })
      ),
      (
        "byRegion",
        .array(
          result.byRegion.map { region, group in
            .object(
              [("region", .integer(region)), ("label", .optional(labels[region]))] + json(group))
          })
      ),
      (
        "byCategory",
        .array(
          result.byCategory.map { name, group in
            .object([("category", .string(name))] + json(group))
          })
      ),
      ("pairResults", .array(result.pairs.map { json($0) })), ("seed", .seed(result.options.seed)),
    ]
  }

  private func json(item index: Int) -> JSONValue {
    let (item, reading) = (result.items[index], result.readings[index])
    return .object([
      ("prompt", .string(item.prompt)), ("fill", .optional(item.fill)),
      ("target", .string(item.target)), ("targetToken", .string(item.targetSpelling)),
      ("category", .string(item.category)), ("position", .integer(item.position)),
      ("token", .string(item.positionToken)), ("region", .integer(reading.region)),
      ("distance", .number(Double(reading.distance))),
      ("ratio", .number(Theta.multiple(Double(reading.distance), of: file.threshold))),
      ("predicted", .string(tokenizer.spelling(of: reading.top))),
      ("correct", .bool(reading.isCorrect)),
    ])
  }

  private func json(_ group: Patching.Group) -> [(String, JSONValue)] {
    [
      ("sources", .integer(group.sources)), ("pairs", .integer(group.pairs)),
      ("wilson95", .interval(group.flips[.region]?.wilson())),
      (
        "flips",
        .object(
          Patching.Condition.allCases.map {
            ($0.rawValue, .integer(group.flips[$0]?.successes ?? 0))
          })
      ),
      (
        "logitDifference",
        .object(
          Patching.Condition.allCases.map {
            ($0.rawValue, .optional(group.logitDifferences[$0]))
          })
      ),
    ]
  }

  private func json(_ pair: Patching.Pair) -> JSONValue {
    let (a, b) = (pair.receiver, pair.source)
    var entries: [(String, JSONValue)] = [
      ("category", .string(result.items[a].category)), ("receiver", .integer(a)),
      ("source", .integer(b)),
      ("receiverFill", .string(result.items[a].fill ?? result.items[a].prompt)),
      ("sourceFill", .string(result.items[b].fill ?? result.items[b].prompt)),
      ("receiverRegion", .integer(result.readings[a].region)),
      ("sourceRegion", .integer(result.readings[b].region)),
      ("randomRegions", .array(pair.drawn.map(JSONValue.integer))),
    ]
    for condition in Patching.Condition.allCases {
      guard let effect = pair.effects[condition] else { continue }
      entries.append(
        (
          condition.rawValue,
          .object([
            ("flip", .bool(effect.isFlipped)),
            ("predicted", .string(tokenizer.spelling(of: effect.top))),
            ("logitDifference", .number(effect.logitDifference)),
            ("kl", .number(effect.divergence)),
          ])
        ))
    }
    return .object(entries)
  }
}
