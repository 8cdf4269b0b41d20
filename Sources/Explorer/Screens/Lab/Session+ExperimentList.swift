import Experiments
import Storage

extension Session {
  /// Shows the list of saved experiments.
  mutating func openShelf() -> [Effect] {
    guard let lab else { return [] }
    let effect = ask(.lab(.list(identity: lab.identity)))
    self.lab?.shelf = ExperimentList(asked: effect.id)
    return [effect]
  }

  /// What the list is asked for; `nil` for all else, and where it is not on the screen.
  mutating func runInShelf(_ command: Command) -> [Effect]? {
    guard let shelf = lab?.shelf else { return nil }
    switch command {
    case .moveDown, .moveUp, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .moveToTop,
      .moveToBottom:
      moveOnShelf(command)
    case .labReopen:
      guard shelf.comparison == nil else { return [] }
      guard let entry = shelf.selected else {
        say(.note, "nothing is saved yet: every experiment is, once it is over")
        return []
      }
      return reopen(entry.id)
    case .labCompare: return compareOnShelf(shelf)
    case .labShelf: lab?.shelf = nil
    default:
      lab?.shelf = nil
      return nil
    }
    return []
  }

  mutating func leaveShelf() {
    if lab?.shelf?.comparison != nil {
      lab?.shelf?.comparison = nil
    } else if lab?.shelf?.marked != nil {
      lab?.shelf?.marked = nil
    } else {
      lab?.shelf = nil
    }
  }

  private mutating func moveOnShelf(_ command: Command) {
    guard let shelf = lab?.shelf else { return }
    let page = labPlaces.shelfRows
    if let comparison = shelf.comparison {
      let count = ComparisonLines.count(comparison.value, columns: labPlaces.body.columns)
      let last = max(0, count - page)
      let step = command == .moveDown ? 1 : command == .moveUp ? -1 : nil
      lab?.shelf?.comparison?.top = min(
        max(
          0,
          step.map { comparison.top + $0 }
            ?? ListMoves.moved(comparison.top, count: last + 1, page: page, command)), last)
      return
    }
    let count = shelf.entries?.count ?? 0
    let cursor = ListMoves.moved(shelf.cursor, count: count, page: page, command)
    lab?.shelf?.cursor = cursor
    lab?.shelf?.top = ListMoves.scrolled(shelf.top, to: cursor, page: page, count: count)
  }

  /// Marks the first, and compares the second with it.
  private mutating func compareOnShelf(_ shelf: ExperimentList) -> [Effect] {
    guard shelf.comparison == nil, let entry = shelf.selected else { return [] }
    guard let marked = shelf.marked else {
      lab?.shelf?.marked = entry.id
      let key = keymap.keys(for: .labCompare, in: [.shelf]).first?.label ?? ":"
      say(.note, "experiment \(entry.id) is marked: \(key) on another compares the two")
      return []
    }
    guard marked != entry.id else {
      lab?.shelf?.marked = nil
      say(.note, "no longer marked")
      return []
    }
    let effect = ask(.lab(.compare(identity: entry.identity, marked, entry.id)))
    lab?.shelf?.comparing = effect.id
    return [effect]
  }

  /// Reads a saved experiment: its ledger and panel, as they were.
  mutating func reopen(_ id: Int64) -> [Effect] {
    guard let lab else { return [] }
    guard !lab.isRunning else {
      say(.note, "an experiment is under way; x stops it")
      return []
    }
    let effect = ask(.lab(.reopen(dictionary: lab.dictionary, id)))
    self.lab?.reopening = effect.id
    return [effect]
  }

  // MARK: - Answers

  mutating func takeOnShelf(_ answer: LabReply, of id: EffectID) {
    switch answer {
    case .listed(let entries):
      guard lab?.shelf?.asked == id else { return }
      lab?.shelf?.asked = nil
      lab?.shelf?.entries = entries
    case .compared(let comparison):
      guard lab?.shelf?.comparing == id else { return }
      lab?.shelf?.comparing = nil
      var comparison = comparison
      if let value = try? AblationComparison(
        judged(comparison.value.a), judged(comparison.value.b))
      {
        comparison.value = value
      }
      lab?.shelf?.comparison = comparison
    case .reopened(let entry, let result):
      guard lab?.reopening == id else { return }
      lab?.reopening = nil
      show(entry, result)
    default: break
    }
  }

  private mutating func show(_ entry: SavedExperiment, _ result: AblationResult) {
    let run = LabRun(entry, judged(result))
    lab?.run = run
    // What is run next is the same again, unless it is changed.
    lab?.setup = result.setup
    lab?.series = nil
    lab?.shelf = nil
    lab?.isReading = false
    lab?.isFollowing = false
    lab?.cursor = 0
    lab?.top = 0
    lab?.column = 0
    lab?.filter = .all
    focusLab(.ledger)
    let openings = result.prompts.contains { $0.answers.values.contains(where: \.isOpening) }
    say(
      .note,
      "experiment \(entry.id), as it was saved"
        + (openings ? "; of some answers only the first words are still kept" : ""))
  }
}
