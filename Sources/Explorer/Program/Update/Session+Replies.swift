import Storage
import Terminal

extension Session {
  /// Takes a reply in, if it is still wanted: where it was asked for, or else what all screens share.
  mutating func take(_ reply: Reply, of id: EffectID) -> [Effect] {
    follow(reply, ofJob: id)
    if let save = saves.removeValue(forKey: id) { return take(reply, ofSave: save) }
    if let effects = takeArrival(reply, of: id) { return effects }
    for type in screenTypes.all {
      if let effects = act(on: type.name, { $0.take(reply, of: id, in: &$1) }) ?? nil {
        return effects
      }
    }
    switch reply {
    case .notebookOpened(let report): notebookOpened(report)
    case .dictionary(let dictionary, let annotations, let problem):
      guard opening?.id == id else { return [] }
      opening = nil
      var effects: [Effect] = []
      for type in screenTypes.all {
        effects += type.show(dictionary, annotations, problem: problem, in: &self)
      }
      guard memory != nil else { return effects }
      return effects + [ask(.remember(.opened(path: dictionary.url.path(percentEncoded: false))))]
    case .memory(let memory):
      self.memory = memory
      if themes.picked == nil { themes.picked = memory?.theme }
    case .exported(let path, let rows):
      say(.success, "wrote \(rows.map { Figures.count($0, "row") } ?? "the page") to \(path)")
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
    var effects: [Effect] = []
    for type in screenTypes.all {
      if let followed = act(on: type.name, { $0.take(reply, ofSave: save, in: &$1) }) ?? nil {
        effects = followed
        break
      }
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
      actOnAll {
        $0.opening(failed: reason, in: &$1)
        return []
      }
      return
    }
    if notebook == .opening { notebook = .unavailable(reason) }
    say(.error, reason)
  }
}
