import Experiments
import Foundation
import Storage
import Terminal

extension TraceScreen {
  // MARK: - Commands

  mutating func runInTrace(_ command: Command, in session: inout Session) -> [Effect]? {
    guard session.screen == .trace else { return nil }
    if focus == .text, let effects = runInTraceText(command, in: &session) { return effects }
    if focus == .documents, let effects = runInTraceDocuments(command, in: &session) { return effects }
    switch command {
    case .switchPane, .traceEdit: focus = focus == .text ? .tokens : .text
    case .traceChat: return toggleChat(in: &session)
    case .traceLayers: return toggleLayers(in: &session)
    case .traceDocuments: return listDocuments(in: &session)
    case .tracePaths: showNextPanel(in: &session)
    case .zoom: isZoomed.toggle()
    case .moveLeft, .previousTab: moveTraceColumn(-1)
    case .moveRight, .nextTab: moveTraceColumn(1)
    case .nextMatch: moveToOutside(1, in: &session)
    case .previousMatch: moveToOutside(-1, in: &session)
    case .openDocument: return goToTracedRegion(in: &session)
    case .copy: return copyTrace(in: &session)
    case .back: leaveTrace(in: &session)
    case .moveDown, .moveUp, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .moveToTop,
      .moveToBottom:
      moveInTrace(command, in: &session)
    case .openTrace: focus = .text
    case .help, .palette, .log, .quit, .cancelOrQuit, .redraw, .toggleMouse, .library,
      .chooseTheme, .export, .openSaved:
      return nil
    default:
      if command.isInPalette { session.say(.note, "\(command.title): not on the screen of a trace") }
    }
    showTraceCursor(in: &session)
    return []
  }

  private mutating func leaveTrace(in session: inout Session) {
    if isZoomed == true {
      isZoomed = false
    } else {
      session.screen = .regions
    }
  }

  private mutating func showNextPanel(in session: inout Session) {
    guard reading?.layers.count ?? 0 > 1 else {
      let count = subject?.layers.count ?? 1
      session.say(
        .note,
        count > 1
          ? "paths lead from layer to layer: \(session.key(.traceLayers, in: .trace)) follows all \(count)"
          : "there is no dictionary of another hook of this model: build one, and put it beside this"
      )
      return
    }
    panel = panel == .tokens ? .paths : .tokens
  }

  private mutating func toggleChat(in session: inout Session) -> [Effect] {
    guard document == nil else {
      session.say(.note, "a stored document is as it was captured; edit it to trace it anew")
      return []
    }
    let isChat = readsAsChat == false
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
    if showsAllLayers == false { panel = .tokens }
    return traceText(in: &session)
  }

  // MARK: - Moving

  private mutating func moveInTrace(_ command: Command, in session: inout Session) {
    guard let reading = self.reading else { return }
    let page = traceRowCount(in: session)
    cursor = ListMoves.moved(
      cursor, count: reading.tokens.count, page: page, command)
  }

  private mutating func moveTraceColumn(_ step: Int) {
    guard let count = reading?.layers.count else { return }
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

  func traceLayout(in session: Session) -> TraceLayout {
    let body = ScreenLayout(columns: session.columns, rows: session.rows).body
    let narrow = TraceLayout(body: body, textLines: 1, isZoomed: isZoomed)
    let lines = TraceLines.lines(field.characters, columns: narrow.textColumns).count
    return TraceLayout(body: body, textLines: lines, isZoomed: isZoomed)
  }

  func traceRowCount(in session: Session) -> Int { max(1, traceLayout(in: session).main.rows - 1) }

  mutating func showTraceCursor(in session: inout Session) {
    guard let reading = self.reading else { return }
    let cursor = min(self.cursor, max(0, reading.tokens.count - 1))
    self.cursor = cursor
    column = min(column, max(0, reading.layers.count - 1))
    let page = traceRowCount(in: session)
    top = ListMoves.scrolled(
      top, to: cursor, page: page, count: reading.tokens.count)
  }

  /// Reads the mouse by the layout that the view draws by.
  mutating func pointInTrace(_ event: MouseEvent, in session: inout Session) {
    guard focus != .documents else { return }
    let layout = traceLayout(in: session)
    let isInText = layout.text.contains(row: event.row, column: event.column)
    switch event.kind {
    case .wheelDown, .wheelUp: moveInTrace(event.kind == .wheelDown ? .moveDown : .moveUp, in: &session)
    case .press where event.button == .left:
      session.message = nil
      focus = isInText || reading == nil ? .text : .tokens
      let index = top + event.row - layout.main.row - 1
      guard panel == .tokens, event.row > layout.main.row,
        layout.main.contains(row: event.row, column: event.column),
        reading?.tokens.indices.contains(index) == true
      else { return }
      cursor = index
    default: break
    }
    showTraceCursor(in: &session)
  }

  // MARK: - Following

  /// Enter on a token: its region, in the dictionary of the column.
  private mutating func goToTracedRegion(in session: inout Session) -> [Effect] {
    guard let reading = self.reading, reading.tokens.indices.contains(cursor),
      let layer = self.layer(column)
    else { return [] }
    let region = reading.tokens[cursor].hits[column].region
    session.screen = .regions
    let back = session.key(.openTrace, in: .regions)
    guard layer.identity != session.regions?.dictionary.identity else {
      session.regions?.page = nil
      session.regions?.focus = .list
      jump(to: String(region))
      if session.message == nil {
        session.say(.note, "the region of “\(reading.tokens[cursor].spelling)” · \(back) goes back")
      }
      return []
    }
    session.startRegion = region
    return session.open(layer.url)
  }

  private mutating func copyTrace(in session: inout Session) -> [Effect] {
    guard let reading = self.reading, reading.tokens.indices.contains(cursor),
      let layer = self.layer(column)
    else { return [] }
    let token = reading.tokens[cursor]
    let hit = token.hits[column]
    session.copying = "the token"
    return [
      session.ask(
        .copy(
          sanitized(
            "\(token.position)\t\(token.spelling)\t\(layer.title)\t\(hit.region)\t\(layer.labels[hit.region] ?? "")\t\(Figures.fixed(hit.ratio, 4))\t\(hit.isOutside ? "outside" : "inside")"
          )))
    ]
  }
}
