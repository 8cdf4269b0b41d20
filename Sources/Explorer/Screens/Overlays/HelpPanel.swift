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
      let count = HelpLine.lines(keymap: session.keymap, search: field.text).count
      let step = command == .nextChoice ? 1 : command == .previousChoice ? -1 : 0
      let jump = command == .choicePageDown ? page - 1 : command == .choicePageUp ? 1 - page : step
      var help = self
      help.top = max(0, min(top + jump, count - page))
      session.overlay = .help(help)
    default: break
    }
    return []
  }
}
