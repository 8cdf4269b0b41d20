extension Session {
  /// Moves in whatever list has the keyboard.
  mutating func move(_ command: Command) {
    guard let regions else { return }
    if regions.focus == .contexts { return moveInContexts(command) }
    let page = tableRowCount
    select(ListMoves.moved(regions.cursor, count: regions.rows.count, page: page, command))
  }

  /// Selects a row of the table and brings it in sight.
  mutating func select(_ index: Int) {
    guard let regions, !regions.rows.isEmpty else { return }
    let target = min(max(0, index), regions.rows.count - 1)
    if regions.cursor != target {
      self.regions?.cursor = target
      self.regions?.place = ContextPlace(regions.place.kind)
      self.regions?.tabCursor = 0
      self.regions?.isExpanded = false
    }
    showCursor()
  }

  /// Selects a region if it is listed.
  mutating func select(region: Int) -> Bool {
    guard let index = regions?.rows.firstIndex(of: Int32(clamping: region)) else { return false }
    select(index)
    return true
  }

  /// Scrolls lists as little as brings their cursors in sight.
  mutating func showCursor() {
    guard let regions else { return }
    let page = tableRowCount
    self.regions?.top = ListMoves.scrolled(
      regions.top, to: regions.cursor, page: page, count: regions.rows.count)
  }

  mutating func moveRegion(_ step: Int) {
    guard let cursor = regions?.cursor else { return }
    select(cursor + step)
  }

  mutating func selectRandom() {
    guard let regions, regions.rows.count > 1 else { return }
    // Seeded by what has happened, so that a session can be played again.
    let seed = UInt64(bitPattern: Int64(clock.components.attoseconds)) &+ UInt64(regions.cursor)
    var bits = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0xD1B5_4A32_D192_ED03
    bits ^= bits >> 29
    bits = bits &* 0xBF58_476D_1CE4_E5B9
    bits ^= bits >> 32
    // Any row but this one.
    let other = Int(bits % UInt64(regions.rows.count - 1))
    select(other < regions.cursor ? other : other + 1)
  }

  mutating func jump(to text: String) {
    regions?.mode = .browsing
    guard let count = regions?.dictionary.regionCount else { return }
    guard let region = Int(text.filter { !$0.isWhitespace && $0 != "," }),
      (0..<count).contains(region)
    else { return say(.error, "“\(text)” is no region: expected 0 to \(count - 1)") }
    if select(region: region) { return }
    let what = regions?.search == nil ? "pass the filter" : "match the search"
    if regions?.search != nil { clearSearch(returning: false) }
    if regions?.filter != nil, !select(region: region) { clearFilter() }
    _ = select(region: region)
    say(.note, "region \(region) does not \(what), which was cleared")
  }

  // MARK: - Contexts

  private mutating func moveInContexts(_ command: Command) {
    guard let regions, let loaded = regions.detail else { return }
    guard regions.tab.kind != nil else {
      let count = DetailLines.count(of: regions)
      self.regions?.tabCursor = ListMoves.moved(regions.tabCursor, count: count, page: 10, command)
      return
    }
    let places = loaded.places
    guard let index = places.firstIndex(of: regions.place) else {
      self.regions?.place = places.first ?? ContextPlace()
      return
    }
    let target: Int
    switch command {
    case .moveToTop: target = places.firstIndex { $0.kind == regions.place.kind } ?? 0
    case .moveToBottom: target = places.lastIndex { $0.kind == regions.place.kind } ?? index
    default: target = ListMoves.moved(index, count: places.count, page: 5, command)
    }
    guard places.indices.contains(target), places[target] != regions.place else { return }
    self.regions?.place = places[target]
    self.regions?.tab = places[target].kind == .closest ? .closest : .boundary
    self.regions?.isExpanded = false
  }
}

extension LoadedDetail {
  /// Every context, the closest first: moving past the last of one list leads to the other.
  var places: [ContextPlace] {
    ContextKind.allCases.flatMap { kind in
      contexts(kind).indices.map { ContextPlace(kind, $0) }
    }
  }
}
