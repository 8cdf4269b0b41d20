import ArgumentParser
import Engines
import Experiments
import Explorer
import Foundation
import LanguageModel
import Storage

/// How many engines a command can use.
protocol EngineCount {
  static var isSeveral: Bool { get }
}

enum OneEngine: EngineCount {
  static let isSeveral = false
}

/// What is read is dealt out to them.
enum SeveralEngines: EngineCount {
  static let isSeveral = true
}

/// `--engine`: a model that another process runs.
typealias EngineOption = EngineOptions<OneEngine>

/// `--engine` of a command that can use one or several.
struct EngineOptions<Count: EngineCount>: ParsableArguments {
  @Option(
    name: .customLong("engine"),
    help: ArgumentHelp(
      """
      Run the model on this engine: a command line that speaks the engine protocol, such as 'ssh box python3 \
      exemplar_engine.py serve', or a name of [engines] in the settings. --model is then what its machine calls the model.
      """
        + (Count.isSeveral
          ? " May be repeated: what is read is dealt out to all of them." : ""),
      valueName: "command|name"))
  var engines: [String] = []

  @Option(
    help: "Seconds without a word after which an engine is taken for hung; 60 without it.")
  var engineTimeout: Double?

  var isGiven: Bool { !engines.isEmpty }

  func validate() throws {
    guard engines.count <= 1 || Count.isSeveral else {
      throw ValidationError(
        "--engine: expected one engine, found \(engines.count) (capture alone deals out to several)"
      )
    }
    guard engines.count <= EngineLimits.most else {
      throw ValidationError(
        "--engine: expected at most \(EngineLimits.most) engines, found \(engines.count)")
    }
    guard engineTimeout == nil || isGiven else {
      throw ValidationError("--engine-timeout is of --engine")
    }
    guard engineTimeout.map({ $0 > 0 && $0.isFinite }) ?? true else {
      throw ValidationError("expected a positive --engine-timeout")
    }
  }

  /// How it is started; `nil` for our own engine.
  func choice() throws -> EngineChoice? {
    try choices().first
  }

  /// How all are started, each under a name of its own.
  func choices() throws -> [EngineChoice] {
    guard isGiven else { return [] }
    let settings = try Configuration(folder: try? UserFolders.config())
    var seen: [String: Int] = [:]
    return try engines.map { named in
      var choice = try EngineChoice(named, in: settings, timeout: engineTimeout)
      let count = seen[named, default: 0] + 1
      seen[named] = count
      if count > 1 { choice.name = "\(choice.name) (\(count))" }
      return choice
    }
  }

  /// Starts the engine and has it load a model; `nil` for our own engine.
  ///
  /// - Parameter rotaryPrecision: as asked for or recorded.
  func start(
    _ model: String, adapter: String?, rotaryPrecision: String? = nil, threads: Int, quiet: Bool
  ) throws -> WorkerEngine? {
    guard let choice = try choice() else { return nil }
    Interruption.watch()
    let line = ProgressLine(isQuiet: quiet)
    defer { line.clear() }
    return try Self.start(
      choice, WorkerModel(model, adapter: adapter, rotaryPrecision: rotaryPrecision),
      threads: threads, quiet: quiet, line)
  }

  static func start(
    _ choice: EngineChoice, _ model: WorkerModel, threads: Int, quiet: Bool, _ line: ProgressLine
  ) throws -> WorkerEngine {
    let worker = try WorkerEngine(
      command: choice.command, name: choice.name, model: model, client: "exemplar \(toolVersion)",
      silence: choice.silence, threads: threads, progress: { line.show(oneLine($0)) })
    line.clear()
    if !quiet { StandardError.print("engine: \(worker.words)") }
    return worker
  }
}

extension WorkerEngine {
  /// What it is and where, in a line.
  var words: String { "\(oneLine(description.engine)), \(loaded.device)" }
}
