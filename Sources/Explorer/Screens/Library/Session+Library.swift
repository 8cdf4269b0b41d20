import Foundation
import Storage
import Terminal

extension Session {
  mutating func scan() -> [Effect] {
    let effect = ask(.scanLibrary(library.roots))
    library.scan = effect.id
    return [effect]
  }

  /// Shows what a scan found; a single dictionary under the given paths needs no choosing.
  mutating func show(_ entries: [LibraryEntry]) -> [Effect] {
    let isFirst = library.entries == nil
    library.scan = nil
    library.show(entries)
    showLibraryCursor()
    let found = entries.filter { !$0.isRecent }
    for case .broken(let reason) in found.map(\.content) where isFirst {
      log.append(Message(.error, reason, time: clock))
    }
    let dictionaries = found.filter { if case .dictionary = $0.content { true } else { false } }
    guard isFirst, regions == nil, library.opening == nil, found.count == 1,
      dictionaries.count == 1
    else {
      if isFirst { offerTour(found) }
      return []
    }
    return open(dictionaries[0].url)
  }

  /// Begins the tour where the samples are and it was not seen yet.
  private mutating func offerTour(_ entries: [LibraryEntry]) {
    guard let memory, memory.tour < Tour.version, tour == nil, regions == nil, overlay == nil,
      entries.contains(where: { $0.url.pathComponents.contains("sample-dicts") })
    else { return }
    tour = Tour()
    // The first of the samples, whatever was opened before.
    library.cursor = library.firstDictionary
    showLibraryCursor()
  }

  mutating func openSelected() -> [Effect] {
    guard screen == .library, let entry = library.selected else { return [] }
    switch entry.content {
    case .broken(let reason):
      say(.error, reason)
      return []
    case .store, .adapter, .model:
      say(.note, "\(entry.kind): it is used with a dictionary; open one of its model")
      return []
    case .dictionary, .pickle: break
    }
    if entry.url == regions?.dictionary.url {
      screen = .regions
      return []
    }
    // A label that was not saved belongs to the dictionary that is open.
    guard unsavedRegions.isEmpty else {
      overlay = .question(.leaveUnsaved(regions: unsavedRegions))
      return []
    }
    guard saves.isEmpty else {
      say(.note, "a label is still being saved")
      return []
    }
    return open(entry.url)
  }

  mutating func moveInLibrary(_ command: Command) {
    library.cursor = ListMoves.moved(
      library.cursor, count: library.entries?.count ?? 0, page: libraryRowCount, command)
    showLibraryCursor()
  }

  /// Brings the selected entry in sight, with the heading over it where there is room.
  mutating func showLibraryCursor() {
    let lines = library.lines
    guard let line = lines.firstIndex(of: .entry(library.cursor)) else {
      library.top = 0
      return
    }
    var top = ListMoves.scrolled(library.top, to: line, page: libraryRowCount, count: lines.count)
    if line > 0, line == top, case .heading = lines[line - 1] { top -= 1 }
    library.top = top
  }

  // MARK: - Mouse

  private mutating func clickInLibrary(_ event: MouseEvent) -> [Effect] {
    let list = libraryPanes().list
    guard list.contains(row: event.row, column: event.column), event.row > list.row else {
      return []
    }
    let lines = library.lines
    let index = library.top + event.row - list.row - 1
    guard lines.indices.contains(index), case .entry(let entry) = lines[index] else { return [] }
    if entry == library.cursor { return openSelected() }
    library.cursor = entry
    return []
  }

  // MARK: - Marks

  /// Marks the selected dictionary as the next to be compared, or takes its mark away.
  mutating func markForComparing() {
    guard screen == .library, let entry = markable() else { return }
    if let index = library.marks.firstIndex(of: entry.url) {
      library.marks.remove(at: index)
    } else {
      library.marks.append(entry.url)
    }
    let names = library.marks.map(\.lastPathComponent)
    say(
      .note,
      names.isEmpty
        ? "no longer marked"
        : "marked, in this order: \(names.joined(separator: ", ")) · \(compareKey) compares them")
    moveInLibrary(.moveDown)
  }

  /// The selected entry if it is a dictionary; says why not.
  private mutating func markable() -> LibraryEntry? {
    guard let entry = library.selected else { return nil }
    switch entry.content {
    case .dictionary, .pickle: return entry
    case .broken(let reason): say(.error, reason)
    case .store, .adapter, .model:
      say(.note, "\(entry.kind): only dictionaries are compared")
    }
    return nil
  }
}
