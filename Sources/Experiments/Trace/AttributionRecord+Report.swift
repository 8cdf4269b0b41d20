extension AttributionRecord {
  /// Cells of the heat of the largest score.
  private static let cells = 12
  /// Tokens that a plot has room for.
  private static let drawn = 60

  /// - Parameter text: every token of it.
  package func report(of text: [TracedToken]) -> Report {
    let largest = tokens.map(\.score).max() ?? 0
    let header = ["pos", "token", "attribution", "regions", "p", "shuffles", "p", "heat"]
    let rows = tokens.map { token in
      [
        "\(token.position)", onOneLine(token.token), signed(token.attribution),
        digits(token.regionsMean), figure(token.regionsP), digits(token.shufflesMean),
        figure(token.shufflesP), heat(token.attribution, of: largest),
      ]
    }
    let hit = text.prefix(tokens.count).last?.hits.first
    let name = "region \(region)" + (label.map { " “\(onOneLine($0))”" } ?? "")
    let place = "position \(position) “\(onOneLine(tokens.last?.token ?? ""))”"
    var lines = [
      "attribution of the similarity of \(place) to \(name) of \(onOneLine(dictionary)) at \(hook)",
      "cosine \(digits(similarity)), distance \(figure(distance)), θ \(figure(theta))"
        + (hit.map {
          $0.region == region
            ? "; it is the nearest region"
            : "; the nearest is \($0.region), at \(figure(Double($0.distance)))"
        } ?? ""),
      table(header, rows),
      "attribution: embedding · gradient of the cosine; positive brings nearer; its absolute value is the score",
      "sum \(signed(sum))"
        + (toExplain.map {
          "; without any embedding the cosine is \(digits(similarityWithoutInput)): \(signed($0)) were to explain, were the model linear"
        } ?? "; the cosine without any embedding was not to be had from this engine"),
    ]
    if !controls.regions.isEmpty {
      lines.append(
        "beside it the mean score for \(controls.regions.count) other regions and for \(controls.shuffles) shuffles of the exemplar; p: how many of "
          + "them score as much")
      lines.append(
        "scores and those of other regions agree by \(figure(controls.regionsAgreement)) (Spearman), of shuffles by \(figure(controls.shufflesAgreement)): near 1 the "
          + "picture is of the text, not of the region")
    }
    var report = Report(
      kind: .trace, identities: [identity], record: self, header: header, rows: rows, plot: plot,
      records: tokens.map { JSONValue(encoding: $0) }, text: lines.joined(separator: "\n"))
    let most = tokens.enumerated().max { ($0.1.score, $1.0) < ($1.1.score, $0.0) }?.element
    report.headline = (
      "attribution to \(name) in “\(onOneLine(String(tokens.map(\.token).joined().suffix(60))))”",
      "cosine \(figure(similarity))"
        + (most.map {
          "; most by \($0.position) “\(onOneLine($0.token))”, \(signed($0.attribution))"
        } ?? "")
    )
    return report
  }

  private var plot: SVGPlot {
    let shown = tokens.indices.sorted {
      (tokens[$1].score, $0) < (tokens[$0].score, $1)
    }.prefix(Self.drawn)
    let more = tokens.count - shown.count
    return SVGPlot(
      title: "Input × gradient of the similarity to region \(region)",
      caption:
        "\(dictionary), \(hook), position \(position); cosine \(digits(similarity))"
        + (more > 0 ? "; \(more) tokens of smaller scores left out" : ""),
      content: .bars(
        shown.sorted().map {
          .init(
            "\(tokens[$0].position) \(onOneLine(String(tokens[$0].token.prefix(24))))",
            tokens[$0].attribution)
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
    return decimals(value, 5...5)
  }

  private func signed(_ value: Double) -> String { (value < 0 ? "" : "+") + digits(value) }
}
