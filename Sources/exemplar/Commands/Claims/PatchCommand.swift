import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import LanguageModel
import Numerics
import Storage

struct PatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "patch",
    abstract: "Put one prompt's residual, or its region's direction, into another prompt.",
    discussion: """
      The prompts of a category differ in one word, and so in their answer. For pairs of them the source's residual at \
      that word, or its region's direction, stands in the receiver's place, at the length that the receiver had there \
      from the centre; a flip is a receiver whose most probable next token becomes the source's answer. Controls: the \
      receiver's own region, and a region drawn at random. Null: the answers dealt anew within each category.

      A line of --prompts has prompt and target, and may have fill (the word; where it stands last its last token is \
      patched), or position (from the end where negative, the last token without either), and category.

      With --json: one object.

      Example:
      exemplar patch sample-dicts/smollm2-instruct.all.p10.epdict MODEL.gguf \\
        --prompts Examples/patching.jsonl
      """)

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @OptionGroup var model: ModelOptions

  @Option(help: "Prompts with their answers: JSON Lines, a JSON array, CSV, TSV or Parquet.")
  var prompts: String

  @Option(help: "Directions of the regions: exemplar or mean.")
  var basis: ReadoutBasis = .mean

  @Option(help: "The hook of a dictionary that does not record its own.")
  var hook: String?

  @Option(help: "Of more pairs, take this many at random.")
  var maxPairs = 400

  @Option(help: "Random regions a pair; their logits are averaged.")
  var draws = 1

  @OptionGroup var shared: ReadingOptions

  @Flag(help: "Add no BOS.")
  var noSpecial = false

  @Option(help: "Decides pairs, random regions, deals and resampling.")
  var seed: UInt64 = 0

  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var export: ExportOptions
  @OptionGroup var style: OutputStyle

  func validate() throws {
    guard maxPairs > 0 else { throw ValidationError("expected a positive --max-pairs") }
    guard draws > 0 else { throw ValidationError("expected a positive --draws") }
  }

  func run() throws {
    try export.check()
    Interruption.watch()
    let file = try DictionaryLocation.open(URL(filePath: dictionary), hook: hook)
    let regions = try shared.named.ids()
    if let region = regions?.first(where: { !(0..<file.regionCount).contains($0) }) {
      throw ExperimentError(
        .invalidValue, "expected regions of 0…\(file.regionCount - 1), found \(region)",
        file: file.name)
    }
    guard let name = file.provenance.hook else {
      throw ExperimentError(
        .missing, "expected a recorded hook, found none", file: file.name,
        remedy: "name it with \(.hook)")
    }
    let point = try HookPoint(name)
    var checkpoint = try shared.other.checkpoint(
      model.model, adapter: model.adapter, for: [file], at: [dictionary], on: model.running,
      rotaryPrecision: model.rotaryPrecision?.rawValue, threads: threadCount.threads,
      quiet: style.quiet)
    let tokenizer = try model.tokenizer(checkpoint.worker)
    let items = try PatchItems.read(URL(filePath: prompts), tokenize: tokens(tokenizer)) {
      tokenizer.spelling(of: $0)
    }
    let engine = try model.load(checkpoint, threads: threadCount.threads, quiet: style.quiet)
    checkpoint.rotaryPrecision = engine.description.rotaryPrecision?.rawValue
    try engine.description.validate(point)
    let width = engine.description.width(at: point)
    guard width == file.dimension else {
      throw ExperimentError(
        .mismatch,
        "expected a dictionary of \(width) components, as the model has at \(point.name), found \(file.dimension)",
        file: file.name)
    }
    var options = Patching.Options()
    (options.basis, options.maxPairs, options.draws) = (basis, maxPairs, draws)
    (options.regions, options.seed) = (regions.map { Set($0) }, seed)
    let line = ProgressLine(isQuiet: style.quiet)
    let result = try Patching.run(
      items, file, engine, hook: point, options,
      progress: { done, total in
        try Interruption.check()
        line.show("patching: \(done) of \(total) pairs")
      })
    line.clear()
    let record = PatchingRecord(
      result, file, point, tokenizer, labels: try LabelView(file, existingNotebook()).texts,
      seconds: line.seconds)
    try export.publish(record.report().naming(checkpoint), style)
  }

  /// Prompts are continued: what the tokenizer puts after a text is left out.
  private func tokens(_ tokenizer: Tokenizer) -> (String) -> TokenizedText {
    { [noSpecial] text in
      var found = tokenizer.encodeWithOffsets(text, addSpecial: !noSpecial, parseSpecial: false)
      let added = noSpecial ? 0 : tokenizer.suffix.count
      if added > 0, found.ids.suffix(added).elementsEqual(tokenizer.suffix) {
        found.ids.removeLast(added)
        found.ends.removeLast(added)
      }
      return found
    }
  }
}
