import ExemplarPartitioning
import Experiments

extension AblationSetup {
  /// The rank that candidates are taken by, or would be.
  var rank: CandidateRank { if case .top(_, let rank) = target { rank } else { .reference } }
}

extension Session {
  /// Changes the selected field to its next value, or to the one before.
  mutating func changeSetup(_ step: Int) {
    guard var lab, let subject = lab.subject else { return }
    guard lab.focus == .form, !lab.isReading else { return selectLabColumn(step) }
    func next<Value: Equatable>(_ values: [Value], after value: Value) -> Value {
      guard let index = values.firstIndex(of: value) else { return values.first ?? value }
      return values[(index + step + values.count) % values.count]
    }
    switch lab.field {
    case .target: lab.setup.target = next(lab.targets, after: lab.setup.target)
    case .basis: lab.setup.basis = next(DirectionBasis.allCases, after: lab.setup.basis)
    case .strength:
      lab.setup.intervention = next(LabScreen.interventions, after: lab.setup.intervention)
    case .control:
      var controls: [AblationSetup.Null] = [.automatic, .random, .none]
      if !lab.setup.null.regions.isEmpty { controls.append(lab.setup.null) }
      lab.setup.null = next(controls, after: lab.setup.null)
    case .hook:
      let hook = next(subject.actionHooks, after: lab.setup.actionHook ?? subject.hook)
      lab.setup.actionHook = hook == subject.hook ? nil : hook
    case .prompts:
      lab.setup.split = next(subject.splits.map(\.name) + ["all"], after: lab.setup.split)
    case .tokens:
      let choices = Array(Set(LabScreen.tokenCounts + [subject.maxNewTokens].compactMap(\.self)))
        .sorted()
      lab.setup.maxNewTokens = next(
        choices, after: lab.setup.maxNewTokens ?? subject.maxNewTokens ?? 48)
    }
    self.lab = lab
  }

  mutating func focusLab(_ pane: LabScreen.Pane) {
    switch pane {
    case .ledger where lab?.run?.result == nil:
      return say(.note, "the ledger fills once an experiment runs: 1, 2 or 3")
    case .series where lab?.series == nil: return
    default: break
    }
    lab?.focus = pane
    showLabCursor()
  }

  /// Setup, then the series where there is one, then the ledger where there is one.
  mutating func switchLabPane() {
    guard let lab else { return }
    var panes: [LabScreen.Pane] = [.form]
    if lab.series != nil { panes.append(.series) }
    if lab.run?.result != nil { panes.append(.ledger) }
    guard panes.count > 1 else { return focusLab(.ledger) }
    let index = panes.firstIndex(of: lab.focus) ?? 0
    focusLab(panes[(index + 1) % panes.count])
  }

  /// Moves to another condition's answer.
  private mutating func selectLabColumn(_ step: Int) {
    guard let lab, let count = lab.run?.result?.conditions.count, count > 0,
      lab.focus == .ledger || lab.isReading
    else { return }
    self.lab?.column = (min(lab.column, count - 1) + step + count) % count
    self.lab?.isFollowing = false
  }
}

extension LabScreen {
  static let interventions: [AblationSetup.Intervention] =
    [1, 0.75, 0.5, 0.25].map { .ablate(strength: $0) }
    + [-8, -4, 4, 8, 16].map { .steer(alpha: $0) }
  /// Of a sweep: in units of the residual stream, of either sign.
  static let alphas: [Float] = [-16, -8, -4, -2, 0, 2, 4, 8, 16]
  static let tokenCounts = [16, 24, 48, 96, 128]

  /// The region the lab was opened on, then the first K candidates by either rank.
  var targets: [AblationSetup.Target] {
    [.regions([region])]
      + CandidateRank.allCases.flatMap { rank in
        (0..<min(5, subject?.candidates[rank]?.count ?? 0)).map { .top($0 + 1, rank) }
      }
  }
}
