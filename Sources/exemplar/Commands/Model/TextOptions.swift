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

  func validate() throws {
    guard chat || !(templates.areGiven || templates.defaultSystem) else {
      throw ValidationError("--template, --system and the like are of --chat")
    }
    guard !(chat && noSpecial) else {
      throw ValidationError("--no-special and --chat exclude each other: the template decides")
    }
  }

  /// How files that a text is read through had their prompts rendered.
  typealias Recorded = [(record: TemplateRecord, owner: String)]

  func tokens(
    _ text: String, _ tokenizer: Tokenizer, as recorded: Recorded = []
  ) throws -> TokenizedText {
    guard chat else {
      return tokenizer.encodeWithOffsets(text, addSpecial: !noSpecial, parseSpecial: !literal)
    }
    return tokenizer.encodeWithOffsets(
      try rendered(tokenizer, as: recorded) { try $0.render(prompt: text, system: $1) })
  }

  /// As of a text; a conversation needs the template.
  func tokens(
    _ prompt: PromptSet.Prompt, _ tokenizer: Tokenizer, as recorded: Recorded = []
  ) throws -> TokenizedText {
    guard chat else {
      guard prompt.messages.count == 1 else {
        throw ExperimentError(
          .invalidValue, "expected one text, found a conversation, which --chat renders",
          file: "\(prompt.place)")
      }
      return try tokens(prompt.text, tokenizer)
    }
    return tokenizer.encodeWithOffsets(
      try rendered(tokenizer, as: recorded) { try $0.render(prompt, system: $1) })
  }

  /// Renders as recorded, or, where nothing is, as asked for.
  ///
  /// - Throws: `ExperimentError.mismatch` where the files, or a file and what was asked for, make another prompt of it.
  private func rendered(
    _ tokenizer: Tokenizer, as recorded: Recorded,
    _ render: (ChatTemplate, SystemTurn) throws -> RenderedChat
  ) throws -> RenderedChat {
    var known: (chat: RenderedChat, words: String, owner: String)?
    // A template of a file is no longer the model's to find.
    let given = templates.templateFile == nil ? nil : try templates.template(for: tokenizer)
    for (record, owner) in recorded {
      let (template, system) = try record.template(tokenizer, given: given)
      let chat = try render(template, system)
      if let known, known.chat != chat {
        throw ExperimentError(
          .mismatch,
          "its prompts were rendered by \(record.words), those of \(known.owner) by \(known.words)",
          file: owner)
      }
      if known == nil { known = (chat, record.words, owner) }
    }
    if let known, !templates.areGiven { return known.chat }
    let asked = try render(given ?? templates.template(for: tokenizer), templates.systemTurn)
    if let known, known.chat != asked {
      throw ExperimentError(
        .mismatch,
        "its prompts were rendered by \(known.words); \(templates.words) makes another prompt of this text",
        file: known.owner)
    }
    return asked
  }
}
