import Experiments
import Numerics
import Terminal

/// What an experiment came to: every condition with its n and interval, its control, and what may be concluded.
struct VerdictLines {
  let run: LabRun
  /// What may be asked after it; `nil` for nothing.
  let next: String?
  let clock: Duration
  let theme: Theme

  /// From fewer rows on it is a line alone.
  private static let shortRows = 8

  /// Where a pane begins to show it.
  struct Place: Equatable {
    /// The first row that is shown.
    var top: Int
    /// The rows that all of it takes.
    var rowCount: Int
  }

  /// Where it is scrolled to in a pane, at most to its end; `nil` where the pane shows all that it ever does.
  func place(_ top: Int, in rect: Rect) -> Place? {
    guard run.result != nil, rect.rows > 0 else { return nil }
    var nowhere = Cells(columns: 0, rows: 0)
    let rowCount = draw(into: &nowhere, rect, from: 0)
    guard rowCount > rect.rows else { return nil }
    return Place(top: min(max(0, top), rowCount - rect.rows), rowCount: rowCount)
  }

  /// - Parameter top: the first row that is shown.
  /// - Returns: the rows that all of it takes.
  @discardableResult
  func draw(into screen: inout Cells, _ rect: Rect, from top: Int) -> Int {
    screen.clipped(to: rect) { screen in
      // It goes on below the pane, and is clipped.
      let whole = Rect(
        row: rect.row - top, column: rect.column, rows: .max / 2, columns: rect.columns)
      var lines = Cursor(rect: whole)
      draw(into: &screen, &lines, rect.rows, until: top + rect.rows)
      return lines.row
    }
  }

  private func draw(
    into screen: inout Cells, _ lines: inout Cursor, _ paneRows: Int, until end: Int
  ) {
    if run.effect != nil { drawProgress(into: &screen, &lines) }
    if let failure = run.failure {
      for line in WrappedText.lines(failure, columns: lines.rect.columns - 2) {
        lines.write(line, "warning", theme, into: &screen)
      }
    }
    guard let result = run.result else { return }
    // What may be concluded comes first: a table is easily read for more than it says.
    if run.effect == nil { drawConclusion(result, into: &screen, &lines) }
    if paneRows < Self.shortRows { return drawShort(result, into: &screen, &lines) }
    if paneRows > 14, run.effect == nil { lines.skip() }
    drawTable(result, into: &screen, &lines)
    if paneRows > 14 { lines.skip() }
    for fact in facts(result) {
      let text = WrappedText.lines(fact.text, columns: lines.rect.columns - 4)
      // A sentence that ends in its midst would be read for less than it says.
      guard lines.row + text.count <= end else {
        lines.row += text.count
        continue
      }
      for (index, line) in text.enumerated() {
        lines.write((index == 0 ? "" : "  ") + line, fact.role, theme, into: &screen)
      }
    }
  }

  /// Rows that are written from top to bottom, as far as there is room.
  struct Cursor {
    let rect: Rect
    var row = 0

    var isFull: Bool { row >= rect.rows }
    var pen: (row: Int, column: Int) { (rect.row + row, rect.column + 1) }

    mutating func skip() { row += 1 }

    mutating func write(
      _ text: String, _ role: String?, _ theme: Theme, into screen: inout Cells
    ) {
      guard !isFull else { return }
      screen.write(
        text, row: rect.row + row, column: rect.column + 1, limit: rect.columns - 2,
        style: role.map(theme.style) ?? .plain, overflow: .ellipsis)
      row += 1
    }
  }

  private func drawProgress(into screen: inout Cells, _ lines: inout Cursor) {
    var pen = Pen(
      theme: theme, row: lines.pen.row, column: lines.pen.column, end: lines.rect.endColumn - 1)
    pen.write(run.stage, "text.strong", into: &screen)
    if run.total > 0 {
      pen.write(" \(Figures.grouped(run.done)) of \(Figures.grouped(run.total)) ", into: &screen)
      let width = min(24, max(0, pen.room - 24))
      pen.write(
        Figures.bar(Double(run.done) / Double(run.total), width: width), "bar", into: &screen)
      if let remaining = run.remaining(at: clock) {
        pen.write(" about \(Figures.time(remaining)) left", "text.dim", into: &screen)
      }
    } else {
      pen.write("…", into: &screen)
    }
    pen.write("  x stops", "text.dim", into: &screen)
    lines.skip()
  }

  // MARK: - The table

  private struct Row {
    var name: String
    var rate: Proportion?
    var cells: [String]
    var isWrecked = false
    var isSample = true
  }

  /// Columns of the rate, of its interval, and of each figure after them.
  private static let widths = [13, 15, 9]

  private func headings(_ depth: AblationSetup.Depth) -> [String] {
    switch depth {
    case .generate: ["refused", "95 % interval", "complied", "degen", "unclear"]
    case .resume: ["refuse*", "95 % interval", "log-odds"]
    case .geometry: ["refuse†", "", "mean p", "d/θ"]
    }
  }

  private func row(
    _ result: AblationResult, _ condition: AblationCondition, _ role: AblationPrompt.Role
  ) -> Row {
    let name = result.name(condition)
    switch result.setup.depth {
    case .generate:
      guard let counts = result.counts(condition, role) else { return Row(name: name, cells: []) }
      return Row(
        name: name, rate: counts.refusal,
        cells: [
          String(counts.complied), String(counts.degenerate), String(counts.unclear),
        ], isWrecked: counts.degenerateShare > AblationResult.maximumDegenerateShare)
    case .resume:
      return Row(
        name: name, rate: result.firstTokenRefusal(condition, role),
        cells: [result.meanLogOdds(condition, role).map { Figures.signed($0, 2) } ?? "—"])
    case .geometry:
      let predicted = result.predictions(condition, role)
      let ratios = result.prompts.filter { $0.role == role }
        .compactMap { $0.landings[condition]?.ratio }
      let mean = { (values: [Double]) in
        values.isEmpty
          ? "—" : Figures.fixed(values.reduce(0, +) / Double(values.count), 2)
      }
      return Row(
        name: name,
        rate: result.refusing(condition, role), cells: [mean(predicted), mean(ratios)])
    }
  }

  private func drawTable(
    _ result: AblationResult, into screen: inout Cells, _ lines: inout Cursor
  ) {
    // What the columns of this depth leave.
    let figures = headings(result.setup.depth).indices.reduce(0) { $0 + Self.widths[min($1, 2)] }
    let nameWidth = min(30, max(24, lines.rect.columns - 2 - figures))
    for role in AblationPrompt.Role.allCases {
      let prompts = result.prompts.count { $0.role == role }
      guard prompts > 0 else { continue }
      var pen = Pen(
        theme: theme, row: lines.pen.row, column: lines.pen.column, end: lines.rect.endColumn - 1)
      let start = pen.column
      let soFar = run.effect == nil ? "" : ", so far"
      pen.write("\(role.rawValue) prompts, n = \(prompts)\(soFar)", "header", into: &screen)
      pen.skip(max(1, start + nameWidth - pen.column))
      for (index, heading) in headings(result.setup.depth).enumerated() {
        let width = Self.widths[min(index, 2)]
        pen.write(heading, "header", into: &screen)
        pen.skip(max(0, width - DisplayWidth.of(heading)))
      }
      lines.skip()
      for condition in result.conditions {
        var row = row(result, condition, role)
        // Answers that end first are the short ones, refusals above all: no sample of the prompts.
        row.isSample = run.effect == nil || row.rate?.count == prompts
        draw(row, nameWidth, condition, into: &screen, &lines)
      }
    }
  }

  private func draw(
    _ row: Row, _ nameWidth: Int, _ condition: AblationCondition, into screen: inout Cells,
    _ lines: inout Cursor
  ) {
    var pen = Pen(
      theme: theme, row: lines.pen.row, column: lines.pen.column, end: lines.rect.endColumn - 1)
    let start = pen.column
    screen.write(
      row.name, row: pen.row, column: start, limit: nameWidth - 1, style: .plain,
      overflow: .ellipsis)
    pen.skip(nameWidth)
    let from = pen.column
    guard let rate = row.rate, let share = rate.rate else {
      pen.write("—", "text.dim", into: &screen)
      lines.skip()
      return
    }
    pen.write("\(rate.successes)/\(rate.count)", "number", into: &screen)
    pen.skip(max(1, from + 7 - pen.column))
    pen.write(Figures.fixed(share * 100, 0) + "%", "number", into: &screen)
    pen.skip(max(0, from + Self.widths[0] - pen.column))
    if run.setup.depth == .geometry {
      pen.write(Figures.bar(share, width: 11), "bar.dim", into: &screen)
    } else if row.isSample, let interval = rate.wilson() {
      pen.write(
        "[\(Figures.fixed(interval.lower * 100, 0)), \(Figures.fixed(interval.upper * 100, 0))]",
        "text.dim", into: &screen)
    }
    pen.skip(max(0, from + Self.widths[0] + Self.widths[1] - pen.column))
    for (index, cell) in row.cells.enumerated() {
      let isDegenerate = run.setup.depth == .generate && index == 1
      let role = isDegenerate && row.isWrecked ? "status.error" : "number"
      pen.write(isDegenerate && row.isWrecked ? "✗ \(cell)" : cell, role, into: &screen)
      let place = Self.widths[0] + Self.widths[1] + Self.widths[2] * (index + 1)
      pen.skip(max(1, from + place - pen.column))
    }
    lines.skip()
  }

  /// With little room: one line a condition, harmful prompts only.
  private func drawShort(
    _ result: AblationResult, into screen: inout Cells, _ lines: inout Cursor
  ) {
    let cells = result.conditions.map { condition -> String in
      let rate = result.refusing(condition, result.aimedAt)
      let degenerate = result.counts(condition, result.aimedAt)?.degenerate ?? 0
      return "\(result.name(condition)) \(rate.map { "\($0.successes)/\($0.count)" } ?? "—")"
        + (degenerate > 0 ? " ✗\(degenerate)" : "")
    }
    let text = "\(result.aimedAt.rawValue) refuse: " + cells.joined(separator: " · ")
    for line in WrappedText.lines(text, columns: lines.rect.columns - 2) {
      lines.write(line, nil, theme, into: &screen)
    }
  }

  // MARK: - Facts and conclusion

  private struct Fact {
    var text: String
    var role = "text.dim"
  }

  private func facts(_ result: AblationResult) -> [Fact] {
    var facts: [Fact] = []
    func add(_ text: String, _ role: String = "text.dim") {
      facts.append(Fact(text: text, role: role))
    }
    let treated = result.treated
    switch result.setup.depth {
    case .geometry:
      let area = result.readoutAUROC.map { Figures.fixed($0, 3) } ?? "—"
      add(
        "† predicted by a readout fitted on the store's train outcomes; held-out AUROC \(area) "
          + "(n = \(result.readoutHeldOut)). That area is of unedited activations: it does not validate what is "
          + "predicted of edited ones. Nothing was run.")
    case .resume:
      add(
        "* the first token is likelier to begin a refusal than not; \(result.refusalTokens.map { Figures.count($0.ids.count, "such token") } ?? "no such tokens")."
      )
    case .generate:
      add("counted by \(result.countedBy)")
      if let agreement = result.agreement { add(agreement.sentence) }
      for line in result.conceptRemarks { add(line, "text") }
    }
    for role in AblationPrompt.Role.allCases {
      guard let flips = result.flips(role, from: .baseline, to: treated) else { continue }
      var text =
        "\(role.rawValue): \(flips.b + flips.c) flips against the baseline, McNemar \(Figures.probability(flips.p))"
      if let null = result.flips(role, from: .null, to: treated) {
        text += "; against the control \(Figures.probability(null.p))"
      }
      add(text)
    }
    for role in AblationPrompt.Role.allCases {
      guard let text = result.predictedBesideMeasured(role) else { continue }
      add("\(role.rawValue), predicted † beside measured: \(text)")
    }
    let divergences = result.conditions.filter { $0 != .baseline }.compactMap { condition in
      result.firstTokenKL(condition).map { "\(result.name(condition)) \(Figures.fixed($0, 3))" }
    }
    if !divergences.isEmpty {
      let isLarge = (result.firstTokenKL(treated) ?? 0) > AblationResult.largeDivergence
      add(
        "first-token KL on benign prompts, nats: " + divergences.joined(separator: ", ")
          + (isLarge ? " ✗ harmless text is changed too" : ""), isLarge ? "warning" : "text.dim")
    }
    let perplexities = result.conditions.compactMap { condition in
      result.perplexities[condition].map {
        "\(result.name(condition)) \(Figures.fixed($0, 1))"
      }
    }
    if !perplexities.isEmpty {
      let isLarge = result.isPerplexityLarge
      add(
        "perplexity of benign prompts: " + perplexities.joined(separator: ", ")
          + (isLarge ? " ✗ harmless text is predicted worse" : ""),
        isLarge ? "warning" : "text.dim")
    }
    facts += result.notices.map { Fact(text: $0) }
    if run.effect == nil, let next { add("next: \(next)", "text") }
    return facts
  }

  private func drawConclusion(
    _ result: AblationResult, into screen: inout Cells, _ lines: inout Cursor
  ) {
    let conclusion = result.conclusion
    let glyph =
      switch conclusion.kind {
      case .effect: "● "
      case .noEffect: "○ "
      case .refused: "✗ "
      case .notMeasured: "◌ "
      }
    let isWrecked = AblationPrompt.Role.allCases.contains {
      (result.counts(result.treated, $0)?.degenerateShare ?? 0)
        > AblationResult.maximumDegenerateShare
    }
    let role =
      isWrecked ? "status.error" : conclusion.kind == .refused ? "warning" : "text.strong"
    for line in WrappedText.lines(glyph + conclusion.sentence, columns: lines.rect.columns - 2) {
      lines.write(line, role, theme, into: &screen)
    }
  }
}

extension Figures {
  /// With its sign, also above zero.
  static func signed(_ value: Double, _ decimals: Int) -> String {
    (value > 0 ? "+" : "") + fixed(value, decimals)
  }

  /// `p = 0.034`, `p < 0.001`.
  static func probability(_ value: Double) -> String {
    value < 0.001 ? "p < 0.001" : "p = \(fixed(value, 3))"
  }
}
