import Terminal

extension Question: Panel {
  var layers: [KeyLayer] { [.question] }

  func hints(in session: Session) -> [KeyHints.Hint] {
    switch self {
    case .leave, .sameLabel: [KeyHints.one(.answerYes), KeyHints.one(.answerNo)]
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
    case (.answerYes, .sameLabel(let region, _, _)), (.answerNo, .sameLabel(let region, _, _)):
      session.overlay = nil
      _ = session.with(RegionsScreen.self) { regions, _ in
        regions.blind?.judge(region, isSame: command == .answerYes)
      }
    case (.answerNo, _): session.overlay = nil
    case (.answerRetry, .leaveUnsaved(let unsaved)):
      session.overlay = nil
      return session.with(RegionsScreen.self) { regions, session in
        unsaved.flatMap {
          regions.save(regions.pendingLabels[$0]?.text ?? "", region: $0, in: &session)
        }
      } ?? []
    default: break
    }
    return []
  }
}
