import Storage
import Terminal

/// What the status line says, and the fields that are written in it.
extension RegionsScreen {
  func facts(in session: Session) -> String {
    if let search {
      let filter = filter.map { " · also \($0.text)" } ?? ""
      return searchFacts(search) + filter
    }
    if let filter, !filter.filter.isEmpty {
      return "\(filterFacts) · \(filter.text)"
    }
    let others = annotations.labels.entries.count - ownLabelCount
    let stars = annotations.stars.count
    var facts = [Figures.count(dictionary.regionCount, "region")]
    if session.notebookProblem != nil { facts.append("no notebook: labels cannot be saved") }
    facts.append("\(Figures.grouped(ownLabelCount)) labelled")
    if others > 0 { facts.append("\(Figures.grouped(others)) labelled by others") }
    if stars > 0 { facts.append("\(Figures.grouped(stars)) starred") }
    // Members may be of one split alone, and stand beside it.
    if columns.contains(.refusal), let splits = extras.outcomes?.splits {
      facts.append("refused: of all prompts, \(splits)")
    }
    return facts.joined(separator: " · ")
  }

  /// - Parameter columns: that there are for it; where it needs more, what the title says too is left out.
  private func searchFacts(_ search: RegionSearch, columns: Int = .max) -> String {
    guard let result = search.result else { return "searching…" }
    let all = Figures.grouped(dictionary.regionCount)
    let found = filter == nil ? result.regions.count : rows.count
    let count =
      found == 0 ? "no region matches" : "\(Figures.grouped(found)) of \(all) regions match"
    let scope = if case .store = result.scope { " \(result.scope.words)" } else { "" }
    let whole = "\(count)\(scope) · \(Figures.milliseconds(search.milliseconds))"
    return [whole, count + scope].first { DisplayWidth.of($0) <= columns } ?? count
  }

  private var filterFacts: String {
    let all = Figures.grouped(dictionary.regionCount)
    let count = rows.count
    return count == 0 ? "no region passes" : "\(Figures.grouped(count)) of \(all) regions pass"
  }

  func drawPrompt(
    _ pen: inout Pen, into screen: inout Cells, area: Rect, in session: Session
  ) -> Bool {
    switch mode {
    case .searching(let field): drawSearch(field, &pen, into: &screen, area)
    case .jumping(let field): drawJump(field, &pen, into: &screen)
    case .filtering(let editor): drawFilter(editor, &pen, into: &screen, area, in: session)
    case .prompting(let prompt) where session.message == nil:
      drawPrompt(prompt, &pen, into: &screen)
    case .tagging(let editor) where session.message == nil:
      drawTags(editor, &pen, into: &screen)
    case .labelling(let editor) where session.message == nil:
      drawCompletions(editor, &pen, into: &screen)
    default: return false
    }
    return true
  }

  private func drawSearch(
    _ field: TextField, _ pen: inout Pen, into screen: inout Cells,
    _ rect: Rect
  ) {
    let problem = search?.problem
    let reserved = 30
    var facts = ""
    if field.isEmpty {
      facts = "words, \"phrases\", prefix*, AND OR NOT, label: context: token:"
    } else if let problem {
      facts = "✗ \(problem)"
    } else if let search {
      facts = search.query == nil ? "" : searchFacts(search, columns: rect.columns - reserved)
    }
    screen.drawPrompt(
      "/", field, facts: facts, isProblem: problem != nil, problemColumn: problem?.column,
      reserved: reserved, &pen, rect)
  }

  private func drawFilter(
    _ editor: FilterEditor, _ pen: inout Pen, into screen: inout Cells, _ rect: Rect,
    in session: Session
  ) {
    var facts = filterFacts
    var isProblem = editor.problem != nil
    if let problem = editor.problem {
      facts = "✗ column \(problem.column): \(problem.message)"
    } else if let message = session.message, message.kind == .error {
      facts = "✗ \(message.text)"
      isProblem = true
    }
    screen.drawPrompt(
      "filter ", editor.field, facts: facts, isProblem: isProblem,
      problemColumn: editor.problem?.column, &pen, rect)
  }

  private func drawTags(_ editor: TagEditor, _ pen: inout Pen, into screen: inout Cells) {
    pen.write("tags of region \(editor.region) ", "title", into: &screen)
    let columns = min(40, max(12, pen.room / 2))
    let completions = editor.completions
    let typed = editor.field.text.split(separator: " ", omittingEmptySubsequences: false).last ?? ""
    let suggestion =
      typed.isEmpty || !completions.indices.contains(editor.choice)
      ? "" : String(completions[editor.choice].dropFirst(typed.count))
    screen.drawField(
      editor.field, suggestion: suggestion, row: pen.row, column: pen.column, columns: columns,
      theme: pen.theme)
    pen.skip(columns + 2)
    guard !completions.isEmpty else {
      pen.write("words with spaces between them", "text.dim", into: &screen)
      return
    }
    pen.write("in use: ", "text.dim", into: &screen)
    for (index, completion) in completions.enumerated() {
      if index > 0 { pen.write(" · ", "text.dim", into: &screen) }
      pen.write(completion, index == editor.choice ? "match" : "text.dim", into: &screen)
    }
  }

  private func drawPrompt(_ prompt: Prompt, _ pen: inout Pen, into screen: inout Cells) {
    pen.write("\(prompt.title) ", "title", into: &screen)
    let hint = DisplayWidth.of(prompt.hint) + 2
    let columns = max(24, min(pen.room - hint, 90))
    screen.drawField(
      prompt.field, row: pen.row, column: pen.column, columns: columns, theme: pen.theme)
    pen.skip(columns + 2)
    pen.write(prompt.hint, "text.dim", into: &screen)
  }

  private func drawJump(
    _ field: TextField, _ pen: inout Pen, into screen: inout Cells
  ) {
    pen.write("go to region ", "title", into: &screen)
    screen.drawField(field, row: pen.row, column: pen.column, columns: 12, theme: pen.theme)
    pen.skip(14)
    pen.write(
      "0 to \(Figures.grouped(max(dictionary.regionCount - 1, 0)))", "text.dim",
      into: &screen)
  }

  private func drawCompletions(
    _ editor: LabelEditor, _ pen: inout Pen, into screen: inout Cells
  ) {
    pen.write("label of region \(editor.region)", "title", into: &screen)
    pen.skip(2)
    guard !editor.completions.isEmpty else {
      if editor.field.isEmpty {
        pen.write(
          label(of: editor.region) == nil || isHidden(editor.region)
            ? "what it holds, in your own words" : "an empty label takes it away",
          "text.dim", into: &screen)
      }
      return
    }
    if editor.field.isEmpty, let note = editor.note {
      pen.write(note, "text.dim", into: &screen)
      return
    }
    pen.write("in use: ", "text.dim", into: &screen)
    for (index, completion) in editor.completions.enumerated() {
      if index > 0 { pen.write(" · ", "text.dim", into: &screen) }
      pen.write(completion, index == editor.choice ? "match" : "text.dim", into: &screen)
    }
  }
}
