import Terminal

/// A question before leaving.
struct QuestionView {
  let question: Question
  let theme: Theme

  func draw(into screen: inout Screen, body: Rect) {
    let box = body.centred(rows: 5, columns: min(body.columns - 4, 64))
    let inside = OverlayBox.draw(box, title: "Leave?", theme: theme, into: &screen)
    for (row, text) in texts.enumerated() {
      screen.write(
        text, row: inside.row + row, column: inside.column + 1, limit: inside.columns - 2,
        style: theme.style(row == 0 ? "overlay" : "text.dim"), overflow: .ellipsis)
    }
  }

  private var texts: [String] {
    switch question {
    case .leave: ["Leave the explorer?", "Everything you labelled is saved.", "y leaves, n stays"]
    case .leaveUnsaved(let regions):
      [
        regions.count == 1
          ? "The label of region \(regions[0]) is not saved."
          : "The labels of \(regions.count) regions are not saved.",
        "The log (!) says why.", "s saves again, y leaves without, n stays",
      ]
    }
  }
}
