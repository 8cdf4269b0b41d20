import Terminal

extension AnswersScreen {
  func draw(into screen: inout Cells, area: Rect, theme: Theme, in session: Session) {
    let panes = layout(in: session)
    if !panes.list.isEmpty {
      drawListTitle(into: &screen, panes.listTitle, theme: theme, in: session)
      drawList(into: &screen, panes.list, theme: theme, in: session)
    }
    guard !panes.detail.isEmpty else { return }
    screen.drawDivider(panes.divider, isListFocused: !isReading, theme: theme)
    screen.drawTitleRule(
      panes.detailTitle, isFocused: isReading, theme: theme,
      title: { pen, screen in pen.write(list.selected?.id ?? "no prompt", "title", into: &screen) })
    let lines = answerLines(columns: panes.detail.columns - 2, in: session).dropFirst(answerTop)
    for (row, line) in lines.prefix(panes.detail.rows).enumerated() {
      var pen = Pen(
        theme: theme, row: panes.detail.row + row, column: panes.detail.column + 1,
        end: panes.detail.endColumn - 1)
      line.draw(&pen, into: &screen)
    }
  }

  private func drawListTitle(
    into screen: inout Cells, _ rect: Rect, theme: Theme, in session: Session
  ) {
    let count = list.rows.count
    screen.drawTitleRule(
      rect, isFocused: !isReading, theme: theme,
      title: { pen, screen in
        pen.write("Region \(region) › ", "text.dim", into: &screen)
        pen.write("Answers", "title", into: &screen)
        if let label = session.regions?.label(of: region) {
          pen.write(" · ", "text.dim", into: &screen)
          pen.write(label.text, "region.label", into: &screen)
        }
        if found?.models != nil { pen.write(" ⚠ another model's", "warning", into: &screen) }
      }, trailing: count == 0 ? "" : "\(cursor + 1) of \(count)")
  }

  private func drawList(into screen: inout Cells, _ area: Rect, theme: Theme, in session: Session) {
    let (header, body) = area.split(rows: 1)
    guard !list.rows.isEmpty else {
      for (row, line) in emptyLines(columns: area.columns - 3).enumerated() where row < body.rows {
        screen.write(
          line, row: body.row + row, column: body.column + 2,
          style: theme.style(row == 0 ? "text" : "text.dim"))
      }
      return
    }
    let dictionary = session.regions?.dictionary
    let sets = list.rows.map { sanitized($0.set, whitespace: .spaces) }
    let setWidth = min(area.columns / 3, max(8, sets.map { DisplayWidth.of($0) }.max() ?? 0))
    screen.restyle(header, theme.style("header"))
    screen.write(
      "verdict       d/θ  \("set".padded(to: setWidth))  prompt", row: header.row,
      column: header.column + 2,
      style: theme.style("header"))
    for (row, answer) in list.rows.dropFirst(list.top).prefix(body.rows).enumerated() {
      let isSelected = list.top + row == cursor
      let rect = Rect(row: body.row + row, column: body.column, rows: 1, columns: body.columns)
      if isSelected {
        screen.fill(
          rect, style: theme.style(isReading ? "region.selected.unfocused" : "region.selected"))
      }
      var pen = Pen(theme: theme, row: rect.row, column: rect.column + 2, end: rect.endColumn - 1)
      StyledText([
        .init(verdict(answer).padded(to: 12), answer.outcome?.role ?? "text.dim"),
        .init(ratio(answer, in: dictionary).leftPadded(to: 5) + "  ", "number"),
        .init(sets[list.top + row].padded(to: setWidth) + "  ", "text.dim"),
        .init(sanitized(answer.prompt, whitespace: .spaces), "text"),
      ]).draw(&pen, isSelected: isSelected, into: &screen)
    }
  }

  private func verdict(_ answer: PromptAnswer) -> String {
    answer.outcome.map { "\($0.glyph) \($0.rawValue)" } ?? "no answer"
  }

  private func ratio(_ answer: PromptAnswer, in dictionary: OpenedDictionary?) -> String {
    (dictionary?.ratio(answer.distance)).map { Figures.fixed($0, 2) } ?? "—"
  }

  private func emptyLines(columns: Int) -> [String] {
    let text =
      failure.map { "✗ \($0)" }
      ?? (found == nil
        ? "reading the answers of the region's prompts…"
        : "no prompt of \(found?.store ?? "the store") ends in this region\nEsc goes back: 7 Rates says it of each region, f prompts > 0 lists those that have some")
    return WrappedText.lines(text, columns: max(20, columns))
  }

  /// The selected prompt and its answer, with the words that decided the verdict marked.
  func answerLines(columns: Int, in session: Session) -> [StyledText] {
    guard let row = list.selected, columns > 0 else { return [] }
    func wrapped(_ text: String, _ role: String) -> [StyledText] {
      WrappedText.lines(text, columns: columns).map { StyledText($0, role) }
    }
    var lines: [StyledText] = []
    if let models = found?.models {
      lines += wrapped(
        "⚠ the store is of \(models.store), the dictionary of \(models.dictionary)", "warning")
    }
    lines += wrapped(paragraphs(row.prompt), "text.strong")
    lines.append(
      StyledText([
        .init(verdict(row), row.outcome?.role ?? "text.dim"),
        .init("  \(words(of: row))", "text.dim"),
      ]))
    lines.append(StyledText(""))
    guard let answer = row.answer else {
      return lines + wrapped("capture with --generate to have answers", "text.dim")
    }
    if row.isCut { lines += wrapped("only the answer's opening was kept:", "text.dim") }
    let spans = ContextLines.lines(
      answer, token: nil, marks: row.phraseRange.map { [$0] } ?? [], columns: columns,
      lineCount: 400)
    return lines
      + spans.map { line in
        StyledText(line.map { .init($0.text, $0.look == .match ? "match" : nil) })
      }
  }

  /// Why it has its verdict.
  private func words(of row: PromptAnswer) -> String {
    if let phrase = row.phrase { return "by “\(sanitized(phrase, whitespace: .spaces))”" }
    if row.outcome == nil { return "" }
    return row.isCut ? "by what was not kept" : "no phrase of a refusal in it"
  }
}
