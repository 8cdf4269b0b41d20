import Experiments
import Storage

extension LabScreen {
  /// Shows the list of saved experiments.
  mutating func openExperiments(in session: inout Session) -> [Effect] {
    let effect = session.ask(LabWork.list(identity: identity))
    experiments = ExperimentList(asked: effect.id)
    return [effect]
  }

  /// What the list is asked for; `nil` for all else, and where it is not on the screen.
  mutating func runInExperiments(_ command: Command, in session: inout Session) -> [Effect]? {
    guard let list = experiments else {
      guard command == .labReopen || command == .labCompare else { return nil }
      session.say(
        .note, "no list of experiments is open: \(session.key(.labExperiments, in: .lab)) opens it")
      return []
    }
    switch command {
    case _ where command.isMove:
      moveInExperiments(command, in: session)
    case .labReopen:
      guard list.comparison == nil else { return [] }
      guard let entry = list.selected else {
        session.say(.note, "nothing is saved yet: every experiment is, once it is over")
        return []
      }
      return reopen(entry.id, in: &session)
    case .labCompare: return compare(list, in: &session)
    case .labExperiments: experiments = nil
    case _ where command.isEverywhere: return nil
    default:
      experiments = nil
      return nil
    }
    return []
  }

  mutating func leaveExperiments() {
    if experiments?.comparison != nil {
      experiments?.comparison = nil
    } else if experiments?.marked != nil {
      experiments?.marked = nil
    } else {
      experiments = nil
    }
  }

  private mutating func moveInExperiments(_ command: Command, in session: Session) {
    guard let list = experiments else { return }
    let page = places(in: session).experimentRows
    if let comparison = list.comparison {
      let count = ComparisonLines.count(comparison.value, columns: places(in: session).body.columns)
      let last = max(0, count - page)
      experiments?.comparison?.top = ListMoves.moved(
        comparison.top, count: last + 1, page: page, command)
      return
    }
    experiments?.list?.move(command, page: page)
  }

  /// Marks the first, and compares the second with it.
  private mutating func compare(_ list: ExperimentList, in session: inout Session) -> [Effect] {
    guard list.comparison == nil, let entry = list.selected else { return [] }
    guard let marked = list.marked else {
      experiments?.marked = entry.id
      let key = session.keymap.keys(for: .labCompare, in: [.savedExperiments]).first?.label ?? ":"
      session.say(.note, "experiment \(entry.id) is marked: \(key) on another compares the two")
      return []
    }
    guard marked != entry.id else {
      experiments?.marked = nil
      session.say(.note, "no longer marked")
      return []
    }
    let effect = session.ask(LabWork.compare(identity: entry.identity, marked, entry.id))
    experiments?.comparing = effect.id
    return [effect]
  }

  /// Reads a saved experiment: its ledger and panel, as they were.
  mutating func reopen(_ id: Int64, in session: inout Session) -> [Effect] {
    guard !isRunning else {
      session.say(.note, "an experiment is under way; x stops it")
      return []
    }
    let effect = session.ask(LabWork.reopen(dictionary: dictionary, id))
    reopening = effect.id
    return [effect]
  }

  // MARK: - Replies

  mutating func takeExperiments(_ reply: LabReply, of id: EffectID, in session: inout Session) {
    switch reply {
    case .listed(let entries):
      guard experiments?.asked == id else { return }
      experiments?.asked = nil
      experiments?.list = ListState(entries)
    case .compared(let comparison):
      guard experiments?.comparing == id else { return }
      experiments?.comparing = nil
      var comparison = comparison
      if let value = try? AblationComparison(
        judged(comparison.value.a), judged(comparison.value.b))
      {
        comparison.value = value
      }
      experiments?.comparison = comparison
    case .reopened(let entry, let result):
      guard reopening == id else { return }
      reopening = nil
      show(entry, result, in: &session)
    default: break
    }
  }

  private mutating func show(
    _ entry: SavedExperiment, _ result: AblationResult, in session: inout Session
  ) {
    let run = LabRun(entry, judged(result))
    self.run = run
    // What is run next is the same again, unless it is changed.
    setup = result.setup
    counting = result.counting
    series = nil
    experiments = nil
    isReading = false
    isFollowing = false
    cursor = 0
    top = 0
    column = 0
    verdictTop = 0
    filter = .all
    focus(.ledger, in: &session)
    let openings = result.prompts.contains { $0.answers.values.contains(where: \.isOpening) }
    session.say(
      .note,
      "experiment \(entry.id), as it was saved"
        + (openings ? "; of some answers only the first words are still kept" : ""))
  }
}
