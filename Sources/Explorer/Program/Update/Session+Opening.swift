import Foundation
import Storage
import Terminal

extension Session {
  mutating func showLibrary() -> [Effect] {
    screen = .library
    message = nil
    return library.entries == nil && library.scan == nil ? scan() : []
  }

  mutating func open(_ url: URL) -> [Effect] {
    let effect = ask(.openDictionary(url))
    library.opening = (effect.id, url)
    return [effect]
  }

  mutating func show(_ dictionary: OpenedDictionary, _ annotations: Annotations, problem: String?) {
    library.opening = nil
    let isFirst = regions == nil
    regions = RegionsScreen(dictionary: dictionary, annotations: annotations)
    screen = .regions
    let opened = "opened \(dictionary.name): \(Figures.count(dictionary.regionCount, "region"))"
    log.append(Message(.note, sanitized(opened), time: clock))
    if isFirst, message == nil {
      message = Message(
        .note, "/ search · l label · ? every key · : every command", time: clock)
    }
    if let problem { say(.error, problem) }
    showCursor()
    guard let region = startRegion else { return }
    startRegion = nil
    jump(to: String(region))
  }
}
