import Foundation
import Storage
import Terminal

extension LibraryScreen {
  mutating func handle(_ command: Command, in session: inout Session) -> [Effect]? {
    if field != nil { return runInField(command, in: &session) }
    switch command {
    case .search: field = TextField(words)
    case .openSelected: return openSelected(in: &session)
    case .scanAgain: return beginScan(in: &session)
    case .compare: return compare(in: &session)
    case .markForComparing: mark(in: &session)
    case .switchPane:
      isReading.toggle()
      showCursor(in: session)
    case .back where isReading:
      isReading = false
      showCursor(in: session)
    case .back: return leave(in: &session)
    case _ where command.isMove && isReading: moveDetail(command, in: session)
    case _ where command.isMove:
      move(command, in: session)
    default: return nil
    }
    return []
  }

  /// Undoes what was done here, the latest first. What is open is gone on with by opening it: back never leads forward.
  private mutating func leave(in session: inout Session) -> [Effect] {
    if session.opening != nil {
      session.opening = nil
      session.say(.note, "cancelled")
    } else if !words.isEmpty {
      narrow(to: "")
      showCursor(in: session)
    } else if !marks.isEmpty {
      marks = []
      session.say(.note, "no longer marked")
    } else {
      session.say(.note, "this is the first screen · q leaves")
    }
    return []
  }

  // MARK: - Words

  private mutating func runInField(_ command: Command, in session: inout Session) -> [Effect]? {
    if let effects = edit(command, in: &session) { return effects }
    switch command {
    case .accept: field = nil
    case .cancelField:
      field = nil
      narrow(to: "")
    case .nextChoice, .previousChoice, .choicePageDown, .choicePageUp:
      move(command, in: session)
    default: break
    }
    showCursor(in: session)
    return []
  }

  mutating func take(_ field: TextField, in session: inout Session) -> [Effect] {
    self.field = field
    guard field.text != words else { return [] }
    narrow(to: field.text)
    showCursor(in: session)
    return []
  }

  /// Looks for dictionaries.
  mutating func beginScan(in session: inout Session) -> [Effect] {
    areFoldersWatched = true
    let effect = session.ask(ScanLibrary(roots: roots, isWithSiblings: isOfOne))
    scan = effect.id
    return [effect]
  }

  /// Shows what a scan found; a single dictionary under the given paths needs no choosing.
  mutating func show(_ entries: [LibraryEntry], in session: inout Session) -> [Effect] {
    let isFirst = self.entries == nil
    scan = nil
    show(entries)
    if let open = session.regions?.dictionary,
      let title = modelTitle(of: open)
    {
      session.regions?.dictionary.modelName = title
    }
    showCursor(in: session)
    // What the hub cache has is offered beside what was asked for.
    let found = entries.filter { !$0.isRecent && $0.repository == nil }
    for case .broken(let reason) in found.map(\.content) where isFirst {
      session.log.append(Message(.error, reason, time: session.clock))
    }
    let dictionaries = found.filter { if case .dictionary = $0.content { true } else { false } }
    guard isFirst, session.regions == nil, session.opening == nil, found.count == 1,
      dictionaries.count == 1
    else {
      if isFirst { offerTour(in: &session) }
      return []
    }
    let opening = session.open(dictionaries[0].url)
    guard dictionaries[0].url == roots.first else { return opening }
    isOfOne = true
    return opening + beginScan(in: &session)
  }

  /// Begins the tour where the samples that it speaks of are, under whatever name, and it was not seen yet.
  private mutating func offerTour(in session: inout Session) {
    func index(_ identity: String) -> Int? {
      entries?.firstIndex { !$0.isRecent && $0.identity == identity }
    }
    guard let memory = session.memory, memory.tour < Tour.version, session.tour == nil,
      session.regions == nil, session.overlay == nil, index(Tour.samples.untuned) != nil,
      let tuned = index(Tour.samples.tuned)
    else { return }
    session.tour = Tour()
    // The one that the first card speaks of, whatever was opened before.
    (cursor, top) = (tuned, 0)
    showCursor(in: session)
  }

  mutating func openSelected(in session: inout Session) -> [Effect] {
    guard let entry = selected else { return [] }
    switch entry.content {
    case .broken(let reason):
      session.say(.error, reason)
      return []
    case .build(let found):
      guard !found.isRunning else {
        session.say(.note, "it is being built; it opens when it is done")
        return []
      }
      return session.copy(
        sanitized(found.status.resuming, whitespace: .spaces), "the command that goes on with it")
    case .store, .adapter, .model:
      session.say(.note, "\(entry.kind): it is used with a dictionary; open one of its model")
      return []
    case .dictionary, .pickle: break
    }
    if entry.url == session.regions?.dictionary.url {
      session.go(to: .regions)
      return []
    }
    return session.replace(by: entry.url)
  }

  private mutating func move(_ command: Command, in session: Session) {
    cursor = ListMoves.moved(
      cursor, count: entries?.count ?? 0, page: rowCount(in: session), command)
    showCursor(in: session)
  }

  /// Brings the selected entry in sight, with the heading over it where there is room.
  mutating func showCursor(in session: Session) {
    let lines = self.lines
    guard let line = lines.firstIndex(of: .entry(cursor)) else {
      self.top = 0
      return
    }
    var top = ListMoves.scrolled(
      self.top, to: line, page: rowCount(in: session), count: lines.count)
    if line > 0, line == top, case .heading = lines[line - 1] { top -= 1 }
    self.top = top
  }

  // MARK: - Builds and folders

  /// Looks, once a second, how far the builds are that are listed, and while it is on the screen what comes into its folders.
  mutating func poll(in session: inout Session) -> [Effect] {
    let builds = self.builds
    let folders = isOnTop(in: session) && areFoldersWatched ? self.folders : []
    guard !builds.isEmpty || !folders.isEmpty, watch == nil,
      session.clock - (lastWatch ?? .zero) >= .seconds(1)
    else { return [] }
    let effect = session.ask(WatchLibrary(builds: builds, folders: folders))
    (watch, lastWatch) = (effect.id, session.clock)
    return [effect]
  }

  /// - Returns: whether there is other than what is listed.
  private mutating func take(_ news: WatchLibrary.News) -> Bool {
    show(news.builds)
    // One that is gone is a dictionary now.
    let isDone = news.builds.count < builds.count
    guard let names = news.names else {
      areFoldersWatched = false
      return isDone
    }
    // A folder that is looked at for the first time has no before.
    let isOther = names.contains { folder, now in self.names[folder].map { $0 != now } ?? false }
    self.names.merge(names) { $1 }
    return isDone || isOther
  }

  // MARK: - Mouse

  mutating func handle(_ event: MouseEvent, in session: inout Session) -> [Effect] {
    guard field == nil else { return [] }
    switch event.kind {
    case .wheelDown, .wheelUp: move(event.kind == .wheelDown ? .moveDown : .moveUp, in: session)
    case .press where event.button == .left: return press(event, in: &session)
    default: break
    }
    return []
  }

  private mutating func press(_ event: MouseEvent, in session: inout Session) -> [Effect] {
    let list = layout(in: session).list
    guard list.contains(row: event.row, column: event.column), event.row > list.row else {
      return []
    }
    let lines = lines
    let index = top + event.row - list.row - 1
    guard lines.indices.contains(index), case .entry(let entry) = lines[index] else { return [] }
    if entry == cursor { return openSelected(in: &session) }
    cursor = entry
    return []
  }

  // MARK: - Replies

  mutating func take(_ reply: Reply, of id: EffectID, in session: inout Session) -> [Effect]? {
    if id == watch {
      watch = nil
      guard let news = reply.result(of: WatchLibrary.self) else { return [] }
      return take(news) && scan == nil ? beginScan(in: &session) : []
    }
    switch reply {
    case .ofScreen(let reply):
      guard let entries = reply.result(of: ScanLibrary.self) else { return nil }
      return scan == id ? show(entries, in: &session) : []
    case .failed(let reason) where scan == id:
      stopScanning()
      session.say(.error, reason)
      return []
    default: return nil
    }
  }

  // MARK: - Marks

  /// Marks the selected dictionary as the next to be compared, or takes its mark away.
  private mutating func mark(in session: inout Session) {
    guard let entry = markable(in: &session) else { return }
    if let index = marks.firstIndex(of: entry.url) {
      marks.remove(at: index)
    } else {
      marks.append(entry.url)
    }
    let names = marks.map(\.lastPathComponent)
    session.say(
      .note,
      names.isEmpty
        ? "no longer marked"
        : "marked, in this order: \(names.joined(separator: ", ")) · \(session.key(.compare, in: .library)) compares them"
    )
    move(.moveDown, in: session)
  }

  /// Marks a dictionary, and compares it with a second one.
  private mutating func compare(in session: inout Session) -> [Effect] {
    // What is marked is what is meant, wherever the cursor is.
    if marks.count > 1 {
      let chosen = marks
      marks = []
      return session.compare(chosen)
    }
    guard let entry = markable(in: &session) else { return [] }
    switch marks.count {
    case 0:
      marks = [entry.url]
      let key = session.key(.compare, in: .library)
      session.say(
        .note,
        "\(entry.name) is A · choose B and press \(key)"
          + (entry.adapter == nil ? "" : "; its model without the adapter becomes A")
      )
      return []
    case 1 where marks[0] == entry.url:
      marks = []
      session.say(.note, "no longer marked")
      return []
    default:
      let first = entries?.first { $0.url == marks[0] }
      let isTurned = first?.isTuned(from: entry) == true
      let chosen = isTurned ? [entry.url, marks[0]] : marks + [entry.url]
      marks = []
      return session.compare(chosen)
    }
  }

  /// The selected entry if it is a dictionary; says why not.
  private func markable(in session: inout Session) -> LibraryEntry? {
    guard let entry = selected else { return nil }
    switch entry.content {
    case .dictionary, .pickle: return entry
    case .broken(let reason): session.say(.error, reason)
    case .store, .adapter, .model, .build:
      session.say(.note, "\(entry.kind): only dictionaries are compared")
    }
    return nil
  }
}
