import Foundation
import Storage
import Terminal

extension LibraryScreen {
  mutating func scan(in session: inout Session) -> [Effect] {
    let effect = session.ask(.scanLibrary(roots))
    scan = effect.id
    return [effect]
  }

  /// Shows what a scan found; a single dictionary under the given paths needs no choosing.
  mutating func show(_ entries: [LibraryEntry], in session: inout Session) -> [Effect] {
    let isFirst = self.entries == nil
    scan = nil
    show(entries, in: &session)
    showLibraryCursor(in: &session)
    let found = entries.filter { !$0.isRecent }
    for case .broken(let reason) in found.map(\.content) where isFirst {
      session.log.append(Message(.error, reason, time: session.clock))
    }
    let dictionaries = found.filter { if case .dictionary = $0.content { true } else { false } }
    guard isFirst, session.regions == nil, opening == nil, found.count == 1,
      dictionaries.count == 1
    else {
      if isFirst { offerTour(found, in: &session) }
      return []
    }
    return session.open(dictionaries[0].url)
  }

  /// Begins the tour where the samples are and it was not seen yet.
  private mutating func offerTour(_ entries: [LibraryEntry], in session: inout Session) {
    guard let memory = session.memory, memory.tour < Tour.version, session.tour == nil, session.regions == nil, session.overlay == nil,
      entries.contains(where: { $0.url.pathComponents.contains("sample-dicts") })
    else { return }
    session.tour = Tour()
    // The first of the samples, whatever was opened before.
    cursor = firstDictionary
    showLibraryCursor(in: &session)
  }

  mutating func openSelected(in session: inout Session) -> [Effect] {
    guard session.screen == .library, let entry = selected else { return [] }
    switch entry.content {
    case .broken(let reason):
      session.say(.error, reason)
      return []
    case .store, .adapter, .model:
      session.say(.note, "\(entry.kind): it is used with a dictionary; open one of its model")
      return []
    case .dictionary, .pickle: break
    }
    if entry.url == session.regions?.dictionary.url {
      session.screen = .regions
      return []
    }
    // A label that was not saved belongs to the dictionary that is open.
    guard session.unsavedRegions.isEmpty else {
      session.overlay = .question(.leaveUnsaved(regions: session.unsavedRegions))
      return []
    }
    guard session.saves.isEmpty else {
      session.say(.note, "a label is still being saved")
      return []
    }
    return session.open(entry.url)
  }

  mutating func moveInLibrary(_ command: Command, in session: inout Session) {
    cursor = ListMoves.moved(
      cursor, count: entries?.count ?? 0, page: libraryRowCount(in: session), command)
    showLibraryCursor(in: &session)
  }

  /// Brings the selected entry in sight, with the heading over it where there is room.
  mutating func showLibraryCursor(in session: inout Session) {
    let lines = self.lines
    guard let line = lines.firstIndex(of: .entry(cursor)) else {
      self.top = 0
      return
    }
    var top = ListMoves.scrolled(self.top, to: line, page: libraryRowCount(in: session), count: lines.count)
    if line > 0, line == top, case .heading = lines[line - 1] { top -= 1 }
    self.top = top
  }

  // MARK: - Mouse

  private mutating func clickInLibrary(_ event: MouseEvent, in session: inout Session) -> [Effect] {
    let list = libraryPanes(in: session).list
    guard list.contains(row: event.row, column: event.column), event.row > list.row else {
      return []
    }
    let lines = self.lines
    let index = top + event.row - list.row - 1
    guard lines.indices.contains(index), case .entry(let entry) = lines[index] else { return [] }
    if entry == cursor { return openSelected(in: &session) }
    cursor = entry
    return []
  }

  // MARK: - Marks

  /// Marks the selected dictionary as the next to be compared, or takes its mark away.
  mutating func markForComparing(in session: inout Session) {
    guard session.screen == .library, let entry = markable(in: &session) else { return }
    if let index = marks.firstIndex(of: entry.url) {
      marks.remove(at: index)
    } else {
      marks.append(entry.url)
    }
    let names = marks.map(\.lastPathComponent)
    session.say(
      .note,
      names.isEmpty
        ? "no longer marked"
        : "marked, in this order: \(names.joined(separator: ", ")) · \(compareKey) compares them")
    moveInLibrary(.moveDown, in: &session)
  }

  /// The selected entry if it is a dictionary; says why not.
  private mutating func markable(in session: inout Session) -> LibraryEntry? {
    guard let entry = selected else { return nil }
    switch entry.content {
    case .dictionary, .pickle: return entry
    case .broken(let reason): session.say(.error, reason)
    case .store, .adapter, .model:
      session.say(.note, "\(entry.kind): only dictionaries are compared")
    }
    return nil
  }
}
