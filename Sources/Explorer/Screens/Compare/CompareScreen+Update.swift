import Experiments
import Foundation
import Storage
import Terminal

extension CompareScreen {
  mutating func handle(_ command: Command, in session: inout Session) -> [Effect]? {
    switch mode {
    case .browsing: break
    case .searching: return runSearch(command, in: &session)
    case .filtering(let editor): return runFilter(command, editor, in: &session)
    case .choosingSort(let selected): return runSortChooser(command, selected, in: session)
    case .exporting(let field): return runExport(command, field, in: &session)
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
    case .openRegion: return openRegion(in: &session)
    case .carryLabel: return carryLabel(in: &session)
    case .carryLabels: return carryAllLabels(in: &session)
    case .undo: return undo(in: &session)
    case .search: mode = .searching(TextField(words))
    case .filter: beginFiltering()
    case .chooseSort:
      let index = columns.firstIndex(of: sort.column) ?? 0
      mode = .choosingSort(selected: index)
    case .reverseSort: reverseSort(in: session)
    case .export: beginExporting()
    case .readContexts:
      if focus == .list { focus = .detail }
    case .switchPane: focus = focus == .list ? .detail : .list
    case .zoom: isZoomed.toggle()
    case .nextRegion: select(cursor + 1, in: session)
    case .previousRegion: select(cursor - 1, in: session)
    case .copy:
      return session.copy(sanitized(report.sentence), "the summary")
    case .back:
      guard leave() else { return nil }
    case _ where command.isMove:
      move(command, in: session)
    default: return nil
    }
    showCursor(in: session)
    return []
  }

  /// One step back; false to the screen below.
  private mutating func leave() -> Bool {
    if isZoomed {
      isZoomed = false
    } else if focus == .detail {
      focus = .list
    } else if isNarrowed {
      words = ""
      filter = ("", .none)
      refresh()
    } else {
      return false
    }
    return true
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
    if isZoomed { focus = .detail }
  }

  /// Leads to the region that the table is about, in its own dictionary.
  private func openRegion(in session: inout Session) -> [Effect] {
    let side = CompareDetailLines.side(of: self)
    guard let region = selected?[side] else {
      session.say(.note, "no region is selected")
      return []
    }
    let dictionary = self[side].dictionary
    if session.regions?.dictionary.identity == dictionary.identity {
      session.show(region: region)
      return []
    }
    let effects = session.replace(by: dictionary.url)
    if !effects.isEmpty { session.startRegion = region }
    return effects
  }

  // MARK: - Nulls

  /// Asks for the null matches, unless they are there or on their way.
  mutating func askNulls(in session: inout Session) -> [Effect] {
    switch nulls {
    case .known: session.say(.note, "the null is there already: 6 shows it")
    case .awaited: session.say(.note, "the null is being matched")
    case .unasked, .failed:
      let effect = session.ask(
        CompareWork.matchNulls(a: opened.a.dictionary.url, b: opened.b.dictionary.url))
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

  private mutating func move(_ command: Command, in session: Session) {
    if focus == .detail {
      let count = CompareDetailLines.count(of: self, body: session.body)
      place = ListMoves.moved(place, count: count, page: 5, command)
    } else {
      let page = rowCount(in: session)
      select(ListMoves.moved(cursor, count: rows.count, page: page, command), in: session)
    }
  }

  mutating func select(_ index: Int, in session: Session) {
    let before = cursor
    list.select(index, page: rowCount(in: session))
    if cursor != before, tab != .summary { place = 0 }
  }

  mutating func showCursor(in session: Session) { list.show(page: rowCount(in: session)) }

  private func rowCount(in session: Session) -> Int {
    CompareLayout(body: session.body, compare: self).lines.rows
  }

  /// Reads the mouse by the layout that the view draws by.
  mutating func handle(_ event: MouseEvent, in session: inout Session) -> [Effect] {
    guard mode == .browsing else { return [] }
    let layout = CompareLayout(body: session.body, compare: self)
    let isInDetail = layout.detail.contains(row: event.row, column: event.column)
    switch event.kind {
    case .wheelDown, .wheelUp:
      focus = isInDetail ? .detail : .list
      move(event.kind == .wheelDown ? .moveDown : .moveUp, in: session)
    case .press where event.button == .left:
      focus = isInDetail ? .detail : .list
      if layout.lines.contains(row: event.row, column: event.column),
        let index = list.index(atLine: event.row - layout.lines.row)
      {
        select(index, in: session)
      } else if layout.table.contains(row: event.row, column: event.column),
        event.row == layout.table.row,
        let column = CompareColumns(self, width: layout.table.columns)
          .sort(at: event.column - layout.table.column)
      {
        sort(by: column, in: session)
      }
    default: break
    }
    showCursor(in: session)
    return []
  }

  // MARK: - Replies

  mutating func take(_ reply: Reply, of id: EffectID, in session: inout Session) -> [Effect]? {
    if case .awaited(id, _) = nulls {
      takeNulls(reply, of: id, in: &session)
      return []
    }
    if case .exported(let text) = reply.result(of: CompareWork.self) {
      session.say(.success, text)
      return []
    }
    guard awaited == id else { return takeLabels(reply, of: id, in: &session) ? [] : nil }
    awaited = nil
    if case .pair(let loaded) = reply.result(of: CompareWork.self) {
      detail = loaded
      if tab == .contexts { place = min(place, max(0, loaded.lines.count - 1)) }
    } else if case .failed(let reason) = reply {
      session.say(.error, reason)
    }
    return []
  }

  private mutating func takeNulls(_ reply: Reply, of id: EffectID, in session: inout Session) {
    if case .failed(let reason) = reply {
      nulls = .failed(sanitized(reason))
      session.say(.error, "no null: \(reason)")
      return
    }
    switch reply.result(of: CompareWork.self) {
    case .comparing(let progress): nulls = .awaited(id, progress)
    case .nulls(let known): nulls = .known(known)
    default: nulls = .unasked
    }
  }

  /// Asks for the regions that are selected.
  mutating func readShown(in session: inout Session) -> [Effect] {
    guard let pair = shown, detail?.pair != pair, awaitedPair != pair else { return [] }
    let effect = session.ask(CompareWork.readPair(pair))
    awaited = effect.id
    awaitedPair = pair
    return [effect]
  }
}
