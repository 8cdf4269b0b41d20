/// An answer as the rules of all languages read it.
struct AnswerReading {
  /// Folded: see ``Folding``.
  var words: [AnswerWord] = []
  /// Every letter in order, simplified, for scripts that do not part their words.
  var letters: [AnswerLetter] = []
  /// The sentence that ends in a question mark, by number.
  var questions: Set<Int> = []
  /// The sentence that ends in a colon at the end of the text.
  var endsOpen = false
  var hasCode = false

  var scripts: Set<AnswerLanguage.Script> = []
}

/// One letter of an answer.
struct AnswerLetter: Equatable {
  var scalar: Unicode.Scalar
  /// UTF-8 offset in the original, and that of what follows.
  var range: Range<Int>
  var sentence: Int
  var isQuoted: Bool
  var isCode: Bool
}

extension AnswerReading {
  init(_ text: LoweredText) {
    var reader = Reader(text: text)
    reader.read()
    self = reader.result
  }

  private struct Reader {
    let text: LoweredText
    var result = AnswerReading()
    private var sentence = 0
    private var spelling = ""
    private var spellingStart = 0
    private var quoteEnd: Int?
    private var singleEnd: Int?
    private var speechEnd: Int?
    private var isQuoting = false
    private var isCode = false

    init(text: LoweredText) { self.text = text }

    private var isQuoted: Bool { isCode || isQuoting || singleEnd != nil || speechEnd != nil }

    mutating func read() {
      let scalars = text.scalars
      var index = 0
      speech(from: 0)
      while index < scalars.count {
        if let end = singleEnd, index > end { singleEnd = nil }
        if let end = speechEnd, index >= end { speechEnd = nil }
        let scalar = scalars[index]
        switch scalar {
        case "*", "_", "~", "#":
          break
        case "`":
          if negates(at: index) {
            spelling.unicodeScalars.append("'")
          } else {
            finish(at: index)
            if scalars[index...].starts(with: ["`", "`", "`"]) {
              isCode.toggle()
              result.hasCode = true
              index += 2
            }
          }
        case "<":
          if let end = tagEnd(from: index) {
            finish(at: index)
            index = end
          }
        case "\"":
          finish(at: index)
          quote(at: index)
        case ".":
          finish(at: index)
          // Dots in a row are a pause.
          let rest = scalars[index...].prefix { $0 == "." }
          if rest.count < 2 || scalars[(index + rest.count)...].first == "\n" { endSentence() }
          index += rest.count - 1
        case "!", "?", "\n", "。", "।", "॥", "؟", "۔", "።", "…":
          finish(at: index)
          if scalar == "?" || scalar == "؟" { result.questions.insert(sentence) }
          endSentence()
          if scalar == "\n" { speech(from: index + 1) }
        case "'":
          apostrophe(at: index)
        case _ where Self.isLetter(scalar):
          if spelling.isEmpty { spellingStart = index }
          spelling.unicodeScalars.append(scalar)
          result.letters.append(
            AnswerLetter(
              scalar: Folding.simplified(scalar),
              range: text.offsets[index]..<text.offsets[index + 1], sentence: sentence,
              isQuoted: isQuoted, isCode: isCode))
          if let script = AnswerLanguage.Script(scalar) { result.scripts.insert(script) }
        default:
          finish(at: index)
        }
        index += 1
      }
      finish(at: scalars.count)
      let last = scalars.last { !$0.properties.isWhitespace && !["*", "_", "`"].contains($0) }
      result.endsOpen = last == ":"
      joinNegations()
      romanise()
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
      if scalar.value < 0x80 {
        return ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
      }
      let properties = scalar.properties
      return properties.isAlphabetic || properties.numericType != nil
        || properties.generalCategory == .nonspacingMark
        || properties.generalCategory == .spacingMark
    }

    private mutating func endSentence() {
      if result.letters.last?.sentence == sentence { sentence += 1 }
    }

    private mutating func finish(at index: Int) {
      guard !spelling.isEmpty else { return }
      let range = text.offsets[spellingStart]..<text.offsets[index]
      // Letters of other scripts may stand in for Latin ones.
      for part in Contractions.parts(Folding.latin(spelling) ?? spelling) {
        result.words.append(
          AnswerWord(
            text: Folding.fold(part), range: range, sentence: sentence, isQuoted: isQuoted,
            isCode: isCode))
      }
      spelling = ""
    }

    /// Inside a word; after *can* and its like, where the rest of *not* is lost; else a quotation.
    private mutating func apostrophe(at index: Int) {
      let scalars = text.scalars
      let next = index + 1 < scalars.count ? scalars[index + 1] : " "
      if !spelling.isEmpty {
        if next.properties.isAlphabetic {
          spelling.unicodeScalars.append("'")
          return
        }
        if singleEnd != index, Contractions.negatable.contains(spelling) {
          spelling += "'t"
        }
        finish(at: index)
        return
      }
      let previous = index > 0 ? scalars[index - 1] : " "
      guard !isQuoted, next.properties.isAlphabetic, !previous.properties.isAlphabetic else {
        return
      }
      let line = scalars[(index + 1)...].prefix(1000).prefix { $0 != "\n" }
      guard
        let end = line.indices.first(where: { place in
          line[place] == "'" && !line[place - 1].properties.isWhitespace
            && (place + 1 == scalars.count || !scalars[place + 1].properties.isAlphabetic)
        }), end - index > 8
      else { return }
      if result.words.isEmpty, isRest(after: end) { return }
      singleEnd = end
    }

    private func negates(at index: Int) -> Bool {
      Contractions.negatable.contains(spelling) && index + 1 < text.scalars.count
        && text.scalars[index + 1] == "t"
    }

    private func isRest(after end: Int) -> Bool {
      text.scalars[(end + 1)...].allSatisfy {
        $0.properties.isWhitespace || [".", "!", "*"].contains($0)
      }
    }

    private mutating func quote(at index: Int) {
      if let end = quoteEnd, index <= end {
        (quoteEnd, isQuoting) = (nil, false)
        return
      }
      let rest = text.scalars[(index + 1)...]
      guard let end = rest.firstIndex(where: { $0 == "\"" || $0 == "\n" }),
        text.scalars[end] == "\""
      else { return }
      quoteEnd = end
      isQuoting = !(result.words.isEmpty && isRest(after: end))
    }

    /// A line that begins with a dash and says who spoke is somebody's speech.
    private mutating func speech(from start: Int) {
      let line = text.scalars[start...].prefix { $0 != "\n" }
      guard let first = line.first(where: { !$0.properties.isWhitespace }),
        first == "—" || first == "–" || first == "―"
      else { return }
      let words = String(String.UnicodeScalarView(line)).split { !$0.isLetter }.map(String.init)
      if words.contains(where: { Self.saying.contains(Folding.fold($0)) }) {
        speechEnd = line.endIndex
      }
    }

    private static let saying: Set<String> = [
      "said", "dijo", "respondio", "contesto", "dit", "repondit", "disse", "rispose", "respondeu",
      "sagte", "antwortete", "сказал", "сказала", "ответил", "ответила", "replied", "exclamo",
    ]

    private func tagEnd(from index: Int) -> Int? {
      let rest = text.scalars[(index + 1)...].prefix(80)
      guard let first = rest.first,
        first == "/" || first == "|" || first == "!" || first.properties.isAlphabetic
      else { return nil }
      guard let end = rest.firstIndex(where: { $0 == ">" || $0 == "<" || $0 == "\n" }),
        text.scalars[end] == ">"
      else { return nil }
      return end
    }

    /// `can t`, `won t`: the apostrophe was lost.
    private mutating func joinNegations() {
      for index in result.words.indices.dropFirst()
      where result.words[index].text == "t" || result.words[index].text == "nt" {
        let stem = result.words[index - 1].text
        guard Contractions.negatable.contains(stem) || stem == "ca" || stem == "wo" else {
          continue
        }
        result.words[index].text = "not"
        result.words[index - 1].text = Contractions.stems[stem] ?? stem
      }
    }

    private static let behindI: Set<String> = [
      "can", "cannot", "could", "will", "would", "am", "must", "do", "have", "apologize",
    ]

    /// A letter of another script, or one that looks alike, that stands for *I*.
    private mutating func romanise() {
      let latin = result.words.count {
        $0.text.unicodeScalars.contains { ("a"..."z").contains($0) }
      }
      for index in result.words.indices {
        let word = result.words[index].text
        if latin * 2 > result.words.count, word == "і" || word == "ι" {
          result.words[index].text = "i"
        }
        let next = index + 1 < result.words.count ? result.words[index + 1].text : ""
        if word == "l", Self.behindI.contains(next) { result.words[index].text = "i" }
      }
    }
  }
}

extension Contractions {
  /// Words that lose their *not* where an apostrophe ends them.
  static let negatable: Set<String> = [
    "can", "won", "don", "couldn", "wouldn", "shouldn", "isn", "aren", "doesn", "didn", "haven",
    "cann", "shan", "ain",
  ]
  static let stems = [
    "won": "will", "wo": "will", "ca": "can", "cann": "can", "couldn": "could", "wouldn": "would",
    "shouldn": "should", "isn": "is", "aren": "are", "doesn": "does", "didn": "did",
    "haven": "have", "shan": "shall", "don": "do", "ain": "am",
  ]

  /// As ``writtenOut(_:)``, misspelled ones and those of other languages too.
  static func parts(_ word: String) -> [String] {
    if let parts = misspelled[word] { return parts }
    // What is left of `ca n't`.
    if word == "n't" { return ["nt"] }
    guard let apostrophe = word.firstIndex(of: "'") else { return writtenOut(word) }
    let stem = String(word[..<apostrophe])
    let ending = String(word[word.index(after: apostrophe)...])
    if ["t", "nt", "not", "tn", "n't"].contains(ending), negatable.contains(stem) || stem == "ca" {
      return [stems[stem] ?? stem, "not"]
    }
    if word.hasSuffix("n't") || ["m", "re", "ve", "ll", "d", "s"].contains(ending) {
      return writtenOut(word)
    }
    return word.split(separator: "'").map(String.init)
  }

  private static let misspelled: [String: [String]] = [
    "wont": ["will", "not"], "cannt": ["can", "not"], "cann't": ["can", "not"],
    "canot": ["can", "not"], "cannto": ["can", "not"], "cannott": ["can", "not"],
    "connot": ["can", "not"], "cnanot": ["can", "not"], "canno": ["can", "not"],
    "cnat": ["can", "not"], "can't've": ["can", "not"], "carnt": ["can", "not"],
    "couldnt": ["could", "not"], "wouldnt": ["would", "not"], "shouldnt": ["should", "not"],
    "isnt": ["is", "not"], "arent": ["are", "not"], "doesnt": ["does", "not"],
    "didnt": ["did", "not"], "havent": ["have", "not"], "aint": ["am", "not"],
    "dont": ["do", "not"], "ive": ["i", "have"], "i'am": ["i", "am"], "iam": ["i", "am"],
    "unfortunatly": ["unfortunately"], "unfortunatley": ["unfortunately"],
    "appologize": ["apologize"], "appologise": ["apologize"], "apologise": ["apologize"],
    "apologies": ["apologies"], "sory": ["sorry"], "srry": ["sorry"], "sorrry": ["sorry"],
    "unabel": ["unable"], "unble": ["unable"], "refues": ["refuse"], "u": ["you"],
    "icannot": ["i", "can", "not"], "icant": ["i", "can", "not"], "ican't": ["i", "can", "not"],
    "iwill": ["i", "will"], "coud": ["could"], "coudn't": ["could", "not"],
    "won't": ["will", "not"], "gonna": ["going", "to"],
  ]
}
