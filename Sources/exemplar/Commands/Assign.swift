import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Storage

struct Assign: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find the nearest region of every activation, read-only.",
    discussion: """
      Writes ids I64 [n] and distances F32 [n], in the order of the activations. withinThreshold is the share of \
      activations at a distance of at most θ.

      With --json: one object.

      Example:
      exemplar assign sample-dicts/smollm2-refusal.last.p10.epdict \\
        sample-dicts/smollm2-refusal.epstore -o nearest.safetensors
      """)

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @Argument(help: "Shards, a file of rows [n, D], or a store.")
  var activations: String

  @OptionGroup var output: OutputPath

  @Option(help: "all, last: one activation a prompt, or content: without the template's tokens.")
  var positions: Positions = .all

  @Option(
    help: """
      Rows of a batch, for a single file; changes no result. Without it \(ActivationSource.defaultBatchSize).
      """)
  var batchSize: Int?

  @Option(help: "The hook of a dictionary that does not record its own.")
  var hook: String?

  @Option(help: "Take only these prompt sets of a store, separated by commas: harmful,benign.")
  var sets: String?

  @OptionGroup var other: OtherModelOption
  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var style: OutputStyle

  func validate() throws {
    guard batchSize ?? 1 > 0 else { throw ValidationError("expected a positive --batch-size") }
  }

  func run() throws {
    try output.check(suffix: "safetensors")
    Interruption.watch()
    let file = try DictionaryLocation.open(URL(filePath: dictionary), hook: hook)
    let (url, sets) = try SetSelector.parse(activations, sets: sets)
    let isStore = ActivationSource.isStore(url)
    let source = try ActivationSource(
      url, positions: positions, batchSize: batchSize,
      selection: StoreSelection(
        hook: isStore ? file.provenance.hook : nil, sets: sets))
    try source.checkFits(file, isOtherAllowed: other.otherModel)
    let notices = source.notices(for: file) + source.positionNotices(for: file)
    let line = ProgressLine(isQuiet: style.quiet)
    let result = try ActivationAssignment.run(file, source, threads: threadCount.threads) { count in
      try Interruption.check()
      line.show("assigning: \(count) activations")
    }
    try result.write(to: output.url)
    line.clear()
    let record = AssignmentRecord(result, notices: notices, seconds: line.seconds)
    if style.json {
      JSONValue(encoding: record).print()
    } else {
      print(lines(of: record.text))
    }
  }
}
