import Foundation
import Storage
import Terminal

extension Session {
  mutating func showLibrary() -> [Effect] {
    go(to: .library)
    message = nil
    guard library.entries == nil, library.scan == nil else { return [] }
    return with(LibraryScreen.self) { $0.beginScan(in: &$1) } ?? []
  }

  /// Opens a dictionary; the screen that is open stays until it is there.
  mutating func open(_ url: URL) -> [Effect] {
    let effect = ask(.openDictionary(url))
    opening = Opening(id: effect.id, url: url)
    return [effect]
  }

  /// Opens a dictionary in the place of the open one, unless a label of that is not saved.
  mutating func replace(by url: URL) -> [Effect] {
    // A label that was not saved belongs to the dictionary that is open.
    let unsaved = unsavedRegions
    guard unsaved.isEmpty else {
      present(.question(.leaveUnsaved(regions: unsaved)))
      return []
    }
    guard saves.isEmpty else {
      say(.note, "a label is still being saved")
      return []
    }
    return open(url)
  }

  /// To a region of the open dictionary.
  mutating func show(region: Int) {
    go(to: .regions)
    regions?.page = nil
    regions?.focus = .list
    with(RegionsScreen.self) { $0.jump(to: String(region), in: &$1) }
  }

  mutating func show(_ dictionary: OpenedDictionary, _ annotations: Annotations, problem: String?) {
    opening = nil
    let isFirst = regions == nil
    regions = RegionsScreen(dictionary: dictionary, annotations: annotations)
    go(to: .regions)
    let opened = "opened \(dictionary.name): \(Figures.count(dictionary.regionCount, "region"))"
    log.append(Message(.note, sanitized(opened), time: clock))
    if isFirst, message == nil {
      message = Message(
        .note, "/ search · l label · ? every key · : every command", time: clock)
    }
    if let problem { say(.error, problem) }
    guard let region = startRegion else { return }
    startRegion = nil
    with(RegionsScreen.self) { $0.jump(to: String(region), in: &$1) }
  }
}
