import Experiments

extension LabScreen {
  mutating func move(_ command: Command, in session: inout Session) {
    if command == .labNextPrompt || command == .labPreviousPrompt {
      guard !ledger.isEmpty else { return session.say(.note, Self.noLedger) }
      isFollowing = false
      cursor = min(
        max(0, cursor + (command == .labNextPrompt ? 1 : -1)), ledger.count - 1)
      readingTop = 0
      return showCursor(in: session)
    }
    if isReading {
      readingTop = ListMoves.moved(
        readingTop, count: readingTop + 200, page: places(in: session).body.rows, command)
      return
    }
    switch focus {
    case .series:
      if let series = self.series, !series.points.isEmpty {
        self.series?.cursor = ListMoves.moved(
          series.cursor, count: series.points.count, page: 10, command)
      }
    case .form:
      guard !scrollVerdict(command, in: session) else { return }
      let fields = LabScreen.Field.allCases
      let index = fields.firstIndex(of: field) ?? 0
      field =
        fields[
          ListMoves.moved(index, count: fields.count, page: fields.count, command)]
    case .ledger:
      isFollowing = false
      let page = places(in: session).ledgerRows
      cursor = ListMoves.moved(cursor, count: ledger.count, page: page, command)
      showCursor(in: session)
    }
  }

  mutating func showCursor(in session: Session) {
    let count = ledger.count
    let cursor = min(self.cursor, max(0, count - 1))
    let page = places(in: session).ledgerRows
    self.cursor = cursor
    top = ListMoves.scrolled(top, to: cursor, page: page, count: count)
  }

  mutating func changeLedgerFilter(in session: inout Session) {
    guard run?.result != nil else { return session.say(.note, Self.noLedger) }
    let filters = LabScreen.LedgerFilter.allCases
    let index = filters.firstIndex(of: filter) ?? 0
    filter = filters[(index + 1) % filters.count]
    cursor = 0
    top = 0
    isFollowing = false
    let left = ledger.count
    session.say(.note, "the ledger shows \(filter.title): \(Figures.count(left, "prompt"))")
  }

  /// Reads the answers of the selected prompt; of a series, what stands behind the selected step.
  mutating func readAnswers(in session: inout Session) -> [Effect] {
    switch focus {
    case .form where field == .counting: beginConcept()
    case .form: focus(series == nil ? .ledger : .series, in: &session)
    case .series: return followSeries(in: &session)
    case .ledger:
      guard selectedPrompt != nil else {
        session.say(.note, "the ledger is empty")
        return []
      }
      isReading.toggle()
      readingTop = 0
      isFollowing = false
    }
    return []
  }

  /// The region of a search becomes the target; of a sweep the step's experiment is read.
  private mutating func followSeries(in session: inout Session) -> [Effect] {
    guard let series, series.points.indices.contains(series.cursor) else { return [] }
    let point = series.points[series.cursor]
    if series.kind == .regions, let region = point.regions.first {
      turn(to: region)
      (focus, field) = (.form, .target)
      let depth = session.key(.labGenerate, in: .lab)
      session.say(
        .note,
        "region \(region) is the target · \(depth) measures whole answers · Esc twice leads to its contexts"
      )
      return []
    }
    guard let id = point.saved else { return [] }
    return reopen(id, in: &session)
  }
}

extension LabScreen.LedgerFilter {
  var title: String {
    switch self {
    case .all: "all prompts"
    case .flips: "flips only"
    case .harmful: "harmful prompts"
    case .benign: "benign prompts"
    case .degenerate: "degenerate answers"
    case .judged: "those you judged"
    }
  }
}
