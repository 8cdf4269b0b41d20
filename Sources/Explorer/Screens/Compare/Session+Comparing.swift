import Experiments
import Foundation
import Storage
import Terminal

/// A comparison on its way to its screen.
extension Session {
  /// Marks the open dictionary as A, and goes to the library to choose the other.
  mutating func beginComparing() -> [Effect] {
    guard let dictionary = regions?.dictionary else { return [] }
    library.marks = [dictionary.url]
    let effects = showLibrary()
    say(.note, "\(dictionary.title) is A · choose B and press \(key(.compare, in: .library))")
    return effects
  }

  /// Compares two dictionaries, or follows regions through more of them.
  mutating func compare(_ urls: [URL]) -> [Effect] {
    guard urls.count > 1 else { return [] }
    if urls.count == 2, let compare, compare.opened.a.dictionary.url == urls[0],
      compare.opened.b.dictionary.url == urls[1]
    {
      go(to: .compare)
      self.compare?.isOfTrajectory = false
      return []
    }
    let stopping = stopNulls() + (comparing.map { [ask(.cancel($0.id))] } ?? [])
    let effect = ask(urls.count == 2 ? .compare(a: urls[0], b: urls[1]) : .follow(urls))
    comparing = ComparisonUnderWay(id: effect.id, names: urls.map(\.lastPathComponent))
    return stopping + [effect]
  }

  /// Ends a match of nulls for a comparison that is left for another.
  mutating func stopNulls() -> [Effect] {
    with(CompareScreen.self) { $0.stopNulls(in: &$1) } ?? []
  }

  /// Ends a comparison under way; its reply will find nobody.
  mutating func stopComparing() -> [Effect] {
    guard let id = comparing?.id else { return [] }
    comparing = nil
    say(.note, "comparing was stopped")
    return [ask(.cancel(id))]
  }

  /// Takes in what a comparison under way came to; `nil` for any other reply.
  mutating func takeComparison(_ reply: Reply, of id: EffectID) -> [Effect]? {
    guard comparing?.id == id else { return nil }
    switch reply {
    case .comparing(let progress):
      comparing?.progress = progress
      return []
    case .compared(let opened):
      comparing = nil
      go(to: .compare)
      return enter(CompareScreen(opened))
    case .followed(let comparisons):
      comparing = nil
      return follow(comparisons)
    case .failed(let reason):
      comparing = nil
      say(.error, reason)
    default: comparing = nil
    }
    return []
  }

  /// Shows the comparison that was just made or opened, and asks for its null where that is quick.
  mutating func enter(_ compare: CompareScreen) -> [Effect] {
    self.compare = compare
    let origin = compare.opened.isFromCache ? " (kept from before)" : ""
    log.append(
      Message(.note, sanitized("compared\(origin): \(compare.report.sentence)"), time: clock))
    message = nil
    return with(CompareScreen.self) { screen, session in
      screen.resize(in: &session)
      return screen.nulls == .unasked && screen.opened.isQuicklyMatched
        ? screen.askNulls(in: &session) : []
    } ?? []
  }
}
