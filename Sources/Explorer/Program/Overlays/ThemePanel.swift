import Terminal

extension Session {
  mutating func openThemePicker() {
    present(.themes(ThemePicker(cursor: themes.names.firstIndex(of: themes.name) ?? 0)))
  }
}

extension ThemePicker: Panel {
  var layers: [KeyLayer] { [.chooser] }

  func hints(in session: Session) -> [KeyHints.Hint] {
    [
      KeyHints.one(.accept, "keep"), ([.nextChoice, .previousChoice], "choose"),
      KeyHints.one(.cancelField),
    ]
  }

  func handle(_ command: Command, in session: inout Session) -> [Effect] {
    let names = session.themes.names
    switch command {
    case .accept:
      session.overlay = nil
      guard names.indices.contains(cursor) else { return [] }
      session.themes.forced = nil
      session.themes.preview = nil
      session.themes.picked = names[cursor]
      session.say(.success, "theme \(names[cursor])")
      return session.memory == nil ? [] : [session.ask(.remember(.theme(names[cursor])))]
    case .cancelField, .back:
      session.overlay = nil
      session.themes.preview = nil
    default:
      let cursor = ListMoves.moved(cursor, count: names.count, page: 10, command)
      session.overlay = .themes(ThemePicker(cursor: cursor))
      session.themes.preview = names[cursor]
    }
    return []
  }
}
