import ArgumentParser
import Experiments
import Foundation
import LanguageModel
import Storage

struct Trace: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Follow a text through a dictionary's regions, token by token.",
    discussion: """
      For every token its nearest region, the distance to that exemplar, and the distance in units of θ; a token farther \
      than θ is outside the dictionary. --with adds dictionaries of other layers: the path of one text. With --prompts, \
      the path of the final position of each prompt, how many regions categories have in common, how far apart those of one \
      lie, and how much of who is in them is of one, beside the same for prompts dealt to the categories at random. --regions tells only the tokens that lie in one of these regions of the \
      first dictionary, of all that were traced.

      Builds over all positions leave out position 0, whose activations are unlike all others: expect it to be outside.

      --attribution R asks which tokens bring the last position, or R@POSITION that one, nearer to region R: of each token, the \
      product of its embedding with the gradient of the similarity. It needs an engine that computes gradients, which \
      this program's own does not: --engine.

      With --json: a line a token; with --prompts a line a prompt; with --attribution one object.

      Example:
      exemplar trace sample-dicts/smollm2-refusal.last.p10.epdict MODEL.gguf Hello \\
        --chat
      """)

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @OptionGroup var model: ModelOptions

  @Argument(help: "The text.")
  var text: String?

  @Option(help: "Another dictionary of the same model; may be repeated.")
  var with: [String] = []

  @Option(help: "The hook of dictionaries that do not record theirs.")
  var hook: String?

  @OptionGroup var shared: ReadingOptions

  @Option(
    help: """
      Trace the final position of these prompts instead: JSON Lines, a JSON array, CSV, TSV or Parquet.
      """)
  var prompts: String?

  @OptionGroup var prompting: PromptOptions

  @Option(
    help: "With --prompts: what --export F.svg draws, paths or overlap (Jaccard); paths without it."
  )
  var figure: TrajectoriesRecord.Figure?

  @OptionGroup var attributing: AttributionOptions

  @Option(
    help:
      "Decides how prompts are dealt for the null of --prompts, and the controls of --attribution; 0 without it."
  )
  var seed: UInt64?

  @OptionGroup var reading: TextOptions
  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var export: ExportOptions
  @OptionGroup var style: OutputStyle

  func validate() throws {
    guard (text == nil) != (prompts == nil) else {
      throw ValidationError("expected a text or --prompts FILE, one of them")
    }
    let target = try attributing.target()
    guard prompts != nil || (prompting.promptField == nil && figure == nil) else {
      throw ValidationError("--figure and --prompt-field are of --prompts")
    }
    guard prompts != nil || target != nil || seed == nil else {
      throw ValidationError("--seed is of --prompts and --attribution")
    }
    guard target == nil || (prompts == nil && with.isEmpty && shared.regions == nil) else {
      throw ValidationError(
        "--attribution is of one text and one dictionary: not with --prompts, --with or --regions")
    }
    guard prompts == nil || shared.regions == nil else {
      throw ValidationError("--regions is of a text, and --prompts traces final positions")
    }
  }

  func run() throws {
    let target = try attributing.target()
    try attributing.check(target, model.running)
    try export.check()
    let paths = [dictionary] + with
    let files = try paths.map { try DictionaryLocation.open(URL(filePath: $0), hook: hook) }
    let wanted = try shared.named.ids()
    if let region = wanted?.first(where: { !(0..<files[0].regionCount).contains($0) }) {
      throw ExperimentError(
        .invalidValue, "expected regions of 0…\(files[0].regionCount - 1), found \(region)",
        file: files[0].name)
    }
    let notebook = try existingNotebook()
    let labels = try files.map { try LabelView($0, notebook).texts }
    var checkpoint = try shared.other.checkpoint(
      model.model, adapter: model.adapter, for: files, at: paths, on: model.running,
      rotaryPrecision: model.rotaryPrecision?.rawValue, threads: threadCount.threads,
      quiet: style.quiet)
    let tokenizer = try model.tokenizer(checkpoint.worker)
    let engine = try model.load(checkpoint, threads: threadCount.threads, quiet: style.quiet)
    if target != nil { try engine.requireGradients() }
    checkpoint.rotaryPrecision = engine.description.rotaryPrecision?.rawValue
    let tracer = try TextTracer(files, engine, tokenizer)
    let recorded = files.compactMap { file in
      TemplateRecord(file.provenance).map { ($0, file.name) }
    }
    if let text {
      let traced = try tracer.trace(try reading.tokens(text, tokenizer, as: recorded))
      if let target {
        return try export.publish(
          try attributing.report(
            target, traced, tracer, engine, seed: seed ?? 0, label: labels[0][target.region],
            checkpoint.match, quiet: style.quiet
          ).naming(checkpoint), style)
      }
      let record = TraceRecord(traced, in: wanted, tracer, labels: labels, checkpoint)
      let report = record.report(of: traced, in: wanted, identities: files.map(\.identity))
      try export.publish(report.naming(checkpoint), style)
    } else if let prompts {
      Interruption.watch()
      let line = ProgressLine(isQuiet: style.quiet)
      var paths: [Trajectories.Path] = []
      for prompt in try prompting.prompts(prompts).prompts {
        try Interruption.check()
        guard
          let last = try tracer.trace(
            try reading.tokens(prompt, tokenizer, as: recorded)
          ).last
        else {
          throw ExperimentError(
            .invalidValue, "expected a prompt of at least one token, found none",
            file: "\(prompt.place)")
        }
        paths.append(
          Trajectories.Path(
            id: prompt.shortID, category: prompt.category ?? "—", regions: last.hits.map(\.region),
            distances: last.hits.map(\.distance)))
        line.show("tracing: \(quantity(paths.count, "prompt"))")
      }
      line.clear()
      guard !paths.isEmpty else {
        throw ExperimentError(
          .missing, "expected prompts, found none", file: URL(filePath: prompts).lastPathComponent)
      }
      let trajectories = Trajectories(paths)
      if figure == .overlap, trajectories.categories.count < 2 {
        throw ExperimentError(
          .invalidValue,
          "expected prompts of two categories to compare, found \(trajectories.categories.count)",
          file: "--figure overlap")
      }
      let record = TrajectoriesRecord(
        trajectories, tracer, try files.map { try $0.exemplarRows() }, checkpoint, seed: seed ?? 0)
      let report = record.report(
        trajectories, identities: files.map(\.identity), drawn: figure ?? .paths)
      try export.publish(report.naming(checkpoint), style)
    }
  }
}

extension TrajectoriesRecord.Figure: ExpressibleByArgument {}
