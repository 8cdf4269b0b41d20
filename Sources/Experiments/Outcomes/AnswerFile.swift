import Foundation
import LanguageModel
import TensorFiles

/// Answers that a model gave, in any of the formats of a `TextTable`.
///
/// The answer stands in `response`, `completion`, `generation`, `answer`, `output`, `continuation`, `generated_text` or `text`,
/// or is the assistant's last turn of `messages`. Several that differ are an error: which of them a model said is not ours to
/// guess.
package struct AnswerFile: Sendable {
  package struct Answer: Equatable, Sendable {
    package var id: String
    package var prompt: String?
    package var text: String
    package var condition: String?
    package var set: String?
  }

  static let answers = [
    "response", "completion", "generation", "answer", "output", "continuation", "generated_text",
    "text",
  ]

  package let answers: [Answer]

  /// - Parameter field: where the answer stands, instead of the names that are known.
  /// - Throws: `ExperimentError` with the line of what is no answer.
  package init(_ url: URL, field: String? = nil) throws {
    let fields = TextTable.Fields(
      main: field.map { [$0] } ?? PromptFields.conversations + Self.answers,
      other: PromptFields.texts + PromptFields.ids + ["condition", "set"])
    let table = try ExperimentError.about { try TextTable(url, fields) }
    answers = try table.rows.map { row in
      try ExperimentError.about { try Self.answer(row, field) }
    }
    guard !answers.isEmpty else {
      throw ExperimentError(.missing, "expected continuations, found none", file: table.file)
    }
  }

  private static func answer(_ row: TextTable.Row, _ field: String?) throws -> Answer {
    var asked = try PromptFields.texts.first(giving: { name -> String? in
      guard name != "text", name != field, case .text(let text)? = try row.field(name)?.value
      else { return nil }
      return text
    })
    let text: String
    if let field {
      text = try Self.text(
        row, try row.field(field) ?? row.field(field.lowercased()), TensorFileError.printable(field)
      )
    } else {
      var found = try Self.answers.compactMap { try row.field($0) }
      // Beside an answer a text is what it answers, unless that stands there too.
      if asked == nil, found.count > 1, found.last?.name.lowercased() == "text" {
        if case .text(let prompt) = found.removeLast().value { asked = prompt }
      }
      if let other = found.dropFirst().first(where: { $0.value != found[0].value }) {
        throw row.failure(
          "both \(found[0].name) and \(other.name) may be the answer",
          remedy: "\(.answerField) says which is")
      }
      if found.isEmpty,
        let conversation = try PromptFields.conversations.first(giving: { try row.field($0) })
      {
        let turns = try PromptFields.turns(conversation.value, conversation.name, row)
        guard let last = turns.last, last.role == .assistant else {
          throw row.failure("expected the last turn to be the assistant's, which is the answer")
        }
        text = last.content
        asked = asked ?? turns.last { $0.role == .user }?.content
      } else {
        text = try Self.text(row, found.first, TextTable.choice(Self.answers))
      }
    }
    return Answer(
      id: try PromptFields.ids.first(giving: { try PromptFields.name(row, $0, isID: true) })
        ?? "\(row.number)",
      prompt: asked, text: text, condition: try PromptFields.name(row, "condition"),
      set: try PromptFields.name(row, "set"))
  }

  /// An empty text is an answer too, and a degenerate one.
  private static func text(
    _ row: TextTable.Row, _ found: (name: String, value: TableValue)?, _ wanted: String
  ) throws -> String {
    guard let (name, value) = found else {
      // A field of a delimited table cannot be empty and there.
      let isThere = row.fields.keys.contains {
        [wanted].contains($0) || Self.answers.contains($0.lowercased())
      }
      if row.isDelimited, isThere { return "" }
      throw row.failure(
        "expected an answer (\(wanted)), found none; the fields: \(row.fieldNames)",
        remedy: "\(.answerField) names another")
    }
    guard case .text(let text) = value else {
      throw row.failure("\(TensorFileError.printable(name)): expected text, found \(value.kind)")
    }
    return text
  }
}
