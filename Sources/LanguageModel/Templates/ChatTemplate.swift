/// How a conversation is written for a model: one of the published formats, with what a model's
/// own template adds to it.
///
/// Templates are programs (Jinja), and programs from strangers are not run here. A template is
/// recognised by the markers in its text, and then written by the rules below; one that is not
/// recognised is an error.
package struct ChatTemplate: Equatable, Sendable {
  /// The published formats.
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

  package var format: Format
  /// What the model's template says in a system turn when the conversation has none; `nil` when
  /// it then leaves the turn out.
  package var defaultSystem: String?
  /// What the model's template puts before every system text, given or default.
  var systemPreamble = ""
  /// Whether the text begins with the BOS token.
  package var beginsWithBOS: Bool
  /// Whether white space around the contents of turns is removed.
  var trimsContent: Bool
  var systemPlace: SystemPlace
  var mistral = MistralMarkers()

  /// Where a system text goes.
  enum SystemPlace: Equatable, Sendable {
    /// A turn of its own.
    case turn
    /// In front of the first message of the user.
    case firstUser
    /// In front of the last message of the user.
    case lastUser
    /// Nowhere: the model has no such thing.
    case none
  }

  /// The literals around messages, which differ in their spaces between releases.
  struct MistralMarkers: Equatable, Sendable {
    var opening = "[INST] "
    var closing = " [/INST]"
    var beforeAnswer = ""
  }

  /// A format as published, without a model's own additions.
  package init(_ format: Format) {
    self.format = format
    beginsWithBOS = [.llama3, .gemma, .mistral].contains(format)
    trimsContent = [.llama3, .gemma].contains(format)
    systemPlace =
      switch format {
      case .chatml, .llama3: .turn
      case .mistral: .firstUser
      case .gemma, .raw: .none
      }
  }

  /// Names the format for provenance.
  package var name: String { format.rawValue }
}

/// A turn of a conversation.
package struct ChatMessage: Equatable, Sendable {
  package enum Role: String, Sendable {
    case user, assistant
  }

  package var role: Role
  package var content: String

  package init(_ role: Role, _ content: String) {
    self.role = role
    self.content = content
  }
}

/// Which system turn a conversation starts with.
package enum SystemTurn: Equatable, Sendable {
  case none
  /// The one that the model's own template puts there; none if it puts none.
  case templateDefault
  case text(String)
}

/// A conversation written out for a model.
package struct RenderedChat: Equatable, Sendable {
  /// The text, but for the BOS token.
  package private(set) var text = ""
  /// Whether the BOS token comes before the text.
  package var beginsWithBOS: Bool
  /// Whether the tokenizer's own settings say what goes around the text (a raw prompt).
  package var takesTokenizerDefaults = false
  /// The UTF-8 ranges of `text` that the template wrote. All else is what people or models said,
  /// where the spelling of a special token is plain text.
  package private(set) var templateRanges: [Range<Int>] = []

  init(beginsWithBOS: Bool) {
    self.beginsWithBOS = beginsWithBOS
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
