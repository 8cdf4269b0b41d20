import Terminal

extension HelpState: Panel {
  var layers: [KeyLayer] { [.help, .field] }
  var textField: TextField? { field }

  func hints(in session: Session) -> [KeyHints.Hint] {
    [KeyHints.one(.cancelField, "close"), ([.nextChoice, .previousChoice], "scroll")]
  }

  func handle(_ command: Command, in session: inout Session) -> [Effect] {
    switch command {
    case .cancelField, .accept: session.overlay = nil
    case .nextChoice, .previousChoice, .choicePageDown, .choicePageUp:
      let page = HelpLine.rowCount(in: session.body)
      let count = HelpLine.lines(
        keymap: session.keymap, search: field.text, here: session.restingLayers
      ).count
      var help = self
      help.top = ListMoves.moved(top, count: count - page + 1, page: page, command)
      session.overlay = .help(help)
    default: break
    }
    return []
  }
}
