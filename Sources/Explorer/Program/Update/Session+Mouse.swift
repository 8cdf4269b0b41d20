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

}
