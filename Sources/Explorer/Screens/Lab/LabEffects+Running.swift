import Experiments
import Foundation
import Storage

extension LabEffects {
  /// Events are told in groups: a frame can show no more.
  private static let patience = Duration.milliseconds(40)

  func run(
    _ runner: AblationRunner, _ setup: AblationSetup, counting concept: AnswerConcept?,
    _ performer: EffectPerformer, _ tell: (LabReply) -> Void, _ isStopped: () -> Bool
  ) throws -> LabReply {
    var waiting: [AblationEvent] = []
    var last = ContinuousClock.now
    var partial: AblationResult?
    func flush() {
      if !waiting.isEmpty { tell(.events(waiting)) }
      waiting = []
      last = .now
    }
    do {
      var result = try runner.run(setup) { event in
        if isStopped() { throw CancellationError() }
        if case .began(let result) = event { partial = result } else { partial?.apply(event) }
        waiting.append(event)
        if ContinuousClock.now - last > Self.patience { flush() }
      }
      flush()
      if let concept {
        try runner.count(concept, in: &result) { done, total in
          if isStopped() { throw CancellationError() }
          tell(.events([.progress(concept.words, done: done, total: total)]))
        }
        tell(.counted(result))
      }
      return .finished(saved: try result.save(to: try performer.openNotebook()))
    } catch is CancellationError {
      flush()
      guard let partial, partial.prompts.contains(where: \.isBegun) else {
        return .stopped(saved: nil)
      }
      return .stopped(saved: try partial.save(to: try performer.openNotebook()))
    } catch {
      flush()
      throw error
    }
  }

  func series(
    _ runner: AblationRunner, _ setup: AblationSetup, _ kind: LabSeries.Kind,
    _ performer: EffectPerformer, _ tell: (LabReply) -> Void, _ isStopped: () -> Bool
  ) throws -> LabReply {
    let sweep: AblationSweep
    switch kind {
    case .k: sweep = runner.sweepOfK(setup, maximum: 5)
    case .strength: sweep = runner.sweep(setup, strengths: [0.25, 0.5, 0.75, 1, 1.25, 1.5])
    case .layer: sweep = runner.sweepOfLayers(setup)
    case .alpha:
      // Steering is along one direction: the first of those that would be taken out.
      var single = setup
      single.target = .regions(Array(try runner.subject.target(setup).regions.prefix(1)))
      let norm = try? runner.subject.material.residualNorm(
        at: setup.actionHook ?? runner.subject.hook)
      sweep = runner.sweep(
        single, alphas: norm.map { norm in LabScreen.norms.map(norm.alpha) } ?? LabScreen.alphas)
    case .regions:
      func tellShare(_ share: Double) throws {
        if isStopped() { throw CancellationError() }
        tell(.share(share))
      }
      _ = try runner.search(setup, onPrompts: tellShare) { effect, done, total in
        tell(
          .point(
            LabSeries.Point(
              label: "region \(effect.region)", regions: [effect.region],
              refusing: effect.refusing, prompts: effect.prompts,
              divergence: effect.benignDivergence, logOddsChange: effect.logOddsChange),
            before: effect.refusingBefore, done: done, total: total))
      }
      return .finished(saved: nil)
    }
    if setup.depth == .resume, RefusalTokens(runner.subject.training) == nil {
      throw ExperimentError(
        .missing, "no token of the store's answers tells refusals apart",
        file: runner.subject.material.name)
    }
    if setup.depth == .geometry, runner.geometry.readout == nil {
      throw ExperimentError(
        .missing,
        "nothing can be predicted: all or none of the prompts with an outcome were refused",
        file: runner.subject.material.name)
    }
    var done = 0
    for step in sweep.steps {
      if isStopped() { throw CancellationError() }
      done += 1
      do {
        var result = try runner.run(step.setup) { event in
          if isStopped() { throw CancellationError() }
          if case .progress(_, let prompts, let all) = event, all > 0 {
            let share = Double(done - 1) + Double(prompts) / Double(all)
            tell(.share(share / Double(sweep.steps.count)))
          }
        }
        sweep.mark(&result, step)
        let id = try result.save(to: try performer.openNotebook())
        guard let point = LabSeries.Point(step.label, result, saved: id) else { continue }
        tell(
          .point(
            point, before: result.refusing(.baseline, result.aimedAt)?.successes ?? 0, done: done,
            total: sweep.steps.count))
      } catch let error as ExperimentError where error.code == .invalidValue {
        // Directions that span too little: this step has no result, the others have.
        continue
      }
    }
    return .finished(saved: nil)
  }
}

extension PromptResult {
  /// Whether anything came of it yet.
  fileprivate var isBegun: Bool { !answers.isEmpty || !firstTokens.isEmpty || !landings.isEmpty }
}

extension LabSeries.Point {
  /// `nil` where the result has no prompts of its role that anything is known of.
  init?(_ label: String, _ result: AblationResult, saved: Int64) {
    let role = result.aimedAt
    guard let refusing = result.refusing(result.treated, role) else { return nil }
    self.init(
      label: label, regions: result.target.regions, saved: saved, refusing: refusing.successes,
      prompts: refusing.count, control: result.refusing(.null, role)?.successes,
      degenerate: result.headline.degenerate, divergence: result.firstTokenKL(result.treated))
  }
}
