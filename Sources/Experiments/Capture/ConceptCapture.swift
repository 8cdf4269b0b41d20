import Foundation
import LanguageModel
import Storage

/// The documents that labelled texts become in a capture, as AxBench has them read.
///
/// Input and output are a turn of the user's and one of the assistant's in the chat template; the template's tokens before
/// the first word, and those after the last, have no rows. With the template `raw` the output follows the input, and the first
/// token has no row.
/// - Source: AxBench's `prepare_df`, `get_prefix_length` and `get_suffix_length`. Texts to train on are rendered with the
///   opening of the next answer before as many tokens as end a plain conversation are cut, and no longer than 1024 tokens; texts to
///   evaluate on are not. Its texts are decoded and read again in between, which ours are not: the spelling of a special token inside
///   them stays plain text here.
package struct ConceptCapture {
  static let longestTraining = 1024

  let template: ChatTemplate
  let system: SystemTurn
  let tokenizer: Tokenizer
  /// Tokens before the first that depends on what is said.
  let prefix: Int
  /// Tokens after the last that does.
  let suffix: Int

  /// - Throws: what rendering throws.
  init(template: ChatTemplate, system: SystemTurn, tokenizer: Tokenizer) throws {
    (self.template, self.system, self.tokenizer) = (template, system, tokenizer)
    guard template.format != .raw else {
      (prefix, suffix) = (1, 0)
      return
    }
    func ids(_ text: String) throws -> [Int] {
      tokenizer.encode(
        try template.render(prompt: text, system: system, addGenerationPrompt: false))
    }
    let (a, b) = (try ids("1"), try ids("2"))
    func shared(_ pairs: some Sequence<(Int, Int)>) -> Int {
      var count = 0
      for (x, y) in pairs {
        guard x == y else { break }
        count += 1
      }
      return count
    }
    prefix = shared(zip(a, b))
    suffix = shared(zip(a.reversed(), b.reversed()))
  }

  /// The same for the same text and side, however it is captured.
  package static func documentID(input: String, output: String?, isHeldOut: Bool) -> String {
    let hash = SHA256.hexDigest(of: "\(input.utf8.count)\n\(input)\(output ?? "")")
    return "\(isHeldOut ? "concept-test" : "concept-train")-\(hash.prefix(24))"
  }

  /// - Parameters:
  ///   - set: the name of the file without its extension.
  ///   - context: the most tokens that the model reads.
  /// - Throws: `ExperimentError` for a text that is longer, or of which nothing is left; what rendering throws.
  func document(_ example: ConceptExample, set: String, context: Int, file: String) throws
    -> PlannedDocument
  {
    let chat: RenderedChat
    if template.format == .raw {
      chat = try template.render(prompt: example.text, system: system)
    } else {
      var messages = [ChatMessage(.user, example.input ?? example.text)]
      if let output = example.output { messages.append(ChatMessage(.assistant, output)) }
      chat = try template.render(
        messages, system: system, addGenerationPrompt: !example.isHeldOut)
    }
    let encoded = tokenizer.encodeWithOffsets(chat)
    let own = tokenizer.templatePositions(chat, encoded)
    var (text, tokens) = tokenizer.spelledOut(chat.text, encoded)
    var kept = tokens.ids.count - suffix
    if !example.isHeldOut { kept = min(kept, Self.longestTraining) }
    guard kept > prefix, kept <= context else {
      throw ExperimentError(
        .invalidValue,
        "'\(example.text.prefix(30))': expected \(prefix + 1) to \(context) tokens, the model's context, found \(kept)",
        file: file)
    }
    (tokens.ids, tokens.ends) = (Array(tokens.ids.prefix(kept)), Array(tokens.ends.prefix(kept)))
    text = String(decoding: Array(text.utf8.prefix(tokens.ends[kept - 1])), as: UTF8.self)
    // A cut inside a character is written as a replacement, which may be longer or shorter than what was there.
    tokens.ends[kept - 1] = text.utf8.count
    return PlannedDocument(
      task: .read,
      document: StoreDocument(
        id: example.documentID, kind: .text, set: set,
        split: example.isHeldOut ? "heldout" : "train", prompt: example.input ?? example.text,
        text: text, firstPosition: prefix, rowCount: kept - prefix, tokenCount: kept),
      ids: tokens.ids, ends: tokens.ends, longest: kept, template: own.filter { $0 < kept })
  }
}
