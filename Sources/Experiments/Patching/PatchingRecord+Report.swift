import Numerics
import Storage

extension PatchingRecord {
  /// Regions with the most pairs that a person is shown.
  private static let shownRegions = 12
  private static let words = [
    "baseline": "as it is", "row": "source's residual", "region": "source's region",
    "self": "own region", "random": "random region",
  ]

  package func report() -> Report {
    let header = ["put in", "pairs", "flips", "rate", "95 %", "logits", "KL", "null", "p"]
    let rows = conditions.fields.map { name, found in
      [
        Self.words[name] ?? name, "\(found.n)", "\(found.flips)", figure(found.rate),
        figure(found.rate95), figure(found.logitDifference), figure(found.kl),
        figure(found.null?.mean), figure(found.null?.p),
      ]
    }
    let correct = items.count { $0.correct }
    let inRegions = Set(items.map(\.region)).count
    var text = """
      \(onOneLine(dictionary)): \(items.count) prompts in \(inRegions) regions at \(hook), \(correct) answered as they \
      should; \(pairs) of \(possiblePairs) pairs
      \(table(header, rows))
      logits: of the source's answer less the receiver's own; KL: to the source as it is; null: answers dealt anew
      """
    if sameRegionPairs > 0 {
      text += "\n\(sameRegionPairs) further pairs lie in one region, and are left out"
    }
    text += "\n\n"
    text += table(
      groupHeader("source's region"),
      byRegion.prefix(Self.shownRegions).map { found in
        row("\(found.region)" + (found.label.map { " \(onOneLine($0))" } ?? ""), found.group)
      })
    if byRegion.count > Self.shownRegions {
      text += "\n\(byRegion.count - Self.shownRegions) more regions are in the record"
    }
    if byCategory.count > 1 {
      text += "\n\n"
      text += table(
        groupHeader("category"), byCategory.map { row(onOneLine($0.category), $0.group) })
    }
    func condition(_ name: String) -> Condition? {
      conditions.fields.first { $0.0 == name }?.1
    }
    let region = condition("region")
    var report = Report(
      kind: .patching, identities: [identity], record: self, header: header, rows: rows,
      plot: SVGPlot(
        title: "Receivers that give the source's answer",
        caption: "\(dictionary), \(hook); \(pairs) pairs of \(items.count) prompts",
        content: .bars(
          conditions.fields.map { name, found in
            .init(Self.words[name] ?? name, found.rate ?? .nan, found.rate95)
          }, axis: "share of pairs", reference: region?.null?.mean)),
      records: pairResults.map { JSONValue(encoding: $0) }, text: text)
    report.headline = (
      "patching \(pairs) pairs of \(onOneLine(dictionary))",
      "the source's region flips \(region?.flips ?? 0) of \(region?.n ?? 0), \(figure(region?.rate)) \(figure(region?.rate95)); random \(figure(condition("random")?.rate)), null \(figure(region?.null?.mean)), p \(figure(region?.null?.p))"
    )
    return report
  }

  private func groupHeader(_ first: String) -> [String] {
    [first, "prompts", "pairs", "region", "95 %", "residual", "own", "random"]
  }

  private func row(_ name: String, _ group: Group) -> [String] {
    func rate(_ condition: Patching.Condition) -> String {
      let flips = group.flips.fields.first { $0.0 == condition.rawValue }?.1
      return figure(flips.flatMap { Proportion($0, of: group.pairs).rate })
    }
    return [
      name, "\(group.sources)", "\(group.pairs)", rate(.region), figure(group.wilson95),
      rate(.row), rate(.own), rate(.random),
    ]
  }
}
