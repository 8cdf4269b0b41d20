import Terminal

extension Session {
  /// Does what a command says, wherever that makes sense.
  mutating func run(_ command: Command) -> [Effect] {
    if overlay != nil { return runInOverlay(command) }
    if screen == .regions, regions?.page != nil, regions?.mode == .browsing,
      let effects = runInPage(command)
    {
      return effects
    }
    if screen == .regions, let mode = regions?.mode, mode != .browsing {
      return runInMode(command, mode)
    }
    if let effects = runInCompare(command) ?? runInTrajectory(command) { return effects }
    if let effects = runInTrace(command) { return effects }
    if let effects = runInSaved(command) { return effects }
    switch command {
    case .compare: return beginComparing()
    case .markForComparing: markForComparing()
    case .help: overlay = .help(HelpState())
    case .palette: overlay = .palette(PaletteState())
    case .log: overlay = .log(LogState(cursor: max(0, logLineCount - 1)))
    case .chooseTheme: openThemePicker()
    case .export: beginExport()
    case .tour: return beginTour()
    case .nextTourStep: return nextTourStep()
    case .endTour: return endTour()
    case .growPane: resizePane(1)
    case .shrinkPane: resizePane(-1)
    case .cancelJob: overlay = .log(LogState(cursor: 0))
    case .quit: return quit()
    case .cancelOrQuit: return cancelOrAsk()
    case .redraw: return [ask(.redraw)]
    case .toggleMouse: return toggleMouse()
    case .library: return showLibrary()
    case .back: return goBack()
    case .openLab: return openLab()
    case .openTrace: return openTrace()
    case .openSaved: return openSaved()
    case .moveDown, .moveUp, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .moveToTop,
      .moveToBottom:
      if screen == .lab { return runInLab(command) }
      move(command)
    case .openSelected: return openSelected()
    case .scanAgain: return scan()
    default: return runOnRegions(command)
    }
    return []
  }

  // MARK: - Leaving

  private mutating func quit() -> [Effect] {
    let unsaved = unsavedRegions
    guard unsaved.isEmpty else {
      overlay = .question(.leaveUnsaved(regions: unsaved))
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

  /// Answers to what is cancelled find nobody who asked for them.
  private mutating func cancelOrAsk() -> [Effect] {
    if comparing != nil { return stopComparing() }
    let isWorking =
      library.scan != nil || library.opening != nil || regions?.awaited.search != nil
    guard isWorking else {
      overlay = .question(unsavedRegions.isEmpty ? .leave : .leaveUnsaved(regions: unsavedRegions))
      return []
    }
    if library.scan != nil, library.entries == nil { library.show([]) }
    library.scan = nil
    library.opening = nil
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

  // MARK: - Back

  /// One step back. `KeyHints` says where it leads.
  private mutating func goBack() -> [Effect] {
    if screen == .lab {
      leaveLab()
      return []
    }
    guard screen == .regions, let regions else {
      if !library.marks.isEmpty {
        library.marks = []
        say(.note, "no longer marked")
      } else if self.regions != nil {
        library.opening = nil
        screen = .regions
      } else {
        say(.note, "this is the first screen · q leaves")
      }
      return []
    }
    if regions.page != nil {
      self.regions?.page = nil
      showCursor()
    } else if regions.isZoomed {
      self.regions?.isZoomed = false
      showCursor()
    } else if regions.focus == .contexts {
      focus(.list)
    } else if regions.search != nil {
      clearSearch(returning: false)
    } else if regions.filter != nil {
      clearFilter()
    } else {
      return showLibrary()
    }
    return []
  }

}

