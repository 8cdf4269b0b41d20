import ArgumentParser
import Experiments
import Foundation
import Storage

struct Steer: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Add a region's or a refusal direction to the model and see what happens to refusals.",
    discussion: """
      x ← x + α · direction at every position, one run for each strength; the control is steered by as much. Reads as \
      ablate does. α is given as it is (--alpha), or in units of the residual stream's median norm at the hook (--norms), \
      over all positions of the store's prompts; results give both, and the median norm with the number of its rows.

      With --direction it is no region's direction but that from benign to harmful prompts which "exemplar directions" \
      makes, of the prompts outside the held-out split: --norms are then median norms of final positions, above 0 towards \
      refusal, read on benign prompts, below 0 away from it, read on harmful ones; the control is random. --with steers at \
      the layers of other dictionaries too, in the same run, each along its own layer's direction.

      With --json: one object.

      Example:
      exemplar steer sample-dicts/smollm2-refusal.last.p10.epdict --store \\
        sample-dicts/smollm2-refusal.epstore --region 3 --norms 0.25 0.5 1
      """)

  @OptionGroup var options: AblationOptions

  @Option(
    parsing: .upToNextOption,
    help: "α as it is, in units of the residual stream: 4 8 16, or 4,8,16."
  )
  var alpha: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: """
      α in units of the residual stream's median norm at the hook, over the store's prompts: -0.5 0.5 1, or -0.5,0.5,1.
      """)
  var norms: [String] = []

  @Option(
    help: """
      Also write an .svg by α: the share of letters or of answers that --counts-as counts, and without it of refusals, a line \
      for each condition.
      """)
  var plot: String?

  enum Direction: String, CaseIterable, ExpressibleByArgument {
    case ep
    case promptMean = "prompt-mean"

    var source: RefusalDirections.Source { self == .ep ? .exemplars : .promptMeans }
  }

  @Option(
    help: """
      Steer along a refusal direction instead: ep, of the exemplars of wholly harmful and wholly benign regions, or \
      prompt-mean, of all prompts.
      """)
  var direction: Direction?

  @Option(
    parsing: .upToNextOption,
    help: "With --direction: dictionaries of other layers, steered at in the same run.")
  var with: [String] = []

  @Option(
    help: """
      With --direction: which prompts decide whether a region is wholly harmful or benign, all or kept (those that are \
      not held out).
      """)
  var purity: RefusalDirections.Purity?

  func validate() throws {
    try PlotPath.checkName(plot)
    _ = try target()
    _ = try strengths()
  }

  private func target() throws -> AblationSetup.Target {
    guard let direction else {
      guard with.isEmpty, purity == nil else {
        throw ValidationError("\(with.isEmpty ? "--purity" : "--with") is of --direction")
      }
      return .regions([try region()])
    }
    let ignored: [(String, Bool)] = [
      ("--regions", options.reading.regions != nil), ("--alpha", !alpha.isEmpty),
      ("--basis", options.basis != .mean), ("--at", options.at != nil),
      ("--baselines", options.baselines),
    ]
    if let name = ignored.first(where: { $0.1 })?.0 {
      throw ValidationError("--direction decides about \(name) itself, or has no use for it")
    }
    return .directions(
      DirectionChoice(direction.source, purity: purity ?? .all, layers: with.count + 1))
  }

  private func region() throws -> Int {
    guard let ids = try options.reading.named.ids(), let region = ids.first, ids.count == 1 else {
      throw ValidationError("expected --region with the one region to steer along, or --direction")
    }
    return region
  }

  private func strengths() throws -> [SteeringStrength] {
    guard alpha.isEmpty || norms.isEmpty else {
      throw ValidationError("--alpha and --norms exclude each other")
    }
    let raw = try SteeringStrength.numbers(alpha, "--alpha: expected numbers such as 4 8 16")
      .map(SteeringStrength.alpha)
    let inNorms = try SteeringStrength.numbers(norms, "--norms: expected numbers such as 0.5 1")
      .map { SteeringStrength.norms(Double($0)) }
    guard !raw.isEmpty || !inNorms.isEmpty else {
      throw ValidationError("expected an --alpha, or --norms")
    }
    return raw + inNorms
  }

  func run() throws {
    Interruption.watch()
    try PlotPath.checkIsFree(plot)
    let strengths = try strengths()
    let setup = try options.setup(.steer(alpha: 0), target: try target())
    let line = ProgressLine(isQuiet: options.style.quiet)
    var alphas: [Float] = []
    let runner = try options.runner(setup, beside: with) { subject in
      guard direction == nil else {
        // The directions are a median norm long.
        alphas = strengths.map(\.value)
        return
      }
      // A strength in norms that are not known is refused before the weights are read.
      let norm =
        try norms.isEmpty
        ? nil : subject.material.residualNorm(at: setup.actionHook ?? subject.hook)
      alphas = try strengths.map { try $0.alpha(norm) }
    }
    var results: [AblationResult] = []
    let sweep = runner.sweep(setup, alphas: alphas)
    // Steps of a series are read on the same prompts.
    let isSeries =
      alphas.count > 1
      && (direction == nil || alphas.allSatisfy { ($0 < 0) == (alphas[0] < 0) })
    for (alpha, step) in zip(alphas, sweep.steps) {
      var result = try options.run(
        runner, step.setup, line, prefix: "α \(formatted(Double(alpha))), ", after: results)
      if isSeries { sweep.mark(&result, step) }
      results.append(result)
    }
    results = try options.judge(results, by: runner, line)
    line.clear()
    let kept = try options.keep(results)
    if let plot { try write(SteeringPlot.plot(kept.map(\.result)), to: URL(filePath: plot)) }
    if options.style.json {
      let steps = zip(alphas, kept).map { (alpha: $0, result: $1.result, id: $1.id) }
      JSONValue(encoding: SteeringRecord(steps, texts: options.texts)).print()
      return
    }
    // What is to be known of all of them is said once.
    var said: Set<String> = []
    for one in kept {
      options.show(one, saidBefore: &said)
      print("")
    }
  }
}

extension Steer {
  private func write(_ plot: SVGPlot?, to url: URL) throws {
    guard let plot else {
      throw ExperimentError(
        .invalidValue, "expected something to plot, found nothing", file: url.lastPathComponent)
    }
    try TextFile.write(plot.text, to: url)
  }
}

extension SteeringStrength {
  /// The number that was given, whatever its unit.
  var value: Float {
    switch self {
    case .alpha(let alpha): alpha
    case .norms(let norms): Float(norms)
    }
  }

  /// Numbers of an option that takes several, apart or with commas.
  static func numbers(_ words: [String], _ refusal: String) throws -> [Float] {
    try words.flatMap { $0.split(separator: ",") }.map { text in
      guard let value = Float(text), value.isFinite else { throw ValidationError(refusal) }
      return value
    }
  }
}
