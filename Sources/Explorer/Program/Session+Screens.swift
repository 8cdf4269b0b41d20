/// What a screen is called within a session.
package struct ScreenName: Hashable, Sendable {
  let id: String
  init(_ id: String) { self.id = id }

  static let library = ScreenName("library")
  static let regions = ScreenName("regions")
  static let compare = ScreenName("compare")
  static let lineage = ScreenName("lineage")
  static let lab = ScreenName("lab")
  static let trace = ScreenName("trace")
  static let results = ScreenName("results")

  /// Every screen there is: the line of a new one.
  static let types: [any Screen.Type] = [
    LibraryScreen.self, RegionsScreen.self, CompareScreen.self, LineageScreen.self, LabScreen.self,
    TraceScreen.self, ResultsScreen.self, AnswersScreen.self,
  ]

  private static let typeOf = Dictionary(uniqueKeysWithValues: types.map { ($0.name, $0) })

  var type: any Screen.Type { Self.typeOf[self] ?? LibraryScreen.self }

  /// The screen that a command opens.
  static func opened(by command: Command) -> (any Screen.Type)? {
    types.first { $0.opener == command }
  }
}

extension ScreenName: CaseIterable {
  package static let allCases: [ScreenName] = types.map { $0.name }
}

/// A screen that the session keeps under its name.
struct KeptScreen: Equatable, Sendable {
  var screen: any Screen

  static func == (first: KeptScreen, second: KeptScreen) -> Bool {
    first.screen.isEqual(to: second.screen)
  }
}

extension Screen {
  fileprivate func isEqual(to other: any Screen) -> Bool { other as? Self == self }

  static var place: WritableKeyPath<Session, Self?> { \Session.[Kept<Self>()] }
}

/// The place of a screen that is kept under its name.
struct Kept<S: Screen>: Hashable, Sendable {}

extension Session {
  subscript<S: Screen>(_ kept: Kept<S>) -> S? {
    get { keptScreens[S.name]?.screen as? S }
    set { keptScreens[S.name] = newValue.map { KeptScreen(screen: $0) } }
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
