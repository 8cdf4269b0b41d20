import Storage
import Terminal

extension FrameView {
  func drawStatus(into screen: inout Cells, _ rect: Rect) {
    screen.fill(rect, style: theme.style("status"))
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn - 1)
    if state.overlay == nil, let regions = state.regions, state.screen == .regions {
      switch regions.mode {
      case .searching(let field): return drawSearch(field, regions, &pen, into: &screen, rect)
      case .jumping(let field): return drawJump(field, regions, &pen, into: &screen)
      case .filtering(let editor):
        return drawFilter(editor, regions, &pen, into: &screen, rect)
      case .prompting(let prompt) where state.message == nil:
        return drawPrompt(prompt, &pen, into: &screen)
      case .tagging(let editor) where state.message == nil:
        return drawTags(editor, &pen, into: &screen)
      case .labelling(let editor) where state.message == nil:
        return drawCompletions(editor, &pen, into: &screen)
      default: break
      }
    }
    if case .export(let field) = state.overlay, state.message == nil {
      return drawExport(field, &pen, into: &screen)
    }
    if state.overlay == nil, drawFieldOfCompare(&pen, into: &screen, rect) { return }
    if state.isBusy { drawWork(into: &screen, &pen) }
    guard let message = state.message else {
      pen.write(standingFacts, into: &screen)
      return
    }
    switch message.kind {
    case .error:
      let style = theme.style("status.error")
      screen.fill(rect, style: style)
      pen.write("✗ \(message.text)", style: style, into: &screen)
    case .success: pen.write("✓ \(message.text)", "status.success", into: &screen)
    case .note: pen.write(message.text, into: &screen)
    }
  }

  private func drawWork(into screen: inout Cells, _ pen: inout Pen) {
    let frames = Array("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
    let (seconds, attoseconds) = state.clock.components
    let step = (Int(seconds) * 10 + Int(attoseconds / 100_000_000_000_000_000)) % frames.count
    pen.write(String(frames[step]), "title", into: &screen)
    pen.skip(1)
  }

  /// What is so as long as nothing happens.
  private var standingFacts: String {
    if let opening = state.library.opening { return "opening \(opening.url.lastPathComponent)…" }
    if state.screen == .lab, let lab = state.lab { return Self.labFacts(lab) }
    if let comparing = state.comparing { return Self.facts(of: comparing) }
    if state.screen == .compare, let compare = state.compare { return Self.facts(of: compare) }
    if state.screen == .trace, let trace = state.trace { return Self.facts(of: trace) }
    if state.screen == .saved, let saved = state.saved { return Self.facts(of: saved) }
    if state.screen == .trajectory, let trajectory = state.trajectory {
      return Self.facts(of: trajectory)
    }
    guard state.screen == .regions, let regions = state.regions else {
      if let marked = state.library.marks.first {
        return state.library.marks.count == 1
          ? "A is \(marked.lastPathComponent) · choose B"
          : "\(state.library.marks.count) marked, in this order: "
            + state.library.marks.map(\.lastPathComponent).joined(separator: ", ")
      }
      if state.library.scan != nil { return "looking for dictionaries…" }
      let found = (state.library.entries ?? []).filter { !$0.isRecent }
      let broken = found.count { if case .broken = $0.content { true } else { false } }
      let note = broken == 0 ? "" : " · \(broken) cannot be opened"
      let good = found.count { ["dictionary", "pickle"].contains($0.kind) }
      return "\(Figures.grouped(good)) \(good == 1 ? "dictionary" : "dictionaries")\(note)"
    }
    if let search = regions.search {
      let filter = regions.filter.map { " · also \($0.text)" } ?? ""
      return Self.searchFacts(search, regions) + filter
    }
    if let filter = regions.filter, !filter.filter.isEmpty {
      return "\(Self.filterFacts(regions)) · \(filter.text)"
    }
    let others = regions.annotations.labels.entries.count - regions.ownLabelCount
    let stars = regions.annotations.stars.count
    var facts = [Figures.count(regions.dictionary.regionCount, "region")]
    if case .unavailable = state.notebook { facts.append("no notebook: labels cannot be saved") }
    facts.append("\(Figures.grouped(regions.ownLabelCount)) labelled")
    if others > 0 { facts.append("\(Figures.grouped(others)) labelled by others") }
    if stars > 0 { facts.append("\(Figures.grouped(stars)) starred") }
    return facts.joined(separator: " · ")
  }

  private static func labFacts(_ lab: LabScreen) -> String {
    guard let subject = lab.subject else { return "" }
    if lab.isJudging, let index = lab.selectedPrompt, let condition = lab.condition {
      let id = lab.run?.result?.prompts[index].id ?? ""
      return "your verdict on the \(condition.rawValue) answer to \(id)?"
    }
    if let series = lab.series { return "\(series.title) · \(series.depth.rawValue)" }
    guard let run = lab.run else { return "store \(subject.store) · nothing was run yet" }
    let result = run.result.map { " · control: \($0.nullName)" } ?? ""
    let saved = run.saved.map { " · saved as experiment \($0)" } ?? ""
    return
      "\(run.setup.depth.certainty.lowercased()) at \(run.setup.depth.rawValue) depth\(result)\(saved)"
  }

  static func searchFacts(_ search: RegionSearch, _ regions: RegionsScreen) -> String {
    guard let result = search.result else { return "searching…" }
    let all = Figures.grouped(regions.dictionary.regionCount)
    let found = regions.filter == nil ? result.regions.count : regions.rows.count
    let count =
      found == 0 ? "no region matches" : "\(Figures.grouped(found)) of \(all) regions match"
    return "\(count) · \(Figures.milliseconds(search.milliseconds))"
  }

  // MARK: - Prompts

  private func drawSearch(
    _ field: TextField, _ regions: RegionsScreen, _ pen: inout Pen, into screen: inout Cells,
    _ rect: Rect
  ) {
    let problem = regions.search?.problem
    var facts = ""
    if field.isEmpty {
      facts = "words, \"phrases\", prefix*, AND OR NOT, label: context: token:"
    } else if let problem {
      facts = "✗ \(problem)"
    } else if let search = regions.search {
      facts = search.query == nil ? "" : Self.searchFacts(search, regions)
    }
    pen.write("/", "title", into: &screen)
    let factColumns = min(DisplayWidth.of(facts), max(0, rect.columns - 30))
    let fieldColumns = max(12, pen.room - factColumns - 2)
    screen.drawField(
      field, row: rect.row, column: pen.column, columns: fieldColumns, theme: theme)
    if let problem, field.characters.count < fieldColumns {
      let column = pen.column + min(problem.column - 1, field.characters.count)
      screen.restyle(
        Rect(row: rect.row, column: column, rows: 1, columns: 1), theme.style("status.error"))
    }
    pen.skip(fieldColumns + 2)
    pen.write(facts, problem == nil ? "text.dim" : "warning", into: &screen)
  }

  private static func filterFacts(_ regions: RegionsScreen) -> String {
    let all = Figures.grouped(regions.dictionary.regionCount)
    let count = regions.rows.count
    return count == 0 ? "no region passes" : "\(Figures.grouped(count)) of \(all) regions pass"
  }

  private func drawFilter(
    _ editor: FilterEditor, _ regions: RegionsScreen, _ pen: inout Pen, into screen: inout Cells,
    _ rect: Rect
  ) {
    var facts = Self.filterFacts(regions)
    var isProblem = editor.problem != nil
    if let problem = editor.problem {
      facts = "✗ column \(problem.column): \(problem.message)"
    } else if let message = state.message, message.kind == .error {
      facts = "✗ \(message.text)"
      isProblem = true
    }
    pen.write("filter ", "title", into: &screen)
    let factColumns = min(DisplayWidth.of(facts), max(0, rect.columns - 34))
    let fieldColumns = max(12, pen.room - factColumns - 2)
    screen.drawField(
      editor.field, row: rect.row, column: pen.column, columns: fieldColumns, theme: theme)
    if let problem = editor.problem, editor.field.characters.count < fieldColumns {
      let column = pen.column + min(problem.column - 1, editor.field.characters.count)
      screen.restyle(
        Rect(row: rect.row, column: column, rows: 1, columns: 1), theme.style("status.error"))
    }
    pen.skip(fieldColumns + 2)
    pen.write(facts, isProblem ? "warning" : "text.dim", into: &screen)
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
      theme: theme)
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

  private func drawExport(_ field: TextField, _ pen: inout Pen, into screen: inout Cells) {
    let rows = state.screenExport?.rowCount ?? 0
    let isResult = state.screen == .saved
    pen.write(
      isResult ? "write the result to " : "write \(Figures.count(rows, "row")) to ", "title",
      into: &screen)
    let columns = max(12, min(50, pen.room - 18))
    screen.drawField(field, row: pen.row, column: pen.column, columns: columns, theme: theme)
    pen.skip(columns + 2)
    pen.write(isResult ? ".json, .csv or .svg" : ".tsv or .jsonl", "text.dim", into: &screen)
  }

  private func drawPrompt(_ prompt: Prompt, _ pen: inout Pen, into screen: inout Cells) {
    pen.write("\(prompt.title) ", "title", into: &screen)
    let hint = DisplayWidth.of(prompt.hint) + 2
    let columns = max(24, min(pen.room - hint, 90))
    screen.drawField(prompt.field, row: pen.row, column: pen.column, columns: columns, theme: theme)
    pen.skip(columns + 2)
    pen.write(prompt.hint, "text.dim", into: &screen)
  }

  private func drawJump(
    _ field: TextField, _ regions: RegionsScreen, _ pen: inout Pen, into screen: inout Cells
  ) {
    pen.write("go to region ", "title", into: &screen)
    screen.drawField(field, row: pen.row, column: pen.column, columns: 12, theme: theme)
    pen.skip(14)
    pen.write(
      "0 to \(Figures.grouped(max(regions.dictionary.regionCount - 1, 0)))", "text.dim",
      into: &screen)
  }

  private func drawCompletions(
    _ editor: LabelEditor, _ pen: inout Pen, into screen: inout Cells
  ) {
    pen.write("label of region \(editor.region)", "title", into: &screen)
    pen.skip(2)
    guard !editor.completions.isEmpty else {
      if editor.field.isEmpty {
        pen.write("an empty label takes it away", "text.dim", into: &screen)
      }
      return
    }
    pen.write("in use: ", "text.dim", into: &screen)
    for (index, completion) in editor.completions.enumerated() {
      if index > 0 { pen.write(" · ", "text.dim", into: &screen) }
      pen.write(completion, index == editor.choice ? "match" : "text.dim", into: &screen)
    }
  }
}
