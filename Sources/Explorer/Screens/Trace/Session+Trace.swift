import Experiments
import Foundation
import Storage
import Terminal

extension Session {
  // MARK: - Commands

  mutating func runInTrace(_ command: Command) -> [Effect]? {
    guard screen == .trace, let trace else { return nil }
    if trace.focus == .text, let effects = runInTraceText(command) { return effects }
    if trace.focus == .documents, let effects = runInTraceDocuments(command) { return effects }
    switch command {
    case .switchPane, .traceEdit: self.trace?.focus = trace.focus == .text ? .tokens : .text
    case .traceChat: return toggleChat()
    case .traceLayers: return toggleLayers()
    case .traceDocuments: return listDocuments()
    case .tracePaths: showNextPanel()
    case .zoom: self.trace?.isZoomed.toggle()
    case .moveLeft, .previousTab: moveTraceColumn(-1)
    case .moveRight, .nextTab: moveTraceColumn(1)
    case .nextMatch: moveToOutside(1)
    case .previousMatch: moveToOutside(-1)
    case .openDocument: return goToTracedRegion()
    case .copy: return copyTrace()
    case .back: leaveTrace()
    case .moveDown, .moveUp, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .moveToTop,
      .moveToBottom:
      moveInTrace(command)
    case .openTrace: self.trace?.focus = .text
    case .help, .palette, .log, .quit, .cancelOrQuit, .redraw, .toggleMouse, .library,
      .chooseTheme, .export, .openSaved:
      return nil
    default:
      if command.isInPalette { say(.note, "\(command.title): not on the screen of a trace") }
    }
    showTraceCursor()
    return []
  }

  private mutating func leaveTrace() {
    if trace?.isZoomed == true {
      trace?.isZoomed = false
    } else {
      screen = .regions
    }
  }

  private mutating func showNextPanel() {
    guard let trace, trace.reading?.layers.count ?? 0 > 1 else {
      let count = trace?.subject?.layers.count ?? 1
      say(
        .note,
        count > 1
          ? "paths lead from layer to layer: \(key(.traceLayers, in: .trace)) follows all \(count)"
          : "there is no dictionary of another hook of this model: build one, and put it beside this"
      )
      return
    }
    self.trace?.panel = trace.panel == .tokens ? .paths : .tokens
  }

  private mutating func toggleChat() -> [Effect] {
    guard trace?.document == nil else {
      say(.note, "a stored document is as it was captured; edit it to trace it anew")
      return []
    }
    let isChat = trace?.readsAsChat == false
    trace?.isChat = isChat
    say(
      .note,
      isChat
        ? "read as a user's turn in the model's chat template" : "read as it is, without a template"
    )
    return traceText()
  }

  private mutating func toggleLayers() -> [Effect] {
    guard let count = trace?.subject?.layers.count, count > 1 else {
      say(.note, "there is no dictionary of another hook of this model beside this one")
      return []
    }
    trace?.showsAllLayers.toggle()
    if trace?.showsAllLayers == false { trace?.panel = .tokens }
    return traceText()
  }

  // MARK: - Moving

  private mutating func moveInTrace(_ command: Command) {
    guard let trace, let reading = trace.reading else { return }
    let page = traceRowCount
    self.trace?.cursor = ListMoves.moved(
      trace.cursor, count: reading.tokens.count, page: page, command)
  }

  private mutating func moveTraceColumn(_ step: Int) {
    guard let trace, let count = trace.reading?.layers.count else { return }
    self.trace?.column = min(max(0, trace.column + step), max(0, count - 1))
  }

  private mutating func moveToOutside(_ step: Int) {
    guard let trace else { return }
    let places = trace.outside(trace.column)
    let next =
      step > 0
      ? places.first { $0 > trace.cursor } ?? places.first
      : places.last { $0 < trace.cursor } ?? places.last
    guard let next else { return say(.note, "no token is outside the dictionary") }
    self.trace?.cursor = next
  }

  var traceLayout: TraceLayout {
    let body = ScreenLayout(columns: columns, rows: rows).body
    guard let trace else { return TraceLayout(body: body, textLines: 1, isZoomed: false) }
    let narrow = TraceLayout(body: body, textLines: 1, isZoomed: trace.isZoomed)
    let lines = TraceLines.lines(trace.field.characters, columns: narrow.textColumns).count
    return TraceLayout(body: body, textLines: lines, isZoomed: trace.isZoomed)
  }

  var traceRowCount: Int { max(1, traceLayout.main.rows - 1) }

  mutating func showTraceCursor() {
    guard let trace, let reading = trace.reading else { return }
    let cursor = min(trace.cursor, max(0, reading.tokens.count - 1))
    self.trace?.cursor = cursor
    self.trace?.column = min(trace.column, max(0, reading.layers.count - 1))
    let page = traceRowCount
    self.trace?.top = ListMoves.scrolled(
      trace.top, to: cursor, page: page, count: reading.tokens.count)
  }

  /// Reads the mouse by the layout that the view draws by.
  mutating func pointInTrace(_ event: MouseEvent) {
    guard let trace, trace.focus != .documents else { return }
    let layout = traceLayout
    let isInText = layout.text.contains(row: event.row, column: event.column)
    switch event.kind {
    case .wheelDown, .wheelUp: moveInTrace(event.kind == .wheelDown ? .moveDown : .moveUp)
    case .press where event.button == .left:
      message = nil
      self.trace?.focus = isInText || trace.reading == nil ? .text : .tokens
      let index = trace.top + event.row - layout.main.row - 1
      guard trace.panel == .tokens, event.row > layout.main.row,
        layout.main.contains(row: event.row, column: event.column),
        trace.reading?.tokens.indices.contains(index) == true
      else { return }
      self.trace?.cursor = index
    default: break
    }
    showTraceCursor()
  }

  // MARK: - Following

  /// Enter on a token: its region, in the dictionary of the column.
  private mutating func goToTracedRegion() -> [Effect] {
    guard let trace, let reading = trace.reading, reading.tokens.indices.contains(trace.cursor),
      let layer = trace.layer(trace.column)
    else { return [] }
    let region = reading.tokens[trace.cursor].hits[trace.column].region
    screen = .regions
    let back = key(.openTrace, in: .regions)
    guard layer.identity != regions?.dictionary.identity else {
      regions?.page = nil
      regions?.focus = .list
      jump(to: String(region))
      if message == nil {
        say(.note, "the region of “\(reading.tokens[trace.cursor].spelling)” · \(back) goes back")
      }
      return []
    }
    startRegion = region
    return open(layer.url)
  }

  private mutating func copyTrace() -> [Effect] {
    guard let trace, let reading = trace.reading, reading.tokens.indices.contains(trace.cursor),
      let layer = trace.layer(trace.column)
    else { return [] }
    let token = reading.tokens[trace.cursor]
    let hit = token.hits[trace.column]
    copying = "the token"
    return [
      ask(
        .copy(
          sanitized(
            "\(token.position)\t\(token.spelling)\t\(layer.title)\t\(hit.region)\t\(layer.labels[hit.region] ?? "")\t\(Figures.fixed(hit.ratio, 4))\t\(hit.isOutside ? "outside" : "inside")"
          )))
    ]
  }
}
