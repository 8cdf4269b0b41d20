import Experiments
import Storage
import Terminal

/// Regions followed through several dictionaries.
extension LineageScreen {
  /// Does what a command says there; `nil` where it means what it means everywhere.
  mutating func runInTrajectory(_ command: Command, in session: inout Session) -> [Effect]? {
    guard session.screen == .trajectory else { return nil }
    if case .searching(let field) = mode {
      return runInTrajectorySearch(command, field, in: &session)
    }
    switch command {
    case .moveDown, .moveUp, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .moveToTop,
      .moveToBottom:
      let target = ListMoves.moved(
        cursor, count: rows.count, page: trajectoryRowCount(in: session), command)
      cursor = target
    case .trajectoryEarlier: place = max(0, place - 1)
    case .trajectoryLater:
      place = min(count - 1, place + 1)
    case .lowerCutoff: setCutoff(cutoff - CompareScreen.cutoffStep)
    case .raiseCutoff: setCutoff(cutoff + CompareScreen.cutoffStep)
    case .usualCutoff: setCutoff(CompareScreen.usualCutoff)
    case .search: mode = .searching(TextField(words))
    case .chooseSort:
      let all = LineageScreen.Order.allCases
      let next = all[((all.firstIndex(of: order) ?? 0) + 1) % all.count]
      order = next
      refresh()
      session.say(.note, "sorted by \(next.rawValue)")
    case .readContexts: return openStep(self, in: &session)
    case .copy:
      session.copying = "the summary"
      return [session.ask(.copy(sanitized(sentence)))]
    case .back:
      guard !words.isEmpty else { return session.showLibrary() }
      words = ""
      refresh()
    case .help, .palette, .log, .quit, .cancelOrQuit, .redraw, .toggleMouse, .library,
      .chooseTheme, .cancelJob, .export, .tour, .nextTourStep, .endTour:
      return nil
    default:
      if command.isInPalette { session.say(.note, "\(command.title): not on the screen of a lineage") }
    }
    showTrajectoryCursor(in: &session)
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
  private mutating func openStep(_ trajectory: LineageScreen, in session: inout Session) -> [Effect] {
    guard let row = trajectory.selected else { return [] }
    let stopping = session.stopNulls()
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
    session.compare = compare
    return stopping + session.enterCompare()
  }

  private mutating func runInTrajectorySearch(_ command: Command, _ field: TextField, in session: inout Session) -> [Effect] {
    var field = field
    if field.apply(command) {
      setTrajectoryField(field, in: &session)
      return []
    }
    switch command {
    case .accept: mode = .browsing
    case .cancelField:
      setTrajectoryField(TextField(), in: &session)
      mode = .browsing
    default: break
    }
    return []
  }

  mutating func setTrajectoryField(_ field: TextField, in session: inout Session) {
    mode = .searching(field)
    words = field.text
    refresh()
    showTrajectoryCursor(in: &session)
  }

  private func trajectoryRowCount(in session: Session) -> Int {
    let body = ScreenLayout(columns: session.columns, rows: session.rows).body
    return LineageLayout(body: body, count: count ?? 0).lines.rows
  }

  mutating func showTrajectoryCursor(in session: inout Session) {
    let top = ListMoves.scrolled(
      self.top, to: cursor, page: max(1, trajectoryRowCount(in: session)),
      count: rows.count)
    self.top = top
  }

  mutating func pointInTrajectory(_ event: MouseEvent, in session: inout Session) {
    guard mode == .browsing else { return }
    let layout = LineageLayout(
      body: ScreenLayout(columns: session.columns, rows: session.rows).body, count: count)
    switch event.kind {
    case .wheelDown, .wheelUp:
      cursor = ListMoves.moved(
        cursor, count: rows.count, page: 5,
        event.kind == .wheelDown ? .moveDown : .moveUp)
    case .press where event.button == .left:
      session.message = nil
      let index = top + event.row - layout.lines.row
      guard layout.lines.contains(row: event.row, column: event.column),
        rows.indices.contains(index)
      else { return }
      cursor = index
      if let place = layout.columns.lastIndex(where: { event.column >= $0.lowerBound }) {
        self.place = place
      }
    default: break
    }
    showTrajectoryCursor(in: &session)
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
