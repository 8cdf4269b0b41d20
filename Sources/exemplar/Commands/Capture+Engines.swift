import Engines
import Experiments
import Foundation
import LanguageModel

extension Capture {
  /// The engines that were asked for, with the model loaded, shown to run it alike; `nil` for our own.
  func group() throws -> EngineGroup? {
    let workers = try model.workers(threads: threadCount.threads, quiet: style.quiet)
    guard !workers.isEmpty else { return nil }
    return try EngineGroup(
      workers, hooks: try hooks.map { try HookPoint($0) }, isSampled: !openers.isEmpty)
  }

  func engines(_ group: EngineGroup?) throws -> [CaptureEngine] {
    if let group { return group.workers.map { CaptureEngine($0.name, $0) } }
    let own = try model.load(nil, threads: threadCount.threads, quiet: style.quiet)
    return [CaptureEngine(EngineDescription.own, own)]
  }

  /// Which of several engines has had how much, for a line of progress.
  static func shares(_ engines: [EngineShare]) -> String {
    let total = engines.reduce(0) { $0 + $1.documents }
    guard engines.count > 1, total > 0 else { return "" }
    let parts = engines.enumerated().map { number, engine in
      let share = engine.loss == nil ? "\(100 * engine.documents / total) %" : "lost"
      return "\(shortName(engine, number)) \(share)"
    }
    return "; " + parts.joined(separator: ", ")
  }

  /// Which of several engines had how many documents, for the end.
  static func parts(_ engines: [EngineShare]) -> String {
    guard engines.count > 1 else { return "" }
    let parts = engines.enumerated().map { number, engine in
      "\(shortName(engine, number)) \(quantity(engine.documents, "document"))"
        + (engine.loss == nil ? "" : " and was lost")
    }
    return "; engines: " + parts.joined(separator: ", ")
  }

  /// A name of the settings, or the number that a command line has.
  private static func shortName(_ engine: EngineShare, _ number: Int) -> String {
    engine.name.count > 12 ? "\(number + 1)" : EngineText.line(engine.name)
  }
}

/// Tells each engine that is left out, once. Also where all else is quiet: it is a machine that somebody has to see to.
struct EngineLosses {
  private var told: Set<Int> = []

  mutating func tell(_ engines: [EngineShare], _ line: ProgressLine) {
    for (number, engine) in engines.enumerated() {
      guard let loss = engine.loss, told.insert(number).inserted else { continue }
      line.clear()
      StandardError.print(
        "note: \(oneLine(loss.description)); it is left out from here on, and the others do its part"
      )
    }
  }
}
