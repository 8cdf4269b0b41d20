import Experiments
import Terminal

extension LabScreen: Screen {
  static var name: ScreenName { .lab }
  static var opener: Command? { .openLab }
  static var phrase: String { "the screen of the lab" }
  static func open(in session: inout Session) -> [Effect] { session.openLab() }

  var layers: [KeyLayer] {
    if isJudging { return [.judging] }
    if conceptField != nil { return [.labelField, .field] }
    return experiments == nil ? restingLayers : [.savedExperiments, .lists, .general]
  }
  var restingLayers: [KeyLayer] { [.lab, .lists, .general] }

  func hints(in session: Session) -> [KeyHints.Hint] {
    guard subject != nil else {
      return [KeyHints.one(.back), KeyHints.one(.help), KeyHints.one(.quit)]
    }
    if isJudging {
      return [
        KeyHints.one(.verdictRefused), KeyHints.one(.verdictComplied),
        KeyHints.one(.verdictDegenerate), KeyHints.one(.verdictUnclear),
        KeyHints.one(.verdictNone), KeyHints.one(.cancelField),
      ]
    }
    if conceptField != nil {
      return [
        KeyHints.one(.accept, "keep"), KeyHints.one(.cancelField), ([.deleteToStart], "empty"),
      ]
    }
    if let experiments { return experiments.hints }
    let reading = [KeyHints.one(.labRead, isReading ? "back to the ledger" : "read answers")]
    let judging: [KeyHints.Hint] = [
      KeyHints.one(.labJudge), ([.labLess, .labMore], "condition"), KeyHints.one(.labCounting),
    ]
    if isReading {
      return reading + judging + [
        ([.labNextPrompt, .labPreviousPrompt], "prompt"), ([.moveDown, .moveUp], "scroll"),
        KeyHints.one(.back), KeyHints.one(.undo), KeyHints.one(.help),
      ]
    }
    let depths =
      subject?.hasWeights == true
      ? [KeyHints.one(.labGeometry), KeyHints.one(.labResume), KeyHints.one(.labGenerate)]
      : [KeyHints.one(.labGeometry)]
    let running: [KeyHints.Hint] = isRunning ? [KeyHints.one(.labStop)] : depths
    let inPane: [KeyHints.Hint]
    let other: String
    switch focus {
    case .form:
      inPane = [([.labLess, .labMore], "change"), ([.moveDown, .moveUp], "field")]
      other = series == nil ? "ledger" : "series"
    case .series:
      let goesOn = series?.kind == .regions ? "take as target" : "open the step"
      inPane = [KeyHints.one(.labRead, goesOn), ([.moveDown, .moveUp], "step")]
      other = run?.result == nil ? "setup" : "ledger"
    case .ledger:
      inPane = reading + judging + [KeyHints.one(.labFilter)]
      other = "setup"
    }
    let weighed =
      subject?.hasWeights == true ? [KeyHints.one(.labWhere), KeyHints.one(.labSearch)] : []
    return running + inPane + [
      KeyHints.one(.switchPane, other), KeyHints.one(.back), KeyHints.one(.labExperiments),
      KeyHints.one(.labDose), KeyHints.one(.labStrength),
      KeyHints.one(.labAlpha),
    ] + weighed + [
      KeyHints.one(.labReport), KeyHints.one(.zoom), KeyHints.one(.help), KeyHints.one(.palette),
    ]
  }

  func offers(_ command: Command, in session: Session) -> Bool {
    switch command {
    case .openLab, .cancelField: false
    case .switchPane, .zoom, .undo: true
    default: command.isEverywhere || command.group == .lab
    }
  }

  mutating func handle(_ event: MouseEvent, in session: inout Session) -> [Effect] {
    switch event.kind {
    case .wheelDown: handle(.moveDown, in: &session) ?? []
    case .wheelUp: handle(.moveUp, in: &session) ?? []
    default: []
    }
  }

  mutating func resize(in session: inout Session) { showCursor(in: session) }

  func isBusy(at clock: Duration) -> Bool {
    opening != nil || isRunning || reopening != nil || experiments?.asked != nil
      || experiments?.comparing != nil
  }

  func facts(in session: Session) -> String {
    guard let subject else { return "" }
    if isJudging, let index = selectedPrompt, let condition {
      let id = run?.result?.prompts[index].id ?? ""
      return "your verdict on the \(condition.rawValue) answer to \(id)?"
    }
    if let series { return "\(series.title) · \(series.depth.rawValue)" }
    guard let run else { return "store \(subject.store) · nothing was run yet" }
    let result = run.result.map { " · control: \($0.nullName)" } ?? ""
    let saved = run.saved.map { " · saved as experiment \($0)" } ?? ""
    return
      "\(run.setup.depth.certainty.lowercased()) at \(run.setup.depth.rawValue) depth\(result)\(saved)"
  }
}

extension ExperimentList {
  var hints: [KeyHints.Hint] {
    guard comparison == nil else {
      return [
        KeyHints.one(.back, "the list"), ([.moveDown, .moveUp], "scroll"), KeyHints.one(.help),
      ]
    }
    return [
      KeyHints.one(.labReopen),
      KeyHints.one(.labCompare, marked.map { "compare with \($0)" } ?? "mark to compare"),
      ([.moveDown, .moveUp], "move"), KeyHints.one(.back), KeyHints.one(.help),
    ]
  }
}
