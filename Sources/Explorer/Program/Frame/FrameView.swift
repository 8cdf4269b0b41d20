import Storage
import Terminal

/// What every screen has around its body: where the numbers come from, what is going on, which keys there are.
struct FrameView {
  let session: Session
  let top: any Screen
  let theme: Theme

  func draw(into screen: inout Cells, layout: ScreenLayout) {
    drawProvenance(into: &screen, layout.provenance)
    drawStatus(into: &screen, layout.status)
    drawKeys(into: &screen, layout.keys)
  }

  // MARK: - Provenance

  private func drawProvenance(into screen: inout Cells, _ rect: Rect) {
    screen.fill(rect, style: theme.style("provenance"))
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn - 1)
    top.drawProvenance(&pen, into: &screen, in: session)
  }

  // MARK: - Keys

  private func drawKeys(into screen: inout Cells, _ rect: Rect) {
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn - 1)
    for hint in KeyHints.hints(for: session) {
      let columns = DisplayWidth.of(hint.keys) + 1 + DisplayWidth.of(hint.text)
      guard columns <= pen.room else { continue }
      pen.write(hint.keys, "key", into: &screen)
      pen.skip(1)
      pen.write(hint.text, "key.label", into: &screen)
      pen.skip(2)
    }
  }
}

extension Session {
  /// Draws where the numbers of the open dictionary come from.
  func drawDictionary(_ pen: inout Pen, into screen: inout Cells) {
    guard
      let dictionary = openScreens.values.lazy.compactMap(\.screen.openedDictionary).first
    else {
      pen.write("exemplar", "title", into: &screen)
      return
    }
    for (index, text) in ProvenanceLine(of: dictionary, columns: pen.room).texts.enumerated() {
      if index > 0 { pen.write(" · ", "text.dim", into: &screen) }
      pen.write(text, style: index == 0 ? pen.theme.style("title") : .plain, into: &screen)
    }
  }
}
