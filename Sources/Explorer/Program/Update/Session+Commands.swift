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

  private mutating func runOnRegions(_ command: Command) -> [Effect] {
    if screen == .lab { return runInLab(command) }
    guard screen == .regions, regions != nil else {
      if command.isInPalette { say(.note, "\(command.title): open a dictionary first") }
      return []
    }
    switch command {
    case .search: beginSearch()
    case .filter: beginFiltering()
    case .chooseColumns: regions?.mode = .choosingColumns(selected: 0)
    case .tag: beginTagging()
    case .note: beginNoting()
    case .showResults: openResults()
    case .searchExample: beginExample()
    case .exportLabels, .importLabels, .mergeLabels, .carryLabels: promptForLabels(command)
    case .openMap: openMap()
    case .openMetrics: openMetrics()
    case .blind: toggleBlind()
    case .nextUnlabelled: nextUnlabelled(by: .members)
    case .nextIncoherent: nextUnlabelled(by: .coherence)
    case .nextIntroduced: nextUnlabelled(by: .drift)
    case .nextMatch: nextMatch(1)
    case .previousMatch: nextMatch(-1)
    case .jumpToRegion: regions?.mode = .jumping(TextField())
    case .randomRegion: selectRandom()
    case .nextRegion: moveRegion(1)
    case .previousRegion: moveRegion(-1)
    case .chooseSort:
      if let column = regions?.sort.column { regions?.mode = .choosingSort(selected: column) }
    case .reverseSort, .sortByID, .sortByStar, .sortByLabel, .sortByMembers, .sortByCoherence,
      .sortByDistance, .sortByTag, .sortByFounding, .sortByRefusal, .sortByDrift,
      .sortByRelevance:
      sort(command)
    case .readContexts:
      if isPicking, regions?.focus == .list, let region = regions?.selected {
        return end(.picked(region))
      }
      focus(.contexts)
    case .switchPane: focus(regions?.focus == .list ? .contexts : .list)
    case .zoom:
      regions?.isZoomed.toggle()
      showCursor()
    case .showClosest, .showBoundary, .showSampled, .showNeighbours, .showStatistics, .showLens,
      .showOutcomes, .showNotes:
      if let tab = DetailTab.allCases.first(where: { $0.command == command }) {
        regions?.show(tab)
      }
    case .nextTab: showTab(1)
    case .previousTab: showTab(-1)
    case .openDocument: return openLine()
    case .jumpBack: jumpBack()
    case .jumpForward: jumpForward()
    case .expandContext: regions?.isExpanded.toggle()
    case .lessContext: changeContextLines(-1)
    case .moreContext: changeContextLines(1)
    case .copy: return copyRow()
    case .copyContext: return copyContext()
    case .copyLink: return copyLink()
    case .label: beginLabelling()
    case .star: return toggleStar()
    case .undo: return shift(.undo)
    case .redo: return shift(.redo)
    default: break
    }
    return []
  }

  /// Commands while a field or the sort chooser has the keyboard.
  private mutating func runInMode(_ command: Command, _ mode: RegionsScreen.Mode) -> [Effect] {
    if case .noting(var editor) = mode, editor.apply(command) {
      regions?.mode = .noting(editor)
      return []
    }
    if var field = textField, field.apply(command) { return setField(field) }
    switch mode {
    case .searching(let field): return runInSearch(command, field)
    case .jumping(let field):
      switch command {
      case .accept: jump(to: field.text)
      case .cancelField: regions?.mode = .browsing
      default: break
      }
    case .labelling(let editor): return runInLabel(command, editor)
    case .choosingSort(let selected): runInSortChooser(command, selected)
    case .filtering(let editor): runInFilter(command, editor)
    case .choosingColumns(let selected): runInColumnChooser(command, selected: selected)
    case .tagging(let editor): return runInTags(command, editor)
    case .noting(let editor): return runInNote(command, editor)
    case .prompting(let prompt): return runInPrompt(command, prompt)
    case .browsing: break
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

  // MARK: - Evidence

  mutating func focus(_ pane: RegionsScreen.Pane) {
    regions?.focus = pane
    regions?.isExpanded = false
    showCursor()
  }

  private static let contextLineSteps = [1, 2, 3, 5, 8, 13]

  private mutating func changeContextLines(_ step: Int) {
    guard let lines = regions?.contextLines else { return }
    let steps = Self.contextLineSteps
    let index = (steps.firstIndex(of: lines) ?? 1) + step
    guard steps.indices.contains(index) else {
      say(
        .note,
        step < 0
          ? "contexts are one line already"
          : "contexts take up to \(lines) lines; Enter shows all of one")
      return
    }
    regions?.contextLines = steps[index]
    regions?.isExpanded = false
  }
}

extension RegionsScreen {
  /// Shows one tab from its start.
  mutating func show(_ tab: DetailTab) {
    self.tab = tab
    tabCursor = 0
    place = ContextPlace(tab.kind ?? .closest)
    isExpanded = false
  }
}
