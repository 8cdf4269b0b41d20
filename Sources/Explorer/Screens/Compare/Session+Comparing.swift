import Foundation
import Terminal

extension ScreenName {
  package static let compare = ScreenName("compare")
}

/// A comparison on its way to its screen.
extension Session {
  package var compare: CompareScreen? {
    get { self[CompareScreen.self] }
    set { self[CompareScreen.self] = newValue }
  }

  /// Marks the open dictionary as A, and goes to the library to choose the other.
  mutating func beginComparing() -> [Effect] {
    guard let dictionary = regions?.dictionary else { return [] }
    library.marks = [dictionary.url]
    let effects = goHome()
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
    let stopping = stopNulls() + (arrival.map { [ask(.cancel($0.id))] } ?? [])
    let work: CompareWork = urls.count == 2 ? .compare(a: urls[0], b: urls[1]) : .follow(urls)
    let effect = ask(work)
    arrival = Arrival(
      id: effect.id, title: work.jobTitle ?? "", stopped: "comparing was stopped")
    return stopping + [effect]
  }

  /// Ends a match of nulls for a comparison that is left for another.
  mutating func stopNulls() -> [Effect] {
    with(CompareScreen.self) { $0.stopNulls(in: &$1) } ?? []
  }

  /// Shows the comparison that was just made or opened, and asks for its null where that is quick.
  mutating func enter(_ compare: CompareScreen) -> [Effect] {
    self.compare = compare
    let origin = compare.opened.isFromCache ? " (kept from before)" : ""
    log.append(
      Message(.note, sanitized("compared\(origin): \(compare.report.sentence)"), time: clock))
    message = nil
    if let note = compare.report.hookNote ?? compare.adapterNote { say(.note, sanitized(note)) }
    return with(CompareScreen.self) { screen, session in
      screen.resize(in: &session)
      return screen.nulls == .unasked && screen.opened.isQuicklyMatched
        ? screen.askNulls(in: &session) : []
    } ?? []
  }
}

extension CompareScreen {
  static var opener: Command? { .compare }
  static func open(in session: inout Session) -> [Effect] { session.beginComparing() }

  static func arrive(with reply: Reply, in session: inout Session) -> [Effect]? {
    switch reply.result(of: CompareWork.self) {
    case .comparing(let at):
      session.arrival?.progress =
        "\(at.stage.rawValue) \(Figures.grouped(at.done)) of \(Figures.grouped(at.total))"
      return []
    case .compared(let opened):
      session.arrival = nil
      session.go(to: .compare)
      return session.enter(CompareScreen(opened))
    default: return nil
    }
  }
}
