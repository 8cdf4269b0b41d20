import Experiments
import Storage

extension PlaygroundScreen {
  /// Has the model answer what there is no answer to yet; what was being written gives way.
  mutating func answer(in session: inout Session) -> [Effect] {
    guard let subject else {
      isWanted = opening != nil
      session.say(.note, failure ?? "weights are being looked for; then it is answered")
      return []
    }
    if case .missing(let why) = subject.weights {
      session.say(.error, why)
      return []
    }
    guard !setup.prompts.isEmpty else {
      session.say(.note, "write a prompt first")
      return []
    }
    let stopping = stop(in: &session)
    let effect = session.ask(
      RunPlayground(
        dictionary: dictionary, setup: setup, norm: subject.norm, earlier: result))
    run = Run(effect: effect.id)
    failure = nil
    return stopping + [effect]
  }

  /// Ends what is being written; its reply finds nobody who waits for it.
  mutating func stop(in session: inout Session) -> [Effect] {
    guard let effect = run?.effect else { return [] }
    run = nil
    return [session.ask(.cancel(effect))]
  }

  // MARK: - Replies

  mutating func take(_ reply: Reply, of id: EffectID, in session: inout Session) -> [Effect]? {
    if opening == id { return takeSubject(reply, in: &session) }
    guard run?.effect == id else { return nil }
    switch reply {
    case .ofScreen(let reply):
      switch reply.result(of: RunPlayground.self) {
      case .stage(let stage): run?.stage = stage
      case .events(let events): for event in events { apply(event) }
      case .finished(let result, let saved, let problem):
        run = nil
        (self.result, self.saved) = (result, saved)
        for notice in result.notices { session.say(.note, notice) }
        if let problem { session.say(.error, "not kept: \(problem)") }
      case .stopped, nil: run = nil
      }
      showCursor(in: session)
    case .failed(let reason):
      run = nil
      failure = reason
      session.say(.error, reason)
    default: run = nil
    }
    return []
  }

  private mutating func apply(_ event: PlaygroundEvent) {
    switch event {
    case .began(let result):
      self.result = result
      saved = nil
    case .text(let condition, let prompt, let added):
      run?.live[Place(condition: condition, prompt: prompt), default: ""] += added
    case .answered(let condition, let prompt, _):
      run?.live[Place(condition: condition, prompt: prompt)] = nil
      result?.apply(event)
    }
  }

  private mutating func takeSubject(_ reply: Reply, in session: inout Session) -> [Effect] {
    opening = nil
    switch reply {
    case .ofScreen(let reply):
      guard let subject = reply.result(of: OpenPlayground.self) else { return [] }
      self.subject = subject
      if !hasChosenChat { setup.isChat = subject.isChat }
      if let kept = subject.kept {
        (setup, result, saved) = (kept.setup, kept, reopening)
        (cursor, answerTop, editing) = (0, 0, nil)
        session.say(
          .note,
          "as it was kept, of answers the first words; \(session.key(.playRun, in: .playground)) runs it again"
        )
      }
      showCursor(in: session)
      if isWanted {
        isWanted = false
        return answer(in: &session)
      }
    case .failed(let reason):
      failure = reason
      (editing, isWanted) = (nil, false)
      session.say(.error, reason)
    default: break
    }
    return []
  }
}
