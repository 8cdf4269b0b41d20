import Experiments
import Numerics
import Storage
import Terminal

extension CompareScreen: Screen {
  static var name: ScreenName { .compare }
  static var phrase: String { "the screen of a comparison" }

  var layers: [KeyLayer] {
    switch mode {
    case .browsing: restingLayers
    case .searching: [.searchField, .field]
    case .filtering, .exporting: [.labelField, .field]
    case .choosingSort: [.chooser]
    }
  }
  var restingLayers: [KeyLayer] { [.compare, .lists, .general] }

  func hints(in session: Session) -> [KeyHints.Hint] {
    switch mode {
    case .browsing: break
    case .searching:
      return [
        KeyHints.one(.accept, "keep"), KeyHints.one(.cancelField, "clear"),
        ([.nextChoice, .previousChoice], "move in the results"),
      ]
    case .filtering(let editor):
      let completions: [KeyHints.Hint] =
        editor.completions.isEmpty
        ? [] : [KeyHints.one(.complete), ([.nextChoice, .previousChoice], "choose")]
      return [KeyHints.one(.accept, "keep")] + completions
        + [KeyHints.one(.cancelField, "show all")]
    case .choosingSort:
      return [
        KeyHints.one(.accept), ([.nextChoice, .previousChoice], "choose"),
        KeyHints.one(.cancelField),
      ]
    case .exporting: return [KeyHints.one(.accept, "write"), KeyHints.one(.cancelField)]
    }
    let back =
      isZoomed
      ? "unzoom"
      : focus == .detail
        ? "table" : isNarrowed ? "show all" : isOfTrajectory ? "lineage" : "library"
    let first: [KeyHints.Hint] = [
      KeyHints.one(.otherTable), ([.lowerCutoff, .raiseCutoff], "cutoff"),
      KeyHints.one(.compareContexts, "contexts"), KeyHints.one(.compareFlow),
      KeyHints.one(.compareSummary), KeyHints.one(.back, back), KeyHints.one(.help),
      KeyHints.one(.filter), KeyHints.one(.search, "words"), KeyHints.one(.chooseSort),
      KeyHints.one(.readContexts, "read"), KeyHints.one(.carryLabel, "carry label"),
      KeyHints.one(.copy, "copy summary"), KeyHints.one(.export, "files"),
      KeyHints.one(.openRegion, "open region"), KeyHints.one(.palette), KeyHints.one(.quit),
    ]
    let rest: [KeyHints.Hint] = [
      KeyHints.one(.carryLabels, "carry all"), KeyHints.one(.zoom, isZoomed ? "unzoom" : "zoom"),
      KeyHints.one(.switchPane), ([.nextRegion, .previousRegion], "region"),
      KeyHints.one(.usualCutoff, "0.70"), KeyHints.one(.reverseSort),
    ]
    return first + (nulls == .unasked ? [KeyHints.one(.matchNulls)] : []) + rest
  }

  func offers(_ command: Command, in session: Session) -> Bool {
    switch command {
    case .compare, .markForComparing, .trajectoryEarlier, .trajectoryLater: false
    case .search, .filter, .chooseSort, .reverseSort, .readContexts, .switchPane, .zoom, .copy,
      .carryLabels, .undo, .nextRegion, .previousRegion:
      true
    case .growPane, .shrinkPane: false
    default: command.isEverywhere || command.group == .comparing
    }
  }

  mutating func resize(in session: inout Session) { showCursor(in: session) }

  var isIncomplete: Bool { awaited != nil }

  // MARK: - Frame

  /// What the cutoff makes of the pairs, with n and interval, and what it is read against.
  func facts(in session: Session) -> String {
    let comparison = opened.comparison
    let introduced = Proportion(division.introduced.count, of: comparison.b.count)
    let cut = "cutoff \(Figures.fixed(cutoff, 2))"
    let persisted =
      "\(Figures.grouped(division.persisted.count)) of \(Figures.count(comparison.pairs.count, "pair")) persist"
    let found =
      "\(Figures.grouped(division.introduced.count)) of \(Figures.grouped(comparison.b.count)) introduced \(Figures.brief(introduced))"
    // How many persist stands in the title too, and the cutoff under the histogram. Work that is under way takes two columns.
    return CompareNullLine.line(
      ["\(cut): \(persisted) · \(found)", "\(cut): \(found)", found], self,
      columns: session.columns - 4)
  }
}
