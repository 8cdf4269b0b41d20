import Experiments
import Storage
import Terminal

extension State {
  /// In the library marks a dictionary, and compares it with a second one; elsewhere marks the open one and goes there to
  /// choose the other.
  mutating func beginComparing() -> [Effect] {
    if screen == .regions, let dictionary = regions?.dictionary {
      library.marked = dictionary.url
      let effects = showLibrary()
      say(.note, "\(dictionary.title) is A · choose B and press \(compareKey)")
      return effects
    }
    guard screen == .library, let entry = library.selected else { return [] }
    if case .broken(let reason) = entry.content {
      say(.error, reason)
      return []
    }
    guard let marked = library.marked else {
      library.marked = entry.url
      say(.note, "\(entry.name) is A · choose B and press \(compareKey)")
      return []
    }
    guard marked != entry.url else {
      library.marked = nil
      say(.note, "no longer marked")
      return []
    }
    library.marked = nil
    if let compare, compare.opened.a.dictionary.url == marked,
      compare.opened.b.dictionary.url == entry.url
    {
      screen = .compare
      return []
    }
    let effect = ask(.compare(a: marked, b: entry.url))
    comparing = ComparisonUnderWay(
      id: effect.id, a: marked.lastPathComponent, b: entry.url.lastPathComponent)
    return [effect]
  }

  /// What the key would do in the library; nothing where there are no two dictionaries.
  var compareHint: String {
    let count = (library.entries ?? []).count {
      if case .broken = $0.content { false } else { true }
    }
    return count < 2 ? "" : library.marked == nil ? "compare" : "with this"
  }

  private var compareKey: String {
    keymap.keys(for: .compare, in: [.library]).first?.label ?? ":compare"
  }

  /// Ends a comparison under way; its answer will find nobody.
  mutating func stopComparing() -> [Effect] {
    guard comparing != nil else { return [] }
    comparing = nil
    say(.note, "comparing was stopped")
    return [ask(.stopComparing)]
  }

  // MARK: - Commands

  /// Does what a command says on the screen of a comparison; `nil` where it means what it means everywhere.
  mutating func runInCompare(_ command: Command) -> [Effect]? {
    guard screen == .compare, let compare else { return nil }
    if case .filtering(let field) = compare.mode { return runInCompareFilter(command, field) }
    switch command {
    case .showPersisted: show(.persisted)
    case .showDropped: show(.dropped)
    case .showIntroduced: show(.introduced)
    case .otherTable:
      let all = CompareState.Table.allCases
      let next = (all.firstIndex(of: compare.table) ?? 0) + 1
      show(all[next % all.count])
    case .lowerCutoff: moveCutoff(to: compare.cutoff - CompareState.cutoffStep)
    case .raiseCutoff: moveCutoff(to: compare.cutoff + CompareState.cutoffStep)
    case .usualCutoff: moveCutoff(to: CompareState.usualCutoff)
    case .carryLabel: return carryLabel()
    case .search, .filter: self.compare?.mode = .filtering(TextField(compare.filter))
    case .readContexts: self.compare?.focus = .contexts
    case .switchPane: self.compare?.focus = compare.focus == .list ? .contexts : .list
    case .zoom: self.compare?.isZoomed.toggle()
    case .nextRegion: selectInCompare(compare.cursor + 1)
    case .previousRegion: selectInCompare(compare.cursor - 1)
    case .copy: return [ask(.copy(sanitized(compare.sentence)))]
    case .back: return leaveCompare(compare)
    case .moveDown, .moveUp, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .moveToTop,
      .moveToBottom:
      moveInCompare(command)
    case .help, .palette, .log, .quit, .cancelOrQuit, .redraw, .toggleMouse, .library,
      .chooseTheme:
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
    case .compare: false
    case .search, .readContexts, .switchPane, .zoom, .copy: true
    default: [.everywhere, .moving, .comparing].contains(command.group)
    }
  }

  private mutating func leaveCompare(_ compare: CompareState) -> [Effect] {
    if compare.isZoomed {
      self.compare?.isZoomed = false
    } else if compare.focus == .contexts {
      self.compare?.focus = .list
    } else if !compare.filter.isEmpty {
      setCompareFilter("")
    } else {
      return showLibrary()
    }
    showCompareCursor()
    return []
  }

  private mutating func show(_ table: CompareState.Table) {
    guard compare?.table != table else { return }
    compare?.table = table
    compare?.cursor = 0
    compare?.place = 0
    compare?.refresh(staying: false)
  }

  private mutating func moveCutoff(to value: Double) { compare?.setCutoff(value) }

  // MARK: - Moving

  private mutating func moveInCompare(_ command: Command) {
    guard let compare else { return }
    if compare.focus == .contexts {
      let count = compare.detail?.lines.count ?? 0
      self.compare?.place = Self.moved(compare.place, count: count, page: 5, command)
    } else {
      let page = compareRowCount(of: compare)
      selectInCompare(Self.moved(compare.cursor, count: compare.rows.count, page: page, command))
    }
  }

  mutating func selectInCompare(_ index: Int) {
    guard let compare else { return }
    let target = min(max(0, index), max(0, compare.rows.count - 1))
    if target != compare.cursor { self.compare?.place = 0 }
    self.compare?.cursor = target
    showCompareCursor()
  }

  mutating func showCompareCursor() {
    guard let compare else { return }
    let page = compareRowCount(of: compare)
    self.compare?.top = Self.scrolled(
      compare.top, to: compare.cursor, page: page, count: compare.rows.count)
  }

  func compareRowCount(of compare: CompareState) -> Int {
    let body = ScreenLayout(columns: columns, rows: rows).body
    return max(1, CompareLayout(body: body, compare: compare).table.rows - 1)
  }

  /// Reads the mouse by the layout that the view draws by.
  mutating func pointInCompare(_ event: MouseEvent) {
    guard let compare, compare.mode == .browsing else { return }
    let layout = CompareLayout(
      body: ScreenLayout(columns: columns, rows: rows).body, compare: compare)
    let isInDetail = layout.detail.contains(row: event.row, column: event.column)
    switch event.kind {
    case .wheelDown, .wheelUp:
      self.compare?.focus = isInDetail ? .contexts : .list
      moveInCompare(event.kind == .wheelDown ? .moveDown : .moveUp)
    case .press where event.button == .left:
      message = nil
      self.compare?.focus = isInDetail ? .contexts : .list
      let index = compare.top + event.row - layout.table.row - 1
      if layout.table.contains(row: event.row, column: event.column), event.row > layout.table.row,
        compare.rows.indices.contains(index)
      {
        selectInCompare(index)
      }
    default: break
    }
    showCompareCursor()
  }

  // MARK: - Filter

  private mutating func runInCompareFilter(_ command: Command, _ field: TextField) -> [Effect] {
    var field = field
    if field.apply(command) {
      setCompareField(field)
      return []
    }
    switch command {
    case .accept: compare?.mode = .browsing
    case .cancelField:
      compare?.mode = .browsing
      setCompareFilter("")
    case .nextChoice: selectInCompare((compare?.cursor ?? 0) + 1)
    case .previousChoice: selectInCompare((compare?.cursor ?? 0) - 1)
    default: break
    }
    return []
  }

  mutating func setCompareField(_ field: TextField) {
    compare?.mode = .filtering(field)
    setCompareFilter(field.text)
  }

  private mutating func setCompareFilter(_ text: String) {
    compare?.filter = text
    compare?.refresh()
    showCompareCursor()
  }

  // MARK: - Labels

  /// Takes the one label of a pair over to the side that has none, to be looked at; the second time, to the notebook.
  private mutating func carryLabel() -> [Effect] {
    guard let compare, let row = compare.selected, let a = row.a, let b = row.b else {
      say(.note, "a label is carried across a pair, and this region has no partner")
      return []
    }
    if let index = compare.carried.firstIndex(where: {
      ($0.side == .a && $0.region == a) || ($0.side == .b && $0.region == b)
    }) {
      return confirm(compare, index)
    }
    switch (compare.label(.a, a), compare.label(.b, b)) {
    case (let label?, nil):
      self.compare?.carried.append(.init(side: .b, region: b, text: label))
    case (nil, let label?):
      self.compare?.carried.append(.init(side: .a, region: a, text: label))
    case (nil, nil): say(.note, "neither region has a label")
    case (let first?, let second?):
      say(.note, first == second ? "both have this label" : "the labels differ: change one by hand")
    }
    return []
  }

  private mutating func confirm(_ compare: CompareState, _ index: Int) -> [Effect] {
    let carried = compare.carried[index]
    guard carried.save == nil else { return [] }
    if case .unavailable(let reason) = notebook {
      say(.error, "labels cannot be saved: \(reason)")
      return []
    }
    let part = compare[carried.side]
    let target = Effect.Target(
      dictionary: part.dictionary.url, identity: part.dictionary.identity, version: part.version)
    let effect = ask(.saveLabel(target, region: carried.region, text: carried.text))
    self.compare?.carried[index].save = effect.id
    return [effect]
  }

  // MARK: - Answers

  /// Takes in what a comparison asked for; false where it did not ask.
  mutating func takeInCompare(_ outcome: Outcome, of id: EffectID) -> Bool {
    if comparing?.id == id {
      switch outcome {
      case .comparing(let progress): comparing?.progress = progress
      case .compared(let opened):
        comparing = nil
        compare = CompareState(opened)
        screen = .compare
        let kept = opened.isKept ? " (kept from before)" : ""
        log.append(Message(.note, "compared\(kept): \(compare?.sentence ?? "")", time: clock))
        message = nil
        showCompareCursor()
      case .failed(let reason):
        comparing = nil
        say(.error, reason)
      default: comparing = nil
      }
      return true
    }
    if compare?.awaited == id {
      compare?.awaited = nil
      switch outcome {
      case .pair(let loaded):
        compare?.detail = loaded
        let place = compare?.place ?? 0
        compare?.place = min(place, max(0, loaded.lines.count - 1))
      case .failed(let reason): say(.error, reason)
      default: break
      }
      return true
    }
    guard let index = compare?.carried.firstIndex(where: { $0.save == id }) else { return false }
    if case .failed(let reason) = outcome {
      compare?.carried[index].save = nil
      say(.error, "not saved: \(reason)")
    } else if let carried = compare?.carried.remove(at: index) {
      compare?.labels[carried.side]?.set(
        LabelView.Entry(text: carried.text, origin: .own), for: carried.region)
      say(.success, "labelled region \(carried.region) of \(carried.side.name)")
    }
    return true
  }

  /// Asks for the regions in sight.
  mutating func lookAroundInCompare() -> [Effect] {
    guard screen == .compare, exit == nil, let compare, let pair = compare.shown,
      compare.detail?.pair != pair, compare.awaitedPair != pair
    else { return [] }
    let effect = ask(.readPair(pair))
    self.compare?.awaited = effect.id
    self.compare?.awaitedPair = pair
    return [effect]
  }
}
