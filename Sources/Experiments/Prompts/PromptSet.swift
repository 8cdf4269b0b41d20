import Foundation
import LanguageModel
import TensorFiles

/// A file of prompts, in any of the formats of a `TextTable`.
///
/// What is asked stands in the first of these that a row has: `messages`, `conversations`; `prompt`, `instruction` (with
/// `input` or `context` on the next line), `question`, `query`, `goal`, `forbidden_prompt`, `behavior` (after its
/// `ContextString`), `text`. `id`, `set`, `split`, `category`, `topic` and `system` are read where there are some; all else is
/// left out. Names are found in letters of either case.
package struct PromptSet: Sendable {
  package struct Prompt: Equatable, Sendable {
    /// Its own, or the set's name and the line or place where the file gives none.
    package var id: String
    /// What the user asks last.
    package var text: String
    /// The conversation that is answered: mostly the one turn of `text`.
    package var messages: [ChatMessage]
    /// The row's own, or the file's name.
    package var set: String
    package var split: String?
    package var category: String?
    package var topic: String?
    /// Counted from 1: the line in JSON Lines, the place in other formats.
    package var number: Int
    package var place: TablePlace
    /// Whether the file gave the id.
    package var hasOwnID: Bool

    /// Its own id, or its line or place.
    package var shortID: String { hasOwnID ? id : "\(number)" }
  }

  /// The file's name without what says its format.
  package let name: String
  /// The file's name.
  package let file: String
  package private(set) var prompts: [Prompt]

  /// - Parameter field: where the prompt stands, instead of the names that are known.
  /// - Throws: `ExperimentError` with the line of what is no prompt, empty, or of an id that was there before.
  package init(_ url: URL, field: String? = nil) throws {
    try self.init(try ExperimentError.about { try TextTable(url, Self.fields(field)) }, field)
  }

  package init(_ data: Data, file: String, field: String? = nil) throws {
    try self.init(
      try ExperimentError.about { try TextTable(Array(data), file: file, Self.fields(field)) },
      field)
  }

  private static func fields(_ field: String?) -> TextTable.Fields {
    TextTable.Fields(
      main: field.map { [$0] } ?? PromptFields.conversations + PromptFields.texts,
      other: PromptFields.ids + PromptFields.others)
  }

  private init(_ table: TextTable, _ field: String?) throws {
    (file, name) = (table.file, table.name)
    var prompts: [Prompt] = []
    var seen: [String: TablePlace] = [:]
    let reader = PromptFields(field)
    for row in table.rows {
      let prompt = try ExperimentError.about { [name] in try reader.prompt(row, set: name) }
      if let earlier = seen.updateValue(row.place, forKey: prompt.id) {
        throw ExperimentError(
          .invalidValue,
          "the id \(TensorFileError.printable(prompt.id)) was there before, in \(earlier.within)",
          file: "\(row.place)")
      }
      prompts.append(prompt)
    }
    guard !prompts.isEmpty else {
      throw ExperimentError(.missing, "expected prompts, found none", file: file)
    }
    self.prompts = prompts
  }

  /// The same prompts, the ids that the file gave with its name before them.
  func qualified() -> PromptSet {
    var result = self
    for index in prompts.indices where prompts[index].hasOwnID {
      result.prompts[index].id = "\(name):\(prompts[index].id)"
    }
    return result
  }
}

extension ExperimentError {
  /// What was wrong with a table, in these words.
  static func about<R>(_ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let error as TableError {
      throw ExperimentError(
        .invalidValue, error.message, file: "\(error.place)", remedy: error.remedy)
    }
  }
}

extension ChatTemplate {
  /// Writes a prompt, all turns of it.
  ///
  /// - Parameter system: what was asked for beside the prompt; one that the prompt brings along stands in its place.
  /// - Throws: where both bring one, or the template has no place for what the prompt holds.
  package func render(_ prompt: PromptSet.Prompt, system: SystemTurn) throws -> RenderedChat {
    var (messages, system) = (prompt.messages, system)
    if messages.first?.role == .system {
      if case .text = system {
        throw ExperimentError(
          .mismatch, "has a system turn of its own, and another was given", file: "\(prompt.place)")
      }
      system = .text(messages.removeFirst().content)
    }
    do {
      return try render(messages, system: system)
    } catch let error as TokenizerError {
      throw ExperimentError(
        .invalidValue, error.message, file: "\(prompt.place)", remedy: error.remedy)
    }
  }
}
