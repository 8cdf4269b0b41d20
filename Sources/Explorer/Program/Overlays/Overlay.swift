import Storage
import Terminal

/// What lies over the screens and has the keyboard.
package enum Overlay: Equatable, Sendable {
  case help(HelpState)
  case palette(PaletteState)
  case log(LogState)
  case question(Question)
  case themes(ThemePicker)
  /// The name of the file to write.
  case export(TextField)
}

/// One of them: what it shows, and what keys do there.
protocol Panel {
  var layers: [KeyLayer] { get }
  var textField: TextField? { get }
  func hints(in session: Session) -> [KeyHints.Hint]
  /// Does what a command says; the session's overlay is this one until it is changed or dismissed.
  func handle(_ command: Command, in session: inout Session) -> [Effect]
  /// A press of the left button; `nil` leaves it at nothing.
  func press(_ event: MouseEvent, in session: inout Session) -> [Effect]
  /// What the wheel does, down and up.
  var wheel: (down: Command, up: Command) { get }
  func draw(into screen: inout Cells, area: Rect, theme: Theme, in session: Session)
  /// Draws its field into the status line; false where that is not its place.
  func drawPrompt(_ pen: inout Pen, into screen: inout Cells, in session: Session) -> Bool
}

extension Panel {
  var textField: TextField? { nil }
  var wheel: (down: Command, up: Command) { (.nextChoice, .previousChoice) }
  func press(_ event: MouseEvent, in session: inout Session) -> [Effect] { [] }
  func draw(into screen: inout Cells, area: Rect, theme: Theme, in session: Session) {}
  func drawPrompt(_ pen: inout Pen, into screen: inout Cells, in session: Session) -> Bool { false }
}

extension Overlay {
  var panel: any Panel {
    switch self {
    case .help(let help): help
    case .palette(let palette): palette
    case .log(let log): log
    case .question(let question): question
    case .themes(let picker): picker
    case .export(let field): ExportPrompt(field: field)
    }
  }

  var layers: [KeyLayer] { panel.layers }
  var textField: TextField? { panel.textField }

  /// Takes the edited field back.
  mutating func take(_ field: TextField) {
    let isChanged = field.text != textField?.text
    switch self {
    case .help(var help):
      help.field = field
      if isChanged { help.top = 0 }
      self = .help(help)
    case .palette(var palette):
      palette.field = field
      if isChanged { palette.cursor = 0 }
      self = .palette(palette)
    case .export: self = .export(field)
    case .log, .question, .themes: break
    }
  }
}

/// The stack of overlays.
extension Session {
  /// The one that has the keyboard. Setting it changes that one; setting it to `nil` leaves it.
  package var overlay: Overlay? {
    get { overlays.last }
    set {
      if !overlays.isEmpty { overlays.removeLast() }
      if let newValue { overlays.append(newValue) }
    }
  }

  /// Lays an overlay over what there is.
  mutating func present(_ overlay: Overlay) { overlays.append(overlay) }

  mutating func runInOverlay(_ command: Command) -> [Effect] {
    guard let overlay else { return [] }
    if var field = overlay.textField, field.apply(command) {
      self.overlay?.take(field)
      return []
    }
    return overlay.panel.handle(command, in: &self)
  }

  mutating func pointInOverlay(_ event: MouseEvent) -> [Effect] {
    guard let panel = overlay?.panel else { return [] }
    switch event.kind {
    case .wheelDown: return run(panel.wheel.down)
    case .wheelUp: return run(panel.wheel.up)
    case .press where event.button == .left: return panel.press(event, in: &self)
    default: return []
    }
  }
}

/// The help screen: every command, or those that a search by name or key leaves.
package struct HelpState: Equatable, Sendable {
  package var field = TextField()
  /// First line on screen.
  package var top = 0
}

/// The palette: commands that a few letters leave, best first.
package struct PaletteState: Equatable, Sendable {
  package var field = TextField()
  package var cursor = 0
}

package struct LogState: Equatable, Sendable {
  /// Index of the selected entry, the newest last.
  package var cursor: Int
}

/// A question that waits for an answer.
package enum Question: Equatable, Sendable {
  case leave
  /// Labels the notebook did not take.
  case leaveUnsaved(regions: [Int])
  /// The notebook is empty, perhaps because it was damaged, and there is a copy of it.
  case takeCopy(Notebook.Offer, setAside: String?)
  /// What the screen on top asks.
  case ofScreen(ScreenQuestion)
}

/// A question of a screen's own, with yes and no for an answer.
package struct ScreenQuestion: Equatable, Sendable {
  var title: String
  /// The question, and what it is about.
  var texts: [String]
  /// The region that it is about.
  var region: Int
}
