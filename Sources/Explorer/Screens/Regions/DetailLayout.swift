import Storage
import Terminal

/// Where everything of the selected region's pane goes; the view draws it and the mouse is read by it.
struct DetailLayout {
  /// The title of a list of contexts, where both are shown.
  struct Heading: Equatable {
    var row: Int
    var kind: ContextKind
  }

  struct PlacedTab: Equatable {
    var tab: DetailTab
    /// Empty for a tab whose number alone is shown.
    var title: String
    var row: Int
    var columns: Range<Int>
  }

  struct PlacedLine {
    var row: Int
    /// Index among the tab's lines.
    var index: Int
    var line: StyledText
  }

  struct PlacedContext {
    var place: ContextPlace
    var rect: Rect
    var lines: [[TextSpan]]
  }

  /// Columns before a context's text: marker, heat, distance, position.
  let textColumn: Int
  private let textWidth: Int
  private(set) var labelRow: Int?
  private(set) var statistics: [(row: Int, text: String)] = []
  private(set) var noteRow: Int?
  private(set) var tabs: [PlacedTab] = []
  private(set) var headings: [Heading] = []
  /// What a tab says that lists no contexts: above its lines, and those in sight.
  private(set) var header: [(row: Int, line: StyledText)] = []
  private(set) var lines: [PlacedLine] = []
  private(set) var contexts: [PlacedContext] = []
  /// The context that is shown for the one at the cursor; `nil` on tabs without contexts.
  private(set) var cursorPlace: ContextPlace?
  /// Contexts of the last list that found no room.
  private(set) var hiddenBelow = 0

  static let unmarkedNote = "token offsets not recorded: position shown, token not marked"

  init(_ regions: RegionsScreen, panes: PaneLayout) {
    let area = panes.detail
    let loaded = regions.selectedDetail
    let positions = (loaded?.detail.closest ?? []) + (loaded?.detail.farthest ?? [])
    let positionWidth = positions.map { Figures.digits($0.position) }.max() ?? 2
    textColumn = 1 + 3 + 6 + 2 + 4 + positionWidth + 2
    textWidth = max(8, area.columns - textColumn - 1)
    guard let region = regions.selected, area.rows > 2 else { return }

    var row = area.row
    if panes.arrangement != .stacked {
      labelRow = row
      row += 1
    }
    let isRoomy = area.rows >= 24
    let pieces = regions.isHidden(region) ? [] : Self.pieces(regions, region)
    for text in Self.joined(pieces, columns: area.columns - 2, lines: isRoomy ? 3 : 1) {
      statistics.append((row, text))
      row += 1
    }
    if isRoomy { row += 1 }
    row = placeTabs(
      regions.tab,
      Rect(row: row, column: area.column, rows: area.rows >= 12 ? 2 : 1, columns: area.columns)
    )
    row += isRoomy ? 2 : 1
    guard regions.tab.kind != nil else {
      placeLines(
        regions, Rect(row: row, column: area.column, rows: area.endRow - row, columns: area.columns)
      )
      return
    }
    guard let loaded else { return }
    if Self.isUnmarked(loaded), row < area.endRow - 4 {
      noteRow = row
      row += isRoomy ? 2 : 1
    }
    let room = Rect(
      row: row, column: area.column, rows: area.endRow - row, columns: area.columns)
    placeContexts(loaded, regions, room, isRoomy: isRoomy)
  }

  private static func isUnmarked(_ loaded: LoadedDetail) -> Bool {
    let contexts = loaded.detail.closest + loaded.detail.farthest
    return contexts.contains { $0.text != nil } && contexts.allSatisfy { $0.token == nil }
  }

  // MARK: - Statistics

  private static func pieces(_ regions: RegionsScreen, _ region: Int) -> [String] {
    let dictionary = regions.dictionary
    let table = dictionary.table
    return [
      Figures.count(table.memberCounts[region], "member"),
      "\(Figures.percent(dictionary.share(of: region))) of the stream",
      "coherence \(Figures.fixed(table.coherences[region], 3))",
      "mean d/θ \(Figures.fixed(dictionary.meanRatio(of: region), 2))",
    ] + rowPieces(table, region)
  }

  /// What most of the members' rows say, where a table came with them: `layer 3 in 12 of 14`.
  private static func rowPieces(_ table: RegionTable, _ region: Int) -> [String] {
    table.rowFields.names.compactMap { field in
      let counts = table.rowFields.counts(of: field.name, region)
      let all = counts.reduce(0) { $0 + $1.members }
      guard let first = counts.first, 2 * first.members > all else { return nil }
      return "\(field.name) \(first.value) in \(first.members) of \(all)"
    }
  }

  /// The pieces joined by dots, as many to a line as there is room for; what is beyond `lines` is left out.
  private static func joined(_ pieces: [String], columns: Int, lines: Int) -> [String] {
    var joined: [String] = []
    for piece in pieces {
      if let last = joined.last, last.count + 3 + piece.count <= columns {
        joined[joined.count - 1] = "\(last) · \(piece)"
      } else if joined.count < lines {
        joined.append(piece)
      }
    }
    return joined
  }

  // MARK: - Tabs

  /// All titles if there is room for them, else short ones, else short ones in two rows, else the numbers with one title.
  ///
  /// - Parameter area: the rows that there are for them.
  /// - Returns: the last row.
  private mutating func placeTabs(_ active: DetailTab, _ area: Rect) -> Int {
    func widths(_ titles: [String], gap: Int) -> Int {
      titles.reduce(-gap) { $0 + ($1.isEmpty ? 1 : $1.count + 2) + gap }
    }
    let room = area.columns - 3
    let all = DetailTab.allCases
    var gap = 2
    var titles = all.map(\.title)
    if widths(titles, gap: gap) > room { titles = all.map(\.short) }
    if widths(titles, gap: gap) > room { gap = 1 }
    let half = all.count / 2
    let isSplit =
      widths(titles, gap: gap) > room && area.rows > 1
      && widths(Array(titles[..<half]), gap: 2) <= room
      && widths(Array(titles[half...]), gap: 2) <= room
    if isSplit {
      gap = 2
    } else if widths(titles, gap: gap) > room {
      titles = all.map { $0 == active ? $0.title : "" }
    }
    var (row, column) = (area.row, area.column + 2)
    for (index, tab) in all.enumerated() {
      if isSplit, index == half { (row, column) = (row + 1, area.column + 2) }
      let width = titles[index].isEmpty ? 1 : titles[index].count + 2
      tabs.append(
        PlacedTab(tab: tab, title: titles[index], row: row, columns: column..<column + width))
      column += width + gap
    }
    return row
  }

  private mutating func placeLines(_ regions: RegionsScreen, _ room: Rect) {
    let content = DetailLines(regions, columns: room.columns - 3)
    var row = room.row
    for line in content.header where row < room.endRow {
      header.append((row, line))
      row += 1
    }
    let rows = max(1, room.endRow - row)
    let first = max(0, min(regions.tabCursor - rows / 2, content.items.count - rows))
    for (index, line) in content.items.enumerated().dropFirst(first).prefix(rows) {
      lines.append(PlacedLine(row: row, index: index, line: line))
      row += 1
    }
    hiddenBelow = content.items.count - first - lines.count
  }

  // MARK: - Contexts

  private mutating func placeContexts(
    _ loaded: LoadedDetail, _ regions: RegionsScreen, _ room: Rect, isRoomy: Bool
  ) {
    let kinds = ContextKind.allCases
    let cursorPlace = loaded.shown(regions.place)
    self.cursorPlace = cursorPlace
    let lists = kinds.map { kind in
      loaded.groups(kind).map { group in
        let place = ContextPlace(kind, group[0])
        let isExpanded = regions.isExpanded && place == regions.place
        return (
          place,
          lines(
            loaded, place, regions, alike: group.count,
            lineCount: isExpanded ? room.rows : regions.contextLines)
        )
      }
    }
    let heights = lists.map { $0.reduce(0) { $0 + $1.1.count } }
    let counts = lists.map(\.count)
    // Both lists, each under its title with a line between them, if all of it fits.
    let both = heights[0] + heights[1] + 2 + 1
    if both <= room.rows {
      let gaps = counts[0] + counts[1]
      let spacing = isRoomy && both + gaps <= room.rows ? 1 : 0
      var row = room.row
      for (kind, list) in zip(kinds, lists) {
        headings.append(Heading(row: row, kind: kind))
        row += 1
        place(list, from: row, in: room, spacing: spacing, first: 0)
        row += list.reduce(0) { $0 + $1.1.count + spacing } + (spacing == 0 ? 1 : 0)
      }
    } else {
      let active = kinds.firstIndex(of: regions.place.kind) ?? 0
      let list = lists[active]
      let below = room
      let spacing = isRoomy && heights[active] + counts[active] <= below.rows ? 1 : 0
      let first = Self.firstShown(
        list.map(\.1.count),
        cursor: list.firstIndex { $0.0 == cursorPlace } ?? 0, rows: below.rows)
      place(list, from: below.row, in: below, spacing: spacing, first: first)
      hiddenBelow = list.count - first - contexts.count
    }
  }

  /// The first context to show so that the selected one is shown whole.
  private static func firstShown(_ heights: [Int], cursor: Int, rows: Int) -> Int {
    guard heights.indices.contains(cursor) else { return 0 }
    var first = cursor
    var used = heights[cursor]
    while first > 0, used + heights[first - 1] <= rows {
      first -= 1
      used += heights[first]
    }
    return first
  }

  private mutating func place(
    _ list: [(ContextPlace, [[TextSpan]])], from row: Int, in room: Rect, spacing: Int, first: Int
  ) {
    var row = row
    for (place, lines) in list.dropFirst(first) {
      guard row < room.endRow else { return }
      let shown = min(lines.count, room.endRow - row)
      contexts.append(
        PlacedContext(
          place: place,
          rect: Rect(row: row, column: room.column, rows: shown, columns: room.columns),
          lines: Array(lines.prefix(shown))))
      row += lines.count + spacing
    }
  }

  private func lines(
    _ loaded: LoadedDetail, _ place: ContextPlace, _ regions: RegionsScreen, alike: Int,
    lineCount: Int
  ) -> [[TextSpan]] {
    let context = loaded.contexts(place.kind)[place.index]
    let fields = context.fields.map { "\($0.name) \($0.value)" }.joined(separator: " · ")
    guard let text = context.text else {
      let note =
        "no text: row \(Figures.grouped(context.row ?? context.position)) of the stream"
        + (fields.isEmpty ? "" : " · \(fields)")
      return TextLines.texts(note, columns: max(4, textWidth)).prefix(max(1, lineCount)).map {
        [TextSpan(text: $0, look: .mark, columns: DisplayWidth.of($0))]
      }
    }
    // How many read the same up to the token, for each of which this one stands.
    let number = alike > 1 ? "×\(alike) " : ""
    var lines = regions.dictionary.lines(
      of: text, token: context.token, marks: loaded.marks(place),
      isWhole: context.documentByteCount == text.utf8.count,
      columns: max(4, textWidth - number.count), lineCount: lineCount)
    if alike > 1 {
      for index in lines.indices {
        let start = index == 0 ? number : String(repeating: " ", count: number.count)
        lines[index].insert(TextSpan(text: start, look: .mark, columns: number.count), at: 0)
      }
    }
    if lineCount > 1, !fields.isEmpty {
      lines += TextLines.texts(fields, columns: max(4, textWidth)).map {
        [TextSpan(text: $0, look: .mark, columns: DisplayWidth.of($0))]
      }
    }
    return lines.isEmpty ? [[TextSpan(text: "(empty)", look: .mark, columns: 7)]] : lines
  }
}
