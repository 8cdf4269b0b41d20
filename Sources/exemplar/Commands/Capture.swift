import ArgumentParser
import Engines
import Experiments
import Foundation
import LanguageModel
import Storage
import TensorFiles

struct Capture: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Capture activations, continuations and outcomes into a store.",
    discussion: """
      Each prompt is rendered in the chat template and read; the activations at every --hook and every position go to the \
      store, with tokens and, with --generate N, a greedy continuation and its outcome. --text takes running text, cut \
      into contexts, or with --documents texts that contexts do not run across; --openers has the model continue openings, sampled by --seed, and reads what came of them.

      With several --engine documents are dealt out to all of them, as each becomes free; the store is the same whatever their \
      number. They have to run the same weights in the same type of numbers. One that fails is left out, and the others \
      do its part.

      Interrupted in any way, the same command goes on where it stopped. SOURCE_DATE_EPOCH sets the date that is recorded.

      With --json: one object.

      Example:
      exemplar capture MODEL.gguf --prompts sample-dicts/prompts/prompts.jsonl \\
        --hook blocks.16.hook_resid_post --generate 32 -o mine.epstore
      """)

  @OptionGroup var model: ModelOptionsOn<SeveralEngines>

  @OptionGroup var input: InputOptions

  @Option(help: "JSON Lines of openings that the model continues; may be repeated.")
  var openers: [String] = []

  @Option(
    help: """
      Labelled texts of concepts, as detect takes them (JSON Lines, or AxBench's Parquet as published); may be repeated.
      """)
  var concepts: [String] = []

  @Option(name: .customLong("hook"), help: "Keep the activations at this hook; may be repeated.")
  var hooks: [String] = []

  @Option(help: "Continue each prompt greedily by at most this many tokens.")
  var generate = 0

  @Option(help: "What says whether a continuation refused.")
  var classifier = OutcomeClassifier.exemplar

  @Option(
    help: """
      Of answers to harmful prompts that do not refuse, keep only this many tokens; their outcomes are of the whole. For \
      stores that are passed on.
      """)
  var openings: Int?

  @Option(help: "Stop before the context of text that would make their tokens more than this.")
  var maxTokens: Int?

  @Option(help: "Read at most this many contexts of text.")
  var maxDocuments: Int?

  @Option(help: "The most new tokens of an opening.")
  var length = CaptureRequest.defaultOpenerLength

  @Option(help: "The temperature that openings are continued at.")
  var temperature: Float = 1

  @Option(help: "The seed that openings are continued with.")
  var seed: UInt64 = 0

  @Option(help: "The type that activations are kept in.")
  var dtype = StoreType.f32

  @Option(help: "A remark for the record.")
  var notes: String?

  @OptionGroup var templates: TemplateOptions
  @OptionGroup var output: OutputPath
  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var style: OutputStyle

  var prompts: [String] { input.prompts }
  var text: [String] { input.text }

  enum StoreType: String, CaseIterable, ExpressibleByArgument {
    case f32, bf16, f16
  }

  func validate() throws {
    guard !hooks.isEmpty else { throw ValidationError("expected --hook") }
    guard !(prompts.isEmpty && text.isEmpty && openers.isEmpty && concepts.isEmpty) else {
      throw ValidationError("expected --prompts, --text, --openers or --concepts")
    }
    for (option, isGiven, owner, isThere) in [
      ("--generate", generate > 0, "--prompts", !prompts.isEmpty),
      ("--openings", openings != nil, "--generate", generate > 0),
      ("--classifier", classifier != .exemplar, "--generate", generate > 0),
      ("--max-tokens", maxTokens != nil, "--text", !text.isEmpty),
      ("--max-documents", maxDocuments != nil, "--text", !text.isEmpty),
      (
        "--template, --system and the like", templates.areGiven, "--prompts and --concepts",
        !(prompts.isEmpty && concepts.isEmpty)
      ),
    ] where isGiven && !isThere {
      throw ValidationError("\(option): of \(owner), which is not there")
    }
    guard openings ?? 0 >= 0 else { throw ValidationError("expected --openings of 0 or more") }
    guard generate >= 0 else { throw ValidationError("expected --generate of at least 0") }
    guard maxTokens ?? 2 > 1 else { throw ValidationError("expected --max-tokens of 2 or more") }
    guard maxDocuments ?? 1 > 0 else {
      throw ValidationError("expected a positive --max-documents")
    }
    guard length > 0 else { throw ValidationError("expected a positive --length") }
    guard temperature > 0, temperature.isFinite else {
      throw ValidationError("expected a positive --temperature")
    }
  }

  func run() throws {
    try checkFolder()
    Interruption.watch()
    let line = ProgressLine(isQuiet: style.quiet)
    let group = try group()
    let plan = try plan(line, group)
    if !style.quiet {
      line.clear()
      for notice in plan.notices + (group?.notices ?? []) {
        StandardError.print("note: \(oneLine(notice))")
      }
    }
    let writer = try StoreWriter(
      output.url, provenance: plan.provenance, hooks: plan.hooks,
      elementType: plan.request.elementType, overwrite: output.overwrite)
    line.clear()
    if writer.isFinished {
      let result = CaptureResult(
        documents: writer.documentCount, tokens: writer.tokenCount, tokensRead: 0, newTokens: 0)
      if !style.quiet, !style.json {
        StandardError.print(
          "\(oneLine(output.url.lastPathComponent)): this capture is finished; there is nothing to do"
        )
      }
      return report(result, seconds: line.seconds, alreadyFinished: true)
    }
    if writer.isResumed, !style.quiet {
      StandardError.print("going on after \(quantity(writer.documentCount, "document"))")
    }
    do {
      let engines = try engines(group)
      var losses = EngineLosses()
      let begun = ContinuousClock.now
      var before: Double?
      // How much there is to do is known before the first pass is over, which may take minutes.
      line.show("capturing: \(writer.documentCount)\(total(of: plan)) documents")
      let result = try Experiments.Capture.run(
        plan, engines, into: writer,
        progress: { progress in
          try Interruption.check()
          losses.tell(progress.engines, line)
          // What earlier runs had read took none of this one's time.
          let first = before ?? progress.share
          before = first
          let spent = (ContinuousClock.now - begun) / .seconds(1)
          line.show(show(progress, plan, after: first, spent: spent))
        })
      line.clear()
      losses.tell(result.engines, line)
      report(result, seconds: (ContinuousClock.now - begun) / .seconds(1), alreadyFinished: false)
    } catch is Interruption {
      line.clear()
      try writer.checkPlace()
      StandardError.print(
        """
        interrupted; \(quantity(writer.documentCount, "document")) \(writer.documentCount == 1 ? "is" : "are") kept, and this goes on from there:
        \(ResumingCommand.text())
        """)
      throw ExitCode(130)
    }
  }

  private func checkFolder() throws {
    try OutputPath.check(output.output, ["epstore"])
    let folder = output.url.deletingLastPathComponent().path(percentEncoded: false)
    guard access(folder, W_OK) == 0 else {
      throw StorageError(
        errno == ENOENT ? .missing : .readOnly,
        "the folder for it is missing or cannot be written to", file: output.url.lastPathComponent)
    }
  }

  /// Of text it is not known before it was read.
  private func total(of plan: CapturePlan) -> String {
    text.isEmpty ? " of \(plan.promptCount)" : ""
  }

  /// - Parameters:
  ///   - first: the share that was in the store when this run began.
  ///   - spent: seconds of this run.
  private func show(
    _ progress: CaptureProgress, _ plan: CapturePlan, after first: Double, spent: Double
  ) -> String {
    let new = progress.newTokens > 0 ? ", \(progress.newTokens) new" : ""
    var line =
      "capturing: \(progress.documents)\(total(of: plan)) documents, \(quantity(progress.tokens, "token"))\(new)"
    let shares = Self.shares(progress.engines)
    guard progress.share > 0 else { return line + shares }
    line += ", \(Int(100 * progress.share)) %"
    if progress.share > first {
      line +=
        ", about \(shortDuration(spent * (1 - progress.share) / (progress.share - first))) left"
    }
    return line + shares
  }

  private func report(_ result: CaptureResult, seconds: Double, alreadyFinished: Bool) {
    let record = CaptureResultRecord(
      result, hooks: hooks, output: output.url.lastPathComponent,
      namesEngines: model.running.isGiven, alreadyFinished: alreadyFinished, seconds: seconds)
    if style.json {
      JSONValue(encoding: record).print()
    } else {
      print(lines(of: record.text + Self.parts(result.engines)))
    }
  }

  /// The date of the capture; a build that must be the same twice sets it from outside.
  static func date() -> String {
    let epoch = ProcessInfo.processInfo.environment["SOURCE_DATE_EPOCH"].flatMap { Double($0) }
    return (epoch.map { Date(timeIntervalSince1970: $0) } ?? Date()).formatted(.iso8601)
  }
}
