import Experiments
import Foundation
import Storage
import Terminal

extension Session {
  /// Does what a command says on the screen of a comparison; `nil` where it means what it means everywhere.
  mutating func runInCompare(_ command: Command) -> [Effect]? {
    guard screen == .compare, let compare else { return nil }
    switch compare.mode {
    case .browsing: break
    case .searching(let field): return runInCompareSearch(command, field)
    case .filtering(let editor): return runInCompareFilter(command, editor)
    case .choosingSort(let selected): return runInCompareSort(command, selected)
    case .exporting(let field): return runInCompareExport(command, field)
    }
    switch command {
    case .showPersisted: show(.persisted)
    case .showDropped: show(.dropped)
    case .showIntroduced: show(.introduced)
    case .otherTable:
      let all = CompareScreen.Table.allCases
      let next = (all.firstIndex(of: compare.table) ?? 0) + 1
      show(all[next % all.count])
    case .compareContexts: show(.contexts)
    case .compareFlow: show(.flow)
    case .compareSummary: show(.summary)
    case .lowerCutoff: self.compare?.setCutoff(compare.cutoff - CompareScreen.cutoffStep)
    case .raiseCutoff: self.compare?.setCutoff(compare.cutoff + CompareScreen.cutoffStep)
    case .usualCutoff: self.compare?.setCutoff(CompareScreen.usualCutoff)
    case .matchNulls: return askNulls()
    case .openRegion: return openRegion(of: compare)
    case .carryLabel: return carryLabel()
    case .carryLabels: return carryAllLabels()
    case .undo: return undoInCompare()
    case .search: self.compare?.mode = .searching(TextField(compare.words))
    case .filter: beginCompareFilter()
    case .chooseSort:
      let index = compare.columns.firstIndex(of: compare.sort.column) ?? 0
      self.compare?.mode = .choosingSort(selected: index)
    case .reverseSort: reverseCompareSort()
    case .export: beginCompareExport()
    case .readContexts:
      if compare.focus == .list { self.compare?.focus = .detail }
    case .switchPane: self.compare?.focus = compare.focus == .list ? .detail : .list
    case .zoom: self.compare?.isZoomed.toggle()
    case .nextRegion: selectInCompare(compare.cursor + 1)
    case .previousRegion: selectInCompare(compare.cursor - 1)
    case .copy:
      copying = "the summary"
      return [ask(.copy(sanitized(compare.report.sentence)))]
    case .back: return leaveCompare(compare)
    case .moveDown, .moveUp, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .moveToTop,
      .moveToBottom:
      moveInCompare(command)
    case .help, .palette, .log, .quit, .cancelOrQuit, .redraw, .toggleMouse, .library,
      .chooseTheme, .cancelJob, .tour, .nextTourStep, .endTour:
      return nil
    default:
      if command.isInPalette { say(.note, "\(command.title): not on the screen of a comparison") }
    }
    showCompareCursor()
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

  private mutating func leaveCompare(_ compare: CompareScreen) -> [Effect] {
    if compare.isZoomed {
      self.compare?.isZoomed = false
    } else if compare.focus == .detail {
      self.compare?.focus = .list
    } else if !compare.filter.filter.isEmpty || !compare.words.isEmpty {
      self.compare?.words = ""
      self.compare?.filter = ("", .none)
      self.compare?.refresh()
    } else if compare.isOfTrajectory, trajectory != nil {
      screen = .trajectory
    } else {
      return showLibrary()
    }
    showCompareCursor()
    return []
  }

  private mutating func show(_ table: CompareScreen.Table) {
    guard compare?.table != table else { return }
    compare?.table = table
    compare?.cursor = 0
    compare?.place = 0
    compare?.refresh(staying: false)
  }

  private mutating func show(_ tab: CompareScreen.Tab) {
    compare?.tab = tab
    compare?.place = 0
    if compare?.isZoomed == true { compare?.focus = .detail }
  }

  /// Leads to the region that the table is about, in its own dictionary.
  private mutating func openRegion(of compare: CompareScreen) -> [Effect] {
    let side = CompareDetailLines.side(of: compare)
    guard let region = compare.selected?[side] else { return [] }
    let dictionary = compare[side].dictionary
    if regions?.dictionary.identity == dictionary.identity {
      screen = .regions
      jump(to: String(region))
      return []
    }
    guard unsavedRegions.isEmpty else {
      overlay = .question(.leaveUnsaved(regions: unsavedRegions))
      return []
    }
    guard saves.isEmpty else {
      say(.note, "a label is still being saved")
      return []
    }
    startRegion = region
    return open(dictionary.url)
  }

  // MARK: - Nulls

  /// Asks for the null matches, unless they are there or on their way.
  mutating func askNulls() -> [Effect] {
    guard let compare else { return [] }
    switch compare.nulls {
    case .known: say(.note, "the null is there already: 6 shows it")
    case .awaited: say(.note, "the null is being matched")
    case .unasked, .failed:
      let effect = ask(
        .matchNulls(a: compare.opened.a.dictionary.url, b: compare.opened.b.dictionary.url))
      self.compare?.nulls = .awaited(effect.id, nil)
      return [effect]
    }
    return []
  }

  /// Ends a match of nulls for a comparison that is left for another.
  mutating func stopNulls() -> [Effect] {
    guard case .awaited(let id, _) = compare?.nulls else { return [] }
    compare?.nulls = .unasked
    return [ask(.cancel(id))]
  }

  // MARK: - Moving

  private mutating func moveInCompare(_ command: Command) {
    guard let compare else { return }
    if compare.focus == .detail {
      let body = ScreenLayout(columns: columns, rows: rows).body
      let count = CompareDetailLines.count(of: compare, body: body)
      self.compare?.place = ListMoves.moved(compare.place, count: count, page: 5, command)
    } else {
      let page = compareRowCount(of: compare)
      selectInCompare(ListMoves.moved(compare.cursor, count: compare.rows.count, page: page, command))
    }
  }

  mutating func selectInCompare(_ index: Int) {
    guard let compare else { return }
    let target = min(max(0, index), max(0, compare.rows.count - 1))
    if target != compare.cursor, compare.tab != .summary { self.compare?.place = 0 }
    self.compare?.cursor = target
    showCompareCursor()
  }

  mutating func showCompareCursor() {
    guard let compare else { return }
    let page = compareRowCount(of: compare)
    self.compare?.top = ListMoves.scrolled(
      compare.top, to: compare.cursor, page: page, count: compare.rows.count)
  }

  func compareRowCount(of compare: CompareScreen) -> Int {
    let body = ScreenLayout(columns: columns, rows: rows).body
    return CompareLayout(body: body, compare: compare).lines.rows
  }

  /// Reads the mouse by the layout that the view draws by.
  mutating func pointInCompare(_ event: MouseEvent) {
    guard let compare, compare.mode == .browsing else { return }
    let layout = CompareLayout(
      body: ScreenLayout(columns: columns, rows: rows).body, compare: compare)
    let isInDetail = layout.detail.contains(row: event.row, column: event.column)
    switch event.kind {
    case .wheelDown, .wheelUp:
      self.compare?.focus = isInDetail ? .detail : .list
      moveInCompare(event.kind == .wheelDown ? .moveDown : .moveUp)
    case .press where event.button == .left:
      message = nil
      self.compare?.focus = isInDetail ? .detail : .list
      let index = compare.top + event.row - layout.lines.row
      if layout.lines.contains(row: event.row, column: event.column),
        compare.rows.indices.contains(index)
      {
        selectInCompare(index)
      } else if layout.table.contains(row: event.row, column: event.column),
        event.row == layout.table.row,
        let column = CompareColumns(compare, width: layout.table.columns)
          .sort(at: event.column - layout.table.column)
      {
        sortCompare(by: column)
      }
    default: break
    }
    showCompareCursor()
  }
}
