import Foundation

extension Session {
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
}
