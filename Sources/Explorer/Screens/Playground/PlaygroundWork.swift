import Experiments
import Foundation
import Storage

/// Finds out what there is to run, and reads one that the notebook keeps.
struct OpenPlayground: ScreenWork {
  var dictionary: URL
  var kept: Int64?

  var slot: String? { "playground" }

  func perform(by performer: EffectPerformer) throws -> PlaygroundSubject {
    let file = try performer.dictionary(dictionary)
    guard let hook = file.provenance.hook else {
      throw ExperimentError(
        .missing, "does not say which hook it was built at, so nothing can be edited",
        file: file.name)
    }
    let weights: PlaygroundSubject.Weights
    do {
      weights = .found(try performer.weightsName(for: [file]))
    } catch {
      weights = .missing(words(of: error))
    }
    // Without rows of a store the unit is measured over the prompts, when they are read.
    let store = try? performer.openActivations(for: file).file
    return PlaygroundSubject(
      hook: hook, regionCount: file.regionCount, isChat: Playground.isChat(file),
      weights: weights, norm: store.flatMap { try? Playground.norm(of: $0, at: hook) },
      kept: try kept.map {
        try PlaygroundResult.saved($0, in: performer.openNotebook(), on: file.identity)
      })
  }
}

/// Has the model answer; told in parts, and kept in the notebook once it is over.
struct RunPlayground: LongScreenWork {
  enum Result: Equatable, Sendable {
    /// What takes time before the first token.
    case stage(String)
    case events([PlaygroundEvent])
    /// With its number in the notebook, or why it is not there.
    case finished(PlaygroundResult, saved: Int64?, problem: String?)
    case stopped
  }

  var dictionary: URL
  var setup: PlaygroundSetup
  var norm: ResidualNorm?
  /// Its answers are taken over where they are of the same weights, edit and prompt.
  var earlier: PlaygroundResult?

  var queue: Effect.Queue { .modelling }
  var slot: String? { "playground-run" }
  var jobTitle: String? { "answering in the playground" }
  var canStop: Bool { true }
  /// α that moved on leaves nothing to be waited for.
  var endsWhenReplaced: Bool { true }

  static func progress(of result: Result) -> String? {
    switch result {
    case .stage(let stage): stage
    case .events: ""
    case .finished, .stopped: nil
    }
  }

  /// Events are told in groups: a frame can show no more.
  private static let patience = Duration.milliseconds(40)

  func perform(
    by performer: EffectPerformer, tell: @escaping @Sendable (Result) -> Void,
    isCancelled: @escaping @Sendable () -> Bool
  ) throws -> Result {
    let file = try performer.dictionary(dictionary)
    _ = try performer.openWorker(
      named: file.provenance.model, precision: file.provenance.rotaryPrecision
    ) { tell(.stage($0)) }
    let checkpoint = try performer.checkpoint(for: [file])
    tell(.stage("loading \(checkpoint.name)"))
    let reader = try performer.openReader(checkpoint)
    let playground = try Playground(
      file, LoadedModel(checkpoint, reader.engine, reader.tokenizer))
    tell(.stage("reading the prompts"))
    var waiting: [PlaygroundEvent] = []
    var last = ContinuousClock.now
    func flush() {
      if !waiting.isEmpty { tell(.events(waiting)) }
      waiting = []
      last = .now
    }
    let result: PlaygroundResult
    do {
      result = try playground.run(setup, norm: norm, after: earlier) { event in
        if isCancelled() { throw CancellationError() }
        waiting.append(event)
        if ContinuousClock.now - last > Self.patience { flush() }
      }
    } catch is CancellationError {
      return .stopped
    }
    flush()
    do {
      let id = try result.save(to: try performer.openNotebook())
      return .finished(result, saved: id, problem: nil)
    } catch {
      return .finished(result, saved: nil, problem: words(of: error))
    }
  }
}
