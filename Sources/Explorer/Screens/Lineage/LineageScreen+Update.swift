import Experiments
import Storage
import Terminal

/// Regions followed through several dictionaries.
extension LineageScreen {
  mutating func handle(_ command: Command, in session: inout Session) -> [Effect]? {
    if case .searching = mode { return search(command, in: &session) }
    switch command {
    case _ where command.isMove:
      list.move(command, page: rowCount(in: session))
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
    case .readContexts: return openStep(in: &session)
    case .copy:
      return session.copy(sanitized(sentence), "the summary")
    case .back:
      guard !words.isEmpty else { return nil }
      words = ""
      refresh()
    default: return nil
    }
    showCursor(in: session)
    return []
  }

  /// Opens the comparison of the step that leads to the dictionary looked at, with the row's pair selected.
  private func openStep(in session: inout Session) -> [Effect] {
    guard let row = selected else { return [] }
    let stopping = session.stopNulls()
    let index = max(0, place - 1)
    var compare = CompareScreen(steps[index])
    compare.setCutoff(cutoff)
    compare.isOfTrajectory = true
    let (a, b) = (region(row, in: index), region(row, in: index + 1))
    switch (a, b) {
    case (nil, .some): compare.table = .introduced
    case (.some, nil): compare.table = .dropped
    default: break
    }
    compare.refresh(staying: false)
    compare.cursor =
      compare.rows.firstIndex { compare.table == .introduced ? $0.b == b : $0.a == a } ?? 0
    session.push(.compare)
    return stopping + session.enter(compare)
  }

  private mutating func search(_ command: Command, in session: inout Session) -> [Effect] {
    if let effects = edit(command, in: &session) { return effects }
    switch command {
    case .accept: mode = .browsing
    case .cancelField:
      _ = take(TextField(), in: &session)
      mode = .browsing
    default: break
    }
    return []
  }

  mutating func take(_ field: TextField, in session: inout Session) -> [Effect] {
    mode = .searching(field)
    words = field.text
    refresh()
    showCursor(in: session)
    return []
  }

  private func rowCount(in session: Session) -> Int {
    LineageLayout(body: session.body, count: count).lines.rows
  }

  mutating func showCursor(in session: Session) {
    list.show(page: max(1, rowCount(in: session)))
  }

  mutating func handle(_ event: MouseEvent, in session: inout Session) -> [Effect] {
    guard mode == .browsing else { return [] }
    let layout = LineageLayout(
      body: session.body, count: count)
    switch event.kind {
    case .wheelDown, .wheelUp:
      list.move(
        event.kind == .wheelDown ? .moveDown : .moveUp, page: max(1, rowCount(in: session)))
    case .press where event.button == .left:
      guard layout.lines.contains(row: event.row, column: event.column),
        let index = list.index(atLine: event.row - layout.lines.row)
      else { return [] }
      cursor = index
      if let place = layout.columns.lastIndex(where: { event.column >= $0.lowerBound }) {
        self.place = place
      }
    default: break
    }
    showCursor(in: session)
    return []
  }
}

extension LineageScreen {
  func export(in session: Session) -> ExportOffer? {
    ExportOffer(name: "lineage.tsv", content: .table(rows: rows.count) { table })
  }

  /// A row a lineage: region, members and label in every dictionary, and the cosines between.
  var table: ScreenExport {
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
