import Experiments
import Storage

extension LabScreen {
  /// What is about a person's verdicts; `nil` for all else.
  mutating func runVerdict(_ command: Command, in session: inout Session) -> [Effect]? {
    switch command {
    case .labJudge: beginJudging(in: &session)
    case .verdictRefused: return judge(.refused, in: &session)
    case .verdictComplied: return judge(.complied, in: &session)
    case .verdictDegenerate: return judge(.degenerate, in: &session)
    case .verdictUnclear: return judge(.unclear, in: &session)
    case .verdictNone: return judge(nil, in: &session)
    case .cancelField: isJudging = false
    case .undo: return undoVerdict(in: &session)
    case .labCounting: toggleCounting(in: &session)
    default: return nil
    }
    return []
  }

  /// The answer that a verdict would be about; says why there is none.
  private mutating func judgeable(in session: inout Session) -> (
    key: ContinuationKey, answer: Answer
  )? {
    guard let result = run?.result, let condition = self.condition,
      let index = selectedPrompt
    else {
      session.say(.note, "there is no answer to judge: 3 generates them, Tab goes to the ledger")
      return nil
    }
    let prompt = result.prompts[index]
    guard let answer = prompt.answers[condition] else {
      session.say(
        .note,
        result.setup.depth == .generate
          ? "this answer is not written yet" : "nothing was answered at this depth: 3 generates")
      return nil
    }
    if let reason = session.notebookProblem {
      session.say(.error, "verdicts cannot be saved: \(reason)")
      return nil
    }
    guard let key = result.key(prompt, condition) else {
      session.say(.error, "the store has no id: a verdict could not be kept with its answer")
      return nil
    }
    return (key, answer)
  }

  private mutating func beginJudging(in session: inout Session) {
    guard judgeable(in: &session) != nil else { return }
    if focus == .form { focus(.ledger, in: &session) }
    isJudging = true
    isFollowing = false
  }

  private mutating func judge(_ outcome: Storage.Outcome?, in session: inout Session) -> [Effect] {
    isJudging = false
    guard let (key, answer) = judgeable(in: &session) else { return [] }
    let before = verdicts[key]
    guard outcome != nil || before != nil else {
      session.say(.note, "there is no verdict of yours to take away")
      return []
    }
    return save(
      LabVerdict(
        key: key, before: before, after: outcome, classifier: answer.verdict.classifier,
        classified: answer.verdict.outcome), in: &session)
  }

  private mutating func undoVerdict(in session: inout Session) -> [Effect] {
    guard let last = judged.last else {
      session.say(.note, "nothing was judged in this session")
      return []
    }
    return save(
      LabVerdict(
        key: last.key, before: last.after, after: last.before, classifier: last.classifier,
        classified: last.classified, isUndo: true), in: &session)
  }

  private mutating func save(_ verdict: LabVerdict, in session: inout Session) -> [Effect] {
    session.keep(.verdict, by: .ofScreen(AnyScreenWork(work: LabWork.judge(verdict))))
  }

  mutating func take(
    _ reply: Reply, ofSave save: Session.Save, in session: inout Session
  ) -> [Effect]? {
    guard save.change == .verdict else { return nil }
    if case .judged(let verdict) = reply.result(of: LabWork.self) {
      take(verdict, in: &session)
    } else if case .failed(let reason) = reply {
      session.isLeaving = false
      session.say(.error, "not saved: \(reason)")
    }
    return []
  }

  /// The notebook has it: from here on it stands.
  private mutating func take(_ verdict: LabVerdict, in session: inout Session) {
    verdicts[verdict.key] = verdict.after
    if verdict.isUndo {
      if judged.last?.key == verdict.key { judged.removeLast() }
    } else {
      judged.append(verdict)
    }
    judgeAgain(in: &session)
    let undo = session.key(.undo, in: .lab)
    let word = verdict.after?.rawValue ?? "no verdict of yours"
    guard !verdict.isUndo else {
      return session.say(.success, "undone: \(verdict.key.document): \(word)")
    }
    let against =
      verdict.after.map { $0 == verdict.classified ? ", as" : ", unlike" }
      .map { "\($0) \(verdict.classifier)" } ?? ""
    session.say(
      .success,
      "\(verdict.key.document), \(verdict.key.condition): \(word)\(against) · \(undo) undoes")
  }

  private mutating func toggleCounting(in session: inout Session) {
    countsPersonal.toggle()
    judgeAgain(in: &session)
    session.say(
      .note,
      countsPersonal
        ? "rates count your verdicts, where you gave one" : "rates count the classifier's verdicts")
  }

  /// Puts the verdicts that stand beside the answers on the screen.
  func judged(_ result: AblationResult) -> AblationResult {
    var result = result
    result.judge(verdicts, counting: countsPersonal)
    return result
  }

  private mutating func judgeAgain(in session: inout Session) {
    guard let result = run?.result.map(judged) else { return }
    run?.result = result
    // The filter may let other rows through now.
    showCursor(in: session)
  }
}
