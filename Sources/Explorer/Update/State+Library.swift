import Foundation
import Storage
import Terminal

extension State {
  mutating func showLibrary() -> [Effect] {
    screen = .library
    message = nil
    return library.entries == nil && library.scan == nil ? scan() : []
  }

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
    for case .broken(let reason) in entries.map(\.content) where isFirst {
      log.append(Message(.error, reason, time: clock))
    }
    guard isFirst, regions == nil, library.opening == nil, entries.count == 1,
      case .dictionary = entries[0].content
    else { return [] }
    return open(entries[0].url)
  }

  mutating func openSelected() -> [Effect] {
    guard screen == .library, let entry = library.selected else { return [] }
    if case .broken(let reason) = entry.content {
      say(.error, reason)
      return []
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

  mutating func open(_ url: URL) -> [Effect] {
    let effect = ask(.openDictionary(url))
    library.opening = (effect.id, url)
    return [effect]
  }

  mutating func show(_ dictionary: OpenedDictionary, _ annotations: Annotations, problem: String?) {
    library.opening = nil
    let isFirst = regions == nil
    regions = RegionsState(dictionary: dictionary, annotations: annotations)
    screen = .regions
    let opened = "opened \(dictionary.name): \(Figures.count(dictionary.regionCount, "region"))"
    log.append(Message(.note, sanitized(opened), time: clock))
    if isFirst, message == nil {
      message = Message(
        .note, "/ search · l label · ? every key · : every command", time: clock)
    }
    if let problem { say(.error, problem) }
    showCursor()
  }

  mutating func moveInLibrary(_ command: Command) {
    library.cursor = Self.moved(
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
    var top = Self.scrolled(library.top, to: line, page: libraryRowCount, count: lines.count)
    if line > 0, line == top, case .heading = lines[line - 1] { top -= 1 }
    library.top = top
  }
}
