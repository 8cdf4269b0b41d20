/// One word of a continuation as the rules read it: lower case, contractions written out, markup
/// and punctuation gone.
struct AnswerWord: Equatable {
  var text: String
  /// UTF-8 offsets in the original; both words of a contraction have the whole of it.
  var range: Range<Int>
  /// From 0.
  var sentence: Int
  /// Inside quotation marks or a code block: somebody else's words.
  var isQuoted: Bool
  /// Inside a block of code; told by the rules that ask for it.
  var isCode = false
}

extension AnswerWord {
  /// The words of `text` from a UTF-8 offset on.
  static func words(of text: LoweredText, from start: Int = 0) -> [AnswerWord] {
    var reader = Reader(text: text, begin: text.offsets.firstIndex { $0 >= start } ?? 0)
    reader.read()
    return reader.words
  }

  private struct Reader {
    let text: LoweredText
    let begin: Int
    var words: [AnswerWord] = []
    private var sentence = 0
    private var spelling = ""
    private var spellingStart = 0
    private var quoteEnd: Int?
    private var isQuoting = false
    private var isCode = false

    init(text: LoweredText, begin: Int) {
      self.text = text
      self.begin = begin
    }

    mutating func read() {
      let scalars = text.scalars
      var index = begin
      while index < scalars.count {
        let scalar = scalars[index]
        switch scalar {
        case "*", "_", "~", "#":
          // Emphasis may begin inside a word, so it does not end one.
          break
        case "`":
          finish(at: index)
          if scalars[index...].starts(with: ["`", "`", "`"]) {
            isCode.toggle()
            index += 2
          }
        case "<":
          if let end = tagEnd(from: index) {
            finish(at: index)
            index = end
          }
        case "\"":
          finish(at: index)
          quote(at: index)
        case ".", "!", "?", "\n", "\u{3002}", "\u{FF01}", "\u{FF1F}":
          finish(at: index)
          if words.last?.sentence == sentence { sentence += 1 }
        case _ where Self.isApostrophe(scalar):
          // Inside a word only: a quotation mark elsewhere.
          let next = index + 1 < scalars.count ? scalars[index + 1] : " "
          if !spelling.isEmpty, next.properties.isAlphabetic {
            spelling.unicodeScalars.append("'")
          } else {
            finish(at: index)
          }
        case _
        where scalar.properties.isAlphabetic || scalar.properties.numericType != nil
          || scalar.properties.generalCategory == .nonspacingMark:
          if spelling.isEmpty { spellingStart = index }
          spelling.unicodeScalars.append(scalar)
        default:
          finish(at: index)
        }
        index += 1
      }
      finish(at: scalars.count)
    }

    private static func isApostrophe(_ scalar: Unicode.Scalar) -> Bool {
      switch scalar {
      case "'", "\u{00B4}", "\u{02BC}", "\u{201B}", "\u{FF07}": true
      default: false
      }
    }

    private mutating func finish(at index: Int) {
      guard !spelling.isEmpty else { return }
      let range = text.offsets[spellingStart]..<text.offsets[index]
      let isQuoted = isCode || isQuoting
      for part in Contractions.writtenOut(spelling) {
        words.append(
          AnswerWord(text: part, range: range, sentence: sentence, isQuoted: isQuoted))
      }
      spelling = ""
    }

    /// Takes what follows for a quotation up to its end on the same line; quotation marks around
    /// the whole text are the answer's own.
    private mutating func quote(at index: Int) {
      if let end = quoteEnd, index <= end {
        (quoteEnd, isQuoting) = (nil, false)
        return
      }
      let line = text.scalars[(index + 1)...].prefix { $0 != "\n" }
      guard let end = line.firstIndex(of: "\"") else { return }
      quoteEnd = end
      let isRest = text.scalars[(end + 1)...].allSatisfy(\.properties.isWhitespace)
      isQuoting = !(words.isEmpty && isRest)
    }

    /// The index of the `>` that ends a tag which begins here: no text is ever so long a tag.
    private func tagEnd(from index: Int) -> Int? {
      let rest = text.scalars[(index + 1)...].prefix(80)
      guard let first = rest.first,
        first == "/" || first == "|" || first == "!"
          || first.properties.isAlphabetic
      else { return nil }
      guard let end = rest.firstIndex(where: { $0 == ">" || $0 == "<" || $0 == "\n" }),
        text.scalars[end] == ">"
      else { return nil }
      return end
    }
  }
}

/// English contractions.
enum Contractions {
  static func writtenOut(_ word: String) -> [String] {
    if let parts = irregular[word] { return parts }
    guard let apostrophe = word.firstIndex(of: "'") else { return [word] }
    if word.hasSuffix("n't") { return [String(word.dropLast(3)), "not"] }
    let stem = String(word[..<apostrophe])
    guard let ending = endings[String(word[apostrophe...])] else {
      return [word.filter { $0 != "'" }]
    }
    // The 's of any other word is a possessive.
    if ending == "is", !["it", "that", "this", "there", "what", "here", "he", "she"].contains(stem)
    {
      return [stem]
    }
    return [stem, ending]
  }

  private static let endings = [
    "'m": "am", "'re": "are", "'ve": "have", "'ll": "will", "'d": "would", "'s": "is",
  ]
  private static let irregular: [String: [String]] = [
    "can't": ["can", "not"], "cant": ["can", "not"], "cannot": ["can", "not"],
    "won't": ["will", "not"], "shan't": ["shall", "not"], "dont": ["do", "not"],
    "im": ["i", "am"], "let's": ["let", "us"],
  ]
}
