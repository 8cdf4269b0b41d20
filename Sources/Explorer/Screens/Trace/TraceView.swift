import Experiments
import Storage
import Terminal

/// A text followed through regions: the text itself, its tokens in a table or their paths, and what all that amounts to.
struct TraceView {
  let session: Session
  let trace: TraceScreen
  let theme: Theme

  func draw(into screen: inout Cells) {
    let layout = trace.layout(in: session)
    drawTitle(into: &screen, layout.title)
    if trace.focus == .documents {
      drawDocuments(into: &screen, layout)
    } else {
      drawText(into: &screen, layout)
      drawMain(into: &screen, layout)
    }
    guard !layout.side.isEmpty else { return }
    screen.drawDivider(layout.divider, theme: theme)
    drawSide(into: &screen, layout)
  }

  private func drawTitle(into screen: inout Cells, _ rect: Rect) {
    let tokens = trace.reading?.tokens.count ?? 0
    let trailing =
      trace.focus == .documents
      ? Figures.count(trace.documentList.rows.count, "document")
      : tokens == 0 ? "" : "token \(trace.cursor + 1) of \(Figures.grouped(tokens))"
    screen.drawTitleRule(
      rect, isFocused: trace.focus != .tokens, theme: theme,
      title: { pen, screen in
        pen.write("\(session.regions?.dictionary.title ?? "") › ", "text.dim", into: &screen)
        pen.write("Trace", "title", into: &screen)
        if trace.focus == .documents {
          pen.write(" › documents of \(trace.subject?.store?.name ?? "")", "text", into: &screen)
        } else if let document = trace.document {
          let id = trace.documents?.first { $0.index == document }?.id ?? "\(document)"
          pen.write(" · stored document \(id)", "text", into: &screen)
        } else if trace.subject != nil {
          pen.write(
            trace.readsAsChat ? " · as a chat turn" : " · as it is, no template", "text",
            into: &screen)
        }
      }, trailing: rect.columns > 70 ? trailing : "")
  }

  // MARK: - The text

  private func drawText(into screen: inout Cells, _ layout: TraceLayout) {
    let rect = layout.text
    let characters = trace.field.characters
    let isWriting = trace.focus == .text
    guard !characters.isEmpty || isWriting else { return drawHelp(into: &screen, rect) }
    let lines = TextLines.lines(characters, columns: layout.textColumns)
    let marks = characterTokens(characters)
    let place =
      isWriting
      ? trace.field.cursor : marks.firstIndex { $0 == trace.cursor } ?? trace.field.cursor
    let row = lines.lastIndex { $0.lowerBound <= place } ?? 0
    let top = min(max(0, row - rect.rows + 1), max(0, lines.count - rect.rows))
    for (offset, line) in lines.dropFirst(top).prefix(rect.rows).enumerated() {
      var pen = Pen(
        theme: theme, row: rect.row + offset, column: rect.column + 1, end: rect.endColumn - 1)
      for index in line {
        let character = characters[index]
        let shown =
          character.isNewline ? "⏎" : character == "\t" ? " " : String(character)
        pen.write(shown, style: style(of: marks[index], isMark: character.isNewline), into: &screen)
        if isWriting, index == trace.field.cursor { cursor(pen, shown, into: &screen) }
      }
      if isWriting, offset + top == lines.count - 1, trace.field.isCursorAtEnd {
        pen.write(" ", "input.cursor", into: &screen)
        if characters.isEmpty { pen.write("type, or paste a text", "text.dim", into: &screen) }
      }
    }
  }

  private func cursor(_ pen: Pen, _ shown: String, into screen: inout Cells) {
    let width = max(1, DisplayWidth.of(shown))
    screen.restyle(
      Rect(row: pen.row, column: pen.column - width, rows: 1, columns: width),
      theme.style("input.cursor"))
  }

  private func style(of token: Int?, isMark: Bool) -> Style {
    guard let token, let reading = trace.reading else {
      return theme.style(trace.awaited != nil ? "text.dim" : "text")
    }
    let heat = theme.style(Heat(ratio: reading.tokens[token].hits[trace.column].ratio).role)
    guard trace.focus == .tokens, token == trace.cursor else {
      return isMark ? theme.style("text.dim") : heat
    }
    return theme.style("token.active")
  }

  /// The token of each character; `nil` past what was read.
  private func characterTokens(_ characters: [Character]) -> [Int?] {
    guard let reading = trace.reading, !reading.tokens.isEmpty else {
      return Array(repeating: nil, count: characters.count)
    }
    let read = trace.readBytes
    var (offset, token) = (0, 0)
    return characters.map { character in
      defer { offset += character.utf8.count }
      guard offset < read else { return nil }
      while token < reading.tokens.count,
        reading.range(of: token).upperBound <= offset + reading.own.lowerBound
      {
        token += 1
      }
      return token < reading.tokens.count ? token : nil
    }
  }

  private func drawHelp(into screen: inout Cells, _ rect: Rect) {
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn - 1)
    pen.write("no text yet: ", "text.dim", into: &screen)
    pen.write(session.key(.traceEdit, in: .trace), "key", into: &screen)
    pen.write(" writes one", "text.dim", into: &screen)
  }

  // MARK: - Below it

  private func drawMain(into screen: inout Cells, _ layout: TraceLayout) {
    let title = trace.panel == .tokens ? "tokens" : "paths"
    screen.drawTitleRule(
      layout.rule, isFocused: trace.focus == .tokens, theme: theme,
      title: { pen, screen in
        pen.write(title, "title", into: &screen)
        guard let layer = trace.layer(trace.column) else { return }
        pen.write(
          " · region nearest to each at \(layer.hook), d/θ", "text.dim", into: &screen)
      }, trailing: legend)
    guard let reading = trace.reading, !reading.tokens.isEmpty, !reading.layers.isEmpty else {
      return drawMissing(into: &screen, layout.main)
    }
    if trace.panel == .tokens || reading.layers.count < 2 {
      TraceTableView(trace: trace, labels: labels, theme: theme).draw(
        into: &screen, area: layout.main)
    } else {
      TracePathsView(trace: trace, labels: labels, theme: theme).draw(
        into: &screen, area: layout.main)
    }
    drawSummary(reading, into: &screen, layout.summary)
  }

  private var legend: String { "▁▂▃▄▅ within θ · █ outside" }

  /// Labels of a layer; of the open dictionary as they are now.
  private func labels(_ column: Int) -> [Int: String] {
    guard let layer = trace.layer(column) else { return [:] }
    if layer.identity == session.regions?.dictionary.identity, let regions = session.regions {
      return regions.annotations.labels.texts
    }
    return layer.labels
  }

  /// Why nothing is traced, and what to do about it.
  private func drawMissing(into screen: inout Cells, _ rect: Rect) {
    var lines: [(String, String)] = []
    if let failure = trace.failure ?? trace.runFailure {
      lines.append(("✗ \(failure)", "warning"))
    } else if let subject = trace.subject {
      if case .missing(let why) = subject.weights {
        lines.append(("a text of your own needs the model: \(why)", "warning"))
        lines.append(
          subject.store.map {
            (
              "\(Figures.grouped($0.documentCount)) captured documents of \($0.name) can be traced without: press \(session.key(.accept, in: .field))",
              "text"
            )
          } ?? ("no store lies beside the dictionary either: start with --store", "text"))
      } else if trace.awaited != nil {
        lines.append(("running the model…", "text.dim"))
      } else if trace.reading?.layers.isEmpty == true {
        lines.append(("the store has activations of none of these hooks", "warning"))
      } else {
        lines.append(
          ("each token's nearest region and its distance appear here as you type", "text.dim"))
        if let layers = trace.subject?.layers.count, layers > 1 {
          lines.append(
            (
              "\(layers) dictionaries of this model, one a hook, can be followed at once",
              "text.dim"
            ))
        }
      }
    } else {
      lines.append(("looking for weights, a store and dictionaries of other layers…", "text.dim"))
    }
    var row = rect.row + 1
    for (text, role) in lines {
      for line in TextLines.texts(text, columns: max(10, rect.columns - 4))
      where row < rect.endRow {
        screen.write(
          line, row: row, column: rect.column + 2, limit: rect.columns - 4,
          style: theme.style(role))
        row += 1
      }
    }
  }

  // MARK: - Summary

  private func drawSummary(
    _ reading: TraceReading, into screen: inout Cells, _ rect: Rect
  ) {
    guard rect.rows >= 2 else { return }
    screen.drawHorizontalLine(
      row: rect.row, column: rect.column, length: rect.columns, style: theme.style("border"))
    var pen = Pen(
      theme: theme, row: rect.row + 1, column: rect.column + 1, end: rect.endColumn - 1)
    let layers = reading.layers.indices.compactMap(trace.layer)
    // The number says enough where the place in the layer is the same.
    let isOnePlace = Set(layers.map { $0.shortHook.split(separator: " ").last }).count == 1
    if reading.layers.count > 1 { pen.write("inside θ ", "text.dim", into: &screen) }
    for column in reading.layers.indices {
      let summary = TraceSummary(trace, column)
      if reading.layers.count > 1, layers.indices.contains(column) {
        let name = layers[column].shortHook
        let shown = isOnePlace ? name.split(separator: " ").first.map(String.init) ?? name : name
        pen.write(column > 0 ? " · \(shown): " : "\(shown): ", "text.dim", into: &screen)
        pen.write(summary.short, "number", into: &screen)
      } else {
        pen.write(summary.text, "number", into: &screen)
        for note in summary.notes where DisplayWidth.of(note) <= pen.room {
          pen.write(note, "text.dim", into: &screen)
        }
      }
    }
  }

  // MARK: - Beside it

  private func drawSide(into screen: inout Cells, _ layout: TraceLayout) {
    let reading = trace.reading
    let isMany = reading?.layers.count ?? 0 > 1
    screen.drawTitleRule(
      layout.sideTitle, isFocused: false, theme: theme,
      title: { pen, screen in
        pen.write(
          isMany ? "paths through the layers" : "regions of this text", "title", into: &screen)
      })
    guard let reading, !reading.tokens.isEmpty, !reading.layers.isEmpty else { return }
    if isMany, trace.panel == .tokens {
      TracePathsView(trace: trace, labels: labels, theme: theme).draw(
        into: &screen, area: layout.side)
    } else {
      TraceRegionsView(trace: trace, labels: labels, theme: theme).draw(
        into: &screen, area: layout.side)
    }
  }

  // MARK: - Documents

  private func drawDocuments(into screen: inout Cells, _ layout: TraceLayout) {
    let area = Rect(
      row: layout.text.row, column: layout.text.column,
      rows: layout.text.rows + layout.rule.rows + layout.main.rows + layout.summary.rows,
      columns: layout.text.columns)
    let (field, list) = area.split(rows: 1)
    screen.write("/", row: field.row, column: field.column + 1, style: theme.style("title"))
    screen.drawField(
      trace.documentFilter, row: field.row, column: field.column + 2,
      columns: min(60, field.columns - 4), theme: theme)
    guard trace.documents != nil else {
      screen.write(
        "reading the store…", row: list.row, column: list.column + 2, style: theme.style("text.dim")
      )
      return
    }
    let documents = trace.documentList
    for (offset, document) in documents.rows.dropFirst(documents.top).prefix(list.rows).enumerated()
    {
      let isSelected = offset + documents.top == documents.cursor
      let row = list.row + offset
      if isSelected {
        screen.fill(
          Rect(row: row, column: list.column, rows: 1, columns: list.columns),
          style: theme.style("region.selected"))
      }
      var pen = Pen(theme: theme, row: row, column: list.column + 1, end: list.endColumn - 1)
      pen.write(isSelected ? "▸ " : "  ", into: &screen)
      pen.write(document.id.padded(to: 22) + " ", isSelected ? nil : "number", into: &screen)
      pen.write(sanitized(document.prompt, whitespace: .spaces), into: &screen)
    }
    if documents.rows.isEmpty {
      screen.write(
        "no document matches", row: list.row, column: list.column + 2,
        style: theme.style("text.dim"))
    }
  }
}

extension TraceScreen {
  func draw(into screen: inout Cells, area: Rect, theme: Theme, in session: Session) {
    TraceView(session: session, trace: self, theme: theme).draw(into: &screen)
  }
}
