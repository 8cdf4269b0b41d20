import Experiments
import Numerics

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
    ComparisonReport.againstOrder(
      Proportion(division.introduced.count, of: opened.comparison.b.count), nulls.known,
      cutoff: cutoff)
  }
}

/// What "introduced" is read against, in short pieces.
enum CompareNullLine {
  static func texts(_ compare: CompareScreen) -> [String] {
    switch compare.nulls {
    case .unasked: return ["n matches the null"]
    case .failed(let reason): return ["no null: \(reason)"]
    case .awaited(_, let progress):
      return ["matching the null\(progress.map { ": \($0.stage.rawValue)" } ?? "")…"]
    case .known(let nulls):
      return nulls.map { null in
        let share = Figures.brief(null.introduced(at: compare.cutoff))
        switch null.kind {
        case .orders:
          let isWithin = compare.againstOrder?.contains("within") == true
          return "order alone \(share)" + (isWithin ? ": within that" : ": more than that")
        case .rotations: return "chance \(share)"
        case .dictionary(let name, _): return "\(name) \(share)"
        }
      }
    }
  }
}
