import Experiments
import Foundation
import Storage
import Terminal

extension ResultsScreen {
  private mutating func listSaved(in session: inout Session) -> [Effect] {
    let effect = session.ask(.kept(.list(identity: showsAll ? nil : identity)))
    awaited = effect.id
    return [effect]
  }

  // MARK: - Commands

  mutating func runInSaved(_ command: Command, in session: inout Session) -> [Effect]? {
    guard session.screen == .saved else { return nil }
    switch command {
    case .savedAll:
      guard self.page == nil, identity != nil else { return [] }
      showsAll.toggle()
      cursor = 0
      return listSaved(in: &session)
    case .readContexts: return followSaved(in: &session)
    case .switchPane: moveToItems(in: &session)
    case .back: return leaveSaved(in: &session)
    case .nextRegion, .previousRegion: movePair(command == .nextRegion ? 1 : -1)
    case .moveDown, .moveUp, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .moveToTop,
      .moveToBottom:
      moveInSaved(command, in: &session)
    case .openSaved: self.page = nil
    case .help, .palette, .log, .quit, .cancelOrQuit, .redraw, .toggleMouse, .library,
      .chooseTheme:
      return nil
    case .export:
      guard let page = self.page, page.result != nil else { return nil }
      session.overlay = .export(TextField("\(page.experiment.kind.rawValue)-\(page.experiment.id).json"))
    default:
      if command.isInPalette { session.say(.note, "\(command.title): not on the screen of results") }
    }
    return []
  }

  private mutating func leaveSaved(in session: inout Session) -> [Effect] {
    if page?.pair != nil {
      page?.pair = nil
    } else if page != nil {
      page = nil
    } else {
      session.screen = session.regions == nil || identity == nil ? .library : .regions
    }
    return []
  }

  private mutating func followSaved(in session: inout Session) -> [Effect] {
    guard let page = self.page else {
      guard let listed = self.listed, listed.indices.contains(cursor) else { return [] }
      var page = ResultsPage(listed[cursor])
      let effect = session.ask(.kept(.open(page.experiment)))
      page.awaited = effect.id
      self.page = page
      return [effect]
    }
    if let pair = page.pair, let matches = page.result?.matches, matches.indices.contains(pair) {
      return goTo(region: matches[pair].id, of: page.experiment.identity, in: &session)
    }
    let lines = savedLines(of: page, in: session).lines
    guard lines.indices.contains(page.cursor) else { return [] }
    switch lines[page.cursor].item {
    case .match(let index): self.page?.pair = index
    case .region(let dictionary, let region): return goTo(region: region, named: dictionary, in: &session)
    case nil: moveToItems(in: &session)
    }
    return []
  }

  /// To the lines that can be followed, or back to the beginning.
  private mutating func moveToItems(in session: inout Session) {
    guard let page = self.page, page.pair == nil else { return }
    guard let first = savedLines(of: page, in: session).firstItem else { return }
    let cursor = page.cursor >= first ? 0 : first
    self.page?.cursor = cursor
    // From their heading on.
    self.page?.top = max(0, cursor - 2)
    showSavedCursor(in: &session)
  }

  private mutating func movePair(_ step: Int) {
    guard let page = self.page, let pair = page.pair, let count = page.result?.matches.count
    else { return }
    self.page?.pair = min(max(0, pair + step), count - 1)
  }

  private mutating func moveInSaved(_ command: Command, in session: inout Session) {
    let page = savedRowCount(in: session)
    if let shown = self.page {
      if shown.pair != nil {
        return movePair(command == .moveDown ? 1 : command == .moveUp ? -1 : 0)
      }
      let count = savedLines(of: shown, in: session).lines.count
      self.page?.cursor = ListMoves.moved(shown.cursor, count: count, page: page, command)
    } else {
      let count = listed?.count ?? 0
      cursor = ListMoves.moved(cursor, count: count, page: page, command)
    }
    showSavedCursor(in: &session)
  }

  // MARK: - Layout

  /// Rows of the list, or of the page.
  func savedRowCount(in session: Session) -> Int {
    let body = ScreenLayout(columns: session.columns, rows: session.rows).body
    return max(1, page == nil ? body.rows - 6 : body.rows - 1)
  }

  func savedLines(of page: ResultsPage, in session: Session) -> ResultsLines {
    ResultsLines(
      page, labels: labelsOfSaved(page, in: session), columns: session.columns - 4, plotRows: max(6, min(16, session.rows / 3)))
  }

  func labelsOfSaved(_ page: ResultsPage, in session: Session) -> [Int: String] {
    guard let regions = session.regions, regions.dictionary.identity == page.experiment.identity else { return [:] }
    return regions.annotations.labels.texts
  }

  mutating func showSavedCursor(in session: inout Session) {
    let rows = savedRowCount(in: session)
    if let page = self.page {
      let count = savedLines(of: page, in: session).lines.count
      self.page?.top = ListMoves.scrolled(page.top, to: page.cursor, page: rows, count: count)
    } else {
      top = ListMoves.scrolled(
        top, to: cursor, page: rows, count: listed?.count ?? 0)
    }
  }

  // MARK: - Following

  /// To a region of the open dictionary, or of one in the library.
  private mutating func goTo(region: Int, of identity: String, in session: inout Session) -> [Effect] {
    if session.regions?.dictionary.identity == identity { return show(region: region, in: &session) }
    let entry = session.library.entries?.first { entry in
      if case .dictionary(let summary) = entry.content {
        summary.identity == identity
      } else {
        false
      }
    }
    return open(entry?.url, region: region, missing: "dictionary \(identity.prefix(12))", in: &session)
  }

  private mutating func goTo(region: Int, named name: String, in session: inout Session) -> [Effect] {
    if session.regions?.dictionary.name == name { return show(region: region, in: &session) }
    let known = session.library.entries?.first { $0.url.lastPathComponent == name }?.url
    // Dictionaries that were compared mostly lie beside each other.
    let beside = session.regions.map { $0.dictionary.url.deletingLastPathComponent().appending(path: name) }
    return open(known ?? beside, region: region, missing: name, in: &session)
  }

  private mutating func show(region: Int, in session: inout Session) -> [Effect] {
    session.screen = .regions
    session.regions?.page = nil
    session.regions?.focus = .list
    jump(to: String(region))
    return []
  }

  private mutating func open(_ url: URL?, region: Int, missing name: String, in session: inout Session) -> [Effect] {
    guard let url else {
      session.say(.error, "\(name) is not in the library: start with its folder")
      return []
    }
    session.screen = session.regions == nil ? .library : .regions
    session.startRegion = region
    return open(url, in: &session)
  }

  // MARK: - Answers

  /// Takes in what was asked of saved results; false for any other answer.
  mutating func takeInSaved(_ outcome: Outcome, of id: EffectID, in session: inout Session) -> Bool {
    switch outcome {
    case .kept(.listed(let experiments)):
      guard awaited == id else { return true }
      awaited = nil
      listed = experiments
      failure = nil
      let last = max(0, experiments.count - 1)
      let cursor = min(self.cursor ?? 0, last)
      self.cursor = cursor
      showSavedCursor(in: &session)
    case .kept(.opened(let result)):
      guard page?.awaited == id else { return true }
      page?.awaited = nil
      page?.result = result
    case .kept(.stability(let known)): session.regions?.set(known)
    case .kept(.exported(let path)): session.say(.success, "wrote the result to \(path)")
    case .failed(let reason):
      if awaited == id {
        awaited = nil
        failure = reason
      } else if page?.awaited == id {
        page?.awaited = nil
        page?.failure = reason
      } else {
        return false
      }
      session.say(.error, reason)
    default: return false
    }
    return true
  }
}
