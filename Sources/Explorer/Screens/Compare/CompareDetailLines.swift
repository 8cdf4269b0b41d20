import Experiments
import Numerics
import Regions
import Storage
import Terminal

/// What can be moved through in the detail of a comparison.
enum CompareDetailLines {
  /// A row of the table under the diagram of a flow.
  struct FlowRow: Equatable {
    var a: Int
    var b: Int
    var count: Int
    /// Of the members of either that are on both sides.
    var shareOfA: Double
    var shareOfB: Double
  }

  static func count(of compare: CompareScreen, body: Rect) -> Int {
    switch compare.tab {
    case .contexts: compare.detail?.lines.count ?? 0
    case .flow: flowRows(compare).count
    case .summary:
      summary(
        compare, columns: CompareLayout(body: body, compare: compare).detail.columns - 3
      ).count
    }
  }

  /// The side whose region the table is about.
  static func side(of compare: CompareScreen) -> CompareScreen.Side {
    compare.table == .introduced ? .b : .a
  }

  /// The selected region's parts, and what else their regions have, the largest first.
  static func flowRows(_ compare: CompareScreen) -> [FlowRow] {
    guard let flow = compare.flow, let pair = compare.shown else { return [] }
    let side = side(of: compare)
    let region = side == .a ? pair.a : pair.b
    func row(_ own: Int, _ part: MemberFlow.Part) -> FlowRow {
      side == .a
        ? FlowRow(
          a: own, b: part.region, count: part.count, shareOfA: part.share,
          shareOfB: part.shareOfOther)
        : FlowRow(
          a: part.region, b: own, count: part.count, shareOfA: part.shareOfOther,
          shareOfB: part.share)
    }
    let parts = flow.parts(of: region, on: side.flowSide)
    let others = parts.prefix(6).flatMap { part in
      flow.parts(of: part.region, on: side.other.flowSide).filter { $0.region != region }
        .prefix(4).map { other in
          side == .a
            ? FlowRow(
              a: other.region, b: part.region, count: other.count, shareOfA: other.shareOfOther,
              shareOfB: other.share)
            : FlowRow(
              a: part.region, b: other.region, count: other.count, shareOfA: other.share,
              shareOfB: other.shareOfOther)
        }
    }
    return parts.map { row(region, $0) } + others.sorted { $0.count > $1.count }
  }

  /// All there is to say of the comparison as a whole, wrapped.
  static func summary(_ compare: CompareScreen, columns: Int) -> [(text: String, role: String)] {
    let comparison = compare.opened.comparison
    var lines: [(String, String)] = []
    func add(_ text: String, _ role: String = "text") {
      for line in WrappedText.lines(sanitized(text), columns: max(8, columns)) {
        lines.append((line, role))
      }
    }
    add("To be quoted (y copies it)", "title")
    add(compare.report.sentence)
    add("")
    add("Read against", "title")
    switch compare.nulls {
    case .known(let nulls):
      for null in nulls {
        add(
          "\(ComparisonReport.what(null)): introduced \(shareWords(null.introduced(at: compare.cutoff)))"
        )
        add(
          "5 % of its cosines are at or above \(Figures.fixed(null.cosineExceededBy5Percent, 3))",
          "text.dim")
      }
      if let words = compare.againstOrder { add("So \(words).") }
      add(
        "Regions of one dictionary are no independent draws: the intervals say how little n is, no more.",
        "text.dim")
    default: for text in CompareNullLine.texts(compare) { add(text) }
    }
    add("")
    add("Members", "title")
    if let flow = comparison.flow {
      add("\(Figures.grouped(flow.rows)) activations are in a region on both sides")
      switch flow.source {
      case .members: add("as both dictionaries recorded them", "text.dim")
      case .stores(let a, let b):
        add("nearest regions of the activations in \(a) and \(b)", "text.dim")
      }
      if !flow.isVerified {
        add("if the rows are the same: the documents were not recorded", "warning")
      }
    } else {
      add("cannot be followed: \(comparison.flowProblem ?? "they were not recorded")", "warning")
    }
    add("")
    add("Refusals", "title")
    if let outcomes = compare.opened.outcomes {
      for side in CompareScreen.Side.allCases {
        guard let source = outcomes.source(side.flowSide) else {
          add("\(side.name): no store with outcomes")
          continue
        }
        add(
          "\(side.name), \(source.store): \(source.total.refused) of \(source.total.count) prompts refused (\(shareWords(source.total.proportion))), by \(source.classifier ?? "")"
        )
      }
      add(
        "Prompts stand in the region that their final position is nearest to. Degenerate and unclear answers are not counted.",
        "text.dim")
    } else {
      add("no store with outcomes lies beside the dictionaries")
    }
    add("")
    add("The match", "title")
    let proof = comparison.proof
    add(
      "sum of the cosines \(Figures.fixed(proof.objective, 6)), \(proof.isOptimal ? "proved optimal: no assignment has a larger one" : "not proved optimal")",
      proof.isOptimal ? "text" : "warning")
    let cosines = comparison.pairs.map(\.cosine)
    add(
      "cosines of \(Figures.count(cosines.count, "pair")): median \(Figures.fixed(Double(cosines.median), 3)), a tenth below \(Figures.fixed(Double(cosines.sorted().percentile(10)), 3))"
    )
    let labelled = compare.division.persisted.filter { pair in
      compare.label(.a, pair.a) != nil && compare.label(.b, pair.b) != nil
    }
    let differing = labelled.count { pair in
      compare.label(.a, pair.a) != compare.label(.b, pair.b)
    }
    add(
      "labels on both sides of \(Figures.count(labelled.count, "pair")), \(differing) of them differ"
    )
    return lines
  }
}
