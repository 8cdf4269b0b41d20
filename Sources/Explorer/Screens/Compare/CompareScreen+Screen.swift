import Experiments
import Storage
import Terminal

extension CompareScreen: Screen {
  static var name: ScreenName { .compare }
  static var place: WritableKeyPath<Session, CompareScreen?> { \.compare }
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
    let facts = [
      "cutoff \(Figures.fixed(cutoff, 2)): \(Figures.grouped(division.persisted.count)) of \(Figures.count(comparison.pairs.count, "pair")) persist",
      "\(Figures.grouped(division.introduced.count)) of \(Figures.grouped(comparison.b.count)) introduced \(CompareTableView.brief(introduced))",
    ]
    return (facts + CompareNullLine.texts(self)).joined(separator: " · ")
  }

  /// Where both sides come from, what they share only once.
  func drawProvenance(_ pen: inout Pen, into screen: inout Cells, in session: Session) {
    let width = pen.room
    for side in CompareScreen.Side.allCases {
      let dictionary = self[side].dictionary
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
    let hooks = CompareScreen.Side.allCases.map { self[$0].dictionary.provenance.hook }
    guard width >= 140, let hook = hooks[0] else { return }
    if hooks[0] == hooks[1] {
      pen.write(" · \(hook)", "text.dim", into: &screen)
    } else {
      pen.write(" · hooks differ: \(hook), \(hooks[1] ?? "not recorded")", "warning", into: &screen)
    }
  }

  func drawPrompt(
    _ pen: inout Pen, into screen: inout Cells, area: Rect, in session: Session
  ) -> Bool {
    let listed = "\(Figures.grouped(rows.count)) of \(Figures.grouped(count(of: table)))"
    switch mode {
    case .searching(let field):
      screen.drawPrompt(
        "/", field, facts: "\(listed) · words of labels and contexts, or a region's number", &pen,
        area)
    case .filtering(let editor):
      let (facts, isProblem) =
        if let problem = editor.problem {
          ("✗ column \(problem.column): \(problem.message)", true)
        } else if let message = session.message, message.kind == .error {
          ("✗ \(message.text)", true)
        } else if editor.completions.indices.contains(editor.choice) {
          (
            "\(listed) · Tab \(editor.completions[editor.choice].text)— \(editor.completions[editor.choice].meaning)",
            false
          )
        } else {
          (listed, false)
        }
      screen.drawPrompt("filter ", editor.field, facts: facts, isProblem: isProblem, &pen, area)
    case .exporting(let field):
      screen.drawPrompt("write files to ", field, facts: "a new folder", &pen, area)
    case .browsing, .choosingSort: return false
    }
    return true
  }

  func draw(into screen: inout Cells, area: Rect, theme: Theme, in session: Session) {
    CompareView(compare: self, theme: theme).draw(into: &screen, body: area)
  }
}

extension ComparisonUnderWay {
  /// Who is compared, and how far it has come.
  var facts: String {
    let names =
      names.count == 2
      ? "comparing \(names.joined(separator: " with "))"
      : "following regions through \(names.count) dictionaries"
    guard let progress else { return names + "…" }
    return
      "\(names) · \(progress.stage.rawValue) \(Figures.grouped(progress.done)) of \(Figures.grouped(progress.total))"
  }
}
