/// Every screen there is. A new one has its name and its line here, and its place in ``Session``.
package enum ScreenName: Equatable, Sendable, CaseIterable {
  case library, regions, compare, lineage, lab, trace, results

  var type: any Screen.Type {
    switch self {
    case .library: LibraryScreen.self
    case .regions: RegionsScreen.self
    case .compare: CompareScreen.self
    case .lineage: LineageScreen.self
    case .lab: LabScreen.self
    case .trace: TraceScreen.self
    case .results: ResultsScreen.self
    }
  }
}

/// The stack of screens.
extension Session {
  /// The screen on top.
  package var screen: ScreenName { stack.last ?? .library }

  /// A copy of it, to be asked and drawn.
  var top: any Screen { screen.type.copy(of: self) ?? library }

  /// To a screen that stands on the library alone, or to the library.
  package mutating func go(to name: ScreenName) {
    stack = name == .library ? [.library] : [.library, name]
  }

  /// To a screen that leads back to this one; to where it is in the stack, if it is.
  mutating func push(_ name: ScreenName) {
    if let index = stack.firstIndex(of: name) {
      stack.removeSubrange((index + 1)...)
    } else {
      stack.append(name)
    }
  }

  /// Back to the screen below.
  mutating func pop() -> [Effect] {
    if stack.count > 1 { stack.removeLast() }
    return screen == .library ? showLibrary() : []
  }

  /// Acts on a screen, wherever it is; `nil` where there is none.
  @discardableResult
  mutating func with<S: Screen, Result>(
    _ screen: S.Type, _ body: (inout S, inout Session) -> Result
  ) -> Result? {
    screen.act(on: &self, body)
  }
}

extension Screen {
  /// Whether it has the keyboard.
  func isOnTop(in session: Session) -> Bool {
    session.screen == Self.name && session.overlay == nil
  }
}
