import Experiments
import Storage

extension LabScreen {
  /// Shows the list of saved experiments.
  mutating func openShelf(in session: inout Session) -> [Effect] {
    let effect = session.ask(.lab(.list(identity: identity)))
    shelf = ExperimentList(asked: effect.id)
    return [effect]
  }

  /// What the list is asked for; `nil` for all else, and where it is not on the screen.
  mutating func runInShelf(_ command: Command, in session: inout Session) -> [Effect]? {
    guard let shelf = self.shelf else { return nil }
    switch command {
    case .moveDown, .moveUp, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .moveToTop,
      .moveToBottom:
      moveOnShelf(command, in: &session)
    case .labReopen:
      guard shelf.comparison == nil else { return [] }
      guard let entry = shelf.selected else {
        session.say(.note, "nothing is saved yet: every experiment is, once it is over")
        return []
      }
      return reopen(entry.id, in: &session)
    case .labCompare: return compareOnShelf(shelf, in: &session)
    case .labShelf: self.shelf = nil
    default:
      self.shelf = nil
      return nil
    }
    return []
  }

  mutating func leaveShelf() {
    if shelf?.comparison != nil {
      shelf?.comparison = nil
    } else if shelf?.marked != nil {
      shelf?.marked = nil
    } else {
      shelf = nil
    }
  }

  private mutating func moveOnShelf(_ command: Command, in session: inout Session) {
    guard let shelf = self.shelf else { return }
    let page = labPlaces(in: session).shelfRows
    if let comparison = shelf.comparison {
      let count = ComparisonLines.count(comparison.value, columns: labPlaces(in: session).body.columns)
      let last = max(0, count - page)
      let step = command == .moveDown ? 1 : command == .moveUp ? -1 : nil
      self.shelf?.comparison?.top = min(
        max(
          0,
          step.map { comparison.top + $0 }
            ?? ListMoves.moved(comparison.top, count: last + 1, page: page, command)), last)
      return
    }
    let count = shelf.entries?.count ?? 0
    let cursor = ListMoves.moved(shelf.cursor, count: count, page: page, command)
    self.shelf?.cursor = cursor
    self.shelf?.top = ListMoves.scrolled(shelf.top, to: cursor, page: page, count: count)
  }

  /// Marks the first, and compares the second with it.
  private mutating func compareOnShelf(_ shelf: ExperimentList, in session: inout Session) -> [Effect] {
    guard shelf.comparison == nil, let entry = shelf.selected else { return [] }
    guard let marked = shelf.marked else {
      self.shelf?.marked = entry.id
      let key = session.keymap.keys(for: .labCompare, in: [.shelf]).first?.label ?? ":"
      session.say(.note, "experiment \(entry.id) is marked: \(key) on another compares the two")
      return []
    }
    guard marked != entry.id else {
      self.shelf?.marked = nil
      session.say(.note, "no longer marked")
      return []
    }
    let effect = session.ask(.lab(.compare(identity: entry.identity, marked, entry.id)))
    self.shelf?.comparing = effect.id
    return [effect]
  }

  /// Reads a saved experiment: its ledger and panel, as they were.
  mutating func reopen(_ id: Int64, in session: inout Session) -> [Effect] {
    guard !isRunning else {
      session.say(.note, "an experiment is under way; x stops it")
      return []
    }
    let effect = session.ask(.lab(.reopen(dictionary: dictionary, id)))
    reopening = effect.id
    return [effect]
  }

  // MARK: - Answers

  mutating func takeOnShelf(_ answer: LabReply, of id: EffectID, in session: inout Session) {
    switch answer {
    case .listed(let entries):
      guard shelf?.asked == id else { return }
      shelf?.asked = nil
      shelf?.entries = entries
    case .compared(let comparison):
      guard shelf?.comparing == id else { return }
      shelf?.comparing = nil
      var comparison = comparison
      if let value = try? AblationComparison(
        judged(comparison.value.a), judged(comparison.value.b))
      {
        comparison.value = value
      }
      shelf?.comparison = comparison
    case .reopened(let entry, let result):
      guard reopening == id else { return }
      reopening = nil
      show(entry, result, in: &session)
    default: break
    }
  }

  private mutating func show(_ entry: SavedExperiment, _ result: AblationResult, in session: inout Session) {
    let run = LabRun(entry, judged(result))
    self.run = run
    // What is run next is the same again, unless it is changed.
    setup = result.setup
    series = nil
    shelf = nil
    isReading = false
    isFollowing = false
    cursor = 0
    top = 0
    column = 0
    filter = .all
    focusLab(.ledger, in: &session)
    let openings = result.prompts.contains { $0.answers.values.contains(where: \.isOpening) }
    session.say(
      .note,
      "experiment \(entry.id), as it was saved"
        + (openings ? "; of some answers only the first words are still kept" : ""))
  }
}
