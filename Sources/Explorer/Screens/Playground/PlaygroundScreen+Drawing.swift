import Experiments
import Terminal

/// Where the parts of the playground lie.
struct PlaygroundLayout: Equatable {
  var title: Rect
  /// What is asked of the model, in a few lines.
  var setup: Rect
  var prompts: Rect
  var answersTitle: Rect
  var answers: Rect
  /// Columns side by side, or one over the other where that is too narrow.
  var isSideBySide: Bool
}

extension PlaygroundScreen {
  /// What an answer is readable in.
  private static let smallestColumn = 24

  func layout(in session: Session) -> PlaygroundLayout {
    let body = session.body
    let (title, rest) = body.split(rows: 1)
    let lines = setupLines(columns: body.columns - 2).count
    let (setup, below) = rest.split(rows: min(lines, max(1, rest.rows / 4)))
    let wanted: Int
    if case .prompt = editing {
      wanted = fieldLines(columns: body.columns - 4).count
    } else {
      wanted = max(1, self.setup.prompts.count)
    }
    let (prompts, answers) = below.split(rows: min(wanted, max(2, below.rows / 4)))
    let (answersTitle, texts) = answers.split(rows: 1)
    return PlaygroundLayout(
      title: title, setup: setup, prompts: prompts, answersTitle: answersTitle, answers: texts,
      isSideBySide: body.columns / shownConditions.count >= Self.smallestColumn)
  }

  /// The columns as they were run, or will be.
  var shownConditions: [AblationCondition] { result?.conditions ?? setup.conditions }

  private func fieldLines(columns: Int) -> [Range<Int>] {
    TextLines.lines(field.characters, columns: max(1, columns))
  }

  // MARK: - What is asked

  /// The unit, as it is known before a run or after one.
  private var norm: ResidualNorm? { subject?.norm ?? result?.residualNorm }

  private var strengthWords: String {
    switch setup.steering {
    case nil: return "no steering"
    case .alpha(let alpha):
      let norms = norm.map { " = \(ResidualNorm.figure($0.norms(alpha))) norms" }
      return "steer α \(ResidualNorm.figure(Double(alpha)))\(norms ?? "")"
    case .norms(let norms):
      let alpha = norm.map { " = α \(ResidualNorm.figure(Double($0.alpha(norms))))" }
      let along = setup.regions.count > 1 ? " along \(setup.regions[0])" : ""
      return "steer\(along) \(ResidualNorm.figure(norms)) norms\(alpha ?? "")"
    }
  }

  func setupLines(columns: Int) -> [String] {
    if subject == nil, reopening != nil { return ["reading what was kept…"] }
    let ids = setup.regions.map(String.init).joined(separator: ", ")
    let ablate = setup.strength.map { "ablate \(Figures.fixed(Double($0) * 100, 0))%" }
    let parts = [
      "region\(setup.regions.count == 1 ? "" : "s") \(ids)", setup.basis.rawValue,
      ablate ?? "no ablation", strengthWords, setup.isChat ? "as chat turns" : "as they are",
      "\(setup.maxNewTokens) new, greedy", "at \(setup.actionHook ?? subject?.hook ?? "—")",
    ]
    let unit =
      setup.steering == nil
      ? ""
      : norm.map { norm in
        "1 norm = α \(ResidualNorm.figure(norm.median)), the median of \(Figures.grouped(norm.rows)) rows of \(norm.source)"
      } ?? "1 norm is measured over these prompts"
    return WrappedText.lines(parts.joined(separator: " · "), columns: columns)
      + (unit.isEmpty ? [] : WrappedText.lines(unit, columns: columns))
  }

  // MARK: - Drawing

  func draw(into screen: inout Cells, area: Rect, theme: Theme, in session: Session) {
    let layout = layout(in: session)
    let count = setup.prompts.count
    screen.drawTitleRule(
      layout.title, isFocused: !isReading, theme: theme,
      title: { pen, screen in
        pen.write("\(session.regions?.dictionary.title ?? "") › ", "text.dim", into: &screen)
        pen.write("Playground", "title", into: &screen)
        if setup.regions.count == 1, let label = session.regions?.label(of: setup.regions[0]) {
          pen.write(" · ", "text.dim", into: &screen)
          pen.write(label.text, "region.label", into: &screen)
        }
      }, trailing: count > 0 ? "prompt \(cursor + 1) of \(count)" : "")
    for (row, line) in setupLines(columns: layout.setup.columns - 2)
      .prefix(layout.setup.rows).enumerated()
    {
      screen.write(
        line, row: layout.setup.row + row, column: layout.setup.column + 1,
        limit: layout.setup.columns - 2, style: theme.style("text.dim"), overflow: .ellipsis)
    }
    drawPrompts(into: &screen, layout.prompts, theme: theme)
    drawAnswers(into: &screen, layout, theme: theme, in: session)
  }

  private func drawPrompts(into screen: inout Cells, _ rect: Rect, theme: Theme) {
    if case .prompt = editing { return drawField(into: &screen, rect, theme: theme) }
    guard !setup.prompts.isEmpty else {
      screen.write(
        "no prompt yet", row: rect.row, column: rect.column + 2, limit: rect.columns - 3,
        style: theme.style("text.dim"), overflow: .ellipsis)
      return
    }
    for (row, prompt) in setup.prompts.dropFirst(promptTop).prefix(rect.rows).enumerated() {
      let index = promptTop + row
      let line = Rect(row: rect.row + row, column: rect.column, rows: 1, columns: rect.columns)
      let isSelected = index == cursor
      if isSelected {
        screen.fill(
          line, style: theme.style(isReading ? "region.selected.unfocused" : "region.selected"))
      }
      var pen = Pen(theme: theme, row: line.row, column: line.column + 1, end: line.endColumn - 1)
      StyledText([
        .init("\(index + 1)".leftPadded(to: 2) + " ", "text.dim"),
        .init(sanitized(prompt, whitespace: .spaces), "text"),
      ]).draw(&pen, isSelected: isSelected, into: &screen)
    }
  }

  /// The prompt that is being written, line breaks and all.
  private func drawField(into screen: inout Cells, _ rect: Rect, theme: Theme) {
    screen.fill(rect, style: theme.style("input"))
    let lines = fieldLines(columns: rect.columns - 4)
    let row = lines.lastIndex { $0.lowerBound <= field.cursor } ?? 0
    let top = min(max(0, row - rect.rows + 1), max(0, lines.count - rect.rows))
    let under = theme.style("input.cursor").over(theme.style("input"))
    for (offset, line) in lines.dropFirst(top).prefix(rect.rows).enumerated() {
      var pen = Pen(
        theme: theme, row: rect.row + offset, column: rect.column + 2, end: rect.endColumn - 1)
      for index in line {
        let character = field.characters[index]
        let shown =
          character.isNewline ? "⏎" : character == "\t" ? " " : sanitized(String(character))
        pen.write(
          shown, style: index == field.cursor ? under : theme.style("input"), into: &screen)
      }
      guard offset + top == lines.count - 1, field.isCursorAtEnd else { continue }
      pen.write(" ", style: under, into: &screen)
      if field.characters.isEmpty {
        pen.write(
          "write a prompt, Enter has it answered",
          style: theme.style("text.dim").over(theme.style("input")), into: &screen)
      }
    }
  }

  func drawPrompt(
    _ pen: inout Pen, into screen: inout Cells, area: Rect, in session: Session
  ) -> Bool {
    guard editing == .regions else { return false }
    screen.drawPrompt(
      "regions ", field, facts: problem ?? "to ablate together; the first is steered along",
      isProblem: problem != nil, &pen, area)
    return true
  }

  // MARK: - Answers

  private func drawAnswers(
    into screen: inout Cells, _ layout: PlaygroundLayout, theme: Theme, in session: Session
  ) {
    let isStale = result != nil && !isCurrent && run == nil
    screen.drawTitleRule(
      layout.answersTitle, isFocused: isReading, theme: theme,
      title: { pen, screen in
        pen.write("Answers", isReading ? "title" : "text.strong", into: &screen)
        if isStale { pen.write(" · of the setup before", "warning", into: &screen) }
      }, trailing: saved.map { "result \($0)" } ?? "")
    let lines = answerLines(in: session, layout).dropFirst(answerTop).prefix(layout.answers.rows)
    for (row, line) in lines.enumerated() {
      for (column, text) in line.enumerated() {
        let width =
          layout.isSideBySide ? layout.answers.columns / line.count : layout.answers.columns
        var pen = Pen(
          theme: theme, row: layout.answers.row + row,
          column: layout.answers.column + column * width + 1,
          end: layout.answers.column + (column + 1) * width - 1)
        text.draw(&pen, into: &screen)
      }
    }
  }

  /// What is below the prompts, line by line: a text for each column, or one where columns stand one over the other.
  func answerLines(in session: Session, _ layout: PlaygroundLayout) -> [[StyledText]] {
    let columns = layout.answers.columns
    guard let shown = shownAnswers else {
      return WrappedText.lines(emptyText, columns: max(20, columns - 3)).map {
        [StyledText($0, failure == nil ? "text.dim" : "warning")]
      }
    }
    let width = layout.isSideBySide ? columns / shown.count - 2 : columns - 2
    let all = shown.map { lines(of: $0, columns: max(1, width)) }
    guard layout.isSideBySide else { return all.flatMap { $0 + [StyledText("")] }.map { [$0] } }
    let height = all.map(\.count).max() ?? 0
    return (0..<height).map { row in
      all.map { $0.indices.contains(row) ? $0[row] : StyledText("") }
    }
  }

  private struct Shown {
    var name: String
    var answer: Answer?
    var live: String?
    /// Whether it reads as the untouched one.
    var isSame: Bool
  }

  private var shownAnswers: [Shown]? {
    guard let result, let (index, prompt) = answered else { return nil }
    let before = prompt.answers[.baseline]
    return result.conditions.map { condition in
      let answer = prompt.answers[condition]
      return Shown(
        name: result.name(condition), answer: answer,
        live: run?.live[Place(condition: condition, prompt: index)],
        isSame: condition != .baseline && answer != nil && answer?.textHash == before?.textHash)
    }
  }

  private func lines(of shown: Shown, columns: Int) -> [StyledText] {
    var lines = WrappedText.lines(shown.name, columns: columns).map { StyledText($0, "header") }
    guard let answer = shown.answer else {
      guard let live = shown.live else {
        return lines + [StyledText(run == nil ? "not answered" : "waiting…", "text.dim")]
      }
      lines.append(StyledText("… writing", "text.strong"))
      return lines + paragraphs(live, columns)
    }
    let outcome = answer.verdict.outcome
    var verdict: [StyledText.Piece] = [.init("\(outcome.glyph) \(outcome.rawValue)", outcome.role)]
    if shown.isSame { verdict.append(.init(" = as untouched", "text.dim")) }
    lines.append(StyledText(verdict))
    if answer.isOpening { lines.append(StyledText("first words, as kept:", "text.dim")) }
    return lines + paragraphs(answer.text, columns)
  }

  private func paragraphs(_ text: String, _ columns: Int) -> [StyledText] {
    text.split(whereSeparator: \.isNewline).flatMap { paragraph in
      TextLines.texts(sanitized(String(paragraph), whitespace: .spaces), columns: columns)
    }.map { StyledText($0) }
  }

  private var emptyText: String {
    if let failure { return "✗ \(failure)" }
    guard let subject else { return "looking for weights and a store…" }
    if case .missing(let why) = subject.weights { return "no weights, no answers: \(why)" }
    if let run { return "\(run.stage)…" }
    return setup.prompts.isEmpty
      ? "The model answers each prompt untouched, with the region taken out, and steered along it, side by side. α can be moved while it writes; every run is kept among the results."
      : "not answered yet"
  }
}
