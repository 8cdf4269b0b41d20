import Terminal

/// A question that waits for an answer.
struct QuestionView {
  let question: Question
  let theme: Theme

  func draw(into screen: inout Cells, body: Rect) {
    let box = body.centred(rows: texts.count + 2, columns: min(body.columns - 4, 64))
    let inside = OverlayBox.draw(box, title: title, theme: theme, into: &screen)
    for (row, text) in texts.enumerated() {
      screen.write(
        text, row: inside.row + row, column: inside.column + 1, limit: inside.columns - 2,
        style: theme.style(row == 0 ? "overlay" : "text.dim"), overflow: .ellipsis)
    }
  }

  private var title: String {
    switch question {
    case .leave, .leaveUnsaved: "Leave?"
    case .takeCopy: "Your notebook"
    case .ofScreen(let question): question.title
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
    case .ofScreen(let question): question.texts
    case .takeCopy(let offer, let setAside):
      [
        setAside == nil
          ? "Your notebook of labels is empty, and there is a copy of it:"
          : offer.isSalvaged
            ? "Your notebook was damaged. What could be read can take its place:"
            : "Your notebook of labels was damaged. A copy can take its place:",
        "\(offer.name), with \(Figures.count(offer.labels, "label"))",
      ]
        + (setAside.map { ["The damaged one is kept as \($0)"] } ?? [])
        + ["y takes the copy, n begins with an empty notebook"]
    }
  }
}

extension Question {
  func draw(into screen: inout Cells, area: Rect, theme: Theme, in session: Session) {
    QuestionView(question: self, theme: theme).draw(into: &screen, body: area)
  }
}
