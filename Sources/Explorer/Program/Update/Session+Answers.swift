import Storage
import Terminal

extension Session {
  /// Takes an answer in, if it is still wanted.
  mutating func take(_ outcome: Outcome, of id: EffectID) -> [Effect] {
    follow(outcome, ofJob: id)
    if let save = saves.removeValue(forKey: id) { return take(outcome, ofSave: save) }
    if let effects = takeInCompare(outcome, of: id) { return effects }
    let traced = takeInTrace(outcome, of: id)
    if traced.isMine { return traced.then }
    if takeInSaved(outcome, of: id) { return [] }
    if takeExtra(outcome, of: id) { return [] }
    switch outcome {
    case .notebookOpened(let report): notebookOpened(report)
    case .library(let entries):
      guard library.scan == id else { return [] }
      return show(entries)
    case .dictionary(let dictionary, let annotations, let problem):
      guard library.opening?.id == id else { return [] }
      show(dictionary, annotations, problem: problem)
      let stability = askStability()
      guard memory != nil else { return stability }
      return stability + [ask(.remember(.opened(path: dictionary.url.path(percentEncoded: false))))]
    case .region(let loaded):
      guard regions?.awaited.detail == id else { return [] }
      regions?.awaited.detail = nil
      regions?.show(loaded)
    case .rows(let texts):
      guard regions?.awaited.rows == id else { return [] }
      regions?.take(texts)
    case .found(let result, let milliseconds):
      guard regions?.awaited.search == id else { return [] }
      show(result, milliseconds: milliseconds)
    case .polled(let annotations):
      guard regions?.awaited.poll == id else { return [] }
      regions?.awaited.poll = nil
      // What was asked while a label was on its way may be older than it.
      if let annotations, saves.isEmpty {
        show(annotations)
        return searchAgain()
      }
    case .memory(let memory):
      self.memory = memory
      if themes.picked == nil { themes.picked = memory?.theme }
    case .exported(let path, let rows):
      say(.success, "wrote \(Figures.count(rows, "row")) to \(path)")
    case .wrote(let text): say(.success, text)
    case .copied(let result): tell(result)
    case .copyTaken(let name): say(.success, "the notebook is as it was in \(name)")
    case .lab(let answer): take(answer, of: id)
    case .failed(let reason): fail(id, reason)
    case .settings(let reading):
      guard settings.awaited == id else { return [] }
      settings.awaited = nil
      if let reading { return take(reading) }
    case .saved, .shifted, .done, .superseded, .trace, .kept, .comparing, .compared, .followed,
      .nulls,
      .pair, .surroundings, .document, .history, .lens, .outcomes, .nearest, .map, .metrics,
      .example, .noted,
      .judged:
      break
    }
    return []
  }

  private mutating func notebookOpened(_ report: Notebook.OpeningReport) {
    notebook = .ready
    if let offer = report.offer {
      overlay = .question(.takeCopy(offer, setAside: report.setAside))
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
    failLab(id, reason)
    if library.scan == id {
      library.scan = nil
      if library.entries == nil { library.show([]) }
    } else if library.opening?.id == id {
      library.opening = nil
      say(.error, reason)
      // There must be something to look at.
      if regions == nil, library.entries == nil, let path = library.roots.first {
        library.show([
          LibraryEntry(url: path, name: path.lastPathComponent, content: .broken(reason))
        ])
      }
      return
    } else if regions?.awaited.detail == id {
      regions?.awaited.detail = nil
    } else if regions?.awaited.rows == id {
      regions?.take([:])
    } else if regions?.awaited.search == id {
      regions?.awaited.search = nil
    } else if regions?.awaited.poll == id {
      // The next one may succeed; to say it twice a second would help nobody.
      regions?.awaited.poll = nil
      if log.last?.text != reason { say(.error, reason) }
      return
    } else if notebook == .opening {
      notebook = .unavailable(reason)
    }
    say(.error, reason)
  }
}

extension RegionsScreen {
  /// Shows a detail; one read for a search from its first match on, so that it is seen why it was found.
  mutating func show(_ loaded: LoadedDetail) {
    detail = loaded
    guard loaded.query != nil, focus == .list else { return }
    guard tab.kind != nil else { return }
    place = loaded.places.first { !loaded.marks($0).isEmpty } ?? ContextPlace()
    tab = place.kind == .closest ? .closest : .boundary
  }

  /// Keeps texts of rows; regions that were asked for and have none get an empty one.
  mutating func take(_ texts: [Int: RowText]) {
    for region in awaited.rowRegions { rowTexts[region] = texts[region] ?? RowText(text: "") }
    awaited.rows = nil
    awaited.rowRegions = []
  }
}
