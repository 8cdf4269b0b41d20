import Terminal

extension Session {
  /// Reads the mouse by the same layout that the view draws by.
  mutating func point(_ event: MouseEvent) -> [Effect] {
    guard !isTooSmall else { return [] }
    if screen == .compare, overlay == nil {
      pointInCompare(event)
      return []
    }
    if screen == .trajectory, overlay == nil {
      pointInTrajectory(event)
      return []
    }
    if screen == .trace, overlay == nil {
      pointInTrace(event)
      return []
    }
    if screen == .lab, overlay == nil {
      switch event.kind {
      case .wheelDown: return run(.moveDown)
      case .wheelUp: return run(.moveUp)
      default: return []
      }
    }
    let step: Int
    switch event.kind {
    case .wheelDown: step = 1
    case .wheelUp: step = -1
    case .press where event.button == .left:
      drag = overlay == nil ? split(at: event) : nil
      return click(event)
    case .drag:
      if let drag { self.drag(drag, to: event) }
      return []
    case .release:
      drag = nil
      return []
    default: return []
    }
    if overlay != nil {
      return run(step > 0 ? wheelCommand.down : wheelCommand.up)
    }
    if screen == .library {
      moveInLibrary(step > 0 ? .moveDown : .moveUp)
    } else if regions?.page != nil {
      if case .map = regions?.page { return run(step > 0 ? .zoomOut : .zoomIn) }
      return run(step > 0 ? .moveDown : .moveUp)
    } else if let regions {
      let panes = panes(of: regions)
      if panes.list.contains(row: event.row, column: event.column) {
        let most = max(0, regions.rows.count - tableRowCount(of: regions))
        self.regions?.top = min(max(0, regions.top + 3 * step), most)
      } else if regions.mode == .browsing,
        panes.detail.contains(row: event.row, column: event.column)
      {
        focus(.contexts)
        move(step > 0 ? .moveDown : .moveUp)
      }
    }
    return []
  }

  private var wheelCommand: (down: Command, up: Command) {
    if case .log = overlay { return (.moveDown, .moveUp) }
    return (.nextChoice, .previousChoice)
  }

  private mutating func click(_ event: MouseEvent) -> [Effect] {
    message = nil
    let body = ScreenLayout(columns: columns, rows: rows).body
    if case .palette(let palette) = overlay {
      let box = PaletteView.box(in: body)
      guard box.contains(row: event.row, column: event.column) else {
        overlay = nil
        return []
      }
      let list = box.inset().split(rows: 1).bottom
      let first = max(0, palette.cursor - list.rows + 1)
      let index = first + event.row - list.row
      let entries = paletteEntries
      return event.row >= list.row && entries.indices.contains(index) ? run(entries[index]) : []
    }
    guard overlay == nil else { return [] }
    if screen == .library { return clickInLibrary(event) }
    if case .map(let map) = regions?.page, regions?.mode == .browsing {
      clickOnMap(row: event.row, column: event.column, map)
      return []
    }
    guard let regions, regions.page == nil else { return [] }
    // A field is left by Enter or Esc alone: a stray click must not lose what was typed.
    switch regions.mode {
    case .browsing: break
    case .choosingSort, .choosingColumns:
      self.regions?.mode = .browsing
      return []
    case .searching, .jumping, .labelling, .filtering, .tagging, .noting, .prompting: return []
    }
    clickInRegions(event, regions)
    return []
  }

  private mutating func clickInRegions(_ event: MouseEvent, _ regions: RegionsScreen) {
    let panes = panes(of: regions)
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

  private mutating func clickInLibrary(_ event: MouseEvent) -> [Effect] {
    let list = libraryPanes().list
    guard list.contains(row: event.row, column: event.column), event.row > list.row else {
      return []
    }
    let lines = library.lines
    let index = library.top + event.row - list.row - 1
    guard lines.indices.contains(index), case .entry(let entry) = lines[index] else { return [] }
    if entry == library.cursor { return openSelected() }
    library.cursor = entry
    return []
  }
}
