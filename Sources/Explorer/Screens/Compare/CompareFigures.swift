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
        case .orders: return "order alone \(share)"
        case .rotations: return "chance \(share)"
        case .dictionary(let name, _): return "\(name) \(share)"
        }
      }
    }
  }
}
