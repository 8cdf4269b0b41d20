import ExemplarPartitioning
import Experiments
import Storage
import Terminal

extension PlaygroundScreen {
  /// Lengths of answers to choose from.
  private static let lengths = [24, 48, 96, 192]
  /// A step of α, in its unit.
  private static let step = 0.1
  private static let rawStep: Float = 1
  /// No steering is stronger: by then no text is left.
  private static let most = 8.0

  // MARK: - Commands

  mutating func handle(_ command: Command, in session: inout Session) -> [Effect]? {
    if editing != nil { return write(command, in: &session) }
    switch command {
    case .playEdit, .playAdd, .playRemove, .playRun, .playStop, .playLess, .playMore, .playAblate,
      .playSteer, .playRegions, .playBasis, .playChat, .playLength:
      guard let subject else {
        if command == .playRun { return answer(in: &session) }
        session.say(.note, failure ?? "weights are still being looked for")
        return []
      }
      return play(command, subject, in: &session)
    case .switchPane:
      guard answered != nil else {
        session.say(.note, "there are no answers to scroll yet")
        return []
      }
      isReading.toggle()
    case .copy: return copy(in: &session)
    case .back where isReading: isReading = false
    case _ where command.isMove: move(command, in: session)
    default: return nil
    }
    return []
  }

  private mutating func play(
    _ command: Command, _ subject: PlaygroundSubject, in session: inout Session
  ) -> [Effect] {
    switch command {
    case .playAdd: edit(.prompt(nil), "")
    case .playEdit:
      let text = setup.prompts.indices.contains(cursor) ? setup.prompts[cursor] : ""
      edit(.prompt(setup.prompts.indices.contains(cursor) ? cursor : nil), text)
    case .playRegions: edit(.regions, setup.regions.map(String.init).joined(separator: ","))
    case .playRemove:
      guard setup.prompts.indices.contains(cursor) else {
        session.say(.note, "there is no prompt to take away")
        return []
      }
      setup.prompts.remove(at: cursor)
      (cursor, answerTop) = (min(cursor, max(0, setup.prompts.count - 1)), 0)
      isReading = false
      guard setup.prompts.isEmpty else { return [] }
      return stop(in: &session)
    case .playRun: return answer(in: &session)
    case .playStop:
      guard run != nil else {
        session.say(.note, "nothing is being written")
        return []
      }
      session.say(.note, "stopped; what was written stays here, and is not kept")
      return stop(in: &session)
    case .playLess: return moveStrength(-1, in: &session)
    case .playMore: return moveStrength(1, in: &session)
    case .playAblate:
      let next: Float? =
        switch setup.strength {
        case nil: 1
        case .some(let strength): strength > 0.5 ? 0.5 : nil
        }
      setup.strength = next
      return changed(in: &session)
    case .playSteer:
      setup.steering = setup.steering == nil ? .norms(PlaygroundSetup.usualNorms) : nil
      return changed(in: &session)
    case .playBasis:
      let all = DirectionBasis.allCases
      setup.basis = all[((all.firstIndex(of: setup.basis) ?? 0) + 1) % all.count]
      return changed(in: &session)
    case .playChat:
      setup.isChat.toggle()
      hasChosenChat = true
      return changed(in: &session)
    case .playLength:
      setup.maxNewTokens =
        Self.lengths.first { $0 > setup.maxNewTokens } ?? Self.lengths[0]
      return changed(in: &session)
    default: break
    }
    return []
  }

  private mutating func moveStrength(_ direction: Int, in session: inout Session) -> [Effect] {
    switch setup.steering {
    case nil:
      session.say(
        .note, "nothing is steered: \(session.key(.playSteer, in: .playground)) adds the column")
      return []
    case .alpha(let alpha):
      setup.steering = .alpha(alpha + Float(direction) * Self.rawStep)
    case .norms(let norms):
      // On the grid of steps, so that back and forth ends where it began.
      let steps = (norms / Self.step).rounded() + Double(direction)
      let next = min(max(-Self.most, (steps * Self.step * 10).rounded() / 10), Self.most)
      guard next != norms else {
        session.say(.note, "α goes no farther than \(Figures.fixed(Self.most, 0)) norms")
        return []
      }
      setup.steering = .norms(next)
    }
    return changed(in: &session)
  }

  /// What was answered once is answered again with what changed; what did not change is not made anew.
  private mutating func changed(in session: inout Session) -> [Effect] {
    answerTop = 0
    guard result != nil || run != nil, subject?.hasWeights == true, !setup.prompts.isEmpty else {
      return []
    }
    return answer(in: &session)
  }

  private mutating func move(_ command: Command, in session: Session) {
    let layout = layout(in: session)
    guard isReading else {
      let before = cursor
      cursor = ListMoves.moved(
        cursor, count: setup.prompts.count, page: layout.prompts.rows, command)
      if cursor != before { answerTop = 0 }
      return showCursor(in: session)
    }
    let page = max(1, layout.answers.rows)
    let count = answerLines(in: session, layout).count
    answerTop = min(
      ListMoves.moved(answerTop, count: count, page: page, command), max(0, count - page))
  }

  mutating func showCursor(in session: Session) {
    let layout = layout(in: session)
    promptTop = ListMoves.scrolled(
      promptTop, to: cursor, page: max(1, layout.prompts.rows), count: setup.prompts.count)
    let count = answerLines(in: session, layout).count
    answerTop = min(answerTop, max(0, count - max(1, layout.answers.rows)))
  }

  mutating func resize(in session: inout Session) { showCursor(in: session) }

  private func copy(in session: inout Session) -> [Effect] {
    guard let result, let (_, prompt) = answered, !prompt.answers.isEmpty else {
      session.say(.note, "there is no answer to copy")
      return []
    }
    let answers = result.conditions.compactMap { condition in
      prompt.answers[condition].map { "## \(result.name(condition))\n\n\($0.text)" }
    }
    return session.copy(
      (["# \(prompt.text)"] + answers).joined(separator: "\n\n"), "the prompt and its answers")
  }

  mutating func handle(_ event: MouseEvent, in session: inout Session) -> [Effect] {
    let layout = layout(in: session)
    switch event.kind {
    case .wheelDown, .wheelUp:
      move(event.kind == .wheelDown ? .moveDown : .moveUp, in: session)
    case .press where event.button == .left && editing == nil:
      isReading = answered != nil && layout.answers.contains(row: event.row, column: event.column)
      if layout.prompts.contains(row: event.row, column: event.column) {
        let index = promptTop + event.row - layout.prompts.row
        if setup.prompts.indices.contains(index), index != cursor {
          (cursor, answerTop) = (index, 0)
        }
      }
    default: break
    }
    return []
  }

  // MARK: - Writing

  mutating func edit(_ what: Editing, _ text: String) {
    (editing, problem) = (what, nil)
    field = what == .regions ? TextField(selecting: text) : TextField(keepingLineBreaks: text)
    isReading = false
  }

  mutating func take(_ field: TextField, in session: inout Session) -> [Effect] {
    (self.field, problem) = (field, nil)
    return []
  }

  private mutating func write(_ command: Command, in session: inout Session) -> [Effect]? {
    if let effects = edit(command, in: &session) { return effects }
    switch command {
    case .newLine: return type("\n", in: &session)
    case .cancelField, .switchPane:
      editing = nil
      // Without a prompt there is nothing to come back to.
      return setup.prompts.isEmpty && command == .cancelField && result == nil ? session.pop() : []
    case .accept:
      return editing == .regions ? takeRegions(in: &session) : takePrompt(in: &session)
    case .nextChoice, .previousChoice: return []
    default: return nil
    }
  }

  private mutating func takePrompt(in session: inout Session) -> [Effect] {
    let text = field.text
    guard text.contains(where: { !$0.isWhitespace }) else {
      session.say(.note, "a prompt needs a text")
      return []
    }
    if case .prompt(let index?) = editing, setup.prompts.indices.contains(index) {
      setup.prompts[index] = text
      cursor = index
    } else {
      setup.prompts.append(text)
      cursor = setup.prompts.count - 1
    }
    (editing, answerTop) = (nil, 0)
    showCursor(in: session)
    return answer(in: &session)
  }

  private mutating func takeRegions(in session: inout Session) -> [Effect] {
    let parts = field.text.split(whereSeparator: { $0 == "," || $0 == " " })
    let ids = parts.compactMap { Int($0) }
    let count = subject?.regionCount ?? 0
    guard !ids.isEmpty, ids.count == parts.count, ids.allSatisfy({ (0..<count).contains($0) }),
      Set(ids).count == ids.count
    else {
      let reason = "expected regions of 0…\(max(0, count - 1)), each once, such as 3,17"
      problem = reason
      session.say(.error, reason)
      return []
    }
    setup.regions = ids
    editing = nil
    return changed(in: &session)
  }
}
