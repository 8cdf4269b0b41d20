import Experiments

extension State {
  mutating func moveInLab(_ command: Command) {
    guard let lab else { return }
    if lab.isReading {
      let places = labPlaces
      if command == .moveDown || command == .moveUp {
        self.lab?.readingTop = max(0, lab.readingTop + (command == .moveDown ? 1 : -1))
      } else {
        self.lab?.readingTop = Self.moved(
          lab.readingTop, count: lab.readingTop + 200, page: places.body.rows, command)
      }
      return
    }
    if let series = lab.series, !series.points.isEmpty, lab.focus == .ledger {
      self.lab?.series?.cursor = Self.moved(
        series.cursor, count: series.points.count, page: 10, command)
      return
    }
    switch lab.focus {
    case .form:
      let fields = LabState.Field.allCases
      let index = fields.firstIndex(of: lab.field) ?? 0
      self.lab?.field =
        fields[
          Self.moved(index, count: fields.count, page: fields.count, command)]
    case .ledger:
      self.lab?.isFollowing = false
      let page = labPlaces.ledgerRows
      self.lab?.cursor = Self.moved(lab.cursor, count: lab.ledger.count, page: page, command)
      showLabCursor()
    }
  }

  mutating func showLabCursor() {
    guard let lab else { return }
    let count = lab.ledger.count
    let cursor = min(lab.cursor, max(0, count - 1))
    let page = labPlaces.ledgerRows
    self.lab?.cursor = cursor
    self.lab?.top = Self.scrolled(lab.top, to: cursor, page: page, count: count)
  }

  mutating func changeLedgerFilter() {
    guard let lab, lab.run?.result != nil else { return }
    let filters = LabState.LedgerFilter.allCases
    let index = filters.firstIndex(of: lab.filter) ?? 0
    self.lab?.filter = filters[(index + 1) % filters.count]
    self.lab?.cursor = 0
    self.lab?.top = 0
    self.lab?.isFollowing = false
    let left = self.lab?.ledger.count ?? 0
    say(.note, "the ledger shows \(self.lab?.filter.title ?? ""): \(Figures.count(left, "prompt"))")
  }

  mutating func readAnswers() {
    guard let lab else { return }
    if lab.focus == .form { return focusLab(.ledger) }
    guard lab.selectedPrompt != nil else { return say(.note, "the ledger is empty") }
    self.lab?.isReading.toggle()
    self.lab?.readingTop = 0
    self.lab?.isFollowing = false
  }
}

extension LabState.LedgerFilter {
  var title: String {
    switch self {
    case .all: "all prompts"
    case .flips: "flips only"
    case .harmful: "harmful prompts"
    case .benign: "benign prompts"
    case .degenerate: "degenerate answers"
    }
  }
}
