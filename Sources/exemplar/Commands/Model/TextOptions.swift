import ArgumentParser
import Experiments
import LanguageModel

/// How a text given on the command line becomes tokens.
struct TextOptions: ParsableArguments {
  @Flag(help: "Render the text in the chat template first.")
  var chat = false

  @Flag(help: "Add no BOS or EOS.")
  var noSpecial = false

  @Flag(help: "Read the spelling of special tokens as plain text.")
  var literal = false

  @OptionGroup var templates: TemplateOptions

  func tokens(_ text: String, _ tokenizer: Tokenizer) throws -> TokenizedText {
    guard chat else {
      return tokenizer.encodeWithOffsets(text, addSpecial: !noSpecial, parseSpecial: !literal)
    }
    let rendered = try templates.template(for: tokenizer).render(
      prompt: text, system: templates.systemTurn)
    return tokenizer.encodeWithOffsets(rendered)
  }

  /// As of a text; a conversation needs the template.
  func tokens(_ prompt: PromptSet.Prompt, _ tokenizer: Tokenizer) throws -> TokenizedText {
    guard chat else {
      guard prompt.messages.count == 1 else {
        throw ExperimentError(
          .invalidValue, "expected one text, found a conversation, which --chat renders",
          file: "\(prompt.place)")
      }
      return try tokens(prompt.text, tokenizer)
    }
    let rendered = try templates.template(for: tokenizer).render(
      prompt, system: templates.systemTurn)
    return tokenizer.encodeWithOffsets(rendered)
  }
}
