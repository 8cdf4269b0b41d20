import Foundation
import TensorFiles

/// Reads what a program answers: one line, plain or JSON; before it, if it likes, `{"author": NAME, "version": VERSION}`.
package struct SuggestionReply {
  /// Characters of a suggestion that are believed: more is no name.
  static let longest = 300

  private(set) var author: String?
  private(set) var version: String?
  private(set) var answer: TableValue?
  /// Lines beyond the answer.
  private var isTooMuch = false

  /// - Returns: whether it is the answer.
  package mutating func read(_ line: ArraySlice<UInt8>) -> Bool {
    guard line.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) else { return false }
    let text = String(decoding: line, as: UTF8.self)
    var value = TableValue.text(text)
    let first = line.first { $0 != 0x20 && $0 != 0x09 }
    if let first, first == UInt8(ascii: "{") || first == 0x5B || first == 0x22 {
      value = (try? TableValue.json(line)) ?? value
    }
    if case .object(let fields) = value, fields["label"] == nil, fields["suggestion"] == nil,
      fields["answers"] == nil, let named = fields["author"], answer == nil
    {
      author = Self.name(named)
      version = fields["version"].flatMap(Self.name)
      return false
    }
    guard answer == nil else {
      isTooMuch = true
      return false
    }
    if case .object(let fields) = value {
      author = fields["author"].flatMap(Self.name) ?? author
      version = fields["version"].flatMap(Self.name) ?? version
    }
    answer = value
    return true
  }

  private static func name(_ value: TableValue) -> String? {
    switch value {
    case .text(let text):
      let clean = cleaned(text)
      return clean.isEmpty ? nil : String(clean.prefix(Judge.longestName))
    case .number(let text): return String(text.prefix(Judge.longestName))
    default: return nil
    }
  }

  /// The suggestion, or why there is none.
  package func label() -> Result<String, LineCommand.Failure> {
    func fail(_ message: String) -> Result<String, LineCommand.Failure> {
      .failure(LineCommand.Failure(message))
    }
    guard let answer else { return fail("expected one line, found none") }
    guard !isTooMuch else { return fail("expected one line, found more") }
    let spelled: String
    switch answer {
    case .text(let text): spelled = text
    case .object(let fields):
      guard case .text(let text)? = fields["label"] ?? fields["suggestion"] else {
        return fail("expected a label that is text")
      }
      spelled = text
    default: return fail("expected a line of words, found \(answer.kind)")
    }
    let label = Self.cleaned(spelled)
    guard !label.isEmpty else { return fail("expected words, found none") }
    guard label.count <= Self.longest else {
      return fail("expected at most \(Self.longest) characters, found \(label.count)")
    }
    return .success(label)
  }

  /// Which of `count` contexts it says fit; `nil` where it says something else.
  package func answers(_ count: Int) -> [Bool]? {
    guard let answer, !isTooMuch else { return nil }
    switch answer {
    case .text(let text): return Self.answers(text, count)
    case .number(let text): return Self.answers(text, count)
    case .object(let fields):
      return SuggestionReply(answer: fields["answers"]).answers(count)
    case .list(let values):
      let answers = values.compactMap { value -> Bool? in
        switch value {
        case .bool(let value): value
        case .number("1"): true
        case .number("0"): false
        case .text(let text): Self.answers(text, 1)?.first
        default: nil
        }
      }
      return answers.count == count && values.count == count ? answers : nil
    default: return nil
    }
  }

  package init() {}

  private init(answer: TableValue?) { self.answer = answer }

  private static func answers(_ text: String, _ count: Int) -> [Bool]? {
    let words = text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    let each =
      words.count == 1 && words[0].allSatisfy { "01".contains($0) }
      ? words[0].map(String.init) : words
    let answers = each.compactMap { word -> Bool? in
      switch word {
      case "1", "yes", "true", "y": true
      case "0", "no", "false", "n": false
      default: nil
      }
    }
    return answers.count == count && each.count == count ? answers : nil
  }

  /// A line that a model wrote, without the tokens of a chat template and the marks << and >> of the token in question: it
  /// copies them from the texts that it was shown.
  ///
  /// - Parameter tokens: how the model spells its own special tokens; those of other families are known by their form.
  /// - Returns: `nil` where nothing is left but whose turn it would be.
  static func withoutTemplate(_ line: some StringProtocol, tokens: [String]) -> String? {
    var text = String(line)
    for token in tokens where text.contains(token) { text = text.replacing(token, with: " ") }
    let others =
      #/<\|[^\s<>|]{1,40}\|>|</?s>|<(?:bos|eos|pad|unk|start_of_turn|end_of_turn)>|\[/?INST\]|<</?SYS>>/#
    text = text.replacing(others, with: " ")
    // The question's marks of a token, however many of the signs came back.
    text = text.replacing(#/<{2,}|>{2,}/#, with: "")
    // A role stays one behind the number of a list.
    let words =
      text.split { !$0.isLetter && !$0.isNumber }.map { $0.lowercased() }
      .filter { !$0.allSatisfy(\.isNumber) }
    let isEmpty = words.isEmpty && (text != line || text.allSatisfy(\.isWhitespace))
    return isEmpty || !words.isEmpty && words.allSatisfy(roles.contains) ? nil : text
  }

  private static let roles: Set = ["system", "user", "assistant", "model", "tool"]

  /// In one line, without control characters or a pair of quotes around it.
  static func cleaned(_ text: String) -> String {
    let visible = text.unicodeScalars.map { scalar -> Character in
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: " "
      case .format where scalar != "\u{200D}" && scalar != "\u{200C}": " "
      default: Character(scalar)
      }
    }
    var line = String(visible).split(separator: " ").joined(separator: " ")
    if line.count > 1, line.hasPrefix("\""), line.hasSuffix("\"") {
      line = String(line.dropFirst().dropLast())
    }
    return line
  }
}
