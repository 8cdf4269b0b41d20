import Experiments
import Storage
import Terminal

/// Regions followed through several dictionaries.
extension Session {
  /// Does what a command says there; `nil` where it means what it means everywhere.
  mutating func runInTrajectory(_ command: Command) -> [Effect]? {
    guard screen == .trajectory, let trajectory else { return nil }
    if case .searching(let field) = trajectory.mode {
      return runInTrajectorySearch(command, field)
    }
    switch command {
    case .moveDown, .moveUp, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .moveToTop,
      .moveToBottom:
      let target = ListMoves.moved(
        trajectory.cursor, count: trajectory.rows.count, page: trajectoryRowCount, command)
      self.trajectory?.cursor = target
    case .trajectoryEarlier: self.trajectory?.place = max(0, trajectory.place - 1)
    case .trajectoryLater:
      self.trajectory?.place = min(trajectory.count - 1, trajectory.place + 1)
    case .lowerCutoff: self.trajectory?.setCutoff(trajectory.cutoff - CompareScreen.cutoffStep)
    case .raiseCutoff: self.trajectory?.setCutoff(trajectory.cutoff + CompareScreen.cutoffStep)
    case .usualCutoff: self.trajectory?.setCutoff(CompareScreen.usualCutoff)
    case .search: self.trajectory?.mode = .searching(TextField(trajectory.words))
    case .chooseSort:
      let all = LineageScreen.Order.allCases
      let next = all[((all.firstIndex(of: trajectory.order) ?? 0) + 1) % all.count]
      self.trajectory?.order = next
      self.trajectory?.refresh()
      say(.note, "sorted by \(next.rawValue)")
    case .readContexts: return openStep(trajectory)
    case .copy:
      copying = "the summary"
      return [ask(.copy(sanitized(trajectory.sentence)))]
    case .back:
      guard !trajectory.words.isEmpty else { return showLibrary() }
      self.trajectory?.words = ""
      self.trajectory?.refresh()
    case .help, .palette, .log, .quit, .cancelOrQuit, .redraw, .toggleMouse, .library,
      .chooseTheme, .cancelJob, .export, .tour, .nextTourStep, .endTour:
      return nil
    default:
      if command.isInPalette { say(.note, "\(command.title): not on the screen of a lineage") }
    }
    showTrajectoryCursor()
    return []
  }

  func isPossibleInTrajectory(_ command: Command) -> Bool {
    switch command {
    case .lowerCutoff, .raiseCutoff, .usualCutoff, .trajectoryEarlier, .trajectoryLater, .search,
      .chooseSort, .readContexts, .copy:
      true
    case .growPane, .shrinkPane, .nextRegion, .previousRegion: false
    default: [.everywhere, .moving].contains(command.group)
    }
  }

  /// Opens the comparison of the step that leads to the dictionary looked at, with the row's pair selected.
  private mutating func openStep(_ trajectory: LineageScreen) -> [Effect] {
    guard let row = trajectory.selected else { return [] }
    let stopping = stopNulls()
    let index = max(0, trajectory.place - 1)
    var compare = CompareScreen(trajectory.steps[index])
    compare.setCutoff(trajectory.cutoff)
    compare.isOfTrajectory = true
    let (a, b) = (trajectory.region(row, in: index), trajectory.region(row, in: index + 1))
    switch (a, b) {
    case (nil, .some): compare.table = .introduced
    case (.some, nil): compare.table = .dropped
    default: break
    }
    compare.refresh(staying: false)
    compare.cursor =
      compare.rows.firstIndex { compare.table == .introduced ? $0.b == b : $0.a == a } ?? 0
    self.compare = compare
    return stopping + enterCompare()
  }

  private mutating func runInTrajectorySearch(_ command: Command, _ field: TextField) -> [Effect] {
    var field = field
    if field.apply(command) {
      setTrajectoryField(field)
      return []
    }
    switch command {
    case .accept: trajectory?.mode = .browsing
    case .cancelField:
      setTrajectoryField(TextField())
      trajectory?.mode = .browsing
    default: break
    }
    return []
  }

  mutating func setTrajectoryField(_ field: TextField) {
    trajectory?.mode = .searching(field)
    trajectory?.words = field.text
    trajectory?.refresh()
    showTrajectoryCursor()
  }

  private var trajectoryRowCount: Int {
    let body = ScreenLayout(columns: columns, rows: rows).body
    return LineageLayout(body: body, count: trajectory?.count ?? 0).lines.rows
  }

  mutating func showTrajectoryCursor() {
    guard let trajectory else { return }
    let top = ListMoves.scrolled(
      trajectory.top, to: trajectory.cursor, page: max(1, trajectoryRowCount),
      count: trajectory.rows.count)
    self.trajectory?.top = top
  }

  mutating func pointInTrajectory(_ event: MouseEvent) {
    guard let trajectory, trajectory.mode == .browsing else { return }
    let layout = LineageLayout(
      body: ScreenLayout(columns: columns, rows: rows).body, count: trajectory.count)
    switch event.kind {
    case .wheelDown, .wheelUp:
      self.trajectory?.cursor = ListMoves.moved(
        trajectory.cursor, count: trajectory.rows.count, page: 5,
        event.kind == .wheelDown ? .moveDown : .moveUp)
    case .press where event.button == .left:
      message = nil
      let index = trajectory.top + event.row - layout.lines.row
      guard layout.lines.contains(row: event.row, column: event.column),
        trajectory.rows.indices.contains(index)
      else { return }
      self.trajectory?.cursor = index
      if let place = layout.columns.lastIndex(where: { event.column >= $0.lowerBound }) {
        self.trajectory?.place = place
      }
    default: break
    }
    showTrajectoryCursor()
  }
}

extension LineageScreen {
  /// A row a lineage: region, members and label in every dictionary, and the cosines between.
  var export: ScreenExport {
    var header: [String] = []
    for index in 0..<count {
      if index > 0 { header.append("cosine_\(index)_\(index + 1)") }
      header += ["region_\(index + 1)", "members_\(index + 1)", "label_\(index + 1)"]
    }
    return ScreenExport(
      columns: header,
      rows: rows.map { number in
        let row = lineage.rows[number]
        return (0..<count).flatMap { index -> [ScreenExport.Value] in
          let region = region(row, in: index)
          let place = index - row.first - 1
          let cosine = row.cosines.indices.contains(place) ? Double(row.cosines[place]) : nil
          return (index > 0 ? [cosine.map { ScreenExport.Value($0) } ?? .missing] : []) + [
            .init(region), .init(region.map { side(index).memberCounts[$0] }),
            .init(region.flatMap { part(index).labels.texts[$0] }),
          ]
        }
      })
  }
}
