/// What is done to a stretch of text before the model sees it: it is cut, or each word of it so far
/// is rewritten.
enum WordStep: Equatable, Sendable {
  case split(SplitRule)
  case rewrite(RewritingStep)
}

/// A model's tokenizer: text to ids and back.
///
/// Made by `TokenizerLoader` from a `tokenizer.json` or from GGUF metadata; its ids are those of
/// the hub's `tokenizers` library and of llama.cpp respectively. A value without mutable state:
/// any number of threads may use one.
///
/// A text goes through these steps: added tokens are found in it; what is between them is
/// rewritten (Unicode composition, `▁` for spaces), cut into words, and each word is turned into
/// pieces by the model; special tokens are put around the whole.
package struct Tokenizer: Sendable {
  let model: PieceModel
  /// Found in the text as it is.
  let addedToText: AddedTokens
  let rewriting: [RewritingStep]
  /// Found in the rewritten text.
  let addedToRewritten: AddedTokens
  /// Applied to each stretch between added tokens, in order.
  let wordSteps: [WordStep]
  let decoder: TokenDecoder
  let spellings: PieceTable
  let settings: Settings

  /// What a model says beside its vocabulary.
  struct Settings: Sendable {
    /// The tokens put before and after a text.
    var prefix: [Int] = []
    var suffix: [Int] = []
    var bos: Int?
    var eos: Int?
    var endOfTurn: Int?
    var stops: Set<Int> = []
    var chat = ChatTemplateSource()
  }

  init(
    model: PieceModel, addedToText: AddedTokens, rewriting: [RewritingStep] = [],
    addedToRewritten: AddedTokens = AddedTokens(), wordSteps: [WordStep],
    decoder: TokenDecoder, spellings: PieceTable, settings: Settings
  ) {
    self.model = model
    self.addedToText = addedToText
    self.rewriting = rewriting
    self.addedToRewritten = addedToRewritten
    self.wordSteps = wordSteps
    self.decoder = decoder
    self.spellings = spellings
    self.settings = settings
  }

  /// One more than the largest id. The model's own vocabulary may be larger (padding).
  package var vocabularySize: Int { spellings.endID }

  /// The tokens that are put before a text.
  package var prefix: [Int] { settings.prefix }
  /// The tokens that are put after a text.
  package var suffix: [Int] { settings.suffix }
  /// The token that begins a sequence.
  package var bos: Int? { settings.bos }
  /// The token that ends a sequence.
  package var eos: Int? { settings.eos }
  /// The token that ends a turn of a chat.
  package var endOfTurn: Int? { settings.endOfTurn }
  /// Every token after which generation stops: `eos`, `endOfTurn` and their like.
  package var stopIDs: Set<Int> { settings.stops }
  /// The chat templates that came with the model.
  package var chat: ChatTemplateSource { settings.chat }

  /// The id of a piece spelled as in the vocabulary (`Ġthe`, `▁the`, `<0x0A>`).
  package func id(of piece: String) -> Int? {
    spellings.id(of: Array(piece.utf8))
  }

  /// A piece as the vocabulary spells it; `nil` for an id it lacks.
  package func piece(of id: Int) -> String? {
    guard spellings.contains(id: id) else { return nil }
    return String(decoding: spellings.bytes(of: id), as: UTF8.self)
  }

  /// The bytes of text that a token stands for, often not whole characters; the spelling of a
  /// special token; none for an unknown id.
  package func bytes(of id: Int) -> [UInt8] {
    Array(decoder.bytes(of: id))
  }

  /// Whether decoding leaves the token out when asked to skip special tokens.
  package func isSpecial(_ id: Int) -> Bool {
    decoder.traits(of: id).contains(.special)
  }

  /// The text of a token for people: its characters, with controls as `\n` or `\u{1B}` and
  /// stray bytes as `\xE2`.
  package func spelling(of id: Int) -> String {
    var spelling = ""
    var decoder = UTF8()
    let bytes = bytes(of: id)
    var index = 0
    while index < bytes.count {
      var rest = bytes[index...].makeIterator()
      if case .scalarValue(let scalar) = decoder.decode(&rest) {
        spelling += Self.visible(scalar)
        index += scalarLength(lead: bytes[index])
      } else {
        spelling += "\\x" + Self.hexadecimal(UInt32(bytes[index]), digits: 2)
        index += 1
      }
      decoder = UTF8()
    }
    return spelling
  }

  private static func visible(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    default: break
    }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned,
      .privateUse:
      return "\\u{\(hexadecimal(scalar.value, digits: 1))}"
    default:
      return String(scalar)
    }
  }

  private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// The text of a sequence of ids, ill-formed UTF-8 as U+FFFD; unknown ids give nothing.
  package func decode(_ ids: some Sequence<Int>, skipSpecial: Bool) -> String {
    decoder.decode(ids, skipSpecial: skipSpecial)
  }
}
