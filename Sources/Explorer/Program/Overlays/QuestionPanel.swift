import Terminal

extension Question: Panel {
  var layers: [KeyLayer] { [.question] }

  func hints(in session: Session) -> [KeyHints.Hint] {
    switch self {
    case .leave: [KeyHints.one(.answerYes), KeyHints.one(.answerNo)]
    case .ofScreen:
      [KeyHints.one(.answerYes, "yes"), KeyHints.one(.answerNo, "no"), KeyHints.one(.answerBack)]
    case .takeCopy:
      [KeyHints.one(.answerYes, "take the copy"), KeyHints.one(.answerNo, "begin anew")]
    case .leaveUnsaved:
      [
        KeyHints.one(.answerRetry), KeyHints.one(.answerYes, "leave without"),
        KeyHints.one(.answerNo),
      ]
    }
  }

  func handle(_ command: Command, in session: inout Session) -> [Effect] {
    switch (command, self) {
    case (.answerYes, .leave):
      session.overlay = nil
      return session.run(.quit)
    case (.answerYes, .leaveUnsaved): return session.end(.quit)
    case (.answerYes, .takeCopy(let offer, _)):
      session.overlay = nil
      return [session.ask(.takeCopy(offer.name))]
    case (.answerNo, .takeCopy(let offer, _)):
      session.overlay = nil
      session.say(
        .note, "the copy \(offer.name) stays where it is, and is offered until you label something")
    case (.answerYes, .ofScreen(let question)), (.answerNo, .ofScreen(let question)),
      (.answerBack, .ofScreen(let question)):
      session.overlay = nil
      let isYes = command == .answerBack ? nil : command == .answerYes
      session.act(on: session.screen) { screen, session in
        screen.take(isYes, to: question, in: &session)
      }
    case (.answerBack, _): return handle(.answerNo, in: &session)
    case (.answerNo, _): session.overlay = nil
    case (.answerRetry, .leaveUnsaved):
      session.overlay = nil
      return session.actOnAll { $0.saveAgain(in: &$1) }
    default: break
    }
    return []
  }
}
