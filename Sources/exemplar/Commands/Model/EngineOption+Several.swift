import Engines
import Experiments
import Explorer
import Foundation
import Synchronization

enum EngineLimits {
  /// Engines of one command.
  static let most = 64
}

extension EngineOptions {
  /// Starts all engines at once and has each load the model.
  ///
  /// - Throws: what the first that failed says; the others are then ended.
  func startAll(_ model: WorkerModel, threads: Int, quiet: Bool) throws -> [WorkerEngine] {
    let choices = try choices()
    guard !choices.isEmpty else { return [] }
    Interruption.watch()
    let line = ProgressLine(isQuiet: quiet)
    defer { line.clear() }
    if choices.count == 1 {
      return [try Self.start(choices[0], model, threads: threads, quiet: quiet, line)]
    }
    let starting = Starting(count: choices.count)
    for (index, choice) in choices.enumerated() {
      let thread = Thread {
        starting.set(
          index,
          Result {
            try WorkerEngine(
              command: choice.command, name: choice.name, model: model,
              client: "exemplar \(toolVersion)", silence: choice.silence, threads: threads,
              check: { if starting.hasFailed { throw CancellationError() } },
              progress: { starting.tell(index, $0) })
          })
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    while !starting.isDone {
      line.show(oneLine(starting.words))
      usleep(20_000)
    }
    line.clear()
    let workers = try starting.workers()
    if !quiet {
      for (number, worker) in workers.enumerated() {
        StandardError.print(
          "engine \(number + 1), \(EngineText.line(worker.name, atMost: 60)): \(worker.words)")
      }
    }
    return workers
  }
}

/// Engines on their way up, each on a thread of its own.
private final class Starting: Sendable {
  private struct State {
    var lines: [String]
    var results: [Result<WorkerEngine, any Error>?]
    var failure: (any Error)?
  }

  private let state: Mutex<State>

  init(count: Int) {
    state = Mutex(
      State(
        lines: Array(repeating: "starting", count: count),
        results: Array(repeating: nil, count: count)))
  }

  var hasFailed: Bool { state.withLock { $0.failure != nil } }
  var isDone: Bool { state.withLock { $0.results.allSatisfy { $0 != nil } } }
  /// What those do that are not there yet.
  var words: String {
    state.withLock { state in
      let waiting = state.results.indices.filter { state.results[$0] == nil }
      return waiting.map { "\($0 + 1): \(state.lines[$0])" }.joined(separator: "; ")
    }
  }

  func tell(_ index: Int, _ line: String) { state.withLock { $0.lines[index] = line } }

  func set(_ index: Int, _ result: Result<WorkerEngine, any Error>) {
    state.withLock { state in
      state.results[index] = result
      // Those that are stopped for the first failure say nothing of their own.
      if case .failure(let error) = result, state.failure == nil { state.failure = error }
    }
  }

  func workers() throws -> [WorkerEngine] {
    try state.withLock { state in
      if let failure = state.failure { throw failure }
      return try state.results.compactMap { try $0?.get() }
    }
  }
}
