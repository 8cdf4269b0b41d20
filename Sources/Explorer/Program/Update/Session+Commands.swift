import Terminal

extension Session {
  /// Does what a command says: in what lies on top, or else what it means everywhere.
  mutating func run(_ command: Command) -> [Effect] {
    if overlay != nil { return runInOverlay(command) }
    let effects = screen.type.handle(command, on: &self) ?? runEverywhere(command)
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
    case .library: return showLibrary()
    case .back: return pop()
    case .compare: return beginComparing()
    default: return ScreenName.opened(by: command)?.open(in: &self) ?? refuse(command)
    }
    return []
  }

  /// Says why a command does nothing here.
  mutating func refuse(_ command: Command) -> [Effect] {
    guard command.isInPalette, command.group != .moving else { return [] }
    say(
      .note,
      regions == nil && RegionsScreen.groups.contains(command.group)
        ? "\(command.title): open a dictionary first"
        : "\(command.title): not on \(screen.type.phrase)")
    return []
  }

  /// Whether a command means anything on this screen.
  func isPossible(_ command: Command) -> Bool {
    top.offers(command, in: self)
      || ScreenName.opened(by: command)?.canOpen(in: self) == true
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
    (regions?.pendingLabels ?? [:]).filter { $0.value.failure != nil }.keys.sorted()
  }

  /// Why there is no notebook; `nil` where there is one.
  var notebookProblem: String? {
    if case .unavailable(let reason) = notebook { reason } else { nil }
  }

  /// Replies to what is cancelled find nobody who asked for them.
  private mutating func cancelOrAsk() -> [Effect] {
    if comparing != nil { return stopComparing() }
    let isWorking = library.scan != nil || opening != nil || regions?.awaited.search != nil
    guard isWorking else {
      if let job = jobs.last(where: { $0.canStop && canCancel($0) }) { return cancel(job) }
      let unsaved = unsavedRegions
      present(.question(unsaved.isEmpty ? .leave : .leaveUnsaved(regions: unsaved)))
      return []
    }
    library.stopScanning()
    opening = nil
    regions?.awaited.search = nil
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
