import ExemplarPartitioning
import Experiments

extension AblationSetup {
  /// The rank that candidates are taken by, or would be.
  var rank: CandidateRank { if case .top(_, let rank) = target { rank } else { .reference } }
}

extension LabScreen {
  /// Changes the selected field to its next value, or to the one before.
  mutating func changeSetup(_ step: Int, in session: inout Session) {
    guard let subject else { return session.say(.note, Self.noStore) }
    guard focus == .form, !isReading else { return selectColumn(step, in: &session) }
    func next<Value: Equatable>(_ values: [Value], after value: Value) -> Value {
      guard let index = values.firstIndex(of: value) else { return values.first ?? value }
      return values[(index + step + values.count) % values.count]
    }
    let before = setup
    switch field {
    case .target: setup.target = next(targets, after: setup.target)
    case .basis: setup.basis = next(DirectionBasis.allCases, after: setup.basis)
    case .strength:
      setup.intervention = next(interventions, after: setup.intervention)
    case .control:
      var controls: [AblationSetup.Null] = [.automatic, .random, .none]
      if !setup.null.regions.isEmpty { controls.append(setup.null) }
      setup.null = next(controls, after: setup.null)
    case .baselines:
      if case .swap = setup.intervention {
        return session.say(.note, "a swap's own parts stand beside it")
      }
      setup.hasBaselines = setup.hasBaselines == true ? nil : true
    case .counting: return beginConcept()
    case .hook:
      let hook = next(subject.actionHooks, after: setup.actionHook ?? subject.hook)
      setup.actionHook = hook == subject.hook ? nil : hook
    case .prompts:
      setup.split = next(subject.splits.map(\.name) + ["all"], after: setup.split)
    case .tokens:
      let choices = Array(Set(LabScreen.tokenCounts + [subject.maxNewTokens].compactMap(\.self)))
        .sorted()
      setup.maxNewTokens = next(
        choices, after: setup.maxNewTokens ?? subject.maxNewTokens ?? 48)
    }
    if setup == before { session.say(.note, "there is nothing else to choose here") }
  }

  mutating func focus(_ pane: LabScreen.Pane, in session: inout Session) {
    switch pane {
    case .ledger where run?.result == nil:
      return session.say(.note, Self.noLedger)
    case .series where series == nil: return
    default: break
    }
    focus = pane
    showCursor(in: session)
  }

  /// Setup, then the series where there is one, then the ledger where there is one.
  mutating func switchPane(in session: inout Session) {
    var panes: [LabScreen.Pane] = [.form]
    if series != nil { panes.append(.series) }
    if run?.result != nil { panes.append(.ledger) }
    guard panes.count > 1 else { return focus(.ledger, in: &session) }
    let index = panes.firstIndex(of: focus) ?? 0
    focus(panes[(index + 1) % panes.count], in: &session)
  }

  /// Moves to another condition's answer.
  private mutating func selectColumn(_ step: Int, in session: inout Session) {
    guard let count = run?.result?.conditions.count, count > 0,
      focus == .ledger || isReading
    else { return session.say(.note, "a field of the form, or an answer, is chosen first") }
    column = (min(column, count - 1) + step + count) % count
    isFollowing = false
  }
}

extension LabScreen {
  /// What can be chosen; a steering in norms where the store has rows at the hook that is edited, else as α is.
  var interventions: [AblationSetup.Intervention] {
    let steered: [Float] =
      norm.map { norm in [-0.5, -0.25, 0.25, 0.5, 1].map(norm.alpha) }
      ?? [-8, -4, 4, 8, 16]
    return [1, 0.75, 0.5, 0.25].map { .ablate(strength: $0) }
      + steered.map { .steer(alpha: $0) } + [.swap]
  }
  /// The unit of a steering at the hook that is edited.
  var norm: ResidualNorm? { (setup.actionHook ?? subject?.hook).flatMap { subject?.norms[$0] } }
  /// Of a sweep: in units of the median norm, of either sign.
  static let norms: [Double] = [-1, -0.5, -0.25, -0.1, 0, 0.1, 0.25, 0.5, 1]
  /// Likewise where that is not known: in units of the residual stream.
  static let alphas: [Float] = [-16, -8, -4, -2, 0, 2, 4, 8, 16]
  static let tokenCounts = [16, 24, 48, 96, 128]
  static let noStore = "there is no store open to experiment with"
  static let noLedger = "the ledger fills once an experiment runs: 1, 2 or 3"

  /// The region the lab was opened on, then the first K candidates by either rank.
  var targets: [AblationSetup.Target] {
    [.regions([region])]
      + CandidateRank.allCases.flatMap { rank in
        (0..<min(5, subject?.candidates[rank]?.count ?? 0)).map { .top($0 + 1, rank) }
      }
  }
}

extension AblationSetup {
  /// Whether a search over regions, which takes each as its target, comes to the same under both.
  func isSearched(as other: AblationSetup) -> Bool {
    var (own, others) = (self, other)
    (own.target, others.target) = (.regions([]), .regions([]))
    return own == others
  }
}
