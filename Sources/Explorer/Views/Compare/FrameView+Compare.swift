import Experiments
import Storage
import Terminal

extension FrameView {
  /// Where both sides come from, what they share only once.
  func drawProvenance(of compare: CompareState, _ pen: inout Pen, into screen: inout Screen) {
    let width = pen.room
    for side in CompareState.Side.allCases {
      let dictionary = compare[side].dictionary
      pen.write(side == .a ? "A " : "  ↔  B ", "text.dim", into: &screen)
      pen.write(dictionary.title, "title", into: &screen)
      guard width >= 110 else { continue }
      let facts = [
        dictionary.provenance.percentile.map {
          "p\(Figures.fixed($0, $0 == $0.rounded() ? 0 : 1))"
        },
        "θ \(Figures.fixed(dictionary.threshold, 3))",
        "K \(Figures.grouped(dictionary.regionCount))", String(dictionary.identity.prefix(8)),
      ]
      pen.write(" " + facts.compactMap { $0 }.joined(separator: " "), into: &screen)
    }
    let hooks = CompareState.Side.allCases.map { compare[$0].dictionary.provenance.hook }
    guard width >= 140, let hook = hooks[0] else { return }
    if hooks[0] == hooks[1] {
      pen.write(" · \(hook)", "text.dim", into: &screen)
    } else {
      pen.write(" · hooks differ: \(hook), \(hooks[1] ?? "not recorded")", "warning", into: &screen)
    }
  }

  /// What the cutoff makes of the pairs, with n and interval.
  static func facts(of compare: CompareState) -> String {
    let (division, comparison) = (compare.division, compare.opened.comparison)
    let introduced = Proportion(division.introduced.count, of: comparison.b.count)
    let interval =
      introduced.wilson().map {
        " = \(Figures.percent(introduced.rate ?? .nan)) [\(Figures.percent($0.lower)), \(Figures.percent($0.upper))]"
      } ?? ""
    return
      "cutoff \(Figures.fixed(compare.cutoff, 2)): \(Figures.grouped(division.persisted.count)) of \(Figures.count(comparison.pairs.count, "pair")) persist · \(Figures.grouped(division.introduced.count)) of \(Figures.grouped(comparison.b.count)) introduced\(interval)"
  }

  static func facts(of comparing: ComparisonUnderWay) -> String {
    let names = "comparing \(comparing.a) with \(comparing.b)"
    guard let progress = comparing.progress else { return names + "…" }
    return
      "\(names) · \(progress.stage.rawValue) \(Figures.grouped(progress.done)) of \(Figures.grouped(progress.total))"
  }
}
