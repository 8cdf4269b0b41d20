import Terminal

/// A screen: its state is the value itself.
///
/// The session holds a stack of screens and asks the top one; nothing else asks which screen is open. A screen never holds
/// a handle: what is to be done outside it returns as effects. While it acts it is not in the session, which it
/// is given, so the session's other screens are reached through the session and itself through `self`.
protocol Screen: Equatable, Sendable {
  static var name: ScreenName { get }
  /// Where the session keeps it, on the stack or not: what was begun goes on.
  ///
  /// Under its name, unless other screens need it too.
  static var place: WritableKeyPath<Session, Self?> { get }
  /// What opens it; `nil` where it takes more than a command.
  static var opener: Command? { get }
  /// Whether that can be done from where the session is.
  static func canOpen(in session: Session) -> Bool
  /// Opens it, or says why not.
  static func open(in session: inout Session) -> [Effect]
  /// What it is called in sentences: `the screen of a trace`.
  static var phrase: String { get }
  /// The step at which the tour begins here; `nil` where it is not shown.
  static var tourStep: Int? { get }

  // MARK: Keys

  /// What gives keys their meaning now, the nearest first.
  var layers: [KeyLayer] { get }
  /// The same without a field or a chooser, for the help and the palette.
  var restingLayers: [KeyLayer] { get }
  /// The field that has the keyboard.
  var textField: TextField? { get }
  /// What can be pressed now, and does something, the most useful first.
  func hints(in session: Session) -> [KeyHints.Hint]
  /// Whether a command means anything here.
  func offers(_ command: Command, in session: Session) -> Bool
  /// How many regions a number in the palette can lead to; `nil` where it leads nowhere.
  var numberedRegions: Int? { get }

  // MARK: Events

  /// Does what a command says here; `nil` where it means what it means everywhere.
  mutating func handle(_ command: Command, in session: inout Session) -> [Effect]?
  mutating func handle(_ event: MouseEvent, in session: inout Session) -> [Effect]
  /// Takes the edited field back, and does what follows from a change of its text.
  mutating func take(_ field: TextField, in session: inout Session) -> [Effect]
  mutating func type(_ text: String, in session: inout Session) -> [Effect]
  /// Takes a reply in; `nil` where it did not ask.
  mutating func take(_ reply: Reply, of id: EffectID, in session: inout Session) -> [Effect]?
  /// Brings what is selected in sight again.
  mutating func resize(in session: inout Session)
  /// What an action came to, after all that followed from it.
  mutating func settle(after action: Action, by command: Command?)
  /// Asks for what is shown and not known yet.
  mutating func readShown(in session: inout Session) -> [Effect]

  // MARK: What it shows

  /// What is so as long as nothing happens, for the status line.
  func facts(in session: Session) -> String
  /// Where the numbers come from, for the first line.
  func drawProvenance(_ pen: inout Pen, into screen: inout Cells, in session: Session)
  func draw(into screen: inout Cells, area: Rect, theme: Theme, in session: Session)
  /// Draws the field that has the keyboard into the status line; false where that is not its place.
  func drawPrompt(
    _ pen: inout Pen, into screen: inout Cells, area: Rect, in session: Session
  ) -> Bool
  /// The two panes whose line can be moved; `nil` without one.
  func panes(in session: Session) -> PaneLayout?
  var isDetailFocused: Bool { get }
  /// What of it can be written to a file.
  func export(in session: Session) -> ExportOffer?
  /// Whether a reply is awaited that a person may be waiting for too.
  func isBusy(at clock: Duration) -> Bool
  /// Whether the next reply is worth waiting a moment for before a frame is drawn.
  var isIncomplete: Bool { get }
  /// Whether what a step of the tour asks for was done.
  func isDone(_ tour: Tour) -> Bool
}

extension Screen {
  static var tourStep: Int? { nil }
  static var opener: Command? { nil }
  static func canOpen(in session: Session) -> Bool { false }
  static func open(in session: inout Session) -> [Effect] { [] }
  var restingLayers: [KeyLayer] { layers }
  var textField: TextField? { nil }
  var numberedRegions: Int? { nil }

  mutating func take(_ field: TextField, in session: inout Session) -> [Effect] { [] }
  mutating func type(_ text: String, in session: inout Session) -> [Effect] {
    guard var field = textField else { return [] }
    field.insert(text)
    return take(field, in: &session)
  }
  mutating func settle(after action: Action, by command: Command?) {}
  mutating func readShown(in session: inout Session) -> [Effect] { [] }

  func drawProvenance(_ pen: inout Pen, into screen: inout Cells, in session: Session) {
    session.drawDictionary(&pen, into: &screen)
  }
  func drawPrompt(
    _ pen: inout Pen, into screen: inout Cells, area: Rect, in session: Session
  ) -> Bool { false }
  func panes(in session: Session) -> PaneLayout? { nil }
  var isDetailFocused: Bool { false }
  func export(in session: Session) -> ExportOffer? { nil }
  func isBusy(at clock: Duration) -> Bool { false }
  var isIncomplete: Bool { false }
  func isDone(_ tour: Tour) -> Bool { false }

  /// Edits the field that has the keyboard; `nil` for a command that edits nothing.
  mutating func edit(_ command: Command, in session: inout Session) -> [Effect]? {
    guard var field = textField, field.apply(command) else { return nil }
    return take(field, in: &session)
  }
}

// MARK: - In the session

extension Screen {
  /// Acts on the session's screen of this kind, which is out of the session meanwhile; `nil` where there is none.
  static func act<Result>(
    on session: inout Session, _ body: (inout Self, inout Session) -> Result
  ) -> Result? {
    guard var screen = session[keyPath: place] else { return nil }
    // Out of the session, so that nothing is copied when it changes.
    session[keyPath: place] = nil
    let result = body(&screen, &session)
    // Unless another has taken its place.
    if session[keyPath: place] == nil { session[keyPath: place] = screen }
    return result
  }

  static func handle(_ command: Command, on session: inout Session) -> [Effect]? {
    act(on: &session) { $0.handle(command, in: &$1) } ?? nil
  }
  static func handle(_ event: MouseEvent, on session: inout Session) -> [Effect] {
    act(on: &session) { $0.handle(event, in: &$1) } ?? []
  }
  static func take(_ field: TextField, on session: inout Session) -> [Effect] {
    act(on: &session) { $0.take(field, in: &$1) } ?? []
  }
  static func type(_ text: String, on session: inout Session) -> [Effect] {
    act(on: &session) { $0.type(text, in: &$1) } ?? []
  }
  static func take(_ reply: Reply, of id: EffectID, on session: inout Session) -> [Effect]? {
    act(on: &session) { $0.take(reply, of: id, in: &$1) } ?? nil
  }
  static func resize(on session: inout Session) { act(on: &session) { $0.resize(in: &$1) } }
  static func settle(after action: Action, by command: Command?, on session: inout Session) {
    act(on: &session) { screen, _ in screen.settle(after: action, by: command) }
  }
  static func readShown(on session: inout Session) -> [Effect] {
    act(on: &session) { $0.readShown(in: &$1) } ?? []
  }
  /// A copy, to be asked and drawn.
  static func copy(of session: Session) -> (any Screen)? { session[keyPath: place] }
  static func isBusy(in session: Session) -> Bool {
    session[keyPath: place]?.isBusy(at: session.clock) ?? false
  }
  static func isIncomplete(in session: Session) -> Bool {
    session[keyPath: place]?.isIncomplete ?? false
  }
}
