import Terminal

/// The card of the tour, over the right of the screen, where it hides least: below, but over the table while it speaks
/// of the contexts.
struct TourView {
  let session: Session
  let tour: Tour
  let theme: Theme

  private static let columns = 48

  func draw(into screen: inout Cells, body: Rect) {
    let card = tour.card
    let columns = min(Self.columns, body.columns - 4)
    let lines = WrappedText.lines(card.text, columns: columns - 4)
    let rows = lines.count + 4
    let isAboutContexts = session.top.isDetailFocused || tour.step == 3
    let box = Rect(
      row: isAboutContexts ? body.row + 1 : max(body.row, body.endRow - rows - 1),
      column: body.endColumn - columns - 2,
      rows: min(rows, body.rows), columns: columns)
    let style = theme.style("tour")
    screen.fill(box, style: style)
    let inside = screen.drawBox(
      box, title: "\(card.title) · \(tour.step + 1) of \(Tour.stepCount)", style: style,
      titleStyle: Style(attributes: .bold).over(style))
    for (row, line) in lines.enumerated() where row < inside.rows {
      screen.write(line, row: inside.row + row, column: inside.column + 1, style: style)
    }
    let layers = session.restingLayers
    let keys = card.commands.compactMap { session.keymap.keys(for: $0, in: layers).first?.label }
    var pen = Pen(
      theme: theme, row: inside.endRow - 2, column: inside.column + 1, end: inside.endColumn)
    let strong = Style(attributes: .bold).over(style)
    pen.write("▸ \(keys.joined(separator: " or "))", style: strong, into: &screen)
    pen.write(" \(card.action)", style: style, into: &screen)
    let next = session.keymap.keys(for: .nextTourStep).first?.label ?? ":tour-next"
    let end = session.keymap.keys(for: .endTour).first?.label ?? ":tour-end"
    let isLast = tour.step + 1 == Tour.stepCount
    screen.write(
      isLast ? "  \(next) ends the tour" : "  \(next) next step   \(end) ends the tour",
      row: inside.endRow - 1, column: inside.column + 1, style: style)
  }
}
