import Foundation
import LanguageModel
import TensorFiles

/// Prompts with an answer each, whose difference lies at one position: *The capital of **France** is* → *Paris*.
package enum PatchItems {
  /// Reads `prompt`, `target` and, where there are some, `fill` (or `subject`), `position` and `category`, in any format of a
  /// `TextTable`.
  ///
  /// The position is that of the last token of `fill`, where it stands last in the prompt; or `position`, which counts back
  /// from the end where it is negative; or the last. The target's token is the first of `target` where that follows the
  /// prompt, after a space unless it begins with one.
  /// - Parameter tokenize: how a prompt becomes tokens, without any after it.
  /// - Throws: `ExperimentError` with the line of what is no such prompt.
  package static func read(
    _ url: URL, tokenize: (String) -> TokenizedText, spelling: (Int) -> String
  ) throws -> [Patching.Item] {
    let table = try ExperimentError.about {
      try TextTable(
        url,
        TextTable.Fields(
          main: ["prompt"], other: ["target", "fill", "subject", "position", "category"]))
    }
    guard !table.rows.isEmpty else {
      throw ExperimentError(.missing, "expected prompts, found none", file: table.file)
    }
    return try table.rows.map { row in
      try ExperimentError.about { try item(row, tokenize: tokenize, spelling: spelling) }
    }
  }

  private static func item(
    _ row: TextTable.Row, tokenize: (String) -> TokenizedText, spelling: (Int) -> String
  ) throws -> Patching.Item {
    let prompt = try text(row, "prompt")
    let target = try text(row, "target")
    let names = try ["fill", "subject"].filter { try row.field($0) != nil }
    guard names.count < 2 else { throw row.failure("expected fill or subject, found both") }
    let fill = try names.first.map { try text(row, $0) }
    let tokens = tokenize(prompt)
    guard !tokens.ids.isEmpty else {
      throw row.failure("expected a prompt of at least one token, found none")
    }
    let position: Int
    if let fill {
      guard try row.field("position") == nil else {
        throw row.failure("expected \(names[0]) or position, found both")
      }
      position = try place(of: fill, in: prompt, tokens, row)
    } else {
      position = try listed(row, tokens.ids.count)
    }
    let next = try following(prompt, target, tokens, tokenize, row)
    return Patching.Item(
      prompt: prompt, fill: fill, target: target,
      category: try PromptFields.name(row, "category") ?? "—", tokens: tokens.ids,
      position: position, positionToken: spelling(tokens.ids[position]), targetToken: next,
      targetSpelling: spelling(next))
  }

  private static func text(_ row: TextTable.Row, _ name: String) throws -> String {
    guard let value = try row.field(name)?.value else {
      throw row.failure("expected \(name), found none; the fields: \(row.fieldNames)")
    }
    guard case .text(let text) = value else {
      throw row.failure("\(name): expected text, found \(value.kind)")
    }
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw row.failure("\(name): expected a word, found none")
    }
    return text
  }

  private static func listed(_ row: TextTable.Row, _ count: Int) throws -> Int {
    guard let value = try row.field("position")?.value else { return count - 1 }
    let number: Int?
    switch value {
    case .number(let text): number = Int(text)
    // CSV has no numbers.
    case .text(let text) where row.isDelimited: number = Int(text)
    default: number = nil
    }
    guard let number, (-count..<count).contains(number) else {
      throw row.failure(
        "position: expected a whole number of \(-count)…\(count - 1), as the prompt has \(count) tokens"
      )
    }
    return number < 0 ? count + number : number
  }

  /// The last token of where `fill` stands last.
  private static func place(
    of fill: String, in prompt: String, _ tokens: TokenizedText, _ row: TextTable.Row
  ) throws -> Int {
    let (whole, part) = (Array(prompt.utf8), Array(fill.utf8))
    let start = stride(from: whole.count - part.count, through: 0, by: -1).first {
      whole[$0..<$0 + part.count].elementsEqual(part)
    }
    guard let start else {
      throw row.failure(
        "expected a prompt with \(TensorFileError.printable(fill)) in it, found none")
    }
    let end = start + part.count
    guard let token = tokens.ends.firstIndex(where: { $0 >= end }), tokens.ends[token] == end else {
      throw row.failure(
        "expected a token that ends where \(TensorFileError.printable(fill)) does, found one that goes on"
      )
    }
    return token
  }

  /// The first token of the target after the prompt.
  private static func following(
    _ prompt: String, _ target: String, _ tokens: TokenizedText,
    _ tokenize: (String) -> TokenizedText, _ row: TextTable.Row
  ) throws -> Int {
    let isApart = target.first?.isWhitespace == true || prompt.last?.isWhitespace == true
    let whole = tokenize(prompt + (isApart ? "" : " ") + target)
    let shared = zip(whole.ids, tokens.ids).prefix { $0 == $1 }.count
    guard shared == tokens.ids.count, shared < whole.ids.count else {
      throw row.failure(
        "expected a target that leaves the prompt's tokens as they are, found \(TensorFileError.printable(target))"
      )
    }
    return whole.ids[shared]
  }
}
