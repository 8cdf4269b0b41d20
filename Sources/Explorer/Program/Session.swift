import Foundation
import Storage
import Terminal

/// All there is to know of a session: plain values, no handles.
///
/// ``update(_:)`` is the only way in which it changes, and ``view(_:theme:into:)`` shows it.
package struct Session: Equatable, Sendable {
  package enum NotebookState: Equatable, Sendable {
    case opening, ready
    case unavailable(String)
  }

  package var columns: Int
  package var rows: Int
  /// Since the session began, as of the last tick.
  package var clock = Duration.zero
  package var keymap: Keymap

  package var themes = ThemeChoice()
  package var settings = SettingsState()
  /// What is remembered from earlier sessions; `nil` where nothing can be.
  package var memory: Memory?
  package var tour: Tour?
  /// The region to show first when a dictionary is open.
  package var startRegion: Int?
  /// Whether Enter in the table chooses a region for another program and leaves.
  package var isPicking = false
  package var splits = Splits()
  package var drag: Drag?
  /// Work under way, in the order it was begun.
  package var jobs: [Job] = []
  /// What a screen leaves to be done as if it had been asked for, once it is back in the session.
  var handedOn: Command?
  /// What was last asked to be copied, in words.
  var copying = ""

  /// Every screen there is.
  let screenTypes: ScreenTypes
  /// The way back from the screen on top, which is last.
  var stack: [ScreenName]
  var openScreens: [ScreenName: AnyScreen] = [:]
  /// What lies over the screens, the one with the keyboard last.
  package var overlays: [Overlay] = []

  /// A dictionary that is being opened.
  package var opening: Opening?
  /// A screen that is on its way.
  package var arrival: Arrival?
  package var notebook = NotebookState.opening
  package var isMouseOn = true

  /// What the status line says; `nil` for the standing facts.
  package var message: Message?
  package var log: [Message] = []
  /// Set when the session is over.
  package var exit: ExitReason?
  /// Leaving waits for labels on their way to the notebook.
  package var isLeaving = false

  var lastEffect: EffectID = 0
  /// Saves under way: what they save.
  var saves: [EffectID: Save] = [:]

  /// A change on its way to the notebook.
  struct Save: Equatable, Sendable {
    enum Change: Equatable, Sendable {
      case label(String)
      case verdict
      case star(Bool)
      case tags([String])
      case note(String)
      case many
      case undo, redo
    }

    var region: Int?
    var change: Change
  }

  package struct Opening: Equatable, Sendable {
    package var id: EffectID
    package var url: URL
  }

  package init(
    paths: [URL], columns: Int, rows: Int, keymap: Keymap = .standard, screens: ScreenTypes
  ) {
    self.columns = columns
    self.rows = rows
    self.keymap = keymap
    screenTypes = screens
    stack = [screens.home.name]
    openScreens[screens.home.name] = AnyScreen(screen: screens.home.init(roots: paths))
  }

  /// Whether there is room to draw anything useful.
  package var isTooSmall: Bool {
    columns < Session.smallestSize.columns || rows < Session.smallestSize.rows
  }

  package static let smallestSize = (columns: 60, rows: 16)

  /// The layers that give keys their meaning now, the nearest first.
  package var layers: [KeyLayer] {
    if let overlay { return overlay.layers }
    let top = top
    // The tour's own keys count while nothing is written.
    let isTouring = tour != nil && type(of: top).tourStep != nil && top.layers == top.restingLayers
    return (isTouring ? [.tour] : []) + top.layers
  }

  /// The layers that give keys their meaning without an overlay or field, for the help and the palette.
  package var restingLayers: [KeyLayer] { top.restingLayers }

  /// Whether a reply is awaited that a person may be waiting for too.
  package var isBusy: Bool {
    opening != nil || arrival != nil || !saves.isEmpty
      || openScreens.values.contains { $0.screen.isBusy(at: clock) }
  }

  /// Whether the next reply is worth waiting a moment for before a frame is drawn.
  package var isIncomplete: Bool { openScreens.values.contains { $0.screen.isIncomplete } }

  /// The middle of the screen, between the lines that every screen has.
  var body: Rect { ScreenLayout(columns: columns, rows: rows).body }
}

/// How a session ended.
package enum ExitReason: Equatable, Sendable {
  case quit
  /// The region that was chosen for another program.
  case picked(Int)
  /// The terminal went away.
  case closed
}
