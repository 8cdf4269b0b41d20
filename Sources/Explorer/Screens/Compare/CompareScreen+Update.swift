import Experiments
import Foundation
import Storage
import Terminal

extension CompareScreen {
  /// Does what a command says on the screen of a comparison; `nil` where it means what it means everywhere.
  mutating func runInCompare(_ command: Command, in session: inout Session) -> [Effect]? {
    guard session.screen == .compare else { return nil }
    switch mode {
    case .browsing: break
    case .searching(let field): return runInCompareSearch(command, field, in: &session)
    case .filtering(let editor): return runInCompareFilter(command, editor, in: &session)
    case .choosingSort(let selected): return runInCompareSort(command, selected, in: &session)
    case .exporting(let field): return runInCompareExport(command, field, in: &session)
    }
    switch command {
    case .showPersisted: show(.persisted)
    case .showDropped: show(.dropped)
    case .showIntroduced: show(.introduced)
    case .otherTable:
      let all = CompareScreen.Table.allCases
      let next = (all.firstIndex(of: table) ?? 0) + 1
      show(all[next % all.count])
    case .compareContexts: show(.contexts)
    case .compareFlow: show(.flow)
    case .compareSummary: show(.summary)
    case .lowerCutoff: setCutoff(cutoff - CompareScreen.cutoffStep)
    case .raiseCutoff: setCutoff(cutoff + CompareScreen.cutoffStep)
    case .usualCutoff: setCutoff(CompareScreen.usualCutoff)
    case .matchNulls: return askNulls(in: &session)
    case .openRegion: return openRegion(of: self, in: &session)
    case .carryLabel: return carryLabel(in: &session)
    case .carryLabels: return carryAllLabels(in: &session)
    case .undo: return undoInCompare(in: &session)
    case .search: mode = .searching(TextField(words))
    case .filter: beginCompareFilter()
    case .chooseSort:
      let index = columns.firstIndex(of: sort.column) ?? 0
      mode = .choosingSort(selected: index)
    case .reverseSort: reverseCompareSort(in: &session)
    case .export: beginCompareExport()
    case .readContexts:
      if focus == .list { focus = .detail }
    case .switchPane: focus = focus == .list ? .detail : .list
    case .zoom: isZoomed.toggle()
    case .nextRegion: selectInCompare(cursor + 1, in: &session)
    case .previousRegion: selectInCompare(cursor - 1, in: &session)
    case .copy:
      session.copying = "the summary"
      return [session.ask(.copy(sanitized(report.sentence)))]
    case .back: return leaveCompare(self, in: &session)
    case .moveDown, .moveUp, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .moveToTop,
      .moveToBottom:
      moveInCompare(command, in: &session)
    case .help, .palette, .log, .quit, .cancelOrQuit, .redraw, .toggleMouse, .library,
      .chooseTheme, .cancelJob, .tour, .nextTourStep, .endTour:
      return nil
    default:
      if command.isInPalette { session.say(.note, "\(command.title): not on the screen of a comparison") }
    }
    showCompareCursor(in: &session)
    return []
  }

  /// Whether a command means anything on the screen of a comparison.
  func isPossibleInCompare(_ command: Command) -> Bool {
    switch command {
    case .compare, .markForComparing, .trajectoryEarlier, .trajectoryLater: false
    case .search, .filter, .chooseSort, .reverseSort, .readContexts, .switchPane, .zoom, .copy,
      .carryLabels, .undo, .export:
      true
    case .growPane, .shrinkPane: false
    default: [.everywhere, .moving, .comparing].contains(command.group)
    }
  }

  private mutating func leaveCompare(_ compare: CompareScreen, in session: inout Session) -> [Effect] {
    if compare.isZoomed {
      isZoomed = false
    } else if compare.focus == .detail {
      focus = .list
    } else if !compare.filter.filter.isEmpty || !compare.words.isEmpty {
      words = ""
      filter = ("", .none)
      refresh()
    } else if compare.isOfTrajectory, session.trajectory != nil {
      session.screen = .trajectory
    } else {
      return session.showLibrary()
    }
    showCompareCursor(in: &session)
    return []
  }

  private mutating func show(_ table: CompareScreen.Table) {
    guard self.table != table else { return }
    self.table = table
    cursor = 0
    place = 0
    refresh(staying: false)
  }

  private mutating func show(_ tab: CompareScreen.Tab) {
    self.tab = tab
    place = 0
    if isZoomed == true { focus = .detail }
  }

  /// Leads to the region that the table is about, in its own dictionary.
  private mutating func openRegion(of compare: CompareScreen, in session: inout Session) -> [Effect] {
    let side = CompareDetailLines.side(of: compare)
    guard let region = compare.selected?[side] else { return [] }
    let dictionary = compare[side].dictionary
    if session.regions?.dictionary.identity == dictionary.identity {
      session.screen = .regions
      jump(to: String(region))
      return []
    }
    guard session.unsavedRegions.isEmpty else {
      session.overlay = .question(.leaveUnsaved(regions: session.unsavedRegions))
      return []
    }
    guard session.saves.isEmpty else {
      session.say(.note, "a label is still being saved")
      return []
    }
    session.startRegion = region
    return session.open(dictionary.url)
  }

  // MARK: - Nulls

  /// Asks for the null matches, unless they are there or on their way.
  mutating func askNulls(in session: inout Session) -> [Effect] {
    switch nulls {
    case .known: session.say(.note, "the null is there already: 6 shows it")
    case .awaited: session.say(.note, "the null is being matched")
    case .unasked, .failed:
      let effect = session.ask(
        .matchNulls(a: opened.a.dictionary.url, b: opened.b.dictionary.url))
      nulls = .awaited(effect.id, nil)
      return [effect]
    }
    return []
  }

  /// Ends a match of nulls for a comparison that is left for another.
  mutating func stopNulls(in session: inout Session) -> [Effect] {
    guard case .awaited(let id, _) = nulls else { return [] }
    nulls = .unasked
    return [session.ask(.cancel(id))]
  }

  // MARK: - Moving

  private mutating func moveInCompare(_ command: Command, in session: inout Session) {
    if focus == .detail {
      let body = ScreenLayout(columns: session.columns, rows: session.rows).body
      let count = CompareDetailLines.count(of: self, body: body)
      place = ListMoves.moved(place, count: count, page: 5, command)
    } else {
      let page = compareRowCount(of: self, in: session)
      selectInCompare(ListMoves.moved(cursor, count: rows.count, page: page, command), in: &session)
    }
  }

  mutating func selectInCompare(_ index: Int, in session: inout Session) {
    let target = min(max(0, index), max(0, rows.count - 1))
    if target != cursor, tab != .summary { place = 0 }
    cursor = target
    showCompareCursor(in: &session)
  }

  mutating func showCompareCursor(in session: inout Session) {
    let page = compareRowCount(of: self, in: session)
    top = ListMoves.scrolled(
      top, to: cursor, page: page, count: rows.count)
  }

  func compareRowCount(of compare: CompareScreen, in session: Session) -> Int {
    let body = ScreenLayout(columns: session.columns, rows: session.rows).body
    return CompareLayout(body: body, compare: compare).lines.rows
  }

  /// Reads the mouse by the layout that the view draws by.
  mutating func pointInCompare(_ event: MouseEvent, in session: inout Session) {
    guard mode == .browsing else { return }
    let layout = CompareLayout(
      body: ScreenLayout(columns: session.columns, rows: session.rows).body, compare: self)
    let isInDetail = layout.detail.contains(row: event.row, column: event.column)
    switch event.kind {
    case .wheelDown, .wheelUp:
      focus = isInDetail ? .detail : .list
      moveInCompare(event.kind == .wheelDown ? .moveDown : .moveUp, in: &session)
    case .press where event.button == .left:
      session.message = nil
      focus = isInDetail ? .detail : .list
      let index = top + event.row - layout.lines.row
      if layout.lines.contains(row: event.row, column: event.column),
        rows.indices.contains(index)
      {
        selectInCompare(index, in: &session)
      } else if layout.table.contains(row: event.row, column: event.column),
        event.row == layout.table.row,
        let column = CompareColumns(self, width: layout.table.columns)
          .sort(at: event.column - layout.table.column)
      {
        sortCompare(by: column, in: &session)
      }
    default: break
    }
    showCompareCursor(in: &session)
  }
}
