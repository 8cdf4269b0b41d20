import Terminal

extension LogState: Panel {
  var layers: [KeyLayer] { [.log, .lists, .general] }
  var wheel: (down: Command, up: Command) { (.moveDown, .moveUp) }

  func hints(in session: Session) -> [KeyHints.Hint] {
    let cancel = session.jobs.isEmpty ? [] : [KeyHints.one(.cancelJob, "cancel the job")]
    return [KeyHints.one(.back, "close"), ([.moveDown, .moveUp], "move")] + cancel
  }

  func handle(_ command: Command, in session: inout Session) -> [Effect] {
    switch command {
    case .back: session.overlay = nil
    case .cancelJob:
      if session.jobs.indices.contains(cursor) { return session.cancel(session.jobs[cursor]) }
      session.say(
        .note,
        session.jobs.isEmpty ? "no job is under way" : "choose a job first: they stand on top")
    case .help, .palette, .quit, .cancelOrQuit, .redraw, .toggleMouse:
      session.overlay = nil
      return session.run(command)
    default:
      session.overlay = .log(
        LogState(
          cursor: ListMoves.moved(cursor, count: session.logLineCount, page: 20, command)))
    }
    return []
  }
}
