import Experiments
import Foundation
import Storage
import Terminal

extension TraceScreen {
  /// Begins with a text that is being read elsewhere, or with the text that was there.
  mutating func begin(with context: String?, in session: inout Session) -> [Effect] {
    if let context {
      field = TextField(keepingLineBreaks: context)
      // A context was written in its template already.
      isChat = false
      document = nil
      focus = .tokens
    } else if reading == nil {
      focus = .text
    }
    return traceText(in: &session)
  }

  // MARK: - Commands

  mutating func handle(_ command: Command, in session: inout Session) -> [Effect]? {
    switch focus {
    case .text:
      if let effects = runText(command, in: &session) { return effects }
    case .documents:
      if let effects = runDocuments(command, in: &session) { return effects }
    case .tokens: break
    }
    switch command {
    case .switchPane, .traceEdit: focus = focus == .text ? .tokens : .text
    case .traceChat: return toggleChat(in: &session)
    case .traceLayers: return toggleLayers(in: &session)
    case .traceDocuments: return listDocuments(in: &session)
    case .tracePaths: showNextPanel(in: &session)
    case .zoom: isZoomed.toggle()
    case .moveLeft, .previousTab: moveColumn(-1, in: &session)
    case .moveRight, .nextTab: moveColumn(1, in: &session)
    case .nextMatch: moveToOutside(1, in: &session)
    case .previousMatch: moveToOutside(-1, in: &session)
    case .openDocument: return goToTracedRegion(in: &session)
    case .copy: return copyTrace(in: &session)
    case .back:
      guard isZoomed else { return nil }
      isZoomed = false
    case _ where command.isMove:
      move(command, in: session)
    case .openTrace:
      if focus == .text { session.say(.note, "what is written is traced") }
      focus = .text
    default: return nil
    }
    showCursor(in: session)
    return []
  }

  private mutating func showNextPanel(in session: inout Session) {
    guard reading?.layers.count ?? 0 > 1 else { return sayOnlyLayer(in: &session) }
    panel = panel == .tokens ? .paths : .tokens
  }

  private func sayOnlyLayer(in session: inout Session) {
    let count = subject?.layers.count ?? 1
    session.say(
      .note,
      count > 1
        ? "paths lead from layer to layer: \(session.key(.traceLayers, in: .trace)) follows all \(count)"
        : "there is no dictionary of another hook of this model: build one, and put it beside this"
    )
  }

  private mutating func toggleChat(in session: inout Session) -> [Effect] {
    guard document == nil else {
      session.say(.note, "a stored document is as it was captured; edit it to trace it anew")
      return []
    }
    let isChat = !readsAsChat
    self.isChat = isChat
    session.say(
      .note,
      isChat
        ? "read as a user's turn in the model's chat template" : "read as it is, without a template"
    )
    return traceText(in: &session)
  }

  private mutating func toggleLayers(in session: inout Session) -> [Effect] {
    guard let count = subject?.layers.count, count > 1 else {
      session.say(.note, "there is no dictionary of another hook of this model beside this one")
      return []
    }
    showsAllLayers.toggle()
    if !showsAllLayers { panel = .tokens }
    return traceText(in: &session)
  }

  // MARK: - Moving

  private mutating func move(_ command: Command, in session: Session) {
    guard let reading = self.reading else { return }
    let page = rowCount(in: session)
    cursor = ListMoves.moved(
      cursor, count: reading.tokens.count, page: page, command)
  }

  private mutating func moveColumn(_ step: Int, in session: inout Session) {
    guard let count = reading?.layers.count, count > 1 else { return sayOnlyLayer(in: &session) }
    column = min(max(0, column + step), max(0, count - 1))
  }

  private mutating func moveToOutside(_ step: Int, in session: inout Session) {
    let places = outside(column)
    let next =
      step > 0
      ? places.first { $0 > cursor } ?? places.first
      : places.last { $0 < cursor } ?? places.last
    guard let next else { return session.say(.note, "no token is outside the dictionary") }
    cursor = next
  }

  func layout(in session: Session) -> TraceLayout {
    let body = session.body
    let narrow = TraceLayout(body: body, textLines: 1, isZoomed: isZoomed)
    let lines = TextLines.lines(field.characters, columns: narrow.textColumns).count
    return TraceLayout(body: body, textLines: lines, isZoomed: isZoomed)
  }

  func rowCount(in session: Session) -> Int { max(1, layout(in: session).main.rows - 1) }

  mutating func showCursor(in session: Session) {
    guard let reading = self.reading else { return }
    let cursor = min(self.cursor, max(0, reading.tokens.count - 1))
    self.cursor = cursor
    column = min(column, max(0, reading.layers.count - 1))
    let page = rowCount(in: session)
    top = ListMoves.scrolled(
      top, to: cursor, page: page, count: reading.tokens.count)
  }

  /// Reads the mouse by the layout that the view draws by.
  mutating func handle(_ event: MouseEvent, in session: inout Session) -> [Effect] {
    guard focus != .documents else { return [] }
    let layout = self.layout(in: session)
    let isInText = layout.text.contains(row: event.row, column: event.column)
    switch event.kind {
    case .wheelDown, .wheelUp: move(event.kind == .wheelDown ? .moveDown : .moveUp, in: session)
    case .press where event.button == .left:
      focus = isInText || reading == nil ? .text : .tokens
      let index = top + event.row - layout.main.row - 1
      guard panel == .tokens, event.row > layout.main.row,
        layout.main.contains(row: event.row, column: event.column),
        reading?.tokens.indices.contains(index) == true
      else { return [] }
      cursor = index
    default: break
    }
    showCursor(in: session)
    return []
  }

  // MARK: - Following

  /// Enter on a token: its region, in the dictionary of the column.
  private func goToTracedRegion(in session: inout Session) -> [Effect] {
    guard let reading, reading.tokens.indices.contains(cursor), let layer = layer(column) else {
      session.say(.note, "no token is traced yet")
      return []
    }
    let region = reading.tokens[cursor].hits[column].region
    guard layer.identity != session.regions?.dictionary.identity else {
      session.show(region: region)
      if session.message == nil {
        let back = session.key(.openTrace, in: .regions)
        session.say(.note, "the region of “\(reading.tokens[cursor].spelling)” · \(back) goes back")
      }
      return []
    }
    session.go(to: .regions)
    session.startRegion = region
    return session.open(layer.url)
  }

  private func copyTrace(in session: inout Session) -> [Effect] {
    guard let reading, reading.tokens.indices.contains(cursor), let layer = layer(column) else {
      session.say(.note, "no token is traced yet")
      return []
    }
    let token = reading.tokens[cursor]
    let hit = token.hits[column]
    let fields = [
      "\(token.position)", token.spelling, layer.title, "\(hit.region)",
      layer.labels[hit.region] ?? "", Figures.fixed(hit.ratio, 4),
      hit.isOutside ? "outside" : "inside",
    ]
    return session.copy(sanitized(fields.joined(separator: "\t")), "the token")
  }
}
