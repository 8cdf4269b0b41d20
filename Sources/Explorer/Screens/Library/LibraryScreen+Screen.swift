import Storage
import Terminal

extension ScreenName {
  package static let library = ScreenName("library")
}

extension Session {
  /// The screen that is always there.
  package var library: LibraryScreen {
    get { self[LibraryScreen.self] ?? LibraryScreen(roots: []) }
    set { self[LibraryScreen.self] = newValue }
  }
}

extension LibraryScreen: HomeScreen {
  static var name: ScreenName { .library }
  static var opener: Command? { .library }
  static var phrase: String { "the screen of the library" }
  static var tourStep: Int? { 0 }

  static func begin(_ session: inout Session) -> [Effect] {
    let roots = session.library.roots
    // One name of a dictionary is opened; what it really is shows then.
    if roots.count == 1, let path = roots.first,
      ["epdict", "pkl", "pickle"].contains(path.pathExtension.lowercased())
    {
      session.library.isOfOne = true
      return session.open(path)
    }
    return session.with(LibraryScreen.self) { $0.beginScan(in: &$1) } ?? []
  }

  static func open(in session: inout Session) -> [Effect] {
    session.go(to: .library)
    session.message = nil
    return session.with(LibraryScreen.self) { library, session in
      library.entries == nil && library.scan == nil ? library.beginScan(in: &session) : []
    } ?? []
  }

  var layers: [KeyLayer] { field == nil ? restingLayers : [.searchField, .field] }
  var restingLayers: [KeyLayer] { [.library, .lists, .general] }

  var textField: TextField? { field }

  func hints(in session: Session) -> [KeyHints.Hint] {
    if field != nil {
      return [
        KeyHints.one(.accept, "keep"), ([.nextChoice, .previousChoice], "move"),
        KeyHints.one(.cancelField, "show all"),
      ]
    }
    if session.arrival != nil {
      return [KeyHints.one(.cancelOrQuit, "stop comparing"), KeyHints.one(.quit)]
    }
    return [
      KeyHints.one(.openSelected), KeyHints.one(.compare, compareHint),
      ([.moveDown, .moveUp], isReading ? "scroll" : "move"), KeyHints.one(.search, "find"),
      KeyHints.one(.scanAgain),
      KeyHints.one(.back, isReading ? "list" : words.isEmpty ? "" : "show all"),
      KeyHints.one(.palette), KeyHints.one(.help), KeyHints.one(.quit),
      KeyHints.one(.markForComparing, compareHint.isEmpty ? "" : "mark several"),
      KeyHints.one(.switchPane, isReading ? "list" : "details"),
    ].filter { !$0.1.isEmpty }
  }

  /// What the key for comparing would do; nothing where there are no two dictionaries.
  private var compareHint: String {
    let count = (entries ?? []).count { ["dictionary", "pickle"].contains($0.kind) }
    return count < 2
      ? "" : marks.isEmpty ? "compare" : marks.count == 1 ? "with this" : "compare all"
  }

  func offers(_ command: Command, in session: Session) -> Bool {
    switch command {
    case .library: false
    case .compare, .markForComparing, .openSaved, .search, .switchPane: true
    default: command.isEverywhere || command.group == .library
    }
  }

  mutating func resize(in session: inout Session) { showCursor(in: session) }

  func isBusy(at clock: Duration) -> Bool { scan != nil }
  var cancellable: EffectID? { scan }
  mutating func cancelAwaited() { stopScanning() }

  mutating func opening(failed reason: String, in session: inout Session) {
    // There must be something to look at.
    guard session.regions == nil, entries == nil, let path = roots.first else { return }
    show([LibraryEntry(url: path, name: path.lastPathComponent, content: .broken(reason))])
  }

  func facts(in session: Session) -> String {
    if let marked = marks.first {
      return marks.count == 1
        ? "A is \(marked.lastPathComponent) · choose B"
        : "\(marks.count) marked, in this order: "
          + marks.map(\.lastPathComponent).joined(separator: ", ")
    }
    if scan != nil { return "looking for dictionaries…" }
    if !words.isEmpty {
      return "\(Figures.grouped(entries?.count ?? 0)) with “\(words)” in name, path or provenance"
    }
    let found = (entries ?? []).filter { !$0.isRecent }
    let broken = found.count { if case .broken = $0.content { true } else { false } }
    let note = broken == 0 ? "" : " · \(broken) cannot be opened"
    let good = found.count { ["dictionary", "pickle"].contains($0.kind) }
    return "\(Figures.grouped(good)) \(good == 1 ? "dictionary" : "dictionaries")\(note)"
  }

  func panes(in session: Session) -> PaneLayout? { layout(in: session) }
}

extension LibraryScreen {
  func export(in session: Session) -> ExportOffer? {
    table.map { ExportOffer(name: "library.tsv", content: .table($0)) }
  }

  private var table: ScreenExport? {
    guard let entries, !entries.isEmpty else { return nil }
    return ScreenExport(
      columns: ["name", "group", "kind", "regions", "threshold", "bytes", "path"],
      rows: entries.filter { !$0.isRecent }.map { entry in
        var regions: Int?
        var threshold: Double?
        if case .dictionary(let summary) = entry.content {
          (regions, threshold) = (summary.regionCount, summary.threshold)
        }
        return [
          .text(entry.name), .text(entry.group), .text(entry.kind), .init(regions),
          threshold.map(ScreenExport.Value.init) ?? .missing, .init(entry.bytes),
          .text(entry.url.path(percentEncoded: false)),
        ]
      })
  }
}
