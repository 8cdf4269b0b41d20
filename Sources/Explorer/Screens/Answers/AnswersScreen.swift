import Foundation
import Storage
import Terminal

/// The prompts of a region, with what the model answered, what that was counted as, and by which words.
struct AnswersScreen: Listing, Equatable, Sendable {
  var dictionary: URL
  /// Where it was opened from; the prompts' own once they are read.
  var region: Int
  var found: ReadAnswers.Result?
  var failure: String?
  var awaited: EffectID?
  var list = ListState<PromptAnswer>()
  /// Whether the answer has the keyboard.
  var isReading = false
  var isZoomed = false
  /// First line of the answer that is shown.
  var answerTop = 0
}

extension AnswersScreen: Screen {
  static var name: ScreenName { ScreenName("answers") }
  static var phrase: String { "the screen of answers" }
  static var opener: Command? { .openAnswers }

  static func canOpen(in session: Session) -> Bool { session.regions != nil }

  static func open(in session: inout Session) -> [Effect] {
    guard let regions = session.regions, let region = regions.selected else {
      session.say(.note, "open a dictionary first: answers are of a region's prompts")
      return []
    }
    guard regions.dictionary.hasStore else {
      session.say(.note, "answers need a captured store: start with --store STORE.epstore")
      return []
    }
    guard !regions.isHidden(region) else {
      session.say(.note, "outcomes are \(RegionsScreen.hiddenOrder)")
      return []
    }
    var screen = AnswersScreen(dictionary: regions.dictionary.url, region: region)
    var text: String?
    if case .document = regions.page { text = regions.contextBeingRead }
    let effect = session.ask(
      ReadAnswers(dictionary: screen.dictionary, region: region, text: text))
    screen.awaited = effect.id
    // The line of the rates that is selected is the prompt that is meant.
    if regions.page == nil, regions.tab == .outcomes { screen.cursor = regions.tabCursor }
    session[AnswersScreen.self] = screen
    session.push(name)
    return [effect]
  }

  var layers: [KeyLayer] { [.panes, .lists, .general] }

  func hints(in session: Session) -> [KeyHints.Hint] {
    let hasRows = !list.rows.isEmpty
    return (hasRows && !isReading ? [KeyHints.one(.readContexts, "read the answer")] : [])
      + [
        KeyHints.one(.back, isZoomed ? "unzoom" : isReading ? "prompts" : "back"),
        ([.moveDown, .moveUp], isReading ? "scroll" : "prompt"),
      ]
      + (hasRows
        ? [
          KeyHints.one(.switchPane), KeyHints.one(.copy, "copy"), KeyHints.one(.export),
          KeyHints.one(.zoom, isZoomed ? "unzoom" : "zoom"),
        ] : []) + [KeyHints.one(.help), KeyHints.one(.palette), KeyHints.one(.quit)]
  }

  func offers(_ command: Command, in session: Session) -> Bool {
    switch command {
    case .readContexts, .switchPane, .zoom, .copy: true
    default: command.isEverywhere
    }
  }

  // MARK: - Events

  mutating func handle(_ command: Command, in session: inout Session) -> [Effect]? {
    switch command {
    case _ where command.isMove: move(command, in: session)
    case .readContexts: isReading = true
    case .switchPane: isReading.toggle()
    case .zoom: isZoomed.toggle()
    case .copy: return copy(in: &session)
    case .back where isZoomed: isZoomed = false
    case .back where isReading: isReading = false
    default: return nil
    }
    showCursor(in: session)
    return []
  }

  private mutating func move(_ command: Command, in session: Session) {
    guard isReading else {
      let before = cursor
      list.move(command, page: rowCount(in: session))
      if cursor != before { answerTop = 0 }
      return
    }
    let panes = layout(in: session)
    let count = answerLines(columns: panes.detail.columns - 2, in: session).count
    let page = max(1, panes.detail.rows)
    answerTop = min(
      ListMoves.moved(answerTop, count: count, page: page, command), max(0, count - page))
  }

  private func copy(in session: inout Session) -> [Effect] {
    guard let row = list.selected else {
      session.say(.note, "there is no answer to copy")
      return []
    }
    return session.copy(
      [row.prompt, row.answer ?? ""].map(paragraphs).joined(separator: "\n\n"),
      "the prompt and its answer")
  }

  /// With its line breaks, and nothing else that a terminal could obey.
  func paragraphs(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { sanitized(String($0), whitespace: .spaces) }.joined(separator: "\n")
  }

  mutating func handle(_ event: MouseEvent, in session: inout Session) -> [Effect] {
    let panes = layout(in: session)
    switch event.kind {
    case .wheelDown, .wheelUp:
      move(event.kind == .wheelDown ? .moveDown : .moveUp, in: session)
    case .press where event.button == .left:
      isReading = panes.detail.contains(row: event.row, column: event.column)
      if panes.list.contains(row: event.row, column: event.column),
        let index = list.index(atLine: event.row - panes.list.row - 1)
      {
        if index != cursor { answerTop = 0 }
        cursor = index
      }
    default: break
    }
    showCursor(in: session)
    return []
  }

  mutating func take(_ reply: Reply, of id: EffectID, in session: inout Session) -> [Effect]? {
    guard awaited == id else { return nil }
    awaited = nil
    switch reply {
    case .ofScreen(let reply):
      guard let found = reply.result(of: ReadAnswers.self) else { return [] }
      self.found = found
      region = found.region
      list.list(found.answers, selecting: found.own ?? min(cursor, max(0, found.answers.count - 1)))
      showCursor(in: session)
    case .failed(let reason): failure = sanitized(reason)
    default: break
    }
    return []
  }

  mutating func resize(in session: inout Session) { showCursor(in: session) }

  private mutating func showCursor(in session: Session) {
    list.show(page: rowCount(in: session))
  }

  private func rowCount(in session: Session) -> Int { max(1, layout(in: session).list.rows - 1) }

  func layout(in session: Session) -> PaneLayout {
    PaneLayout(
      body: session.body, listRows: max(3, list.rows.count + 1), isDetailFocused: isReading,
      isZoomed: isZoomed, splits: session.splits)
  }

  // MARK: - What it shows

  func panes(in session: Session) -> PaneLayout? { layout(in: session) }
  var isDetailFocused: Bool { isReading }
  func isBusy(at clock: Duration) -> Bool { awaited != nil }

  func facts(in session: Session) -> String {
    guard let found else { return failure ?? "reading the answers…" }
    let count = Figures.count(found.answers.count, "prompt")
    let judged = found.classifier.map { ", judged by \($0), your verdicts not counted" }
    // A line that is cut in its midst would be read for less than it says: the fullest that fits.
    let lines = [
      "\(count) nearest now\(judged ?? "") · final positions of \(found.store)",
      "\(count)\(judged ?? "") · \(found.store)",
      "\(count)\(found.classifier.map { ", by \($0) alone" } ?? "") · \(found.store)",
      "\(count) of \(found.store)",
    ]
    return lines.first { DisplayWidth.of($0) <= session.columns - 4 } ?? count
  }

  func export(in session: Session) -> ExportOffer? {
    guard !list.rows.isEmpty else { return nil }
    let rows = list.rows.map { row -> [ScreenExport.Value] in
      [
        .integer(region), .text(row.id), .text(row.set), .text(row.prompt), .init(row.distance),
        .init(row.outcome?.rawValue), .init(row.phrase), .init(row.answer),
      ]
    }
    let columns = [
      "region", "id", "set", "prompt", "distance", "outcome", "phrase", "answer",
    ]
    return ExportOffer(
      name: "answers.region-\(region).tsv",
      content: .table(ScreenExport(columns: columns, rows: rows)))
  }
}
