import Experiments
import Foundation
import Storage

extension LabScreen {
  /// To another region: what is under way goes on, and the new target is for the next run.
  mutating func turn(to region: Int) {
    guard self.region != region else { return }
    self.region = region
    setup.target = .regions([region])
    experiments = nil
    isReading = false
  }

  mutating func handle(_ command: Command, in session: inout Session) -> [Effect]? {
    if let effects = runInConcept(command, in: &session)
      ?? runInExperiments(command, in: &session) ?? runVerdict(command, in: &session)
    {
      return effects
    }
    switch command {
    case .back: return leave(in: &session) ? [] : nil
    case .labGeometry: return runDepth(.geometry, in: &session)
    case .labResume: return runDepth(.resume, in: &session)
    case .labGenerate: return runDepth(.generate, in: &session)
    case .labStop:
      let effects = stop(in: &session)
      if effects.isEmpty { session.say(.note, "nothing is under way") }
      return effects
    case .labDose: return runSeries(.k, in: &session)
    case .labStrength: return runSeries(.strength, in: &session)
    case .labWhere: return runSeries(.layer, in: &session)
    case .labAlpha: return runSeries(.alpha, in: &session)
    case .labSearch: return runSeries(.regions, in: &session)
    case .labReport: return writeReport(in: &session)
    case .labExperiments: return openExperiments(in: &session)
    case .labLess: changeSetup(-1, in: &session)
    case .labMore: changeSetup(1, in: &session)
    case .labFilter: changeLedgerFilter(in: &session)
    case .labRead: return readAnswers(in: &session)
    case .switchPane: switchPane(in: &session)
    case .zoom: isZoomed.toggle()
    case _ where command.isMove, .labNextPrompt, .labPreviousPrompt:
      move(command, in: &session)
    default: return nil
    }
    return []
  }

  /// One step back from where the lab is; false to the screen below.
  private mutating func leave(in session: inout Session) -> Bool {
    if isJudging {
      isJudging = false
    } else if experiments != nil {
      leaveExperiments()
    } else if isReading {
      isReading = false
    } else if isZoomed {
      isZoomed = false
    } else if series != nil, series?.effect == nil {
      series = nil
      focus(.form, in: &session)
    } else if focus != .form {
      focus(.form, in: &session)
    } else {
      // What runs goes on: the way back is one key. A region that was taken in the lab is where one left off.
      if session.regions?.selected != region {
        _ = session.with(RegionsScreen.self) { $0.jump(to: String(region), in: &$1) }
      }
      return false
    }
    return true
  }

  // MARK: - Running

  private mutating func runDepth(_ depth: AblationSetup.Depth, in session: inout Session)
    -> [Effect]
  {
    if opening != nil, subject == nil {
      wanted = depth
      session.say(.note, "the store is being opened; then it runs")
      return []
    }
    guard canRun(depth, in: &session) else { return [] }
    setup.depth = depth
    var setup = setup
    if case .swap = setup.intervention { setup.hasBaselines = nil }
    let effect = session.ask(
      LabWork.run(dictionary: dictionary, setup, counting: depth == .generate ? counting : nil))
    run = LabRun(effect: effect.id, setup: setup, started: session.clock)
    series = nil
    experiments = nil
    if focus == .series { focus = .form }
    (cursor, top, column, isReading, isFollowing) = (0, 0, 0, false, true)
    verdictTop = 0
    return [effect]
  }

  private mutating func runSeries(_ kind: LabSeries.Kind, in session: inout Session) -> [Effect] {
    let needsWeights = kind == .layer || kind == .regions
    // First tokens are exact and take seconds; a series of whole answers is the command's.
    let isPredicted =
      !needsWeights && (subject?.hasWeights != true || run?.setup.depth == .geometry)
    let depth: AblationSetup.Depth = isPredicted ? .geometry : .resume
    guard canRun(depth, in: &session) else { return [] }
    var setup = self.setup
    setup.depth = depth
    setup.hasBaselines = nil
    switch setup.intervention {
    case .steer where kind == .alpha: break
    case .steer, .swap: setup.intervention = .ablate(strength: 1)
    case .ablate: break
    }
    if kind == .k, subject?.candidates[self.setup.rank]?.isEmpty != false {
      session.say(.error, "no region is a candidate here: there is no K to sweep")
      return []
    }
    if kind == .regions, let searched, searched.setup.isSearched(as: setup) {
      series = searched
      focus = .series
      (experiments, isReading) = (nil, false)
      session.say(.note, "the search from before: nothing that it depends on has changed")
      return []
    }
    let effect = session.ask(LabWork.series(dictionary: dictionary, setup, kind))
    series = LabSeries(effect: effect.id, kind: kind, setup: setup)
    focus = .series
    (experiments, isReading) = (nil, false)
    return [effect]
  }

  private mutating func canRun(_ depth: AblationSetup.Depth, in session: inout Session) -> Bool {
    guard !isRunning, reopening == nil else {
      session.say(.note, "an experiment is under way; x stops it")
      return false
    }
    guard let subject = self.subject else {
      session.say(.error, failure ?? "the store is still being opened")
      return false
    }
    if depth != .geometry, case .missing(let why) = subject.weights {
      session.say(.error, why)
      return false
    }
    return true
  }

  /// Stops what is under way; what was answered stays.
  mutating func stop(in session: inout Session) -> [Effect] {
    guard let effect = run?.effect ?? series?.effect ?? opening else { return [] }
    return [session.ask(.cancel(effect))]
  }

  private mutating func writeReport(in session: inout Session) -> [Effect] {
    guard let result = run?.result else {
      session.say(.note, "there is nothing to report yet")
      return []
    }
    return [session.ask(LabWork.report(result, name: fileName(of: result)))]
  }

  private func fileName(of result: AblationResult) -> String {
    let target = result.target.regions.map(String.init).joined(separator: "-")
    let number = run?.saved.map { "-\($0)" } ?? ""
    return "ablation-\(result.setup.depth.rawValue)-region-\(target)\(number)"
  }

  func export(in session: Session) -> ExportOffer? {
    guard let result = run?.result else { return nil }
    return ExportOffer(
      name: "\(fileName(of: result)).html", content: .own(["html", "md", "json", "svg"]))
  }

  func write(to path: String, in session: inout Session) -> [Effect] {
    run?.result.map { [session.ask(LabWork.export($0, path: path))] } ?? []
  }

  // MARK: - Replies

  mutating func take(_ reply: Reply, of id: EffectID, in session: inout Session) -> [Effect]? {
    switch reply {
    case .ofScreen(let reply):
      guard let result = reply.result(of: LabWork.self) else { return nil }
      take(result, of: id, in: &session)
      if case .opened = result, let depth = wanted, subject != nil {
        wanted = nil
        session.message = nil
        return runDepth(depth, in: &session)
      }
    case .failed(let reason):
      guard fail(id, reason) else { return nil }
      session.say(.error, reason)
    default: return nil
    }
    return []
  }

  private mutating func take(_ reply: LabReply, of id: EffectID, in session: inout Session) {
    switch reply {
    case .opened(let subject):
      guard opening == id else { return }
      opening = nil
      self.subject = subject
      verdicts = subject.verdicts
      if let split = subject.splits.first(where: { $0.name == "heldout" }) ?? subject.splits.first {
        setup.split = split.name
      }
    case .stage(let stage):
      if run?.effect == id { run?.stage = stage }
      if series?.effect == id { series?.stage = stage }
    case .events(let events):
      guard run?.effect == id else { return }
      let (verdicts, counting) = (verdicts, countsPersonal)
      for event in events {
        run?.take(event, at: session.clock, verdicts: verdicts, counting: counting)
      }
      followAnswers(events, in: session)
    case .point(let point, let before, let done, let total):
      guard series?.effect == id else { return }
      series?.points.append(point)
      series?.before = before
      series?.done = done
      series?.total = total
    case .share(let share):
      guard series?.effect == id else { return }
      if series?.started == nil { series?.started = session.clock }
      series?.share = share
    case .counted(let result):
      guard run?.effect == id else { return }
      run?.result?.takeCounts(of: result)
    case .finished(let saved): endLab(id, saved: saved, wasStopped: false, in: &session)
    case .stopped(let saved): endLab(id, saved: saved, wasStopped: true, in: &session)
    case .reported(let names): session.say(.success, "written: \(names.joined(separator: ", "))")
    case .listed, .reopened, .compared: takeExperiments(reply, of: id, in: &session)
    // A save's, which is taken in before.
    case .judged: break
    }
  }

  private mutating func endLab(
    _ id: EffectID, saved: Int64?, wasStopped: Bool, in session: inout Session
  ) {
    if run?.effect == id {
      run?.effect = nil
      run?.saved = saved
      run?.wasStopped = wasStopped
      run?.live = [:]
      var uncounted = ""
      if let counting, run?.result?.counting == nil {
        let key = session.key(.labGenerate, in: .lab)
        uncounted = " · “\(counting.words)” is counted in whole answers: \(key) writes them"
      }
      session.say(
        wasStopped ? .note : .success,
        wasStopped
          ? "stopped: what was done is kept"
            + (saved.map { ", as experiment \($0)" } ?? "")
          : (saved.map { "saved as experiment \($0)" } ?? "done") + uncounted)
    } else if series?.effect == id {
      series?.effect = nil
      series?.wasStopped = wasStopped
      if series?.kind == .regions {
        series?.points.sort { ($0.logOddsChange ?? 0) < ($1.logOddsChange ?? 0) }
        series?.cursor = 0
        if !wasStopped { searched = series }
      }
      session.say(
        wasStopped ? .note : .success,
        series?.kind == .regions
          ? (wasStopped ? "stopped" : "done: the search is shown again as long as this is open")
          : wasStopped ? "stopped: the steps so far are kept" : "done: every step is kept")
    }
  }

  /// Whether a failure was the lab's.
  private mutating func fail(_ id: EffectID, _ reason: String) -> Bool {
    if opening == id {
      (opening, wanted) = (nil, nil)
      failure = reason
    } else if run?.effect == id {
      run?.effect = nil
      run?.failure = reason
    } else if series?.effect == id {
      series?.effect = nil
      series?.failure = reason
    } else if reopening == id {
      reopening = nil
    } else if experiments?.asked == id {
      experiments = nil
    } else if experiments?.comparing == id {
      experiments?.comparing = nil
    } else {
      return false
    }
    return true
  }

  /// Keeps the cursor with the answers as they come, until a person moves it.
  private mutating func followAnswers(_ events: [AblationEvent], in session: Session) {
    guard isFollowing, !isReading, !isJudging, filter == .all else {
      return
    }
    for case .answered(_, let prompt, _) in events.reversed() {
      cursor = prompt
      showCursor(in: session)
      return
    }
  }
}
