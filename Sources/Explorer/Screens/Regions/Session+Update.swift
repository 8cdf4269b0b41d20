import Terminal

extension Session {
  /// What a command does here; `nil` where it means what it means everywhere.
  mutating func run(_ command: Command) -> [Effect]? {
    if regions.mode != .browsing { return runInMode(command, regions.mode) }
    if let effects = runInPage(command) { return effects }
    switch command {
    case .moveDown, .moveUp, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .moveToTop,
      .moveToBottom:
      move(command)
    case .back: return goBack()
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
      .sortByStability, .sortByRelevance:
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
    default: return nil
    }
    return []
  }

  /// Commands while a field or the sort chooser has the keyboard.
  private mutating func runInMode(_ command: Command, _ mode: RegionsScreen.Mode) -> [Effect] {
    if case .noting(var editor) = mode, editor.apply(command) {
      regions?.mode = .noting(editor)
      return []
    }
    if let effects = edit(command) { return effects }
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

  /// One step back; `nil` to the library. `backText` says where it leads.
  private mutating func goBack() -> [Effect]? {
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
      return nil
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

  // MARK: - Mouse

  /// Reads the mouse by the same layout that the view draws by.
  mutating func point(_ event: MouseEvent) -> [Effect] {
    switch event.kind {
    case .wheelDown: return turn(1, event)
    case .wheelUp: return turn(-1, event)
    case .press where event.button == .left: click(event)
    default: break
    }
    return []
  }

  private mutating func turn(_ step: Int, _ event: MouseEvent) -> [Effect] {
    if regions.page != nil {
      if case .map = regions.page { return run(step > 0 ? .zoomOut : .zoomIn) ?? [] }
      return run(step > 0 ? .moveDown : .moveUp) ?? []
    }
    let panes = panes()
    if panes.list.contains(row: event.row, column: event.column) {
      let most = max(0, regions.rows.count - tableRowCount)
      self.regions?.top = min(max(0, regions.top + 3 * step), most)
    } else if regions.mode == .browsing,
      panes.detail.contains(row: event.row, column: event.column)
    {
      focus(.contexts)
      move(step > 0 ? .moveDown : .moveUp)
    }
    return []
  }

  private mutating func click(_ event: MouseEvent) {
    if case .map(let map) = regions.page, regions.mode == .browsing {
      return clickOnMap(row: event.row, column: event.column, map)
    }
    guard regions.page == nil else { return }
    // A field is left by Enter or Esc alone: a stray click must not lose what was typed.
    switch regions.mode {
    case .browsing: clickInPanes(event)
    case .choosingSort, .choosingColumns: self.regions?.mode = .browsing
    case .searching, .jumping, .labelling, .filtering, .tagging, .noting, .prompting: break
    }
  }

  private mutating func clickInPanes(_ event: MouseEvent) {
    let panes = panes()
    if panes.list.contains(row: event.row, column: event.column) {
      focus(.list)
      guard event.row > panes.list.row else {
        let columns = regions.tableColumns(width: panes.list.columns)
        if let column = columns.sort(at: event.column - panes.list.column) { sort(column.command) }
        return
      }
      let index = regions.top + event.row - panes.list.row - 1
      if regions.rows.indices.contains(index) { select(index) }
    } else if panes.detail.contains(row: event.row, column: event.column) {
      focus(.contexts)
      let layout = DetailLayout(regions, panes: panes)
      if let hit = layout.contexts.first(where: {
        $0.rect.contains(row: event.row, column: event.column)
      }) {
        self.regions?.place = hit.place
      } else if let tab = layout.tabs.first(where: {
        $0.row == event.row && $0.columns.contains(event.column)
      }) {
        self.regions?.show(tab.tab)
      } else if let line = layout.lines.first(where: { $0.row == event.row }) {
        self.regions?.tabCursor = line.index
      }
    } else if panes.listTitle.contains(row: event.row, column: event.column) {
      focus(.list)
    } else if panes.detailTitle.contains(row: event.row, column: event.column) {
      focus(.contexts)
    }
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
