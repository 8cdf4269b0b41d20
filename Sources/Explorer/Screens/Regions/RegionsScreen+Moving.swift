extension RegionsScreen {
  /// Moves in whatever list has the keyboard.
  mutating func move(_ command: Command, in session: Session) {
    if focus == .contexts { return moveInContexts(command) }
    let page = rowCount(in: session)
    select(ListMoves.moved(cursor, count: rows.count, page: page, command), in: session)
  }

  /// Selects a row of the table and brings it in sight.
  mutating func select(_ index: Int, in session: Session) {
    guard !rows.isEmpty else { return }
    let before = cursor
    isAtFirst = false
    list.select(index, page: rowCount(in: session))
    if cursor != before {
      place = ContextPlace(place.kind)
      tabCursor = 0
      isExpanded = false
    }
  }

  /// Selects a region if it is listed.
  mutating func select(region: Int, in session: Session) -> Bool {
    guard let index = rows.firstIndex(of: Int32(clamping: region)) else { return false }
    select(index, in: session)
    return true
  }

  /// Scrolls lists as little as brings their cursors in sight.
  mutating func showCursor(in session: Session) {
    list.show(page: rowCount(in: session))
  }

  mutating func moveRegion(_ step: Int, in session: Session) {
    select(cursor + step, in: session)
  }

  mutating func selectRandom(in session: inout Session) {
    guard rows.count > 1 else { return session.say(.note, "there is no other region listed") }
    // Seeded by what has happened, so that a session can be played again.
    let seed = UInt64(bitPattern: Int64(session.clock.components.attoseconds)) &+ UInt64(cursor)
    var bits = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0xD1B5_4A32_D192_ED03
    bits ^= bits >> 29
    bits = bits &* 0xBF58_476D_1CE4_E5B9
    bits ^= bits >> 32
    // Any row but this one.
    let other = Int(bits % UInt64(rows.count - 1))
    select(other < cursor ? other : other + 1, in: session)
  }

  mutating func jump(to text: String, in session: inout Session) {
    mode = .browsing
    let count = dictionary.regionCount
    guard let region = Int(text.filter { !$0.isWhitespace && $0 != "," }),
      (0..<count).contains(region)
    else { return session.say(.error, "“\(text)” is no region: expected 0 to \(count - 1)") }
    if select(region: region, in: session) { return }
    if hidesTemplate, isTemplate(region) {
      hidesTemplate = false
      reorder()
      session.say(.note, "template regions are shown again: region \(region) is one")
      if select(region: region, in: session) { return }
    }
    let what = search == nil ? "pass the filter" : "match the search"
    if search != nil { clearSearch(returning: false, in: session) }
    if filter != nil, !select(region: region, in: session) { clearFilter(in: session) }
    _ = select(region: region, in: session)
    session.say(.note, "region \(region) does not \(what), which was cleared")
  }

  // MARK: - Contexts

  private mutating func moveInContexts(_ command: Command) {
    guard let loaded = detail else { return }
    guard tab.kind != nil else {
      let count = DetailLines.count(of: self)
      tabCursor = ListMoves.moved(tabCursor, count: count, page: 10, command)
      return
    }
    let places = loaded.shownPlaces
    guard let index = places.firstIndex(of: loaded.shown(place)) else {
      place = places.first ?? ContextPlace()
      return
    }
    let target: Int
    switch command {
    case .moveToTop: target = places.firstIndex { $0.kind == place.kind } ?? 0
    case .moveToBottom: target = places.lastIndex { $0.kind == place.kind } ?? index
    default: target = ListMoves.moved(index, count: places.count, page: 5, command)
    }
    guard places.indices.contains(target), places[target] != place else { return }
    place = places[target]
    tab = places[target].kind.tab
    isExpanded = false
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
