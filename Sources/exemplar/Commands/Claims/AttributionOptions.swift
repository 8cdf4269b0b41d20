import ArgumentParser
import Engines
import Experiments
import LanguageModel
import Storage

/// `trace --attribution`: which region, of which position, beside how many controls.
struct AttributionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Which tokens bring a position nearer to this region: input × gradient, beside controls.",
      valueName: "region[@position]"))
  var attribution: String?

  @Option(
    help:
      "With --attribution: how many other regions, and shuffles of the exemplar, to compute it of; 20 without it."
  )
  var controls: Int?

  struct Target {
    var region: Int
    var position: Int
  }

  func validate() throws {
    guard controls == nil || attribution != nil else {
      throw ValidationError("--controls is of --attribution")
    }
    guard (0...10_000).contains(controls ?? 20) else {
      throw ValidationError("expected --controls of 0 to 10000")
    }
  }

  /// `nil` where none is asked for.
  func target() throws -> Target? {
    guard let attribution else { return nil }
    let parts = attribution.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count <= 2, let region = Int(parts[0]), region >= 0,
      let position = parts.count == 2 ? Int(parts[1]) : -1
    else {
      throw ValidationError(
        "--attribution: expected a region, and after @ a position, such as 12 or 12@-1, found "
          + oneLine(attribution))
    }
    return Target(region: region, position: position)
  }

  /// Fails before a model is loaded that could not be asked.
  func check(_ target: Target?, _ running: EngineOption) throws {
    guard target != nil, !running.isGiven else { return }
    throw ExperimentError(
      .invalidValue,
      "input × gradient needs gradients, and this program's own engine computes none; one on torch does: --engine "
        + "'python3 exemplar_engine.py serve' (finite differences through the layers would be another measure)",
      file: "--attribution")
  }

  func report(
    _ target: Target, _ traced: [TracedToken], _ tracer: TextTracer, _ engine: any Engine,
    seed: UInt64, label: String?, _ match: Checkpoint.Match, quiet: Bool
  ) throws -> Report {
    Interruption.watch()
    let line = ProgressLine(isQuiet: quiet)
    let result = try Attribution(
      traced.map(\.id), tracer.dictionaries[0], at: tracer.hooks[0], engine,
      Attribution.Options(
        region: target.region, position: target.position, controls: controls ?? 20, seed: seed)
    ) { done, total in
      try Interruption.check()
      line.show("gradients: \(done) of \(total)")
    }
    line.clear()
    let record = AttributionRecord(
      result, tracer.dictionaries[0], tracer.hooks[0], traced, label: label, match)
    return record.report(of: traced)
  }
}
