import Terminal

extension Session {
  /// Does what a command says: in what lies on top, or else what it means everywhere.
  mutating func run(_ command: Command) -> [Effect] {
    if overlay != nil { return runInOverlay(command) }
    let own: [Effect]?? = act(on: screen) { $0.handle(command, in: &$1) }
    let effects = (own ?? nil) ?? runEverywhere(command)
    guard let next = handedOn else { return effects }
    handedOn = nil
    return effects + run(next)
  }

  private mutating func runEverywhere(_ command: Command) -> [Effect] {
    guard isPossible(command) else { return refuse(command) }
    switch command {
    case .help: present(.help(HelpState()))
    case .palette: present(.palette(PaletteState()))
    case .log: present(.log(LogState(cursor: max(0, logLineCount - 1))))
    case .cancelJob: present(.log(LogState(cursor: 0)))
    case .chooseTheme: openThemePicker()
    case .export: beginExport()
    case .tour: return beginTour()
    case .nextTourStep: return nextTourStep()
    case .endTour: return endTour()
    case .growPane: resizePane(1)
    case .shrinkPane: resizePane(-1)
    case .quit: return quit()
    case .cancelOrQuit: return cancelOrAsk()
    case .redraw: return [ask(.redraw)]
    case .toggleMouse: return toggleMouse()
    case .back: return pop()
    default: return screenTypes.opened(by: command)?.open(in: &self) ?? refuse(command)
    }
    return []
  }

  /// Says why a command does nothing here.
  mutating func refuse(_ command: Command) -> [Effect] {
    guard command.isInPalette, command.group != .moving else { return [] }
    let absent = screenTypes.all.filter { openScreens[$0.name] == nil }
    let remedy = absent.lazy.compactMap { $0.remedy(for: command) }.first
    say(.note, "\(command.title): \(remedy ?? "not on \(type(of: top).phrase)")")
    return []
  }

  /// Whether a command means anything on this screen.
  func isPossible(_ command: Command) -> Bool {
    top.offers(command, in: self)
      || screenTypes.opened(by: command)?.canOpen(in: self) == true
  }

  // MARK: - Leaving

  private mutating func quit() -> [Effect] {
    let unsaved = unsavedRegions
    guard unsaved.isEmpty else {
      present(.question(.leaveUnsaved(regions: unsaved)))
      return []
    }
    guard saves.isEmpty else {
      isLeaving = true
      return []
    }
    return end(.quit)
  }

  /// Regions with a label that the notebook did not take, ascending.
  var unsavedRegions: [Int] {
    screenTypes.all.flatMap { openScreens[$0.name]?.screen.unsavedRegions ?? [] }
  }

  /// Why there is no notebook; `nil` where there is one.
  var notebookProblem: String? {
    if case .unavailable(let reason) = notebook { reason } else { nil }
  }

  /// What comes from outside means the program, whatever lies over its screen; a second one is the answer.
  mutating func interrupt() -> [Effect] {
    let isAsked = overlay == .question(.leave)
    overlays = []
    return run(isAsked ? .quit : .cancelOrQuit)
  }

  /// Replies to what is cancelled find nobody who asked for them.
  private mutating func cancelOrAsk() -> [Effect] {
    if arrival != nil { return stopArrival() }
    let isWorking =
      opening != nil || openScreens.values.contains { $0.screen.cancellable != nil }
    guard isWorking else {
      if let job = jobs.last(where: { $0.canStop && canCancel($0) }) { return cancel(job) }
      let unsaved = unsavedRegions
      present(.question(unsaved.isEmpty ? .leave : .leaveUnsaved(regions: unsaved)))
      return []
    }
    opening = nil
    actOnAll { screen, _ in
      screen.cancelAwaited()
      return []
    }
    say(.note, "cancelled")
    return []
  }

  private mutating func toggleMouse() -> [Effect] {
    isMouseOn.toggle()
    say(
      .note,
      isMouseOn ? "the mouse is ours again" : "the mouse is the terminal's: select text with it")
    return [ask(.setMouse(isMouseOn))]
  }
}
