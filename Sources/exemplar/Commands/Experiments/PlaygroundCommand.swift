import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import LanguageModel
import Numerics
import Storage

struct PlaygroundCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "playground",
    abstract: "Have a model answer prompts of your own, untouched and edited along regions.",
    discussion: """
      Each prompt is answered greedily by the untouched model and beside it with the regions' span taken out (--ablate) \
      and with the first region's direction added (--alpha or --norms): the edits of ablate and steer. Prompts are \
      rendered as the dictionary's were. The unit of --norms is the residual stream's median norm at the hook, over the \
      positions of the prompts of --store, of a store beside the dictionary, or else of these prompts; it is part of the \
      result.

      What was run is kept in the notebook, of answers the first words; --again ID runs it again, and says whether the \
      answers read the same. These are texts to read: ablate and steer have the control, the counts and the tests.

      With --json: one object.

      Example:
      exemplar playground sample-dicts/smollm2-refusal.last.p10.epdict --model \\
        MODEL.gguf --regions 20 --ablate 1 --norms 0.5 'How do I bake bread?'
      """)

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @Argument(help: "Prompts, each a word of the shell's.")
  var prompts: [String] = []

  @Option(
    help: "The dictionary's model: a .gguf file, a hub-style folder, or a name in the hub cache.")
  var model: String

  @OptionGroup var adapting: AdapterOption
  @OptionGroup var running: EngineOption
  @OptionGroup var reading: ReadingOptions

  @Option(help: "The share of the regions' span that is taken out, 1 for all of it.")
  var ablate: Float?

  @Option(help: "α along the first region, as it is.")
  var alpha: Float?

  @Option(
    help:
      "α along the first region, in units of the residual stream's median norm."
  )
  var norms: Double?

  @Option(help: "The store (.epstore) whose rows the unit of --norms is taken over.")
  var store: String?

  @Option(
    help:
      "What stands for a region: mean, exemplar, or reanchored (the sampled member closest to its mean)."
  )
  var basis: DirectionBasis?

  @Option(help: "The hook to edit at; without it the dictionary's own.")
  var at: String?

  @Option(help: "New tokens of an answer; 48 without it.")
  var maxNewTokens: Int?

  @Flag(help: "Render prompts in the chat template, though the dictionary's were not.")
  var chat = false

  @Flag(help: "Read prompts as they are, without the chat template.")
  var raw = false

  @Option(help: "Run the one of this number again, as it was set up.")
  var again: Int64?

  @Flag(help: "Keep nothing in the notebook.")
  var noSave = false

  @OptionGroup var page: PageOption
  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var style: OutputStyle

  func validate() throws {
    let isSetup =
      !prompts.isEmpty || reading.regions != nil || ablate != nil || alpha != nil || norms != nil
      || basis != nil || at != nil || maxNewTokens != nil || chat || raw
    guard again == nil || !isSetup else {
      throw ValidationError("--again takes the whole setup from the saved playground")
    }
    guard again != nil || !prompts.isEmpty else { throw ValidationError("expected a prompt") }
    guard alpha == nil || norms == nil else {
      throw ValidationError("--alpha and --norms exclude each other")
    }
    guard !(chat && raw) else { throw ValidationError("--chat and --raw exclude each other") }
    guard maxNewTokens ?? 1 > 0 else {
      throw ValidationError("expected a positive --max-new-tokens")
    }
    for value in [ablate.map(Double.init), alpha.map(Double.init), norms].compactMap(\.self)
    where !value.isFinite {
      throw ValidationError("expected a finite --ablate, --alpha or --norms")
    }
    let edits = ablate != nil || alpha != nil || norms != nil
    guard reading.regions != nil || !edits else {
      throw ValidationError("expected --regions beside --ablate, --alpha or --norms")
    }
    guard edits || (reading.regions == nil && basis == nil && at == nil) else {
      throw ValidationError(
        "--regions, --basis and --at are of an edit: expected --ablate, --alpha or --norms too")
    }
    guard store == nil || norms != nil || alpha != nil || again != nil else {
      throw ValidationError("--store is of a steering: it says what the unit of --norms is")
    }
    _ = try reading.named.ids()
  }

  func run() throws {
    Interruption.watch()
    try page.check()
    try MatrixProducts.verify()
    let file = try DictionaryLocation.open(URL(filePath: dictionary))
    let earlier = try again.map {
      try PlaygroundResult.saved($0, in: try openNotebook(), on: file.identity)
    }
    let setup =
      try earlier?.setup
      ?? PlaygroundSetup(
        prompts: prompts, isChat: chat || (!raw && Playground.isChat(file)),
        regions: try reading.named.ids() ?? [], basis: basis ?? .mean, strength: ablate,
        steering: alpha.map { .alpha($0) } ?? norms.map { .norms($0) }, actionHook: at,
        maxNewTokens: maxNewTokens ?? AblationRunner.defaultMaxNewTokens)
    // What is wrong with the regions or the hook is known without the weights.
    if let region = setup.regions.first(where: { !(0..<file.regionCount).contains($0) }) {
      throw ExperimentError(
        .invalidValue, "expected regions of 0…\(file.regionCount - 1), found \(region)",
        file: file.name)
    }
    let norm = try norm(setup, file)
    let checkpoint = try reading.other.checkpoint(
      model, adapter: adapting.adapter, for: [file], at: [dictionary], on: running,
      threads: threadCount.threads, quiet: style.quiet
    ).asRead()
    let playground = try Playground(
      file, try LoadedModel(checkpoint, threads: threadCount.threads))
    let line = ProgressLine(isQuiet: style.quiet)
    let total = setup.prompts.count * setup.conditions.count
    var done = 0
    let result = try playground.run(setup, norm: norm, after: earlier) { event in
      try Interruption.check()
      if case .answered = event {
        done += 1
        line.show("answers: \(done) of \(total)")
      }
    }
    line.clear()
    let id = try noSave ? nil : result.save(to: try openNotebook())
    try page.write { result.page }
    guard !style.json else {
      JSONValue(encoding: PlaygroundRecord(result, experiment: .some(id))).print()
      return
    }
    print(Self.text(of: result))
    if let id { print("saved as experiment \(id)") }
  }

  /// From the store that is named, or one beside the dictionary that has rows at the hook; `nil` where these prompts have to do.
  private func norm(_ setup: PlaygroundSetup, _ file: DictionaryFile) throws -> ResidualNorm? {
    guard setup.steering != nil, let hook = setup.actionHook ?? file.provenance.hook else {
      return nil
    }
    if let store {
      let opened = try StoreFile(URL(filePath: store))
      if let difference = RecordedCheckpoint(opened.provenance, of: opened.name)
        .difference(from: RecordedCheckpoint(file)), !reading.other.otherModel
      {
        throw ExperimentError(
          .mismatch, difference, file: opened.name, remedy: "\(.otherModel) allows it")
      }
      return try Playground.norm(of: opened, at: hook)
    }
    guard let beside = try? StoreLocation.attached(to: file), let opened = try? StoreFile(beside),
      opened.hooks.contains(where: { $0.name == hook })
    else { return nil }
    return try Playground.norm(of: opened, at: hook)
  }

  /// Every prompt with its answers, for a person; of answers that the notebook kept, the first words.
  static func text(of result: PlaygroundResult) -> String {
    var lines: [String] = []
    for prompt in result.prompts {
      lines.append("\n# \(oneLine(prompt.text))")
      for condition in result.conditions {
        guard let answer = prompt.answers[condition] else { continue }
        let isOpening = answer.isOpening ? ", its first words" : ""
        lines.append(
          "\n## \(result.name(condition)) · \(answer.verdict.outcome.rawValue)\(isOpening)")
        lines += answer.text.split(separator: "\n", omittingEmptySubsequences: false).map {
          oneLine(String($0), atMost: .max)
        }
      }
    }
    return (lines + [""] + result.remarks.map { oneLine($0) }).joined(separator: "\n")
  }
}
