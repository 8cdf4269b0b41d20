import Experiments
import Foundation
import Storage
import Terminal

extension ResultsScreen {
  mutating func list(in session: inout Session) -> [Effect] {
    let effect = session.ask(ResultsWork.list(identity: showsAll ? nil : identity))
    awaited = effect.id
    return [effect]
  }

  /// What was run in the playground since is in the list as soon as that is seen again.
  mutating func readShown(in session: inout Session) -> [Effect] {
    guard let kept = session[PlaygroundScreen.self]?.saved, kept != seenOfPlayground else {
      return []
    }
    seenOfPlayground = kept
    guard awaited == nil, listed?.contains(where: { $0.id == kept }) == false else { return [] }
    return list(in: &session)
  }

  // MARK: - Commands

  mutating func handle(_ command: Command, in session: inout Session) -> [Effect]? {
    switch command {
    case .savedAll:
      guard page == nil, identity != nil else { return nil }
      showsAll.toggle()
      self.list?.cursor = 0
      return list(in: &session)
    case .readContexts: return follow(in: &session)
    case .switchPane:
      guard page != nil else { return nil }
      moveToItems(in: &session)
    case .back: return leave()
    case .nextRegion, .previousRegion:
      guard page?.pair != nil else { return nil }
      movePair(command == .nextRegion ? 1 : -1)
    case _ where command.isMove:
      move(command, in: session)
    case .openSaved:
      page = nil
      return list(in: &session)
    default: return nil
    }
    return []
  }

  /// One step back; `nil` to the screen below.
  private mutating func leave() -> [Effect]? {
    if page?.pair != nil {
      page?.pair = nil
    } else if page != nil {
      page = nil
    } else {
      return nil
    }
    return []
  }

  private mutating func follow(in session: inout Session) -> [Effect] {
    guard let page = self.page else {
      guard let experiment = self.list?.selected else {
        session.say(.note, "there is no result to read")
        return []
      }
      var page = ResultsPage(experiment)
      let effect = session.ask(ResultsWork.open(page.experiment))
      page.awaited = effect.id
      self.page = page
      return [effect]
    }
    if let pair = page.pair, let matches = page.result?.matches, matches.indices.contains(pair) {
      return goTo(region: matches[pair].id, of: page.experiment.identity, in: &session)
    }
    let lines = self.lines(of: page, in: session).lines
    guard lines.indices.contains(page.cursor) else { return [] }
    switch lines[page.cursor].item {
    case .match(let index): self.page?.pair = index
    case .playground: return PlaygroundScreen.reopen(page.experiment, in: &session)
    case .region(let dictionary, let region):
      return goTo(region: region, named: dictionary, in: &session)
    case nil:
      // Where one thing only can be followed, Enter follows it wherever the cursor is.
      if page.experiment.kind == .playground, page.result != nil {
        return PlaygroundScreen.reopen(page.experiment, in: &session)
      }
      moveToItems(in: &session)
    }
    return []
  }

  /// To the lines that can be followed, or back to the beginning.
  private mutating func moveToItems(in session: inout Session) {
    guard let page = self.page, page.pair == nil else { return }
    let lines = lines(of: page, in: session)
    guard let first = lines.firstItem else {
      return session.say(.note, "this result has no lines that lead anywhere")
    }
    let cursor = page.cursor >= first ? 0 : first
    self.page?.cursor = cursor
    // From their heading on.
    self.page?.top = max(0, cursor - 2)
    showCursor(ofLines: lines.lines.count, in: session)
  }

  private mutating func movePair(_ step: Int) {
    guard let page = self.page, let pair = page.pair, let count = page.result?.matches.count
    else { return }
    self.page?.pair = min(max(0, pair + step), count - 1)
  }

  private mutating func move(_ command: Command, in session: Session) {
    let page = rowCount(in: session)
    if let shown = self.page {
      if shown.pair != nil {
        return movePair(command == .moveDown ? 1 : command == .moveUp ? -1 : 0)
      }
      let count = lines(of: shown, in: session).lines.count
      self.page?.cursor = ListMoves.moved(shown.cursor, count: count, page: page, command)
      showCursor(ofLines: count, in: session)
    } else {
      list?.move(command, page: page)
    }
  }

  // MARK: - Layout

  /// Rows of the list, or of the page.
  func rowCount(in session: Session) -> Int {
    max(1, page == nil ? session.body.rows - 6 : session.body.rows - 1)
  }

  func lines(of page: ResultsPage, in session: Session) -> ResultsLines {
    ResultsLines(
      page, labels: labels(of: page, in: session), columns: session.columns - 4,
      plotRows: max(6, min(16, session.rows / 3)))
  }

  func labels(of page: ResultsPage, in session: Session) -> [Int: String] {
    guard let regions = session.regions, regions.dictionary.identity == page.experiment.identity
    else { return [:] }
    return regions.annotations.labels.texts
  }

  mutating func showCursor(in session: Session) {
    if let page {
      showCursor(ofLines: lines(of: page, in: session).lines.count, in: session)
    } else {
      let rows = rowCount(in: session)
      list?.show(page: rows)
    }
  }

  /// As ``showCursor(in:)``, on a page of so many lines.
  private mutating func showCursor(ofLines count: Int, in session: Session) {
    guard let page else { return }
    let rows = rowCount(in: session)
    self.page?.top = ListMoves.scrolled(page.top, to: page.cursor, page: rows, count: count)
  }

  // MARK: - Following

  /// To a region of the open dictionary, or of one in the library.
  private func goTo(region: Int, of identity: String, in session: inout Session) -> [Effect] {
    if session.regions?.dictionary.identity == identity {
      session.show(region: region)
      return []
    }
    let entry = session.library.entries?.first { entry in
      if case .dictionary(let summary) = entry.content {
        summary.identity == identity
      } else {
        false
      }
    }
    return open(
      entry?.url, region: region, missing: "dictionary \(identity.prefix(12))", in: &session)
  }

  private func goTo(region: Int, named name: String, in session: inout Session) -> [Effect] {
    if session.regions?.dictionary.name == name {
      session.show(region: region)
      return []
    }
    let known = session.library.entries?.first { $0.url.lastPathComponent == name }?.url
    // Dictionaries that were compared mostly lie beside each other.
    let beside = session.regions.map {
      $0.dictionary.url.deletingLastPathComponent().appending(path: name)
    }
    return open(known ?? beside, region: region, missing: name, in: &session)
  }

  private func open(
    _ url: URL?, region: Int, missing name: String, in session: inout Session
  ) -> [Effect] {
    guard let url else {
      session.say(.error, "\(name) is not in the library: start with its folder")
      return []
    }
    session.go(to: session.regions == nil ? .library : .regions)
    session.startRegion = region
    return session.open(url)
  }

  // MARK: - Replies

  mutating func take(_ reply: Reply, of id: EffectID, in session: inout Session) -> [Effect]? {
    switch reply.result(of: ResultsWork.self) {
    case .listed(let experiments):
      guard awaited == id else { return [] }
      awaited = nil
      list = list ?? ListState()
      list?.list(experiments)
      failure = nil
      showCursor(in: session)
    case .opened(let result):
      guard page?.awaited == id else { return [] }
      page?.awaited = nil
      page?.result = result
    case .exported(let path): session.say(.success, "wrote the result to \(path)")
    case nil:
      guard case .failed(let reason) = reply else { return nil }
      if awaited == id {
        awaited = nil
        failure = reason
      } else if page?.awaited == id {
        page?.awaited = nil
        page?.failure = reason
      } else {
        return nil
      }
      session.say(.error, reason)
    }
    return []
  }

  // MARK: - Mouse

  /// Reads the mouse by the layout that the view draws by: a press selects a line, a second one follows it.
  mutating func handle(_ event: MouseEvent, in session: inout Session) -> [Effect] {
    switch event.kind {
    case .wheelDown, .wheelUp: move(event.kind == .wheelDown ? .moveDown : .moveUp, in: session)
    case .press where event.button == .left: return press(row: event.row, in: &session)
    default: break
    }
    return []
  }

  private mutating func press(row: Int, in session: inout Session) -> [Effect] {
    // Under the title.
    let line = row - session.body.row - 1
    guard page?.pair == nil, (0..<rowCount(in: session)).contains(line) else { return [] }
    let count = page.map { lines(of: $0, in: session).lines.count } ?? listed?.count ?? 0
    let index = (page?.top ?? top) + line
    guard index < count else { return [] }
    if index == page?.cursor ?? cursor { return follow(in: &session) }
    if page == nil { list?.cursor = index } else { page?.cursor = index }
    return []
  }
}
