/// What a screen is called within a session.
package struct ScreenName: Hashable, Sendable {
  let id: String
  init(_ id: String) { self.id = id }
}

/// Every screen there is; the session is given them when it begins.
package final class ScreenTypes: Equatable, Sendable {
  /// The one that is always there, below all others.
  let home: any HomeScreen.Type
  /// In the order in which they are asked.
  let all: [any Screen.Type]

  init(home: any HomeScreen.Type, _ others: [any Screen.Type]) {
    self.home = home
    all = [home] + others
  }

  /// The screen that a command opens.
  func opened(by command: Command) -> (any Screen.Type)? { all.first { $0.opener == command } }

  package static func == (first: ScreenTypes, second: ScreenTypes) -> Bool { first === second }
}

/// Some screen, among those that are open.
struct AnyScreen: Equatable, Sendable {
  var screen: any Screen

  static func == (first: AnyScreen, second: AnyScreen) -> Bool {
    first.screen.isEqual(to: second.screen)
  }
}

extension Screen {
  fileprivate func isEqual(to other: any Screen) -> Bool { other as? Self == self }

  /// Whether it has the keyboard.
  func isOnTop(in session: Session) -> Bool {
    session.screen == Self.name && session.overlay == nil
  }
}

/// The screens that are open, on the stack or not: what was begun goes on.
extension Session {
  /// The one of a kind; `nil` where none was opened.
  subscript<S: Screen>(_ type: S.Type) -> S? {
    get { openScreens[S.name]?.screen as? S }
    set { openScreens[S.name] = newValue.map { AnyScreen(screen: $0) } }
  }

  /// Acts on a screen, wherever it is; `nil` where there is none.
  @discardableResult
  mutating func with<S: Screen, Result>(
    _ type: S.Type, _ body: (inout S, inout Session) -> Result
  ) -> Result? {
    // Out of the session, so that nothing is copied when it changes.
    guard var screen = openScreens.removeValue(forKey: S.name)?.screen as? S else { return nil }
    let result = body(&screen, &self)
    // Unless another has taken its place.
    if openScreens[S.name] == nil { openScreens[S.name] = AnyScreen(screen: screen) }
    return result
  }

  /// Acts on the screen of a name; likewise.
  @discardableResult
  mutating func act<Result>(
    on name: ScreenName, _ body: (inout any Screen, inout Session) -> Result
  ) -> Result? {
    guard var open = openScreens.removeValue(forKey: name) else { return nil }
    let result = body(&open.screen, &self)
    if openScreens[name] == nil { openScreens[name] = open }
    return result
  }

  /// Acts on all of them, in their order.
  @discardableResult
  mutating func actOnAll(
    _ body: (inout any Screen, inout Session) -> [Effect]
  ) -> [Effect] {
    screenTypes.all.flatMap { type in act(on: type.name, body) ?? [] }
  }
}

/// The stack of screens.
extension Session {
  /// The screen on top.
  package var screen: ScreenName { stack.last ?? home }
  private var home: ScreenName { screenTypes.home.name }

  /// A copy of it, to be asked and drawn.
  var top: any Screen { openScreens[screen]?.screen ?? screenTypes.home.init(roots: []) }

  /// To a screen that stands on the home screen alone, or to that.
  package mutating func go(to name: ScreenName) {
    stack = name == home ? [home] : [home, name]
  }

  /// To the home screen.
  mutating func goHome() -> [Effect] { screenTypes.home.open(in: &self) }

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
    return screen == home ? goHome() : []
  }
}
