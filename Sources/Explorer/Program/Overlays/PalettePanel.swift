import Terminal

extension PaletteState: Panel {
  var layers: [KeyLayer] { [.palette, .field] }
  var textField: TextField? { field }

  func hints(in session: Session) -> [KeyHints.Hint] {
    [
      KeyHints.one(.accept, "run"), ([.nextChoice, .previousChoice], "choose"),
      KeyHints.one(.cancelField, "close"),
    ]
  }

  func handle(_ command: Command, in session: inout Session) -> [Effect] {
    switch command {
    case .cancelField: session.overlay = nil
    case .accept:
      let entries = session.paletteEntries
      guard entries.indices.contains(cursor) else { return [] }
      return run(entries[cursor], in: &session)
    case .nextChoice, .previousChoice, .choicePageDown, .choicePageUp:
      var palette = self
      palette.cursor = ListMoves.moved(
        cursor, count: session.paletteEntries.count, page: 10, command)
      session.overlay = .palette(palette)
    default: break
    }
    return []
  }

  private func run(_ entry: PaletteEntry, in session: inout Session) -> [Effect] {
    session.overlay = nil
    switch entry {
    case .command(let command, _):
      let before = session
      let effects = session.run(command)
      // Whoever asked by name is told that all is as they wished already.
      if effects.isEmpty, session.message == nil, session == before {
        session.say(.note, "\(command.title): nothing changes here")
      }
      return effects
    case .region(let region):
      session.act(on: session.screen) { $0.jump(to: region, in: &$1) }
      return []
    }
  }

  /// Where it lies.
  static func box(in body: Rect) -> Rect {
    Rect(
      row: body.row + 1, column: body.column + max(2, (body.columns - 84) / 2),
      rows: min(body.rows - 2, 20), columns: min(84, body.columns - 4))
  }

  func press(_ event: MouseEvent, in session: inout Session) -> [Effect] {
    let box = Self.box(in: session.body)
    guard box.contains(row: event.row, column: event.column) else {
      session.overlay = nil
      return []
    }
    let list = box.inset().split(rows: 1).bottom
    let first = max(0, cursor - list.rows + 1)
    let index = first + event.row - list.row
    let entries = session.paletteEntries
    return event.row >= list.row && entries.indices.contains(index)
      ? run(entries[index], in: &session) : []
  }
}

extension Session {
  /// What the palette offers for its text, best first.
  var paletteEntries: [PaletteEntry] {
    guard case .palette(let palette) = overlay else { return [] }
    let text = palette.field.text
    let top = top
    if let number = Int(text.trimmingPrefix(while: \.isWhitespace)),
      let count = top.numberedRegions, (0..<count).contains(number)
    {
      return [.region(number)]
    }
    let layers = top.restingLayers
    let offered = Command.allCases.filter { $0.isInPalette && isPossible($0) }
    // What has a key here is closer at hand.
    let near = offered.filter { !keymap.keys(for: $0, in: layers).isEmpty }
    let far = offered.filter { !near.contains($0) }
    return CommandSearch.fuzzy(text, among: near + far)
      .map { .command($0.command, marks: $0.marks) }
  }
}
