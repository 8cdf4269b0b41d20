import Experiments
import Foundation
import Storage
import Terminal

extension Session {
  private mutating func listSaved() -> [Effect] {
    guard let saved else { return [] }
    let effect = ask(.kept(.list(identity: saved.showsAll ? nil : saved.identity)))
    self.saved?.awaited = effect.id
    return [effect]
  }

  // MARK: - Commands

  mutating func runInSaved(_ command: Command) -> [Effect]? {
    guard screen == .saved, let saved else { return nil }
    switch command {
    case .savedAll:
      guard saved.page == nil, saved.identity != nil else { return [] }
      self.saved?.showsAll.toggle()
      self.saved?.cursor = 0
      return listSaved()
    case .readContexts: return followSaved()
    case .switchPane: moveToItems()
    case .back: return leaveSaved()
    case .nextRegion, .previousRegion: movePair(command == .nextRegion ? 1 : -1)
    case .moveDown, .moveUp, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .moveToTop,
      .moveToBottom:
      moveInSaved(command)
    case .openSaved: self.saved?.page = nil
    case .help, .palette, .log, .quit, .cancelOrQuit, .redraw, .toggleMouse, .library,
      .chooseTheme:
      return nil
    case .export:
      guard let page = saved.page, page.result != nil else { return nil }
      overlay = .export(TextField("\(page.experiment.kind.rawValue)-\(page.experiment.id).json"))
    default:
      if command.isInPalette { say(.note, "\(command.title): not on the screen of results") }
    }
    return []
  }

  private mutating func leaveSaved() -> [Effect] {
    if saved?.page?.pair != nil {
      saved?.page?.pair = nil
    } else if saved?.page != nil {
      saved?.page = nil
    } else {
      screen = regions == nil || saved?.identity == nil ? .library : .regions
    }
    return []
  }

  private mutating func followSaved() -> [Effect] {
    guard let saved else { return [] }
    guard let page = saved.page else {
      guard let listed = saved.listed, listed.indices.contains(saved.cursor) else { return [] }
      var page = ResultsPage(listed[saved.cursor])
      let effect = ask(.kept(.open(page.experiment)))
      page.awaited = effect.id
      self.saved?.page = page
      return [effect]
    }
    if let pair = page.pair, let matches = page.result?.matches, matches.indices.contains(pair) {
      return goTo(region: matches[pair].id, of: page.experiment.identity)
    }
    let lines = savedLines(of: page).lines
    guard lines.indices.contains(page.cursor) else { return [] }
    switch lines[page.cursor].item {
    case .match(let index): self.saved?.page?.pair = index
    case .region(let dictionary, let region): return goTo(region: region, named: dictionary)
    case nil: moveToItems()
    }
    return []
  }

  /// To the lines that can be followed, or back to the beginning.
  private mutating func moveToItems() {
    guard let page = saved?.page, page.pair == nil else { return }
    guard let first = savedLines(of: page).firstItem else { return }
    let cursor = page.cursor >= first ? 0 : first
    saved?.page?.cursor = cursor
    // From their heading on.
    saved?.page?.top = max(0, cursor - 2)
    showSavedCursor()
  }

  private mutating func movePair(_ step: Int) {
    guard let page = saved?.page, let pair = page.pair, let count = page.result?.matches.count
    else { return }
    saved?.page?.pair = min(max(0, pair + step), count - 1)
  }

  private mutating func moveInSaved(_ command: Command) {
    guard let saved else { return }
    let page = savedRowCount
    if let shown = saved.page {
      if shown.pair != nil {
        return movePair(command == .moveDown ? 1 : command == .moveUp ? -1 : 0)
      }
      let count = savedLines(of: shown).lines.count
      self.saved?.page?.cursor = ListMoves.moved(shown.cursor, count: count, page: page, command)
    } else {
      let count = saved.listed?.count ?? 0
      self.saved?.cursor = ListMoves.moved(saved.cursor, count: count, page: page, command)
    }
    showSavedCursor()
  }

  // MARK: - Layout

  /// Rows of the list, or of the page.
  var savedRowCount: Int {
    let body = ScreenLayout(columns: columns, rows: rows).body
    return max(1, saved?.page == nil ? body.rows - 6 : body.rows - 1)
  }

  func savedLines(of page: ResultsPage) -> ResultsLines {
    ResultsLines(
      page, labels: labelsOfSaved(page), columns: columns - 4, plotRows: max(6, min(16, rows / 3)))
  }

  func labelsOfSaved(_ page: ResultsPage) -> [Int: String] {
    guard let regions, regions.dictionary.identity == page.experiment.identity else { return [:] }
    return regions.annotations.labels.texts
  }

  mutating func showSavedCursor() {
    guard let saved else { return }
    let rows = savedRowCount
    if let page = saved.page {
      let count = savedLines(of: page).lines.count
      self.saved?.page?.top = ListMoves.scrolled(page.top, to: page.cursor, page: rows, count: count)
    } else {
      self.saved?.top = ListMoves.scrolled(
        saved.top, to: saved.cursor, page: rows, count: saved.listed?.count ?? 0)
    }
  }

  // MARK: - Following

  /// To a region of the open dictionary, or of one in the library.
  private mutating func goTo(region: Int, of identity: String) -> [Effect] {
    if regions?.dictionary.identity == identity { return show(region: region) }
    let entry = library.entries?.first { entry in
      if case .dictionary(let summary) = entry.content {
        summary.identity == identity
      } else {
        false
      }
    }
    return open(entry?.url, region: region, missing: "dictionary \(identity.prefix(12))")
  }

  private mutating func goTo(region: Int, named name: String) -> [Effect] {
    if regions?.dictionary.name == name { return show(region: region) }
    let known = library.entries?.first { $0.url.lastPathComponent == name }?.url
    // Dictionaries that were compared mostly lie beside each other.
    let beside = regions.map { $0.dictionary.url.deletingLastPathComponent().appending(path: name) }
    return open(known ?? beside, region: region, missing: name)
  }

  private mutating func show(region: Int) -> [Effect] {
    screen = .regions
    regions?.page = nil
    regions?.focus = .list
    jump(to: String(region))
    return []
  }

  private mutating func open(_ url: URL?, region: Int, missing name: String) -> [Effect] {
    guard let url else {
      say(.error, "\(name) is not in the library: start with its folder")
      return []
    }
    screen = regions == nil ? .library : .regions
    startRegion = region
    return open(url)
  }

  // MARK: - Answers

  /// Takes in what was asked of saved results; false for any other answer.
  mutating func takeInSaved(_ outcome: Outcome, of id: EffectID) -> Bool {
    switch outcome {
    case .kept(.listed(let experiments)):
      guard saved?.awaited == id else { return true }
      saved?.awaited = nil
      saved?.listed = experiments
      saved?.failure = nil
      let last = max(0, experiments.count - 1)
      let cursor = min(saved?.cursor ?? 0, last)
      saved?.cursor = cursor
      showSavedCursor()
    case .kept(.opened(let result)):
      guard saved?.page?.awaited == id else { return true }
      saved?.page?.awaited = nil
      saved?.page?.result = result
    case .kept(.stability(let known)): regions?.set(known)
    case .kept(.exported(let path)): say(.success, "wrote the result to \(path)")
    case .failed(let reason):
      if saved?.awaited == id {
        saved?.awaited = nil
        saved?.failure = reason
      } else if saved?.page?.awaited == id {
        saved?.page?.awaited = nil
        saved?.page?.failure = reason
      } else {
        return false
      }
      say(.error, reason)
    default: return false
    }
    return true
  }
}
