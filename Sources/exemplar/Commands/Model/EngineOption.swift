import ArgumentParser
import Engines
import Experiments
import Explorer
import Foundation
import LanguageModel
import Storage

/// `--engine`: a model that another process runs.
struct EngineOption: ParsableArguments {
  @Option(
    name: .customLong("engine"),
    help: ArgumentHelp(
      """
      Run the model on this engine: a command line that speaks the engine protocol, such as 'ssh box python3 \
      exemplar_engine.py serve', or a name of [engines] in the settings. --model is then what its machine calls the model.
      """, valueName: "command|name"))
  var engines: [String] = []

  @Option(
    help: "Seconds without a word after which an engine is taken for hung; 60 without it.")
  var engineTimeout: Double?

  var isGiven: Bool { !engines.isEmpty }

  func validate() throws {
    guard engines.count <= 1 else {
      throw ValidationError("--engine: expected one engine, found \(engines.count)")
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
    guard let named = engines.first else { return nil }
    return try EngineChoice(
      named, in: try Configuration(folder: try? UserFolders.config()), timeout: engineTimeout)
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
    if !quiet {
      StandardError.print("engine: \(oneLine(worker.description.engine)), \(worker.loaded.device)")
    }
    return worker
  }
}
