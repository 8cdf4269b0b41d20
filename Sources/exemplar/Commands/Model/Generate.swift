import ArgumentParser
import Experiments
import Foundation
import LanguageModel
import TensorFiles

struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Continue prompts, greedily unless a temperature is given.",
    discussion: """
      Each prompt is rendered in the chat template (--template raw for the bare text). Writes a line {id, prompt, \
      text, tokens} a prompt, in their order; tokens are the new ids, without the one that ended them.

      With --json: one object.

      Example:
      exemplar generate MODEL.gguf --prompts sample-dicts/prompts/prompts.jsonl -o \\
        answers.jsonl
      """)

  @OptionGroup var model: ModelOptions

  @Option(help: "A file of prompts: JSON Lines, a JSON array, CSV, TSV or Parquet.")
  var prompts: String

  @OptionGroup var reading: PromptOptions

  @Option(help: "The most new tokens of a prompt.")
  var maxNewTokens = 64

  @Option(help: "Sample at this temperature instead.")
  var temperature: Float?

  @Option(help: "The seed of the samples; 0 without it.")
  var seed: UInt64?

  @OptionGroup var templates: TemplateOptions
  @OptionGroup var editing: EditOptions
  @OptionGroup var output: OutputPath
  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var style: OutputStyle

  func validate() throws {
    guard maxNewTokens > 0 else { throw ValidationError("expected a positive --max-new-tokens") }
    guard seed == nil || temperature != nil else {
      throw ValidationError("--seed is of --temperature; without it nothing is drawn")
    }
  }

  /// A line of the file.
  private struct Written: Encodable {
    var id: String
    var prompt: String
    var text: String
    var tokens: [Int]
    var ending: String
  }

  private struct Summary: Encodable {
    var prompts: Int
    var tokens: Int
    var template: String
    var seconds: Double
    var engine: String
  }

  func run() throws {
    try output.check(suffix: "jsonl", "ndjson")
    Interruption.watch()
    let file = try reading.prompts(prompts)
    let worker = try model.worker(threads: threadCount.threads, quiet: style.quiet)
    let tokenizer = try model.tokenizer(worker)
    let template = try templates.template(for: tokenizer)
    let inputs = try file.prompts.map {
      tokenizer.encode(try template.render($0, system: templates.systemTurn))
    }
    let edits = try editing.edits()
    let line = ProgressLine(isQuiet: style.quiet)
    let engine = try model.load(worker, threads: threadCount.threads, quiet: style.quiet)
    let options = GenerationOptions(
      maxNewTokens: maxNewTokens, endTokens: tokenizer.stopIDs,
      sampling: temperature.map { .seeded(seed: seed ?? 0, temperature: $0) } ?? .greedy)
    var (done, tokens) = (0, 0)
    let generations = try engine.generate(inputs, options, editing: edits) { event in
      try Interruption.check()
      switch event {
      case .token: tokens += 1
      case .finished: done += 1
      }
      line.show("generating: \(done) of \(inputs.count) prompts, \(tokens) tokens")
    }
    let out = try OutputFile(output.url)
    for (prompt, generation) in zip(file.prompts, generations) {
      let entry = Written(
        id: prompt.shortID, prompt: prompt.text,
        text: tokenizer.decode(generation.tokens, skipSpecial: true), tokens: generation.tokens,
        ending: generation.ending.rawValue)
      try out.write(Array((JSONValue(encoding: entry).text + "\n").utf8))
    }
    try out.commit()
    line.clear()
    if style.json {
      JSONValue(
        encoding: Summary(
          prompts: inputs.count, tokens: tokens, template: template.name, seconds: line.seconds,
          engine: engine.description.engine)
      ).print()
    } else {
      print(
        "\(oneLine(output.url.lastPathComponent)): \(quantity(inputs.count, "prompt")), \(quantity(tokens, "token")), \(formatted(line.seconds)) s"
      )
    }
  }
}
