import Foundation
import TensorFiles

/// How a conversation is written for a model: by the model's own template, or in one of the
/// published formats.
package struct ChatTemplate: Sendable {
  /// The published formats, as they are without a model's own additions.
  package enum Format: String, CaseIterable, Sendable {
    /// `<|im_start|>user\n…<|im_end|>\n`
    case chatml
    /// `<|start_header_id|>user<|end_header_id|>\n\n…<|eot_id|>`
    case llama3
    /// `<start_of_turn>user\n…<end_of_turn>\n`
    case gemma
    /// `[INST] … [/INST]`
    case mistral
    /// The prompt and nothing else.
    case raw
  }

  enum Kind: Sendable {
    case format(Format)
    case own(JinjaTemplate, ChatTemplateSource)
  }

  let kind: Kind
  /// The format, or `own` for a template of the model or of a file.
  package let name: String
  /// Which of the model's templates it is, where it has several; or the file's name.
  package let entryName: String?
  /// The template's text; `nil` for a format.
  package let text: String?
  /// The day that the template is told.
  package let date: TemplateDate?

  package static let ownName = "own"

  package init(_ format: Format) {
    kind = .format(format)
    name = format.rawValue
    (entryName, text, date) = (nil, nil, nil)
  }

  /// - Throws: `TemplateError` when the text is no template.
  package init(
    _ text: String, entryName: String? = nil, source: ChatTemplateSource,
    date: TemplateDate? = .current()
  ) throws {
    kind = .own(try JinjaTemplate(text), source)
    name = Self.ownName
    (self.entryName, self.text, self.date) = (entryName, text, date)
  }

  /// The model's own.
  package init(
    of tokenizer: Tokenizer, named name: String? = nil, date: TemplateDate? = .current()
  ) throws {
    let entry = try tokenizer.chat.entry(named: name)
    try self.init(entry.text, entryName: entry.name, source: tokenizer.chat, date: date)
  }

  /// The special tokens that the template names, as the model spells them, in the order of their names:
  /// `bos_token="<s>" eos_token="</s>"`; `nil` for a format, and where it names none.
  ///
  /// The same text of a template renders another prompt where these differ.
  package var specialTokens: String? {
    guard case .own(_, let source) = kind, let text else { return nil }
    let named = source.specialTokens.filter { text.contains($0.key) }
    let spelled = named.sorted { $0.key < $1.key }.map { name, token in
      let spellings =
        switch token {
        case .one(let one): [one]
        case .several(let several): several
        }
      return name + "=" + spellings.map { $0.debugDescription }.joined(separator: ",")
    }
    return spelled.isEmpty ? nil : spelled.joined(separator: " ")
  }

  package var format: Format? { if case .format(let format) = kind { format } else { nil } }

  /// Whether the text begins with the BOS token.
  var beginsWithBOS: Bool { format.map { [.llama3, .gemma, .mistral].contains($0) } ?? false }
}

/// A turn of a conversation.
package struct ChatMessage: Equatable, Sendable {
  package enum Role: String, Sendable {
    case system, user, assistant
  }

  package var role: Role
  package var content: String
  /// What else a template of the model's own sees of the turn, and the role and the content where the file has them otherwise
  /// (`"User"`, a list of parts).
  package var fields: [String: TableValue] = [:]

  package init(_ role: Role, _ content: String) {
    self.role = role
    self.content = content
  }
}

/// Which system turn a conversation starts with.
package enum SystemTurn: Equatable, Sendable {
  /// None, the template's own left out.
  case none
  /// The one that the model's own template puts there; none if it puts none.
  case templateDefault
  case text(String)
}

/// A conversation written out for a model.
package struct RenderedChat: Equatable, Sendable {
  /// The text, but for a BOS token that `beginsWithBOS` speaks of.
  package private(set) var text = ""
  /// Whether the BOS token comes before the text.
  package var beginsWithBOS: Bool
  /// Whether the tokenizer's own settings say what goes around the text (a raw prompt).
  package var takesTokenizerDefaults = false
  /// Whether the template asked for the date.
  package var usesDate = false
  /// The UTF-8 ranges of `text` that the template wrote. All else is what people or models said,
  /// where the spelling of a special token is plain text.
  package private(set) var templateRanges: [Range<Int>] = []

  init(beginsWithBOS: Bool) {
    self.beginsWithBOS = beginsWithBOS
  }

  init(_ marked: MarkedText) {
    beginsWithBOS = false
    var start = 0
    let units = marked.units
    while start < units.count {
      let mark = units[start] & MarkedText.mark
      var end = start
      while end < units.count, units[end] & MarkedText.mark == mark { end += 1 }
      let part = String(MarkedText.scalars(of: units[start..<end]))
      if mark == 0 { append(template: part) } else { append(content: part) }
      start = end
    }
  }

  mutating func append(template part: String) {
    let start = text.utf8.count
    text += part
    if let last = templateRanges.indices.last, templateRanges[last].upperBound == start {
      templateRanges[last] = templateRanges[last].lowerBound..<text.utf8.count
    } else if !part.isEmpty {
      templateRanges.append(start..<text.utf8.count)
    }
  }

  mutating func append(content: String) {
    text += content
  }
}

extension Tokenizer {
  /// The ids of a rendered conversation.
  ///
  /// Special tokens are found in what the template wrote alone; words may run across the border,
  /// as they do for the libraries that encode the text as a whole.
  package func encode(_ chat: RenderedChat) -> [Int] {
    encodeWithOffsets(chat).ids
  }

  /// The same, each id with the UTF-8 offset in `chat.text` where it ends.
  package func encodeWithOffsets(_ chat: RenderedChat) -> TokenizedText {
    var tokens = encode(
      chat.text, addSpecial: chat.takesTokenizerDefaults, special: .within(chat.templateRanges))
    if chat.beginsWithBOS, let bos {
      tokens.ids.insert(bos, at: 0)
      tokens.ends.insert(0, at: 0)
    }
    return tokens
  }
}
