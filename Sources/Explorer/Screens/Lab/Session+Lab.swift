import Experiments
import Foundation
import Storage

extension Session {
  mutating func runInLab(_ command: Command) -> [Effect] {
    guard lab != nil else { return [] }
    if let effects = runInShelf(command) ?? runInVerdicts(command) { return effects }
    switch command {
    case .labGeometry: return runLab(.geometry)
    case .labResume: return runLab(.resume)
    case .labGenerate: return runLab(.generate)
    case .labStop: return stopLab()
    case .labDose: return runSeries(.k)
    case .labStrength: return runSeries(.strength)
    case .labWhere: return runSeries(.layer)
    case .labAlpha: return runSeries(.alpha)
    case .labSearch: return runSeries(.regions)
    case .labReport: return writeReport()
    case .labShelf: return openShelf()
    case .labLess: changeSetup(-1)
    case .labMore: changeSetup(1)
    case .labFilter: changeLedgerFilter()
    case .labRead: return readAnswers()
    case .switchPane: switchLabPane()
    case .zoom: lab?.isZoomed.toggle()
    case .moveDown, .moveUp, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .moveToTop,
      .moveToBottom, .labNextPrompt, .labPreviousPrompt:
      moveInLab(command)
    default: break
    }
    return []
  }

  /// One step back from where the lab is.
  mutating func leaveLab() {
    if lab?.isJudging == true {
      lab?.isJudging = false
    } else if lab?.shelf != nil {
      leaveShelf()
    } else if lab?.isReading == true {
      lab?.isReading = false
    } else if lab?.isZoomed == true {
      lab?.isZoomed = false
    } else if lab?.series != nil, lab?.series?.effect == nil {
      lab?.series = nil
      focusLab(.form)
    } else if lab?.focus != .form {
      focusLab(.form)
    } else {
      // What runs goes on: the way back is one key.
      screen = .regions
    }
  }

  // MARK: - Running

  private mutating func runLab(_ depth: AblationSetup.Depth) -> [Effect] {
    guard var lab, canRun(depth) else { return [] }
    lab.setup.depth = depth
    let effect = ask(.lab(.run(dictionary: lab.dictionary, lab.setup)))
    lab.run = LabRun(effect: effect.id, setup: lab.setup, started: clock)
    lab.series = nil
    lab.shelf = nil
    if lab.focus == .series { lab.focus = .form }
    (lab.cursor, lab.top, lab.column, lab.isReading, lab.isFollowing) = (0, 0, 0, false, true)
    self.lab = lab
    return [effect]
  }

  private mutating func runSeries(_ kind: LabSeries.Kind) -> [Effect] {
    guard var lab else { return [] }
    let needsWeights = kind == .layer || kind == .regions
    // First tokens are exact and take seconds; a series of whole answers is the command's.
    let isPredicted = !needsWeights && (lab.subject?.hasWeights != true || isPredicting(lab))
    let depth: AblationSetup.Depth = isPredicted ? .geometry : .resume
    guard canRun(depth) else { return [] }
    var setup = lab.setup
    setup.depth = depth
    if case .steer = setup.intervention, kind != .alpha {
      setup.intervention = .ablate(strength: 1)
    }
    if kind == .k, lab.subject?.candidates[lab.setup.rank]?.isEmpty != false {
      say(.error, "no region is a candidate here: there is no K to sweep")
      return []
    }
    let effect = ask(.lab(.series(dictionary: lab.dictionary, setup, kind)))
    lab.series = LabSeries(effect: effect.id, kind: kind, setup: setup)
    lab.focus = .series
    (lab.shelf, lab.isReading) = (nil, false)
    self.lab = lab
    return [effect]
  }

  /// Whether a person is working with predictions at the moment.
  private func isPredicting(_ lab: LabScreen) -> Bool { lab.run?.setup.depth == .geometry }

  private mutating func canRun(_ depth: AblationSetup.Depth) -> Bool {
    guard let lab else { return false }
    guard !lab.isRunning, lab.reopening == nil else {
      say(.note, "an experiment is under way; x stops it")
      return false
    }
    guard let subject = lab.subject else {
      say(.error, lab.failure ?? "the store is still being opened")
      return false
    }
    if depth != .geometry, case .missing(let why) = subject.weights {
      say(.error, why)
      return false
    }
    return true
  }

  /// Stops what is under way; what was answered stays.
  mutating func stopLab() -> [Effect] {
    guard let effect = lab?.run?.effect ?? lab?.series?.effect ?? lab?.opening else { return [] }
    return [ask(.cancel(effect))]
  }

  private mutating func writeReport() -> [Effect] {
    guard let result = lab?.run?.result else {
      say(.note, "there is nothing to report yet")
      return []
    }
    let target = result.target.regions.map(String.init).joined(separator: "-")
    let number = lab?.run?.saved.map { "-\($0)" } ?? ""
    let name = "ablation-\(result.setup.depth.rawValue)-region-\(target)\(number)"
    return [ask(.lab(.report(result, name: name)))]
  }

  // MARK: - Answers

  mutating func take(_ answer: LabReply, of id: EffectID) {
    switch answer {
    case .opened(let subject):
      guard lab?.opening == id else { return }
      lab?.opening = nil
      lab?.subject = subject
      lab?.verdicts = subject.verdicts
      if let split = subject.splits.first(where: { $0.name == "heldout" }) ?? subject.splits.first {
        lab?.setup.split = split.name
      }
    case .stage(let stage):
      if lab?.run?.effect == id { lab?.run?.stage = stage }
      if lab?.series?.effect == id { lab?.series?.stage = stage }
    case .events(let events):
      guard lab?.run?.effect == id else { return }
      let (verdicts, counting) = (lab?.verdicts ?? [:], lab?.countsPersonal ?? false)
      for event in events {
        lab?.run?.take(event, at: clock, verdicts: verdicts, counting: counting)
      }
      followAnswers(events)
    case .point(let point, let before, let done, let total):
      guard lab?.series?.effect == id else { return }
      lab?.series?.points.append(point)
      lab?.series?.before = before
      lab?.series?.done = done
      lab?.series?.total = total
    case .share(let share):
      guard lab?.series?.effect == id else { return }
      if lab?.series?.started == nil { lab?.series?.started = clock }
      lab?.series?.share = share
    case .finished(let saved): endLab(id, saved: saved, wasStopped: false)
    case .stopped(let saved): endLab(id, saved: saved, wasStopped: true)
    case .reported(let names): say(.success, "written: \(names.joined(separator: ", "))")
    case .listed, .reopened, .compared: takeOnShelf(answer, of: id)
    }
  }

  private mutating func endLab(_ id: EffectID, saved: Int64?, wasStopped: Bool) {
    if lab?.run?.effect == id {
      lab?.run?.effect = nil
      lab?.run?.saved = saved
      lab?.run?.wasStopped = wasStopped
      lab?.run?.live = [:]
      say(
        wasStopped ? .note : .success,
        wasStopped
          ? "stopped: what was done is kept"
            + (saved.map { ", as experiment \($0)" } ?? "")
          : saved.map { "saved as experiment \($0)" } ?? "done")
    } else if lab?.series?.effect == id {
      lab?.series?.effect = nil
      lab?.series?.wasStopped = wasStopped
      if lab?.series?.kind == .regions {
        lab?.series?.points.sort { ($0.logOddsChange ?? 0) < ($1.logOddsChange ?? 0) }
        lab?.series?.cursor = 0
      }
      say(
        wasStopped ? .note : .success,
        wasStopped ? "stopped: the steps so far are kept" : "done: every step is kept")
    }
  }

  /// Whether a failure was the lab's.
  mutating func failLab(_ id: EffectID, _ reason: String) {
    if lab?.opening == id {
      lab?.opening = nil
      lab?.failure = reason
    } else if lab?.run?.effect == id {
      lab?.run?.effect = nil
      lab?.run?.failure = reason
    } else if lab?.series?.effect == id {
      lab?.series?.effect = nil
      lab?.series?.failure = reason
    } else if lab?.reopening == id {
      lab?.reopening = nil
    } else if lab?.shelf?.asked == id {
      lab?.shelf = nil
    } else if lab?.shelf?.comparing == id {
      lab?.shelf?.comparing = nil
    }
  }

  /// Keeps the cursor with the answers as they come, until a person moves it.
  private mutating func followAnswers(_ events: [AblationEvent]) {
    guard let lab, lab.isFollowing, !lab.isReading, !lab.isJudging, lab.filter == .all else {
      return
    }
    for case .answered(_, let prompt, _) in events.reversed() {
      self.lab?.cursor = prompt
      showLabCursor()
      return
    }
  }
}
