import Terminal

extension Session {
  mutating func runInOverlay(_ command: Command) -> [Effect] {
    if var field = textField, field.apply(command) { return setField(field) }
    switch overlay {
    case .help(let help): runInHelp(command, help)
    case .palette(let palette): return runInPalette(command, palette)
    case .log(let log): return runInLog(command, log)
    case .question(let question): return runInQuestion(command, question)
    case .themes(let picker): return runInThemePicker(command, picker)
    case .export(let field): return runInExport(command, field)
    case nil: break
    }
    return []
  }

  private mutating func runInHelp(_ command: Command, _ help: HelpState) {
    var help = help
    switch command {
    case .cancelField, .accept:
      overlay = nil
      return
    case .nextChoice, .previousChoice, .choicePageDown, .choicePageUp:
      let page = HelpView.lineCount(in: ScreenLayout(columns: columns, rows: rows).body)
      let count = HelpLine.lines(keymap: keymap, search: help.field.text).count
      let step = command == .nextChoice ? 1 : command == .previousChoice ? -1 : 0
      let jump = command == .choicePageDown ? page - 1 : command == .choicePageUp ? 1 - page : step
      help.top = max(0, min(help.top + jump, count - page))
    default: break
    }
    overlay = .help(help)
  }

  private mutating func runInPalette(_ command: Command, _ palette: PaletteState) -> [Effect] {
    var palette = palette
    switch command {
    case .cancelField: overlay = nil
    case .accept:
      let entries = paletteEntries
      guard entries.indices.contains(palette.cursor) else { return [] }
      return run(entries[palette.cursor])
    case .nextChoice, .previousChoice, .choicePageDown, .choicePageUp:
      palette.cursor = ListMoves.moved(
        palette.cursor, count: paletteEntries.count, page: 10, command)
      overlay = .palette(palette)
    default: break
    }
    return []
  }

  mutating func run(_ entry: PaletteEntry) -> [Effect] {
    overlay = nil
    switch entry {
    case .command(let command, _): return run(command)
    case .region(let region): jump(to: String(region))
    }
    return []
  }

  private mutating func runInLog(_ command: Command, _ state: LogState) -> [Effect] {
    switch command {
    case .back: overlay = nil
    case .cancelJob:
      if jobs.indices.contains(state.cursor) {
        return cancel(jobs[state.cursor])
      } else {
        say(.note, jobs.isEmpty ? "no job is under way" : "choose a job first: they stand on top")
      }
    case .help, .palette, .quit, .cancelOrQuit, .redraw, .toggleMouse:
      overlay = nil
      return run(command)
    default:
      overlay = .log(
        LogState(cursor: ListMoves.moved(state.cursor, count: logLineCount, page: 20, command)))
    }
    return []
  }

  private mutating func runInQuestion(_ command: Command, _ question: Question) -> [Effect] {
    switch (command, question) {
    case (.answerYes, .leave):
      overlay = nil
      return run(.quit)
    case (.answerYes, .leaveUnsaved): return end(.quit)
    case (.answerYes, .takeCopy(let offer, _)):
      overlay = nil
      return [ask(.takeCopy(offer.name))]
    case (.answerNo, .takeCopy(let offer, _)):
      overlay = nil
      say(
        .note, "the copy \(offer.name) stays where it is, and is offered until you label something")
    case (.answerNo, _): overlay = nil
    case (.answerRetry, .leaveUnsaved(let regions)):
      overlay = nil
      return regions.flatMap { region in
        save(self.regions?.pendingLabels[region]?.text ?? "", region: region)
      }
    default: break
    }
    return []
  }
}
