import Storage
import Terminal

extension Session {
  /// Takes a reply in, if it is still wanted: where it was asked for, or else what all screens share.
  mutating func take(_ reply: Reply, of id: EffectID) -> [Effect] {
    follow(reply, ofJob: id)
    if let save = saves.removeValue(forKey: id) { return take(reply, ofSave: save) }
    if let effects = takeComparison(reply, of: id) { return effects }
    for name in ScreenName.allCases {
      if let effects = name.type.take(reply, of: id, on: &self) { return effects }
    }
    switch reply {
    case .notebookOpened(let report): notebookOpened(report)
    case .dictionary(let dictionary, let annotations, let problem):
      guard opening?.id == id else { return [] }
      show(dictionary, annotations, problem: problem)
      let stability = with(RegionsScreen.self) { $0.askStability(in: &$1) } ?? []
      guard memory != nil else { return stability }
      return stability + [ask(.remember(.opened(path: dictionary.url.path(percentEncoded: false))))]
    case .memory(let memory):
      self.memory = memory
      if themes.picked == nil { themes.picked = memory?.theme }
    case .exported(let path, let rows):
      say(.success, "wrote \(Figures.count(rows, "row")) to \(path)")
    case .wrote(let text): say(.success, text)
    case .copied(let result): tell(result)
    case .copyTaken(let name): say(.success, "the notebook is as it was in \(name)")
    case .settings(let reading):
      guard settings.awaited == id else { return [] }
      settings.awaited = nil
      if let reading { return take(reading) }
    case .failed(let reason): fail(id, reason)
    // Of a screen that does not wait for it any more.
    default: break
    }
    return []
  }

  private mutating func take(_ reply: Reply, ofSave save: Save) -> [Effect] {
    let effects: [Effect]
    switch save.change {
    case .verdict(let verdict):
      switch reply {
      case .judged: with(LabScreen.self) { $0.take(verdict, in: &$1) }
      case .failed(let reason):
        isLeaving = false
        say(.error, "not saved: \(reason)")
      default: break
      }
      effects = []
    default:
      effects = with(RegionsScreen.self) { $0.take(reply, ofSave: save, in: &$1) } ?? []
    }
    guard isLeaving, saves.isEmpty else { return effects }
    isLeaving = false
    return effects + run(.quit)
  }

  private mutating func notebookOpened(_ report: Notebook.OpeningReport) {
    notebook = .ready
    if let offer = report.offer {
      present(.question(.takeCopy(offer, setAside: report.setAside)))
      if let setAside = report.setAside {
        log.append(
          Message(.error, "the notebook was damaged: set aside as \(setAside)", time: clock))
      }
    } else if let setAside = report.setAside {
      let restored =
        report.restoredFrom.map { "the copy \($0) was opened" } ?? "a new one was begun"
      say(.error, "the notebook was damaged: it was set aside as \(setAside), and \(restored)")
    }
    if report.isReadOnly {
      say(.error, "the notebook is read-only here: labels are shown, and none can be kept")
    }
    if let problem = report.backupProblem {
      say(.error, "today's copy of the notebook could not be made: \(problem)")
    }
  }

  private mutating func tell(_ result: ClipboardResult) {
    switch result {
    case .sent(let bytes):
      say(.success, "copied \(copying) (\(Figures.count(bytes, "byte")))")
    case .tooLong(let bytes, let limit):
      say(
        .error,
        "not copied: \(Figures.grouped(bytes)) bytes, and terminals take \(Figures.grouped(limit))")
    case .unsupported: say(.error, "not copied: this terminal has no clipboard")
    }
  }

  private mutating func fail(_ id: EffectID, _ reason: String) {
    if opening?.id == id {
      opening = nil
      say(.error, reason)
      // There must be something to look at.
      if regions == nil, library.entries == nil, let path = library.roots.first {
        library.show([
          LibraryEntry(url: path, name: path.lastPathComponent, content: .broken(reason))
        ])
      }
      return
    }
    if notebook == .opening { notebook = .unavailable(reason) }
    say(.error, reason)
  }
}
