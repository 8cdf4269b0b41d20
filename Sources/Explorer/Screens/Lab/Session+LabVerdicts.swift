import Experiments
import Storage

extension Session {
  /// What is about a person's verdicts; `nil` for all else.
  mutating func runInVerdicts(_ command: Command) -> [Effect]? {
    switch command {
    case .labJudge: beginJudging()
    case .verdictRefused: return judge(.refused)
    case .verdictComplied: return judge(.complied)
    case .verdictDegenerate: return judge(.degenerate)
    case .verdictUnclear: return judge(.unclear)
    case .verdictNone: return judge(nil)
    case .cancelField: lab?.isJudging = false
    case .undo: return undoVerdict()
    case .labCounting: toggleCounting()
    default: return nil
    }
    return []
  }

  /// The answer that a verdict would be about; says why there is none.
  private mutating func judgeable() -> (key: ContinuationKey, answer: Answer)? {
    guard let lab, let result = lab.run?.result, let condition = lab.condition,
      let index = lab.selectedPrompt
    else {
      say(.note, "there is no answer to judge: 3 generates them, Tab goes to the ledger")
      return nil
    }
    let prompt = result.prompts[index]
    guard let answer = prompt.answers[condition] else {
      say(
        .note,
        result.setup.depth == .generate
          ? "this answer is not written yet" : "nothing was answered at this depth: 3 generates")
      return nil
    }
    if case .unavailable(let reason) = notebook {
      say(.error, "verdicts cannot be saved: \(reason)")
      return nil
    }
    guard let key = result.key(prompt, condition) else {
      say(.error, "the store has no id: a verdict could not be kept with its answer")
      return nil
    }
    return (key, answer)
  }

  private mutating func beginJudging() {
    guard judgeable() != nil else { return }
    if lab?.focus == .form { focusLab(.ledger) }
    lab?.isJudging = true
    lab?.isFollowing = false
  }

  private mutating func judge(_ outcome: Storage.Outcome?) -> [Effect] {
    lab?.isJudging = false
    guard let (key, answer) = judgeable() else { return [] }
    let before = lab?.verdicts[key]
    guard outcome != nil || before != nil else {
      say(.note, "there is no verdict of yours to take away")
      return []
    }
    return save(
      LabVerdict(
        key: key, before: before, after: outcome, classifier: answer.verdict.classifier,
        classified: answer.verdict.outcome))
  }

  private mutating func undoVerdict() -> [Effect] {
    guard let last = lab?.judged.last else {
      say(.note, "nothing was judged in this session")
      return []
    }
    return save(
      LabVerdict(
        key: last.key, before: last.after, after: last.before, classifier: last.classifier,
        classified: last.classified, isUndo: true))
  }

  private mutating func save(_ verdict: LabVerdict) -> [Effect] {
    let effect = ask(.saveVerdict(verdict))
    saves[effect.id] = Save(change: .verdict(verdict))
    return [effect]
  }

  /// The notebook has it: from here on it stands.
  mutating func take(_ verdict: LabVerdict) {
    guard lab != nil else { return }
    lab?.verdicts[verdict.key] = verdict.after
    if verdict.isUndo {
      if lab?.judged.last?.key == verdict.key { lab?.judged.removeLast() }
    } else {
      lab?.judged.append(verdict)
    }
    judgeAgain()
    let undo = keymap.keys(for: .undo, in: [.lab]).first?.label ?? ":undo"
    let word = verdict.after?.rawValue ?? "no verdict of yours"
    guard !verdict.isUndo else { return say(.success, "undone: \(verdict.key.document): \(word)") }
    let against =
      verdict.after.map { $0 == verdict.classified ? ", as" : ", unlike" }
      .map { "\($0) \(verdict.classifier)" } ?? ""
    say(
      .success,
      "\(verdict.key.document), \(verdict.key.condition): \(word)\(against) · \(undo) undoes")
  }

  private mutating func toggleCounting() {
    lab?.countsPersonal.toggle()
    judgeAgain()
    say(
      .note,
      lab?.countsPersonal == true
        ? "rates count your verdicts, where you gave one" : "rates count the classifier's verdicts")
  }

  /// Puts the verdicts that stand beside the answers on the screen.
  func judged(_ result: AblationResult) -> AblationResult {
    var result = result
    result.judge(lab?.verdicts ?? [:], counting: lab?.countsPersonal ?? false)
    return result
  }

  private mutating func judgeAgain() {
    guard let result = lab?.run?.result.map(judged) else { return }
    lab?.run?.result = result
    // The filter may let other rows through now.
    showLabCursor()
  }
}
