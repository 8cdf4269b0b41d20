import ArgumentParser
import Experiments
import Foundation
import Numerics
import Storage

extension RefusalDirections.Purity: ExpressibleByArgument {}

struct DirectionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "directions",
    abstract: "Refusal directions layer by layer, and how well each tells held-out prompts apart.",
    discussion: """
      At every layer the direction from benign to harmful prompts, made in three ways of final positions: of the \
      exemplars of wholly harmful and wholly benign regions (ep), of all prompts' means (prompt-mean), and of the \
      prompts dealt to groups as large as the regions (shuffled), which says what the regions are worth. Held-out \
      prompts are in none. Each is scored by the AUROC of held-out harmful against benign prompts along it, at its own \
      layer and at the others, beside random unit rows.

      The regions are built of all prompts of the stores at --percentile, as the method's author does, or are those of \
      the dictionaries --with, one a layer. Stores have to be of one model and of the same prompts. "exemplar steer \
      --direction" steers along them.

      With --json: one object.

      Example:
      exemplar directions sample-dicts/smollm2-refusal.epstore
      """)

  @Argument(
    help: "Stores (.epstore) with sets of harmful and benign prompts; STORE#SET,SET takes sets.")
  var stores: [String]

  @Option(
    parsing: .upToNextOption,
    help: "Dictionaries whose regions are taken, one a layer, in place of building them.")
  var with: [String] = []

  @Option(
    name: .customLong("hook"),
    help: "Read at this hook; may be repeated. Without it all of the residual stream.")
  var hooks: [String] = []

  @Option(help: "p of the calibration; 12 without it.")
  var percentile: Double?

  @Option(
    help: "The split that is held out, or a number of prompts of each side, drawn by --seed.")
  var held = "heldout"

  @Option(
    help: """
      Which prompts decide whether a region is wholly harmful or benign: all, as the method's author has it, or kept, \
      those that are not held out.
      """)
  var purity: RefusalDirections.Purity = .all

  @Option(help: "Random unit rows beside the directions of a layer.")
  var controls = 100

  @Option(help: "Decides the order of a build, held-out prompts, shuffles and random rows.")
  var seed: UInt64 = 0

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: "Also write the directions, and the median norms, to this .safetensors.")
  var output: String?

  @Flag(help: "Replace the output if it exists.")
  var overwrite = false

  @OptionGroup var other: OtherModelOption
  @OptionGroup var claim: ClaimOptions

  func validate() throws {
    guard !stores.isEmpty else { throw ValidationError("expected a store") }
    guard (1...10_000).contains(controls) else {
      throw ValidationError("expected --controls from 1 to 10000")
    }
    if let percentile, !(percentile > 0 && percentile < 100) {
      throw ValidationError("expected --percentile in (0, 100)")
    }
    guard with.isEmpty || (percentile == nil && hooks.isEmpty) else {
      throw ValidationError(
        "the dictionaries --with have their own \(percentile == nil ? "hooks" : "p"), and leave nothing to build"
      )
    }
    guard !other.otherModel || !with.isEmpty else {
      throw ValidationError("--other-model is of dictionaries --with")
    }
    guard output != nil || !overwrite else { throw ValidationError("--overwrite is of --output") }
  }

  private var place: OutputPath? {
    output.map { output in
      var place = OutputPath()
      (place.output, place.overwrite) = (output, overwrite)
      return place
    }
  }

  func run() throws {
    try claim.export.check()
    try place?.check(suffix: "safetensors")
    try MatrixProducts.verify()
    Interruption.watch()
    let line = claim.progress()
    let files = try with.map { try DictionaryLocation.open(URL(filePath: $0)) }
    let opened = try stores.map { try StoreFile(URL(filePath: $0)) }
    let sources = try DirectionStores(
      opened, hooks: files.isEmpty ? (hooks.isEmpty ? nil : hooks) : try Self.hooks(of: files))
    let choice = Int(held).map(HeldOutPrompts.Choice.drawn) ?? .split(held)
    let prompts = try HeldOutPrompts(
      choice, roles: sources.roles, splits: sources.prompts.map(\.split), seed: seed,
      of: sources.name)
    if output != nil,
      let other = sources.places.first(where: { $0.dimension != sources.places[0].dimension })
    {
      throw ExperimentError(
        .mismatch,
        "expected hooks of one width, \(sources.places[0].dimension), for --output, found \(other.dimension) at \(other.hook)",
        file: other.store.name)
    }
    var notices: [String] = []
    var layers: [DirectionLayer] = []
    for (index, place) in sources.places.enumerated() {
      try Interruption.check()
      line.show("regions: layer \(index + 1) of \(sources.places.count)")
      layers.append(try layer(place, files, &notices))
    }
    var options = DirectionStudy.Options()
    (options.purity, options.controls, options.seed) = (purity, controls, seed)
    let study = try DirectionStudy.run(
      layers, roles: sources.roles, held: prompts, options
    ) { done, total in
      try Interruption.check()
      line.show("scoring: layer \(done + 1) of \(total)")
    }
    if let place { try study.write(to: place.url) }
    line.clear()
    notices += notes(areRegionsBuilt: files.isEmpty)
    let record = DirectionRecord(
      study, held: choice, stores: opened.map(\.name), seconds: line.seconds)
    try claim.publish(record.report().noting(notices))
  }

  /// What held-out prompts had a part in: of dictionaries that are given, their own records say what they were built from.
  private func notes(areRegionsBuilt: Bool) -> [String] {
    switch (areRegionsBuilt, purity) {
    case (true, .all):
      [
        "held-out prompts took part in the regions and in which of them are wholly of one side, as the method's author has it; --purity kept leaves them out of the second"
      ]
    case (true, .kept):
      [
        "held-out prompts took part in the regions, as the method's author has it, but not in which of them are wholly of one side"
      ]
    case (false, .all):
      [
        "held-out prompts took part in which regions are wholly of one side, as the method's author has it; --purity kept leaves them out"
      ]
    case (false, .kept): []
    }
  }

  /// The hooks of dictionaries, each of another.
  private static func hooks(of files: [DictionaryFile]) throws -> [String] {
    var found: [String: String] = [:]
    for file in files {
      guard let hook = file.provenance.hook else {
        throw ExperimentError(.missing, "does not record its hook", file: file.name)
      }
      if let other = found.updateValue(file.name, forKey: hook) {
        throw ExperimentError(
          .mismatch, "expected dictionaries of different hooks, found \(hook) in \(other) too",
          file: file.name)
      }
    }
    return Array(found.keys)
  }

  private func layer(
    _ place: DirectionStores.Place, _ files: [DictionaryFile], _ notices: inout [String]
  ) throws -> DirectionLayer {
    guard let file = files.first(where: { $0.provenance.hook == place.hook }) else {
      return try DirectionLayer(
        hook: place.hook, rows: try place.rows(), dimension: place.dimension,
        percentile: percentile ?? 12, seed: seed, threads: claim.threads, of: place.store.name)
    }
    let source = try ActivationSource(
      place.store.url, selection: StoreSelection(hook: place.hook))
    try source.checkFits(file, isOtherAllowed: other.otherModel)
    notices += source.notices(for: file)
    try file.checkHasRegions()
    return DirectionLayer(
      hook: place.hook, rows: try place.rows(), try file.load(), name: file.name,
      identity: file.identity, percentile: file.provenance.percentile, threads: claim.threads)
  }
}
