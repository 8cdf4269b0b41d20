import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Numerics
import Storage

struct AlignmentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "alignment",
    abstract: "Whether regions that lie close together predict similar next tokens.",
    discussion: """
      The lens takes a region's direction through the model's final norm and unembedding. Spearman's correlation of the \
      cosine distances of directions with the Jensen–Shannon divergences of what the lens predicts, over all pairs; the \
      null deals the predictions to other regions.

      With --json: one object.

      Example:
      exemplar alignment sample-dicts/smollm2-refusal.last.p10.epdict --model \\
        MODEL.gguf
      """)

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @Option(help: "The model that the dictionary is of.")
  var model: String

  @Option(help: "A PEFT LoRA for the model; the dictionary's own is found by its recorded hash.")
  var adapter: String?

  @OptionGroup var running: EngineOption

  @OptionGroup var other: OtherModelOption

  @Option(help: "Directions of the regions: exemplar or mean.")
  var basis: ReadoutBasis = .exemplar

  @Option(help: "How often predictions are dealt anew.")
  var permutations = 1000

  @Option(help: "Of more regions, take those with the most members; all without it.")
  var maxRegions: Int?

  @Option(help: "The largest regions to show with their neighbours.")
  var anchors = 5

  @Option(help: "Decides shuffles and resampling.")
  var seed: UInt64 = 0

  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var export: ExportOptions
  @OptionGroup var style: OutputStyle

  func validate() throws {
    guard permutations > 0 else { throw ValidationError("expected positive --permutations") }
    guard maxRegions ?? 4 > 3 else { throw ValidationError("expected --max-regions of at least 4") }
    guard anchors >= 0 else { throw ValidationError("expected --anchors of 0 or more") }
  }

  func run() throws {
    try export.check()
    let file = try DictionaryLocation.open(URL(filePath: dictionary))
    guard file.regionCount > 3 else {
      throw ExperimentError(
        .invalidValue, "expected at least 4 regions to align, found \(file.regionCount)",
        file: file.name)
    }
    let line = ProgressLine(isQuiet: style.quiet)
    let checkpoint = try other.checkpoint(
      model, adapter: adapter, for: [file], at: [dictionary], on: running,
      threads: threadCount.threads, quiet: style.quiet
    ).asRead()
    let lens = try LensTokens(checkpoint, threads: threadCount.threads)
    try lens.check(file)
    let members = try file.table().memberCounts
    let bySize = members.indices.sorted { (members[$1], $0) < (members[$0], $1) }
    let chosen = bySize.prefix(maxRegions ?? members.count).sorted()
    let directions = try chosen.flatMap { region in
      basis == .exemplar
        ? try file.exemplars(rows: region..<region + 1) : try file.means(rows: region..<region + 1)
    }
    Interruption.watch()
    let tokens = try lens.tokens(of: directions, count: chosen.count)
    let width = file.dimension
    let result = try LensAlignment(
      directions: directions, count: chosen.count, rounds: permutations, seed: seed,
      threads: threadCount.threads,
      progress: { done, total in
        try Interruption.check()
        line.show("comparing predictions: \(done) of \(total) pairs")
      },
      logits: { rows in
        try lens.engine.lens(
          Array(directions[rows.lowerBound * width..<rows.upperBound * width]), count: rows.count)
      })
    guard let result else {
      throw ExperimentError(
        .invalidValue, "expected directions that differ, found distances that are all the same",
        file: file.name)
    }
    line.clear()
    let record = AlignmentRecord(
      result, file, chosen: chosen, members: members, tokens: tokens, basis: basis,
      permutations: permutations, anchorCount: anchors, seed: seed, seconds: line.seconds)
    let report = record.report(result, chosen: chosen, tellsPairs: isTold(record.pairs))
    try export.publish(report.naming(checkpoint), style)
  }

  /// Whether every pair becomes a record: always for a table that was asked for, else of as many as a notebook has room for.
  private func isTold(_ pairs: Int) -> Bool {
    pairs <= 50_000 || export.exports.contains { $0.lowercased().hasSuffix(".csv") }
  }
}
