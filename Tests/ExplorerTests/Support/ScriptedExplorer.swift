import Foundation
import Storage
import Synchronization
import Terminal
import TestSupport
import Testing

@testable import Explorer

/// The explorer without a terminal: keys in, cells out.
///
/// Effects are performed at once, on a dictionary and a notebook in a temporary folder. Time stands still but for
/// `wait`, and nothing takes any.
final class ScriptedExplorer {
  let folder: TemporaryFolder
  var state: Session
  let performer: EffectPerformer
  private let theme: Theme
  /// While true, effects on the notebook wait for `release`.
  var isHoldingSaves = false
  /// Makes an effect fail with what it returns.
  var failure: (Effect.Work) -> String? = { _ in nil }
  /// Effects that are never answered.
  var isPending: (Effect.Work) -> Bool
  private var held: [Effect] = []
  private(set) var copied: [String] = []

  init(
    columns: Int = 80, rows: Int = 24, regions: Int = 6, withTokens: Bool = true,
    depth: ColorDepth = .truecolor, folder: TemporaryFolder? = nil, paths: [String]? = nil,
    settings: URL? = nil, memory: URL? = nil, startRegion: Int? = nil, model: String? = nil,
    attachments: Attachments? = nil,
    isPending: @escaping (Effect.Work) -> Bool = { _ in false }
  ) throws {
    self.isPending = isPending
    let folder = try folder ?? TemporaryFolder()
    self.folder = folder
    let dictionary = folder.file("sample.epdict")
    if paths == nil, !FileManager.default.fileExists(atPath: dictionary.path()) {
      try SampleDictionary.write(to: dictionary, regions: regions, withTokens: withTokens)
    }
    var options = EffectPerformer.Options(
      notebook: folder.file("notebook.sqlite"), cache: folder.file("cache"), settings: settings,
      memory: memory, author: "tester", now: { .zero })
    if let attachments { options.attachments = attachments }
    if let model { options.attachments.model = model }
    performer = EffectPerformer(options)
    theme = Theme.builtIn.adapted(to: depth)
    state = Session(
      paths: (paths ?? ["sample.epdict"]).map { folder.file($0) }, columns: columns, rows: rows)
    state.startRegion = startRegion
    act(.start)
  }

  /// Types a script, `/lock<Enter>`.
  func type(_ script: String) {
    for key in KeyPress.keys(in: script) { act(.key(key)) }
  }

  func act(_ action: Action) {
    var effects = state.update(action)[...]
    while let effect = effects.popFirst() {
      if isHoldingSaves, effect.queue == .notebook {
        held.append(effect)
      } else {
        effects += answer(effect)
      }
    }
  }

  /// Performs what was held back.
  func release() {
    isHoldingSaves = false
    let effects = held
    held = []
    for effect in effects {
      for next in answer(effect) { _ = answer(next) }
    }
  }

  private func answer(_ effect: Effect) -> [Effect] {
    if isPending(effect.work) { return [] }
    if case .copy(let text) = effect.work {
      copied.append(text)
      return state.update(.replied(effect.id, .copied(.sent(bytes: text.utf8.count))))
    }
    let told = Mutex<[Reply]>([])
    let last =
      failure(effect.work).map(Reply.failed)
      ?? performer.perform(effect.work, tell: { outcome in told.withLock { $0.append(outcome) } })
    return (told.withLock { $0 } + [last]).flatMap { state.update(.replied(effect.id, $0)) }
  }

  /// Lets time pass, with the ticks that a terminal would give.
  func wait(_ time: Duration) {
    act(.tick(state.clock + time))
  }

  func mouse(_ kind: MouseEvent.Kind, row: Int, column: Int) {
    act(.mouse(MouseEvent(kind, button: .left, row: row, column: column)))
  }

  func click(row: Int, column: Int) {
    act(.mouse(MouseEvent(.press, button: .left, row: row, column: column)))
  }

  var screen: Terminal.Screen {
    var screen = Terminal.Screen(columns: state.columns, rows: state.rows)
    view(state, theme: theme, into: &screen)
    return screen
  }

  var text: String { screen.text }

  /// What an export would write.
  var table: ScreenExport? {
    if case .table(_, let table) = state.top.export(in: state)?.content { table() } else { nil }
  }

  /// The row that has `text` in it.
  func row(with text: String) -> Int? {
    (0..<state.rows).first { screen.text(row: $0).contains(text) }
  }

  /// The status line, with the rows over it where a message takes several.
  var status: String {
    let screen = screen
    func line(_ row: Int) -> String { screen.text(row: row).trimmingCharacters(in: .whitespaces) }
    var text = line(state.rows - 2)
    guard let message = state.message?.text else { return text }
    var row = state.rows - 2
    while !text.contains(message.prefix(20)), row > state.rows - 5 {
      row -= 1
      // A word that is longer than a line is broken at its end.
      let isFull = DisplayWidth.of(screen.text(row: row)) >= state.columns - 1
      text = line(row) + (isFull ? "" : " ") + text
    }
    return text
  }
  var keys: String { screen.text(row: state.rows - 1).trimmingCharacters(in: .whitespaces) }
}

/// Compares a whole screen, and shows the one there is where they differ.
func expect(
  _ explorer: ScriptedExplorer, shows expected: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let actual = explorer.text
  guard actual != expected else { return }
  let lines = zip(
    actual.split(separator: "\n", omittingEmptySubsequences: false),
    expected.split(separator: "\n", omittingEmptySubsequences: false))
  let first = lines.enumerated().first { $0.element.0 != $0.element.1 }.map { "\($0.offset)" }
  if let path = ProcessInfo.processInfo.environment["EXPLORER_RECORD"] {
    let record = "\u{1}\(sourceLocation.fileID):\(sourceLocation.line)\u{2}\(actual)"
    let url = URL(filePath: path).appending(path: UUID().uuidString)
    try? Data(record.utf8).write(to: url)
  }
  Issue.record(
    "the screen differs from row \(first ?? "of its height") on; it is:\n\(actual)",
    sourceLocation: sourceLocation)
}

/// Compares a screen too wide for a source file with the one kept in `Tests/Fixtures/screens`.
///
/// To keep the ones there are now, run the tests with `EXPLORER_RECORD_SCREENS=1` and read the diff.
func expect(
  _ explorer: ScriptedExplorer, showsScreen name: String,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let url = Fixtures.url("screens/\(name).txt")
  if ProcessInfo.processInfo.environment["EXPLORER_RECORD_SCREENS"] != nil {
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data((explorer.text + "\n").utf8).write(to: url)
  }
  let kept = try String(contentsOf: url, encoding: .utf8)
  expect(explorer, shows: String(kept.dropLast()), sourceLocation: sourceLocation)
}
