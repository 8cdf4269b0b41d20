import Storage
import Terminal

extension RegionsScreen: Screen {
  static var name: ScreenName { .regions }
  static var phrase: String { "the screen of regions" }
  static var tourStep: Int? { 1 }
  static var keysNamedElsewhere: KeyLayer? { .regions }

  /// What needs an open dictionary.
  private static let groups: Set<Command.Group> = [
    .finding, .sorting, .evidence, .judging, .mapping, .lab, .playing, .tracing,
  ]

  static func remedy(for command: Command) -> String? {
    groups.contains(command.group) ? "open a dictionary first" : nil
  }

  var layers: [KeyLayer] {
    switch mode {
    case .searching, .jumping: [.searchField, .field]
    case .labelling, .filtering, .tagging, .prompting: [.labelField, .field]
    case .choosingSort: [.sortChooser]
    case .choosingColumns: [.columnChooser]
    case .noting: [.noteField, .field]
    case .browsing: restingLayers
    }
  }

  var restingLayers: [KeyLayer] {
    switch page {
    case .document: [.document, .lists, .general]
    case .map: [.map, .general]
    case .metrics: [.lists, .general]
    case .hits, .example: [.hits, .lists, .general]
    case nil: (focus == .contexts ? [.contexts] : []) + [.regions, .lists, .general]
    }
  }

  var textField: TextField? {
    switch mode {
    case .searching(let field), .jumping(let field): field
    case .labelling(let editor): editor.field
    case .filtering(let editor): editor.field
    case .tagging(let editor): editor.field
    case .noting(let editor): editor.field
    case .prompting(let prompt): prompt.field
    case .browsing, .choosingSort, .choosingColumns: nil
    }
  }

  mutating func type(_ text: String, in session: inout Session) -> [Effect] {
    if case .noting(var editor) = mode {
      editor.insert(text)
      mode = .noting(editor)
      return []
    }
    if case .choosingSort = mode { typeInSortChooser(text, in: &session) }
    guard var field = textField else { return [] }
    field.insert(text)
    return take(field, in: &session)
  }

  mutating func take(_ field: TextField, in session: inout Session) -> [Effect] {
    let isChanged = field.text != textField?.text
    switch mode {
    case .searching:
      mode = .searching(field)
      return isChanged ? searchTyped(field.text, in: &session) : []
    case .jumping: mode = .jumping(field)
    case .labelling(var editor):
      editor.field = field
      if isChanged { editor.refreshCompletions() }
      mode = .labelling(editor)
    case .filtering: filterTyped(field, in: session)
    case .prompting(var prompt):
      prompt.field = field
      mode = .prompting(prompt)
    case .noting(var editor):
      editor.field = field
      mode = .noting(editor)
    case .tagging(var editor):
      editor.field = field
      editor.choice = 0
      mode = .tagging(editor)
    case .browsing, .choosingSort, .choosingColumns: break
    }
    return []
  }

  func offers(_ command: Command, in session: Session) -> Bool {
    switch command {
    case .nextRegion, .previousRegion, .compare, .openLab, .openTrace, .openSaved, .openMap,
      .openMetrics:
      true
    case .nextToken, .previousToken, .activeToken, .tokenBoundaries, .nextContext,
      .previousContext:
      if case .document = page { true } else { false }
    default:
      switch command.group {
      case .finding, .sorting, .evidence, .judging: true
      case .mapping: if case .map = page { true } else { false }
      default: command.isEverywhere
      }
    }
  }

  var numberedRegions: Int? { dictionary.regionCount }

  mutating func jump(to region: Int, in session: inout Session) {
    jump(to: String(region), in: &session)
  }

  // MARK: - Beside other screens

  var openedDictionary: OpenedDictionary? { dictionary }
  var cancellable: EffectID? { awaited.search }
  mutating func cancelAwaited() { awaited.search = nil }

  var unsavedRegions: [Int] {
    pendingLabels.filter { $0.value.failure != nil }.keys.sorted()
  }

  mutating func saveAgain(in session: inout Session) -> [Effect] {
    unsavedRegions.flatMap { save(pendingLabels[$0]?.text ?? "", region: $0, in: &session) }
  }

  mutating func take(_ isYes: Bool?, to question: ScreenQuestion, in session: inout Session) {
    takeSameness(isYes, of: question.region, in: &session)
  }

  func begin(_ tour: inout Tour) { (tour.region, tour.labels) = (selected, ownLabelCount) }

  // MARK: - Replies

  mutating func take(_ reply: Reply, of id: EffectID, in session: inout Session) -> [Effect]? {
    if takeExtra(reply, of: id, in: &session) { return [] }
    switch reply {
    case .region(let loaded):
      guard awaited.detail == id else { return [] }
      awaited.detail = nil
      show(loaded)
    case .rows(let texts):
      guard awaited.rows == id else { return [] }
      take(texts)
    case .found(let result, let milliseconds):
      guard awaited.search == id else { return [] }
      show(result, milliseconds: milliseconds, in: session)
    case .ofScreen(let reply):
      if let page = reply.result(of: WriteRegionsPage.self) {
        session.say(
          .success, "wrote a page of \(Figures.count(page.regions, "region")) to \(page.path)")
        return []
      }
      if let latest = reply.result(of: ReadStability.self) {
        set(latest.known)
      } else if let found = reply.result(of: CompletePath.self) {
        take(found, in: &session)
      } else {
        return nil
      }
    case .polled(let annotations):
      guard awaited.poll == id else { return [] }
      awaited.poll = nil
      // What was asked while a label was on its way may be older than it.
      if let annotations, session.saves.isEmpty {
        show(annotations, in: session)
        return searchAgain(in: &session)
      }
    case .changedLabels(let news, let annotations) where awaited.poll == id:
      // What happened to the notebook's file is found out when it is looked at.
      awaited.poll = nil
      session.say(.error, news)
      if session.saves.isEmpty {
        show(annotations, in: session)
        return searchAgain(in: &session)
      }
    case .failed(let reason) where awaited.poll == id:
      // The next one may succeed; to say it twice a second would help nobody.
      awaited.poll = nil
      if session.log.last?.text != reason { session.say(.error, reason) }
    case .failed(let reason):
      guard fail(id) else { return nil }
      session.say(.error, reason)
    default: return nil
    }
    return []
  }

  /// Whether a failure was of these regions.
  private mutating func fail(_ id: EffectID) -> Bool {
    if awaited.detail == id {
      awaited.detail = nil
    } else if awaited.rows == id {
      take([:])
    } else if awaited.search == id {
      awaited.search = nil
    } else {
      return false
    }
    return true
  }

  /// Shows a detail; one read for a search from its first match on, so that it is seen why it was found.
  mutating func show(_ loaded: LoadedDetail) {
    detail = loaded
    guard loaded.query != nil, focus == .list else { return }
    guard tab.kind != nil else { return }
    place = loaded.places.first { !loaded.marks($0).isEmpty } ?? ContextPlace()
    tab = place.kind.tab
  }

  /// Keeps texts of rows; regions that were asked for and have none get an empty one.
  mutating func take(_ texts: [Int: RowText]) {
    for region in awaited.rowRegions { rowTexts[region] = texts[region] ?? RowText(text: "") }
    awaited.rows = nil
    awaited.rowRegions = []
  }

  // MARK: - What it shows

  mutating func resize(in session: inout Session) {
    if case .document(var document) = page {
      lay(&document, in: session)
      page = .document(document)
    }
    showCursor(in: session)
  }

  func isBusy(at clock: Duration) -> Bool {
    awaited.search != nil || extras.asked.values.contains { $0.id != nil }
  }

  var isIncomplete: Bool {
    awaited.detail != nil || awaited.rows != nil || awaited.search != nil
      || extras.isWaiting(for: .surroundings) || extras.isWaiting(for: .document)
  }

  var isDetailFocused: Bool { focus == .contexts }

  func panes(in session: Session) -> PaneLayout? { layout(in: session) }

  func isDone(_ tour: Tour) -> Bool {
    switch tour.step {
    case 0: true
    case 1: selected != tour.region
    case 2: search?.result != nil && mode == .browsing
    case 3: focus == .contexts
    case 4: ownLabelCount > tour.labels
    default: false
    }
  }

  /// The text of the context or the document that has the keyboard.
  var contextBeingRead: String? {
    if case .document(let page) = page { return page.loaded?.text.text }
    guard page == nil, focus == .contexts, tab.kind != nil else { return nil }
    return selectedDetail?.context(place)?.text
  }
}
