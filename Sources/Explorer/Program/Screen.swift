import Foundation
import Terminal

/// A screen: its state is the value itself.
///
/// The session holds a stack of screens and asks the top one; nothing else asks which screen is open. A screen never holds
/// a handle: what is to be done outside it returns as effects. While it acts it is not in the session, which it
/// is given, so the session's other screens are reached through the session and itself through `self`.
protocol Screen: Equatable, Sendable {
  static var name: ScreenName { get }
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
  /// What is to be done first where a command needs such a screen and there is none.
  static func remedy(for command: Command) -> String?
  /// A layer of its keys; on other screens it is said of them that they mean nothing there.
  static var keysNamedElsewhere: KeyLayer? { get }

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
  /// Goes to one of them.
  mutating func jump(to region: Int, in session: inout Session)

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

  /// What time brings; called at least twice a second.
  mutating func poll(in session: inout Session) -> [Effect]
  /// Takes in the answer to a question that it asked; `nil` where none was given.
  mutating func take(_ isYes: Bool?, to question: ScreenQuestion, in session: inout Session)
  /// Takes in what became of a change for the notebook; `nil` where it was another's.
  mutating func take(
    _ reply: Reply, ofSave save: Session.Save, in session: inout Session
  ) -> [Effect]?
  /// Regions with a label that the notebook did not take, ascending.
  var unsavedRegions: [Int] { get }
  /// Asks the notebook again to take them.
  mutating func saveAgain(in session: inout Session) -> [Effect]
  /// What it awaits and can do without, where a person will not wait.
  var cancellable: EffectID? { get }
  /// Does without that.
  mutating func cancelAwaited()
  /// Writes itself to a file, where that is what it offers.
  func write(to path: String, in session: inout Session) -> [Effect]

  // MARK: Beside other screens

  /// Makes a screen of what came for one that was on its way; `nil` where it is of another kind.
  static func arrive(with reply: Reply, in session: inout Session) -> [Effect]?
  /// Shows a dictionary that was opened.
  static func show(
    _ dictionary: OpenedDictionary, _ annotations: Annotations, problem: String?,
    in session: inout Session
  ) -> [Effect]
  /// Learns that a dictionary could not be opened.
  mutating func opening(failed reason: String, in session: inout Session)
  /// Tells other screens what follows from it for them, after every action.
  static func inform(_ session: inout Session)
  /// The dictionary that is open in it.
  var openedDictionary: OpenedDictionary? { get }
  /// Notes what a step of the tour begins with.
  func begin(_ tour: inout Tour)

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
  static func remedy(for command: Command) -> String? { nil }
  static var keysNamedElsewhere: KeyLayer? { nil }
  var numberedRegions: Int? { nil }
  mutating func jump(to region: Int, in session: inout Session) {}

  mutating func take(_ field: TextField, in session: inout Session) -> [Effect] { [] }
  mutating func type(_ text: String, in session: inout Session) -> [Effect] {
    guard var field = textField else { return [] }
    field.insert(text)
    return take(field, in: &session)
  }
  mutating func settle(after action: Action, by command: Command?) {}
  mutating func readShown(in session: inout Session) -> [Effect] { [] }
  mutating func poll(in session: inout Session) -> [Effect] { [] }
  mutating func take(_ isYes: Bool?, to question: ScreenQuestion, in session: inout Session) {}
  mutating func take(
    _ reply: Reply, ofSave save: Session.Save, in session: inout Session
  ) -> [Effect]? { nil }
  var unsavedRegions: [Int] { [] }
  mutating func saveAgain(in session: inout Session) -> [Effect] { [] }
  var cancellable: EffectID? { nil }
  mutating func cancelAwaited() {}
  func write(to path: String, in session: inout Session) -> [Effect] { [] }

  static func arrive(with reply: Reply, in session: inout Session) -> [Effect]? { nil }
  static func show(
    _ dictionary: OpenedDictionary, _ annotations: Annotations, problem: String?,
    in session: inout Session
  ) -> [Effect] { [] }
  mutating func opening(failed reason: String, in session: inout Session) {}
  static func inform(_ session: inout Session) {}
  var openedDictionary: OpenedDictionary? { nil }
  func begin(_ tour: inout Tour) {}

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

/// The screen that is always there.
protocol HomeScreen: Screen {
  /// - Parameter roots: dictionaries and folders that the explorer was started with.
  init(roots: [URL])
  /// What is done when the session begins.
  static func begin(_ session: inout Session) -> [Effect]
}
