import Experiments
import Terminal

extension LineageScreen: Screen {
  static var name: ScreenName { .lineage }
  static var phrase: String { "the screen of a lineage" }

  var layers: [KeyLayer] { mode == .browsing ? restingLayers : [.searchField, .field] }
  var restingLayers: [KeyLayer] { [.trajectory, .lists, .general] }

  var textField: TextField? { if case .searching(let field) = mode { field } else { nil } }

  func hints(in session: Session) -> [KeyHints.Hint] {
    guard mode == .browsing else {
      return [KeyHints.one(.accept, "keep"), KeyHints.one(.cancelField, "clear")]
    }
    return [
      ([.trajectoryEarlier, .trajectoryLater], "dictionary"),
      KeyHints.one(.readContexts, "compare the step"), ([.lowerCutoff, .raiseCutoff], "cutoff"),
      KeyHints.one(.search, "words"), KeyHints.one(.chooseSort),
      KeyHints.one(.back, words.isEmpty ? "library" : "show all"),
      KeyHints.one(.help), KeyHints.one(.export), KeyHints.one(.copy, "copy summary"),
      KeyHints.one(.palette), KeyHints.one(.quit),
    ]
  }

  func offers(_ command: Command, in session: Session) -> Bool {
    switch command {
    case .lowerCutoff, .raiseCutoff, .usualCutoff, .trajectoryEarlier, .trajectoryLater, .search,
      .chooseSort, .readContexts, .copy:
      true
    default: command.isEverywhere
    }
  }

  mutating func take(_ reply: Reply, of id: EffectID, in session: inout Session) -> [Effect]? {
    nil
  }
  mutating func resize(in session: inout Session) { showCursor(in: session) }

  func facts(in session: Session) -> String {
    let cutoff = "cutoff \(Figures.fixed(cutoff, 2))"
    return
      "\(cutoff): \(persistence.joined(separator: " → ")) pairs persist · \(spanning) lineages through all \(count) · sorted by \(order.rawValue)"
  }
}
