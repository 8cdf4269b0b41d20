import ArgumentParser
import Engines
import Experiments
import Foundation
import LanguageModel
import Storage

/// What a model is to read: prompts and running text, under the same names for a capture and for a build straight from a model.
struct InputOptions: ParsableArguments {
  @Option(
    help: """
      Prompts (with id, set, split, category, topic): JSON Lines, a JSON array, CSV, TSV or Parquet; may be repeated.
      """)
  var prompts: [String] = []

  @OptionGroup var prompting: PromptOptions

  @Option(help: "Running text, UTF-8; may be repeated.")
  var text: [String] = []

  @Option(help: "Tokens of a context of running text, a BOS before it not counted.")
  var contextLength: Int?

  @Option(
    help: """
      What counts as one text in the files of --text: stream (the whole file), lines (every line), or parquet:COLUMN (every \
      row of a Parquet file, of JSON Lines or of CSV).
      """)
  var documents: TextUnit?

  func validate() throws {
    for (option, isGiven, owner, isThere) in [
      ("--prompt-field", prompting.promptField != nil, "--prompts", !prompts.isEmpty),
      ("--context-length", contextLength != nil, "--text", !text.isEmpty),
      ("--documents", documents != nil, "--text", !text.isEmpty),
    ] where isGiven && !isThere {
      throw ValidationError("\(option): of \(owner), which is not there")
    }
  }

  /// Whether there is anything to read.
  var areGiven: Bool { !(prompts.isEmpty && text.isEmpty) }

  var inputs: [CaptureInput] {
    prompts.map { .prompts(URL(filePath: $0)) } + text.map { .text(URL(filePath: $0)) }
  }

  /// Tokens of a context, as asked for or as many as are usual and fit.
  func contextLength(of model: EngineDescription, _ tokenizer: Tokenizer) -> Int {
    contextLength
      ?? min(
        CaptureRequest.defaultContextLength,
        // A BOS beside the text takes a place of the model's context.
        model.contextLength - (tokenizer.prefix.isEmpty ? 0 : 1))
  }
}

extension TextUnit: ExpressibleByArgument {
  package init?(argument: String) {
    switch argument {
    case "stream": self = .stream
    case "lines": self = .lines
    default:
      guard let column = argument.wholeMatch(of: /parquet:(.+)/)?.output.1 else { return nil }
      self = .rows(column: String(column))
    }
  }
}
