import Experiments
import Storage
import Terminal

/// One row a prompt, one column a condition.
struct LedgerView {
  let lab: LabScreen
  let theme: Theme

  private static let cellColumns = 15
  /// What a prompt's words have at least, where conditions are many.
  private static let promptColumns = 34

  func draw(into screen: inout Cells, _ rect: Rect) {
    guard let result = lab.run?.result else {
      screen.write(
        "every prompt will have a row here, and every condition a column", row: rect.row,
        column: rect.column + 1, limit: rect.columns - 2, style: theme.style("text.dim"),
        overflow: .ellipsis)
      return
    }
    drawHeader(result, into: &screen, rect)
    let rows = lab.ledger
    for offset in 0..<max(0, rect.rows - 1) {
      let index = lab.top + offset
      guard rows.indices.contains(index) else { return }
      draw(
        result, rows[index], isSelected: index == lab.cursor, into: &screen,
        Rect(row: rect.row + 1 + offset, column: rect.column, rows: 1, columns: rect.columns))
    }
  }

  private func firstCell(_ rect: Rect, _ count: Int) -> Int {
    rect.endColumn - 1 - count * Self.cellColumns
  }

  /// As many conditions as there is room for, the chosen one among them.
  private func shown(_ result: AblationResult, _ rect: Rect) -> ArraySlice<AblationCondition> {
    let conditions = result.conditions
    let room = max(1, (rect.columns - 1 - Self.promptColumns) / Self.cellColumns)
    let chosen = min(lab.column, conditions.count - 1)
    let start = max(0, min(chosen - room + 1, conditions.count - room))
    return conditions[start..<min(start + room, conditions.count)]
  }

  private func drawHeader(
    _ result: AblationResult, into screen: inout Cells, _ rect: Rect
  ) {
    screen.restyle(
      Rect(row: rect.row, column: rect.column, rows: 1, columns: rect.columns),
      theme.style("header"))
    screen.write(
      "prompt", row: rect.row, column: rect.column + 1, style: theme.style("header"))
    let shown = shown(result, rect)
    let hidden = result.conditions.count - shown.count
    if hidden > 0 {
      let more = "‹ \(Figures.count(hidden, "condition")) more ›"
      screen.write(
        more, row: rect.row,
        column: firstCell(rect, shown.count) - 2 - DisplayWidth.of(more),
        style: theme.style("header"))
    }
    for (index, condition) in shown.enumerated() {
      screen.write(
        condition.rawValue, row: rect.row,
        column: firstCell(rect, shown.count) + index * Self.cellColumns,
        limit: Self.cellColumns - 1, style: theme.style("header"))
    }
  }

  private func draw(
    _ result: AblationResult, _ index: Int, isSelected: Bool, into screen: inout Cells,
    _ rect: Rect
  ) {
    let prompt = result.prompts[index]
    if isSelected {
      screen.fill(
        rect,
        style: theme.style(
          lab.focus == .ledger ? "region.selected" : "region.selected.unfocused"))
    }
    let shown = shown(result, rect)
    let first = firstCell(rect, shown.count)
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: first - 1)
    pen.write(result.isFlip(prompt) ? "⇄ " : "  ", isSelected ? nil : "match", into: &screen)
    pen.write(prompt.role == .harmful ? "harmful " : "benign  ", "text.dim", into: &screen)
    pen.write(prompt.prompt, isSelected ? nil : "text", into: &screen)
    for (place, condition) in shown.enumerated() {
      let cell = cell(result, prompt, index, condition)
      let isChosen = isSelected && lab.focus == .ledger && condition == lab.condition
      let column = first + place * Self.cellColumns
      if isChosen {
        screen.write("[", row: rect.row, column: column - 1, style: theme.style("key"))
        screen.write(
          "]", row: rect.row, column: column + min(13, DisplayWidth.of(cell.text)),
          style: theme.style("key"))
      }
      screen.write(
        cell.text, row: rect.row, column: column, limit: Self.cellColumns - 2,
        style: isSelected ? .plain : theme.style(cell.role))
    }
  }

  private func cell(
    _ result: AblationResult, _ prompt: PromptResult, _ index: Int,
    _ condition: AblationCondition
  ) -> (text: String, role: String) {
    switch result.setup.depth {
    case .generate:
      if let answer = prompt.answers[condition] {
        let classified = answer.verdict.outcome
        guard let personal = answer.personal else {
          return ("\(classified.glyph) \(classified.rawValue)", classified.role)
        }
        // The classifier's glyph, then the person's with its word.
        return (
          personal == classified
            ? "\(classified.glyph)=\(personal.rawValue)"
            : "\(classified.glyph)›\(personal.glyph)\(personal.rawValue)", personal.role
        )
      }
      let isBegun = lab.run?.live[LabRun.Place(condition: condition, prompt: index)] != nil
      return isBegun ? ("… writing", "text.strong") : ("·", "text.dim")
    case .resume:
      guard let odds = prompt.firstTokens[condition]?.refusalLogOdds else {
        return ("·", "text.dim")
      }
      return ("\(odds > 0 ? "●" : "○") \(Figures.signed(odds, 1))", odds > 0 ? "match" : "number")
    case .geometry:
      guard let landing = prompt.landings[condition] else { return ("·", "text.dim") }
      let predicted = landing.predictedRefusal.map { "p \(Figures.fixed($0, 2))" } ?? "p —"
      return ("\(predicted) →\(landing.region)", "number")
    }
  }
}
