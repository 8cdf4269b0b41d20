import Storage
import Terminal

/// A whole document: the activating token among all others, each as warm as it is near to the exemplar.
struct DocumentView {
  let regions: RegionsScreen
  let page: DocumentState
  let theme: Theme

  func draw(into screen: inout Cells, body: Rect) {
    let area = DocumentArea(body: body)
    drawTitle(into: &screen, area.title)
    guard page.loaded != nil else {
      let text = page.failure.map { "✗ \($0)" } ?? "reading document \(page.document)…"
      screen.write(
        text, row: area.text.row + 1, column: area.text.column + 2, limit: area.text.columns - 4,
        style: theme.style(page.failure == nil ? "text.dim" : "warning"), overflow: .ellipsis)
      return
    }
    for row in 0..<area.text.rows where page.lines.indices.contains(page.top + row) {
      draw(page.lines[page.top + row], row: area.text.row + row, area, into: &screen)
    }
    drawLegend(into: &screen, area.legend)
  }

  private func drawTitle(into screen: inout Cells, _ rect: Rect) {
    let count = page.loaded?.text.tokens.count ?? 0
    let trailing = count == 0 ? "" : "token \(cursorPosition) of \(count)"
    screen.drawTitleRule(
      rect, isFocused: true, theme: theme,
      title: { pen, screen in
        pen.write("\(regions.dictionary.title) › ", "text.dim", into: &screen)
        pen.write("region \(page.region)", "text.dim", into: &screen)
        if let label = regions.label(of: page.region), !regions.isHidden(page.region) {
          pen.write(" \(label.text)", "region.label", into: &screen)
        }
        pen.write(" › ", "text.dim", into: &screen)
        let number = page.place.index + 1
        pen.write("\(page.place.kind.rawValue) context \(number)", "title", into: &screen)
        pen.write(" · document \(page.document)", "text.dim", into: &screen)
      }, trailing: trailing)
  }

  /// In the document, as contexts count.
  private var cursorPosition: Int { (page.loaded?.text.firstToken ?? 0) + page.cursor }

  private func distance(of token: Int?) -> Double? {
    guard let token, let loaded = page.loaded else { return nil }
    let position = loaded.text.firstToken + token
    return loaded.distances.flatMap { $0.indices.contains(position) ? $0[position] : nil }
  }

  private func draw(
    _ line: DocumentLine, row: Int, _ area: DocumentArea, into screen: inout Cells
  ) {
    var pen = Pen(
      theme: theme, row: row, column: area.text.column + 2, end: area.text.endColumn - 1)
    for piece in line.pieces {
      var role = "text"
      let isActive = piece.token != nil && piece.token == page.activeToken
      switch piece.kind {
      case .mark: role = isActive ? "title" : "text.dim"
      case .active: role = "token.active"
      case .token, .template:
        if let distance = distance(of: piece.token) {
          role = Heat(ratio: regions.dictionary.ratio(distance)).role
        } else if isActive {
          role = "token.active"
        } else if piece.kind == .template {
          role = "text.dim"
        }
      }
      let start = pen.column
      pen.write(piece.text, role, into: &screen)
      if piece.token == page.cursor, piece.kind != .mark {
        screen.restyle(
          Rect(row: row, column: start, rows: 1, columns: pen.column - start),
          theme.style("input.cursor"))
      }
    }
  }

  private func drawLegend(into screen: inout Cells, _ rect: Rect) {
    guard let loaded = page.loaded, rect.rows >= 3 else { return }
    screen.drawHorizontalLine(
      row: rect.row, column: rect.column, length: rect.columns, style: theme.style("border"))
    var pen = Pen(
      theme: theme, row: rect.row + 1, column: rect.column + 2, end: rect.endColumn - 1)
    if loaded.text.tokens.isEmpty {
      drawUnknown(&pen, into: &screen)
    } else {
      drawToken(loaded, &pen, into: &screen)
    }
    var legend = Pen(
      theme: theme, row: rect.row + 2, column: rect.column + 2, end: rect.endColumn - 1)
    if loaded.text.text.utf8.count < loaded.text.byteCount {
      legend.write(
        "a part of \(Figures.bytes(loaded.text.byteCount)) · ", "warning", into: &screen)
    }
    if let store = loaded.store, loaded.distances != nil {
      legend.write("warmth is d/θ to this exemplar: ", "text.dim", into: &screen)
      for (step, bound) in ["0.2", "0.4", "0.6", "0.8", "1.0"].enumerated() {
        legend.write(" \(bound) ", "heat.\(step + 1)", into: &screen)
      }
      legend.write(" outside ", "heat.outside", into: &screen)
      legend.write(" from \(store)", "text.dim", into: &screen)
    } else if let store = loaded.store {
      legend.write("\(store) does not have this document; ", "text.dim", into: &screen)
      legend.write("‹the token› is the one in the region", "text.dim", into: &screen)
    } else if loaded.text.tokens.isEmpty {
      // A store would not help: without tokens it is not known which of its rows is where.
      legend.write(
        page.ownToken == nil ? "" : "‹the token› is the one in the region", "text.dim",
        into: &screen)
    } else {
      legend.write(
        "‹the token› is the one in the region · every token's distance needs --store",
        "text.dim", into: &screen)
    }
  }

  /// Of a document whose tokens were not recorded: what is known of the context.
  private func drawUnknown(_ pen: inout Pen, into screen: inout Cells) {
    let context = regions.detail.flatMap { loaded in
      loaded.detail.id == page.region ? loaded.context(page.place) : nil
    }
    let ratio = context.map {
      "  d \(Figures.fixed(regions.dictionary.ratio($0.distance), 2))θ"
    }
    if let row = context?.row {
      pen.write("row \(Figures.grouped(row)) of the array", "text", into: &screen)
    } else {
      pen.write(
        "tokens were not recorded: the context is at position \(page.position)", "text",
        into: &screen)
    }
    pen.write(ratio ?? "", "number", into: &screen)
  }

  private func drawToken(_ loaded: LoadedDocument, _ pen: inout Pen, into screen: inout Cells) {
    guard loaded.text.tokens.indices.contains(page.cursor) else { return }
    let bytes = Array(loaded.text.text.utf8)[loaded.text.tokens[page.cursor]]
    let text = String(decoding: bytes, as: UTF8.self)
    pen.write("token \(cursorPosition) ", "text.dim", into: &screen)
    pen.write("‹\(text)›", "title", into: &screen)
    if page.cursor == page.activeToken {
      let context = regions.detail.flatMap { loaded in
        loaded.detail.id == page.region ? loaded.context(page.place) : nil
      }
      pen.write("  the one in the region", "text", into: &screen)
      if let context {
        let ratio = regions.dictionary.ratio(context.distance)
        pen.write("  d \(Figures.fixed(ratio, 2))θ", "number", into: &screen)
      }
    } else if let distance = distance(of: page.cursor) {
      let heat = Heat(ratio: regions.dictionary.ratio(distance))
      pen.write("  d \(Figures.fixed(heat.ratio, 2))θ", "number", into: &screen)
      pen.write(heat.isOutside ? "  outside" : "  within θ", "text", into: &screen)
    } else if loaded.distances != nil {
      pen.write("  not captured", "text.dim", into: &screen)
    }
    if let reach = page.reach {
      pen.write("  · \(reach) tokens to each side", "text.dim", into: &screen)
    }
  }
}
