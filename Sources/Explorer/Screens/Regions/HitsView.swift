import Experiments
import Storage
import Terminal

/// The hits of a search under the fields that they are in.
struct HitsView {
  let regions: RegionsScreen
  let shown: HitsState
  let theme: Theme

  func draw(into screen: inout Cells, body: Rect) {
    let (title, rest) = body.split(rows: 1)
    let lines = HitsState.lines(of: regions.search)
    let hits = HitsState.hits(of: regions.search)
    let found = regions.search?.result?.regions.count ?? 0
    screen.drawTitleRule(
      title, isFocused: true, theme: theme,
      title: { pen, screen in
        pen.write("\(regions.dictionary.title) › ", "text.dim", into: &screen)
        pen.write("/\(regions.search?.text ?? "")", "match", into: &screen)
      },
      trailing: found > hits.count
        ? "the best \(hits.count) of \(Figures.grouped(found))" : Figures.count(found, "region"))
    guard !lines.isEmpty else {
      screen.write(
        "no region matches · / searches for something else", row: rest.row + 1,
        column: rest.column + 2, style: theme.style("text.dim"))
      return
    }
    var number = -1
    let numbered = lines.map { line -> (HitsState.Line, Int) in
      if case .hit = line { number += 1 }
      return (line, number)
    }
    let selected = numbered.firstIndex { line, number in
      if case .hit = line { return number == shown.cursor }
      return false
    }
    let first = max(0, min((selected ?? 0) - rest.rows / 2, lines.count - rest.rows))
    for (row, entry) in numbered.dropFirst(first).prefix(rest.rows).enumerated() {
      let rect = Rect(row: rest.row + row, column: rest.column, rows: 1, columns: rest.columns)
      switch entry.0 {
      case .heading(let field, let count):
        let name =
          switch field {
          case .label: "Labels"
          case .token: "Tokens that activate"
          case .context: "Contexts"
          case .row: "Fields of rows"
          }
        screen.write(
          "\(name) \(count)", row: rect.row, column: rect.column + 1, style: theme.style("title"))
      case .hit(let hit): draw(hit, isSelected: entry.1 == shown.cursor, rect, into: &screen)
      }
    }
  }

  private func draw(
    _ hit: SearchHit, isSelected: Bool, _ rect: Rect, into screen: inout Cells
  ) {
    if isSelected { screen.fill(rect, style: theme.style("region.selected")) }
    let role = { (role: String) in isSelected ? nil : role }
    let width = max(3, Figures.digits(regions.dictionary.regionCount - 1))
    let id = String(hit.region)
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 3, end: rect.endColumn - 1)
    pen.write(
      id.leftPadded(to: width) + "  ", role("text.dim"),
      into: &screen)
    if hit.field != .label, let label = hit.label, !regions.isHidden(hit.region) {
      pen.write("\(label)  ", role("region.label"), into: &screen)
    }
    let lines = ContextLines.lines(
      hit.snippet, token: nil, marks: hit.matches, prefix: regions.dictionary.commonPrefix,
      columns: max(8, pen.room), lineCount: 1)
    for span in lines.first ?? [] {
      pen.write(span.text, span.look == .match ? "match" : role("text"), into: &screen)
    }
  }
}

/// A text of one's own, token by token, with the region of each.
struct ExampleView {
  let regions: RegionsScreen
  let example: ExampleState
  let theme: Theme

  func draw(into screen: inout Cells, body: Rect) {
    let (title, rest) = body.split(rows: 1)
    let tokens = example.tokens ?? []
    screen.drawTitleRule(
      title, isFocused: true, theme: theme,
      title: { pen, screen in
        pen.write("\(regions.dictionary.title) › by example › ", "text.dim", into: &screen)
        pen.write(example.text, "title", into: &screen)
      },
      trailing: tokens.isEmpty
        ? ""
        : (example.basis.isEmpty ? "" : "\(example.basis) · ")
          + Figures.count(tokens.count, "token"))
    guard example.tokens != nil else {
      let note =
        example.failure.map { "✗ \($0)" } ?? "loading the model and running the text through it…"
      screen.write(
        note, row: rest.row + 1, column: rest.column + 2, limit: rest.columns - 4,
        style: theme.style(example.failure == nil ? "text.dim" : "warning"), overflow: .ellipsis)
      return
    }
    let (header, list) = rest.split(rows: 1)
    screen.restyle(header, theme.style("header"))
    screen.write(
      "  pos  token                 d/θ  region", row: header.row, column: header.column,
      limit: header.columns, style: theme.style("header"))
    let first = max(0, min(example.cursor - list.rows / 2, tokens.count - list.rows))
    for (row, token) in tokens.enumerated().dropFirst(first).prefix(list.rows) {
      draw(
        token, isSelected: row == example.cursor,
        Rect(row: list.row + row - first, column: list.column, rows: 1, columns: list.columns),
        into: &screen)
    }
  }

  private func draw(
    _ token: ExampleToken, isSelected: Bool, _ rect: Rect, into screen: inout Cells
  ) {
    if isSelected { screen.fill(rect, style: theme.style("region.selected")) }
    let role = { (role: String) in isSelected ? nil : role }
    let position = String(token.position)
    var pen = Pen(
      theme: theme, row: rect.row, column: rect.column + 5 - min(5, position.count),
      end: rect.endColumn - 1)
    pen.write(position, role("text.dim"), into: &screen)
    pen.skip(2)
    screen.write(
      "‹\(token.text)›", row: rect.row, column: rect.column + 7, limit: 20,
      style: isSelected ? .plain : theme.style("text"), overflow: .ellipsis)
    let heat = Heat(ratio: regions.dictionary.ratio(token.distance))
    var facts = Pen(
      theme: theme, row: rect.row, column: rect.column + 28, end: rect.endColumn - 1)
    facts.write("\(heat.glyph) \(Figures.fixed(heat.ratio, 2))", role("number"), into: &screen)
    if heat.step == 6 { facts.write(" outside", role("warning"), into: &screen) }
    facts.write("  \(token.region)", role("text.dim"), into: &screen)
    if let label = regions.label(of: token.region), !regions.isHidden(token.region) {
      facts.write("  \(label.text)", role("region.label"), into: &screen)
    }
  }
}
