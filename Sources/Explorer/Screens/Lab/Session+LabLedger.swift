import Experiments

extension Session {
  mutating func moveInLab(_ command: Command) {
    guard let lab else { return }
    if command == .labNextPrompt || command == .labPreviousPrompt {
      guard !lab.ledger.isEmpty else { return }
      self.lab?.isFollowing = false
      self.lab?.cursor = min(
        max(0, lab.cursor + (command == .labNextPrompt ? 1 : -1)), lab.ledger.count - 1)
      self.lab?.readingTop = 0
      return showLabCursor()
    }
    if lab.isReading {
      let places = labPlaces
      if command == .moveDown || command == .moveUp {
        self.lab?.readingTop = max(0, lab.readingTop + (command == .moveDown ? 1 : -1))
      } else {
        self.lab?.readingTop = ListMoves.moved(
          lab.readingTop, count: lab.readingTop + 200, page: places.body.rows, command)
      }
      return
    }
    switch lab.focus {
    case .series:
      if let series = lab.series, !series.points.isEmpty {
        self.lab?.series?.cursor = ListMoves.moved(
          series.cursor, count: series.points.count, page: 10, command)
      }
    case .form:
      let fields = LabScreen.Field.allCases
      let index = fields.firstIndex(of: lab.field) ?? 0
      self.lab?.field =
        fields[
          ListMoves.moved(index, count: fields.count, page: fields.count, command)]
    case .ledger:
      self.lab?.isFollowing = false
      let page = labPlaces.ledgerRows
      self.lab?.cursor = ListMoves.moved(lab.cursor, count: lab.ledger.count, page: page, command)
      showLabCursor()
    }
  }

  mutating func showLabCursor() {
    guard let lab else { return }
    let count = lab.ledger.count
    let cursor = min(lab.cursor, max(0, count - 1))
    let page = labPlaces.ledgerRows
    self.lab?.cursor = cursor
    self.lab?.top = ListMoves.scrolled(lab.top, to: cursor, page: page, count: count)
  }

  mutating func changeLedgerFilter() {
    guard let lab, lab.run?.result != nil else { return }
    let filters = LabScreen.LedgerFilter.allCases
    let index = filters.firstIndex(of: lab.filter) ?? 0
    self.lab?.filter = filters[(index + 1) % filters.count]
    self.lab?.cursor = 0
    self.lab?.top = 0
    self.lab?.isFollowing = false
    let left = self.lab?.ledger.count ?? 0
    say(.note, "the ledger shows \(self.lab?.filter.title ?? ""): \(Figures.count(left, "prompt"))")
  }

  /// Reads the answers of the selected prompt; of a series, what stands behind the selected step.
  mutating func readAnswers() -> [Effect] {
    guard let lab else { return [] }
    switch lab.focus {
    case .form: focusLab(lab.series == nil ? .ledger : .series)
    case .series: return followSeries(lab)
    case .ledger:
      guard lab.selectedPrompt != nil else {
        say(.note, "the ledger is empty")
        return []
      }
      self.lab?.isReading.toggle()
      self.lab?.readingTop = 0
      self.lab?.isFollowing = false
    }
    return []
  }

  /// The region of a search, or the experiment of a step.
  private mutating func followSeries(_ lab: LabScreen) -> [Effect] {
    guard let series = lab.series, series.points.indices.contains(series.cursor) else { return [] }
    let point = series.points[series.cursor]
    if series.kind == .regions, let region = point.regions.first {
      screen = .regions
      jump(to: String(region))
      return []
    }
    guard let id = point.saved else { return [] }
    return reopen(id)
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
