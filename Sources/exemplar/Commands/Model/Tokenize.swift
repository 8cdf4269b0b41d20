import ArgumentParser
import Experiments
import Foundation
import LanguageModel

struct Tokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the tokens of a text, or of many.",
    discussion: """
      The spelling of a special token in TEXT is that token, unless --literal is given. With --chat the text is \
      a prompt in the model's chat template, and always literal.

      With --json: one object; with --prompts a line a prompt.

      Example:
      exemplar tokenize MODEL.gguf "How do I bake bread?" --chat
      """)

  @OptionGroup var model: ModelOptions

  @Argument(help: "The text.")
  var text: String?

  @Option(
    help:
      "Tokenize the prompts of this file instead: JSON Lines, a JSON array, CSV, TSV or Parquet.")
  var prompts: String?

  @OptionGroup var prompting: PromptOptions

  @OptionGroup var reading: TextOptions
  @OptionGroup var style: OutputStyle

  func validate() throws {
    guard (text == nil) != (prompts == nil) else {
      throw ValidationError("expected a text or --prompts FILE, one of them")
    }
    guard prompts != nil || prompting.promptField == nil else {
      throw ValidationError("--prompt-field is of --prompts")
    }
  }

  func run() throws {
    let worker = try model.worker(threads: 1, quiet: true)
    let tokenizer = try model.tokenizer(worker)
    if let text {
      show(id: nil, try reading.tokens(text, tokenizer), tokenizer)
    } else if let prompts {
      for prompt in try prompting.prompts(prompts).prompts {
        show(id: prompt.shortID, try reading.tokens(prompt, tokenizer), tokenizer)
      }
    }
  }

  private func show(id: String?, _ tokens: TokenizedText, _ tokenizer: Tokenizer) {
    if style.json {
      JSONValue(encoding: TokensRecord(tokens, tokenizer, id: id)).print()
    } else {
      if let id { print("\(oneLine(id)):") }
      for token in tokens.ids { print("\(token)\t\(oneLine(tokenizer.spelling(of: token)))") }
    }
  }
}
