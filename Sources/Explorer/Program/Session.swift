import Foundation
import Storage

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
  /// What was last asked to be copied, in words.
  var copying = ""

  package var screen = ScreenName.library
  package var library: LibraryScreen
  package var regions: RegionsScreen?
  package var lab: LabScreen?
  package var compare: CompareScreen?
  /// Regions followed through several dictionaries.
  package var trajectory: LineageScreen?
  /// A comparison that is being made.
  package var comparing: ComparisonUnderWay?
  package var trace: TraceScreen?
  package var saved: ResultsScreen?
  package var overlay: Overlay?
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
      case verdict(LabVerdict)
      case star(Bool)
      case tags([String])
      case note(String)
      case many
      case undo, redo
    }

    var region: Int?
    var change: Change
  }

  package init(paths: [URL], columns: Int, rows: Int, keymap: Keymap = .standard) {
    self.columns = columns
    self.rows = rows
    self.keymap = keymap
    library = LibraryScreen(roots: paths)
  }

  /// Whether there is room to draw anything useful.
  package var isTooSmall: Bool {
    columns < Session.smallestSize.columns || rows < Session.smallestSize.rows
  }

  package static let smallestSize = (columns: 60, rows: 16)

  /// The layers that give keys their meaning now, the nearest first.
  package var layers: [KeyLayer] {
    switch overlay {
    case .question: return [.question]
    case .palette: return [.palette, .field]
    case .help: return [.help, .field]
    case .log: return [.log, .lists, .general]
    case .themes: return [.chooser]
    case .export: return [.field]
    case nil: break
    }
    return (isTourOpen ? [.tour] : []) + screenLayers
  }

  /// Whether the tour's own keys count: not while something is written.
  private var isTourOpen: Bool {
    tour != nil
      && (screen == .library || screen == .regions && regions?.mode == .browsing)
  }

  private var screenLayers: [KeyLayer] {
    if screen == .lab, let lab { return lab.layers }
    if screen == .trace, let trace { return trace.layers }
    if screen == .saved { return [.saved, .lists, .general] }
    if screen == .compare, let compare {
      return switch compare.mode {
      case .browsing: [.compare, .lists, .general]
      case .searching: [.searchField, .field]
      case .filtering, .exporting: [.labelField, .field]
      case .choosingSort: [.chooser]
      }
    }
    if screen == .trajectory, let trajectory {
      return trajectory.mode == .browsing
        ? [.trajectory, .lists, .general] : [.searchField, .field]
    }
    guard screen == .regions, let regions else { return [.library, .lists, .general] }
    switch regions.mode {
    case .searching, .jumping, .prompting: return [.searchField, .field]
    case .labelling: return [.labelField, .field]
    case .choosingSort: return [.sortChooser]
    case .filtering, .tagging: return [.labelField, .field]
    case .choosingColumns: return [.columnChooser]
    case .noting: return [.noteField, .field]
    case .browsing where regions.page != nil: return pageLayers(regions)
    case .browsing:
      let base: [KeyLayer] = [.regions, .lists, .general]
      return regions.focus == .contexts ? [.contexts] + base : base
    }
  }

  /// The layers that give keys their meaning without an overlay or field, for the help and the palette.
  package var browsingLayers: [KeyLayer] {
    if screen == .lab { return [.lab, .lists, .general] }
    if screen == .compare { return [.compare, .lists, .general] }
    if screen == .trace { return [.trace, .lists, .general] }
    if screen == .trajectory { return [.trajectory, .lists, .general] }
    if screen == .saved { return [.saved, .lists, .general] }
    if screen == .regions, let regions, regions.page != nil { return pageLayers(regions) }
    return screen == .regions && regions != nil
      ? (regions?.focus == .contexts ? [.contexts] : []) + [.regions, .lists, .general]
      : [.library, .lists, .general]
  }

  private func pageLayers(_ regions: RegionsScreen) -> [KeyLayer] {
    switch regions.page {
    case .document: [.document, .lists, .general]
    case .map: [.map, .general]
    case .metrics: [.lists, .general]
    case .results, .example: [.hits, .lists, .general]
    case nil: []
    }
  }

  /// Whether an answer is awaited that a person may be waiting for too.
  package var isBusy: Bool {
    library.scan != nil || library.opening != nil || !saves.isEmpty
      || regions?.awaited.search != nil || lab?.opening != nil || lab?.isRunning == true
      || lab?.reopening != nil || lab?.shelf?.asked != nil || lab?.shelf?.comparing != nil
      || comparing != nil || trace.map { $0.isSlow(at: clock) } == true
      || saved?.awaited != nil || saved?.page?.awaited != nil
      || regions?.extras.asked.values.contains { $0.id != nil } == true
  }

  /// Whether the next answer is worth waiting a moment for before a frame is drawn.
  package var awaitsSight: Bool {
    regions?.awaited.detail != nil || regions?.awaited.rows != nil
      || regions?.awaited.search != nil || compare?.awaited != nil || trace?.awaited != nil
      || regions?.extras.isWaiting(for: .surroundings) == true
      || regions?.extras.isWaiting(for: .document) == true
  }
}

/// How a session ended.
package enum ExitReason: Equatable, Sendable {
  case quit
  /// The region that was chosen for another program.
  case picked(Int)
  /// The terminal went away.
  case closed
}
