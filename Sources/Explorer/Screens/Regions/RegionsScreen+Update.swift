import Terminal

extension RegionsScreen {
  /// What a command does here; `nil` where it means what it means everywhere.
  mutating func handle(_ command: Command, in session: inout Session) -> [Effect]? {
    if mode != .browsing { return runInMode(command, mode, in: &session) }
    if let effects = runInPage(command, in: &session) { return effects }
    switch command {
    case _ where command.isMove:
      move(command, in: session)
    case .back: return goBack(in: session)
    case .search: beginSearch()
    case .filter: beginFiltering()
    case .chooseColumns: mode = .choosingColumns(selected: 0)
    case .tag: beginTagging(in: &session)
    case .note: beginNoting(in: &session)
    case .showResults: openHits(in: &session)
    case .searchExample: beginExample(in: &session)
    case .exportLabels, .importLabels, .mergeLabels, .carryLabels:
      promptForLabels(command, in: &session)
    case .openMap: openMap()
    case .openMetrics: openMetrics()
    case .blind: toggleBlind(in: &session)
    case .nextUnlabelled: nextUnlabelled(by: .listed, in: &session)
    case .nextIncoherent: nextUnlabelled(by: .coherence, in: &session)
    case .nextIntroduced: nextUnlabelled(by: .drift, in: &session)
    case .nextMatch: nextMatch(1, in: &session)
    case .previousMatch: nextMatch(-1, in: &session)
    case .jumpToRegion: mode = .jumping(TextField())
    case .randomRegion: selectRandom(in: &session)
    case .nextRegion: moveRegion(1, in: session)
    case .previousRegion: moveRegion(-1, in: session)
    case .chooseSort:
      mode = .choosingSort(selected: sort.column)
    case .readContexts:
      if session.isPicking, focus == .list, let region = selected {
        return session.end(.picked(region))
      }
      focus(.contexts, in: session)
    case .switchPane: focus(focus == .list ? .contexts : .list, in: session)
    case .zoom:
      isZoomed.toggle()
      showCursor(in: session)
    case .showClosest, .showBoundary, .showSampled, .showNeighbours, .showStatistics, .showLens,
      .showOutcomes, .showNotes:
      if let tab = DetailTab.allCases.first(where: { $0.command == command }) {
        show(tab)
      }
    case .nextTab: showTab(1)
    case .previousTab: showTab(-1)
    case .openDocument: return openLine(in: &session)
    case .jumpBack: jumpBack(in: &session)
    case .jumpForward: jumpForward(in: &session)
    case .expandContext: isExpanded.toggle()
    case .lessContext: changeContextLines(-1, in: &session)
    case .moreContext: changeContextLines(1, in: &session)
    case .copy: return copyRow(in: &session)
    case .copyContext: return copyContext(in: &session)
    case .copyLink: return copyLink(in: &session)
    case .label: beginLabelling(in: &session)
    case .star: return toggleStar(in: &session)
    case .undo: return blind == nil ? shift(.undo, in: &session) : undoBlind(in: &session)
    case .redo:
      guard blind == nil else {
        session.say(.note, "what was undone is \(Self.hiddenOrder)")
        break
      }
      return shift(.redo, in: &session)
    case .hideTemplate: toggleTemplate(in: &session)
    case _ where command.group == .sorting: sort(command, in: &session)
    default: return nil
    }
    return []
  }

  /// Commands while a field or the sort chooser has the keyboard.
  private mutating func runInMode(
    _ command: Command, _ mode: RegionsScreen.Mode, in session: inout Session
  ) -> [Effect] {
    if case .noting(var editor) = mode, editor.apply(command) {
      self.mode = .noting(editor)
      return []
    }
    if let effects = edit(command, in: &session) { return effects }
    switch mode {
    case .searching(let field): return runInSearch(command, field, in: &session)
    case .jumping(let field):
      switch command {
      case .accept: jump(to: field.text, in: &session)
      case .cancelField: self.mode = .browsing
      default: break
      }
    case .labelling(let editor): return runInLabel(command, editor, in: &session)
    case .choosingSort(let selected): runInSortChooser(command, selected, in: &session)
    case .filtering(let editor): runInFilter(command, editor, in: &session)
    case .choosingColumns(let selected): runInColumnChooser(command, selected: selected)
    case .tagging(let editor): return runInTags(command, editor, in: &session)
    case .noting(let editor): return runInNote(command, editor, in: &session)
    case .prompting(let prompt): return runInPrompt(command, prompt, in: &session)
    case .browsing: break
    }
    return []
  }

  /// One step back; `nil` to the library. `backText` says where it leads.
  private mutating func goBack(in session: Session) -> [Effect]? {
    if page != nil {
      page = nil
      showCursor(in: session)
    } else if isZoomed {
      isZoomed = false
      showCursor(in: session)
    } else if focus == .contexts {
      focus(.list, in: session)
    } else if search != nil {
      clearSearch(returning: false, in: session)
    } else if filter != nil {
      clearFilter(in: session)
    } else {
      return nil
    }
    return []
  }

  // MARK: - Evidence

  mutating func focus(_ pane: Pane, in session: Session) {
    focus = pane
    isExpanded = false
    showCursor(in: session)
  }

  private static let contextLineSteps = [1, 2, 3, 5, 8, 13]

  private mutating func changeContextLines(_ step: Int, in session: inout Session) {
    let lines = contextLines
    let steps = Self.contextLineSteps
    let index = (steps.firstIndex(of: lines) ?? 1) + step
    guard steps.indices.contains(index) else {
      session.say(
        .note,
        step < 0
          ? "contexts are one line already"
          : "contexts take up to \(lines) lines; Enter shows all of one")
      return
    }
    contextLines = steps[index]
    isExpanded = false
  }

  // MARK: - Mouse

  /// Reads the mouse by the same layout that the view draws by.
  mutating func handle(_ event: MouseEvent, in session: inout Session) -> [Effect] {
    switch event.kind {
    case .wheelDown: return turn(1, event, in: &session)
    case .wheelUp: return turn(-1, event, in: &session)
    case .press where event.button == .left: click(event, in: &session)
    default: break
    }
    return []
  }

  private mutating func turn(_ step: Int, _ event: MouseEvent, in session: inout Session)
    -> [Effect]
  {
    if page != nil {
      if case .map = page { return handle(step > 0 ? .zoomOut : .zoomIn, in: &session) ?? [] }
      return handle(step > 0 ? .moveDown : .moveUp, in: &session) ?? []
    }
    let panes = layout(in: session)
    if panes.list.contains(row: event.row, column: event.column) {
      let most = max(0, rows.count - rowCount(in: session))
      top = min(max(0, top + 3 * step), most)
    } else if mode == .browsing,
      panes.detail.contains(row: event.row, column: event.column)
    {
      focus(.contexts, in: session)
      move(step > 0 ? .moveDown : .moveUp, in: session)
    }
    return []
  }

  private mutating func click(_ event: MouseEvent, in session: inout Session) {
    if case .map(let map) = page, mode == .browsing {
      return clickOnMap(row: event.row, column: event.column, map, in: session)
    }
    guard page == nil else { return }
    // A field is left by Enter or Esc alone: a stray click must not lose what was typed.
    switch mode {
    case .browsing: clickInPanes(event, in: &session)
    case .choosingSort, .choosingColumns: mode = .browsing
    case .searching, .jumping, .labelling, .filtering, .tagging, .noting, .prompting: break
    }
  }

  private mutating func clickInPanes(_ event: MouseEvent, in session: inout Session) {
    let panes = layout(in: session)
    if panes.list.contains(row: event.row, column: event.column) {
      focus(.list, in: session)
      guard event.row > panes.list.row else {
        let columns = tableColumns(width: panes.list.columns)
        if let column = columns.sort(at: event.column - panes.list.column) {
          sort(by: column, in: &session)
        }
        return
      }
      if let index = list.index(atLine: event.row - panes.list.row - 1) {
        select(index, in: session)
      }
    } else if panes.detail.contains(row: event.row, column: event.column) {
      focus(.contexts, in: session)
      let layout = DetailLayout(self, panes: panes)
      if let hit = layout.contexts.first(where: {
        $0.rect.contains(row: event.row, column: event.column)
      }) {
        place = hit.place
      } else if let tab = layout.tabs.first(where: {
        $0.row == event.row && $0.columns.contains(event.column)
      }) {
        show(tab.tab)
      } else if let line = layout.lines.first(where: { $0.row == event.row }) {
        tabCursor = line.index
      }
    } else if panes.listTitle.contains(row: event.row, column: event.column) {
      focus(.list, in: session)
    } else if panes.detailTitle.contains(row: event.row, column: event.column) {
      focus(.contexts, in: session)
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
