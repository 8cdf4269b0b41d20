import Experiments
import Foundation
import LanguageModel
import Storage

/// Which tokens bring a position nearer to a region, and what the same is for regions and directions that are not meant.
struct AttributionReport {
  private let result: Attribution
  private let file: DictionaryFile
  private let hook: HookPoint
  private let tokens: [TracedToken]
  private let label: String?
  private let match: Checkpoint.Match

  /// Cells of the heat of the largest score.
  private static let cells = 12
  /// Tokens that a plot has room for.
  private static let drawn = 60

  /// - Parameter tokens: of the whole text.
  init(
    _ result: Attribution, _ file: DictionaryFile, _ hook: HookPoint, _ tokens: [TracedToken],
    label: String?, _ match: Checkpoint.Match
  ) {
    (self.result, self.file, self.hook, self.label) = (result, file, hook, label)
    self.tokens = Array(tokens.prefix(result.attributions.count))
    self.match = match
  }

  func report() -> ClaimReport {
    let scores = result.scores
    let largest = scores.max() ?? 0
    let header = ["pos", "token", "attribution", "regions", "p", "shuffles", "p", "heat"]
    let rows = tokens.indices.map { index in
      [
        "\(tokens[index].position)", oneLine(tokens[index].spelling),
        signed(result.attributions[index]), digits(result.regions?.means[index]),
        figure(result.regions?.p[index]), digits(result.shuffles?.means[index]),
        figure(result.shuffles?.p[index]), heat(result.attributions[index], of: largest),
      ]
    }
    let hit = tokens.last?.hits.first
    let name = "region \(result.region)" + (label.map { " “\(oneLine($0))”" } ?? "")
    let place = "position \(result.position) “\(oneLine(tokens.last?.spelling ?? ""))”"
    var lines = [
      "attribution of the similarity of \(place) to \(name) of \(oneLine(file.name)) at \(hook.name)",
      "cosine \(digits(result.similarity)), distance \(figure(1 - result.similarity)), θ \(figure(file.threshold))"
        + (hit.map {
          $0.region == result.region
            ? "; it is the nearest region"
            : "; the nearest is \($0.region), at \(figure(Double($0.distance)))"
        } ?? ""),
      table(header, rows),
      "attribution: embedding · gradient of the cosine; positive brings nearer; its absolute value is the score",
      "sum \(signed(result.sum))"
        + (result.toExplain.map {
          "; without any embedding the cosine is \(digits(result.withoutInput)): \(signed($0)) were to explain, were the model linear"
        } ?? "; the cosine without any embedding was not to be had from this engine"),
    ]
    if let regions = result.regions, let shuffles = result.shuffles {
      lines.append(
        "beside it the mean score for \(result.drawn.count) other regions and for \(result.options.controls) shuffles of the exemplar; p: how many of "
          + "them score as much")
      lines.append(
        "scores and those of other regions agree by \(figure(regions.agreement)) (Spearman), of shuffles by \(figure(shuffles.agreement)): near 1 the "
          + "picture is of the text, not of the region")
    }
    let best = scores.indices.max { (scores[$0], $1) < (scores[$1], $0) } ?? 0
    return ClaimReport(
      kind: .trace, identities: [file.identity], entries: entries, header: header, rows: rows,
      plot: plot(scores), records: tokens.indices.map(json), text: lines.joined(separator: "\n"),
      headline: (
        "attribution to \(name) in “\(oneLine(String(tokens.map(\.spelling).joined().suffix(60))))”",
        "cosine \(figure(result.similarity)); most by \(tokens[best].position) “\(oneLine(tokens[best].spelling))”, \(signed(result.attributions[best]))"
      ))
  }

  private func plot(_ scores: [Double]) -> SVGPlot {
    let shown = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }.prefix(Self.drawn)
    let more = scores.count - shown.count
    return SVGPlot(
      title: "Input × gradient of the similarity to region \(result.region)",
      caption:
        "\(file.name), \(hook.name), position \(result.position); cosine \(digits(result.similarity))"
        + (more > 0 ? "; \(more) tokens of smaller scores left out" : ""),
      content: .bars(
        shown.sorted().map {
          .init(
            "\(tokens[$0].position) \(oneLine(String(tokens[$0].spelling.prefix(24))))",
            result.attributions[$0])
        }, axis: "embedding · gradient", reference: nil))
  }

  /// A bar as long as its share of the largest score, with the sign before it.
  private func heat(_ value: Double, of largest: Double) -> String {
    let length = largest > 0 ? Int((abs(value) / largest * Double(Self.cells)).rounded()) : 0
    let bar = (value < 0 ? "−" : "+") + String(repeating: "█", count: length)
    return bar + String(repeating: " ", count: Self.cells + 1 - bar.count)
  }

  private func digits(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "—" }
    return value.formatted(
      .number.precision(.fractionLength(5)).grouping(.never)
        .locale(.init(identifier: "en_US_POSIX")))
  }

  private func signed(_ value: Double) -> String { (value < 0 ? "" : "+") + digits(value) }

  // MARK: - JSON

  private var entries: [(String, JSONValue)] {
    [
      ("dictionary", .string(file.name)), ("identity", .string(file.identity)),
      ("hook", .string(hook.name)), ("inputHook", .string(HookPoint.embedding.name)),
      ("region", .integer(result.region)), ("label", .optional(label)),
      ("position", .integer(result.position)), ("similarity", .number(result.similarity)),
      ("distance", .number(1 - result.similarity)), ("theta", .number(file.threshold)),
      ("nearest", tokens.last?.hits.first.map { .integer($0.region) } ?? .null),
      ("sum", .number(result.sum)), ("similarityWithoutInput", .optional(result.withoutInput)),
      ("toExplain", .optional(result.toExplain)),
      ("tokens", .array(tokens.indices.map(json))),
      (
        "controls",
        .object([
          ("regions", .array(result.drawn.map(JSONValue.integer))),
          ("regionsAgreement", .optional(result.regions?.agreement)),
          ("shuffles", .integer(result.options.controls)),
          ("shufflesAgreement", .optional(result.shuffles?.agreement)),
        ])
      ),
      ("seed", .seed(result.options.seed)), ("modelMatch", .string(match.rawValue)),
    ]
  }

  private func json(_ index: Int) -> JSONValue {
    .object([
      ("position", .integer(tokens[index].position)), ("token", .string(tokens[index].spelling)),
      ("id", .integer(tokens[index].id)), ("attribution", .number(result.attributions[index])),
      ("score", .number(abs(result.attributions[index]))),
      ("regionsMean", .optional(result.regions?.means[index])),
      ("regionsP", .optional(result.regions?.p[index])),
      ("shufflesMean", .optional(result.shuffles?.means[index])),
      ("shufflesP", .optional(result.shuffles?.p[index])),
    ])
  }
}
