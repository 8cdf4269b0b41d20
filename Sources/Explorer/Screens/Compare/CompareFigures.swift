import Experiments
import Numerics
import Terminal

extension Figures {
  /// `12% [8, 17]`: a share and its 95 % interval, in percent.
  static func brief(_ share: Proportion) -> String {
    guard let rate = share.rate, let interval = share.wilson() else { return "—" }
    return
      "\(Figures.fixed(100 * rate, 0))% [\(Figures.fixed(100 * interval.lower, 0)), \(Figures.fixed(100 * interval.upper, 0))]"
  }
}

extension CompareScreen {
  /// Whether more is introduced than order alone gives, in words; `nil` where that was not matched.
  var againstOrder: String? {
    ComparisonReport.againstOrder(introduced, nulls.known, cutoff: cutoff)
  }

  fileprivate var isBeyondOrder: Bool? {
    ComparisonReport.isBeyondOrder(introduced, nulls.known, cutoff: cutoff)
  }

  private var introduced: Proportion {
    Proportion(division.introduced.count, of: opened.comparison.b.count)
  }
}

/// What "introduced" is read against, in short pieces.
enum CompareNullLine {
  /// - Parameter isShort: in fewer words, for a narrow screen.
  static func texts(_ compare: CompareScreen, isShort: Bool = false) -> [String] {
    switch compare.nulls {
    case .unasked: return ["n matches the null"]
    case .failed(let reason): return [isShort ? "no null" : "no null: \(reason)"]
    case .awaited(_, let progress):
      let stage = progress.map { ": \($0.stage.rawValue)" } ?? ""
      return [isShort ? "matching…" : "matching the null\(stage)…"]
    case .known(let nulls):
      return nulls.map { null in
        let share = Figures.brief(null.introduced(at: compare.cutoff))
        switch null.kind {
        case .orders:
          let words = compare.isBeyondOrder == false ? "no more" : "more"
          return "order alone \(share): \(words)\(isShort ? "" : " than that")"
        case .rotations: return "chance \(share)"
        case .dictionary(let name, _): return "\(name) \(share)"
        }
      }
    }
  }

  /// The null that says most: A built again, where that was matched.
  private static func main(_ compare: CompareScreen) -> String? {
    let texts = texts(compare, isShort: true)
    guard case .known(let nulls) = compare.nulls else { return texts.first }
    let orders = nulls.firstIndex { if case .orders = $0.kind { true } else { false } }
    return texts.indices.contains(orders ?? 0) ? texts[orders ?? 0] : nil
  }

  /// A line that is cut in its midst would be read for less than it says: the fullest that fits.
  ///
  /// - Parameter found: what is read against the nulls, the fullest wording first.
  static func line(_ found: [String], _ compare: CompareScreen, columns: Int) -> String {
    let shortest = [main(compare)].compactMap(\.self)
    let nulls = [texts(compare), texts(compare, isShort: true), shortest]
    let lines = found.flatMap { found in
      nulls.map { ([found] + $0).joined(separator: " · ") }
    }
    return lines.first { DisplayWidth.of($0) <= columns } ?? lines.last ?? ""
  }
}
