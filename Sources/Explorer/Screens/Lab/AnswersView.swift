import Experiments
import Terminal

/// One prompt's answers under every condition, aligned, with the phrases that decided.
struct AnswersView {
  let lab: LabScreen
  let result: AblationResult
  let prompt: Int
  let theme: Theme

  /// What an answer is readable in; with less, conditions stand below each other.
  private static let smallestColumn = 28

  /// On a page of its own.
  func drawPage(into screen: inout Cells, body: Rect) {
    let (title, rest) = body.split(rows: 1)
    let known = result.prompts[prompt]
    screen.drawTitleRule(
      title, isFocused: true, theme: theme,
      title: { pen, screen in
        pen.write("\(known.id)", "title", into: &screen)
        pen.write(" · \(known.role.rawValue)", into: &screen)
        if let category = known.category {
          pen.write(" · \(category)", "text.dim", into: &screen)
        }
      }, trailing: "\(lab.cursor + 1) of \(lab.ledger.count)")
    draw(into: &screen, rest)
  }

  func draw(into screen: inout Cells, _ rect: Rect) {
    let known = result.prompts[prompt]
    var row = rect.row
    for line in WrappedText.lines(known.prompt, columns: rect.columns - 4).prefix(3) {
      screen.write(
        line, row: row, column: rect.column + 2, limit: rect.columns - 4,
        style: theme.style("text.strong"))
      row += 1
    }
    row += 1
    let area = Rect(
      row: row, column: rect.column, rows: rect.endRow - row, columns: rect.columns)
    guard area.rows > 1 else { return }
    let conditions = result.conditions
    let width = area.columns / conditions.count
    if width >= Self.smallestColumn {
      for (index, condition) in conditions.enumerated() {
        var top = lab.readingTop
        _ = draw(
          condition, into: &screen,
          Rect(
            row: area.row, column: area.column + index * width, rows: area.rows,
            columns: width - 1), skipping: &top)
      }
    } else {
      var skipping = lab.readingTop
      var free = area
      for condition in conditions where free.rows > 0 {
        let used = draw(condition, into: &screen, free, skipping: &skipping)
        free = Rect(
          row: free.row + used, column: free.column, rows: max(0, free.rows - used),
          columns: free.columns)
      }
    }
  }

  /// - Returns: rows used.
  private func draw(
    _ condition: AblationCondition, into screen: inout Cells, _ rect: Rect, skipping: inout Int
  ) -> Int {
    // The answer that a verdict would be about is marked, where the keyboard is in the ledger.
    let isChosen = condition == lab.condition && (lab.isReading || lab.focus == .ledger)
    var lines: [[(text: String, role: String?)]] = [
      isChosen
        ? [("▸ ", "key"), (result.name(condition), "title")] : [(result.name(condition), "header")]
    ]
    let known = result.prompts[prompt]
    if let landing = known.landings[condition] {
      let predicted = landing.predictedRefusal.map {
        " · predicted to refuse \(Figures.fixed($0, 2))"
      }
      lines += wrapped(
        "lands in region \(landing.region), d/θ \(Figures.fixed(landing.ratio, 2))\(predicted ?? "")",
        rect)
    }
    if let first = known.firstTokens[condition] {
      let odds = first.refusalLogOdds.map { "log-odds \(Figures.signed($0, 2))" } ?? ""
      lines += wrapped(
        "first token: \(odds) · KL \(Figures.fixed(first.divergence, 3))", rect)
    }
    let live = lab.run?.live[LabRun.Place(condition: condition, prompt: prompt)]
    if let answer = known.answers[condition] {
      let outcome = answer.verdict.outcome
      let by = answer.verdict.phrase.map { " · “\($0)”" } ?? ""
      lines.append([
        ("\(outcome.glyph) \(outcome.rawValue)", outcome.role),
        (" \(answer.verdict.classifier)\(by)", "text.dim"),
      ])
      if let personal = answer.personal {
        lines.append([
          ("\(personal.glyph) \(personal.rawValue)", personal.role),
          (
            " you" + (personal == outcome ? ", as the classifier" : ", unlike the classifier"),
            "text.strong"
          ),
        ])
      }
      if answer.isOpening {
        lines += wrapped("only the first words are still kept:", rect)
      }
      lines += textLines(answer, columns: rect.columns - 2)
    } else if let live {
      lines.append([("… writing", "text.strong")])
      lines += WrappedText.lines(sanitized(live), columns: rect.columns - 2).map {
        [($0, nil)]
      }
    }
    lines.append([])
    let shown = lines.dropFirst(min(skipping, lines.count))
    skipping = max(0, skipping - lines.count)
    for (offset, line) in shown.prefix(rect.rows).enumerated() {
      var pen = Pen(
        theme: theme, row: rect.row + offset, column: rect.column + 1, end: rect.endColumn)
      for piece in line { pen.write(piece.text, piece.role, into: &screen) }
    }
    return min(shown.count, rect.rows)
  }

  /// The answer in lines, the phrase that decided it marked.
  private func textLines(
    _ answer: Answer, columns: Int
  ) -> [[(text: String, role: String?)]] {
    let lines = ContextLines.lines(
      answer.text, token: nil,
      marks: answer.isOpening ? [] : answer.verdict.range.map { [$0] } ?? [], columns: columns,
      lineCount: 400)
    return lines.map { spans in spans.map { ($0.text, $0.look == .match ? "match" : nil) } }
  }

  private func wrapped(_ text: String, _ rect: Rect) -> [[(text: String, role: String?)]] {
    WrappedText.lines(text, columns: rect.columns - 2).map { [($0, "text.dim")] }
  }
}
