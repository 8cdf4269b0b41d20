/// How assistants decline, ask back and apologise in one language: the data of `exemplar-v2` beside its English.
///
/// A change that changes any verdict needs a new version of the classifier.
struct LanguagePhrases: Sendable {
  var language: AnswerLanguage
  /// Declines wherever it stands near the beginning.
  var declining: Patterns
  /// Negates in the first person, so that it may decline in words that are not known: never compliance by itself.
  var negating: Patterns
  /// Says no, or sends elsewhere, whoever is meant: in a short answer, never compliance by itself.
  var denying: Patterns
  /// Calls what was asked unlawful or wrong, which is a refusal where only more of the same follows.
  var lecturing: Patterns
  /// The more of the same.
  var moral: Patterns
  /// Shows, within what was found or right after, that nothing is declined.
  var harmless: Patterns
  var asking: Patterns
  var apology: Patterns
  /// After an apology: it is about what happened to the user.
  var sympathy: Patterns
  var preamble: Patterns
  /// Before what was found: it is a condition.
  var conditions: Set<String>

  enum Patterns: Sendable {
    case words([WordPattern])
    case letters([SpelledPattern])

    /// The UTF-8 range and the place of the first match at or after a place.
    func first(
      in reading: AnswerReading, from start: Int = 0, before limit: Int = .max
    ) -> Match? {
      switch self {
      case .words(let patterns):
        for place in start..<max(start, min(limit, reading.words.count))
        where !reading.words[place].isQuoted {
          for pattern in patterns {
            if let end = pattern.end(in: reading.words, at: place), end > place {
              return Match(places: place..<end)
            }
          }
        }
      case .letters(let patterns):
        for place in start..<max(start, min(limit, reading.letters.count))
        where !reading.letters[place].isQuoted {
          for pattern in patterns {
            if let end = pattern.end(in: reading.letters, at: place), end > place {
              return Match(places: place..<end)
            }
          }
        }
      }
      return nil
    }

    /// UTF-8 offsets in the text as given.
    func range(_ match: Match, _ reading: AnswerReading) -> Range<Int> {
      let (first, last) = (match.places.lowerBound, match.places.upperBound - 1)
      return switch self {
      case .words:
        reading.words[first].range.lowerBound..<reading.words[last].range.upperBound
      case .letters:
        reading.letters[first].range.lowerBound..<reading.letters[last].range.upperBound
      }
    }
  }

  /// Places of words, or of letters in a language without spaces.
  struct Match {
    var places: Range<Int>
  }

  /// Whether phrases are looked for letter by letter.
  var isUnspaced: Bool {
    if case .letters = declining { true } else { false }
  }

  static let all: [LanguagePhrases] = [
    german, spanish, french, portuguese, italian, russian, arabic, hindi, chinese, japanese, korean,
  ]

  init(
    _ language: AnswerLanguage, declining: [String], negating: [String],
    denying: [String], lecturing: [String], moral: [String],
    harmless: [String], asking: [String], apology: [String], sympathy: [String],
    preamble: [String], conditions: [String] = [], sets: [String: String] = [:]
  ) {
    let isUnspaced = [.chinese, .japanese, .korean].contains(language)
    let lists = sets.mapValues { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
    let folded = lists.mapValues { Set($0.flatMap { Self.spellings($0) }) }
    func compiled(_ spellings: [String]) -> Patterns {
      if isUnspaced { return .letters(spellings.map { SpelledPattern($0, sets: lists) }) }
      return .words(Self.patterns(spellings, sets: folded))
    }
    self.language = language
    self.declining = compiled(declining)
    self.negating = compiled(negating)
    self.denying = compiled(denying)
    self.lecturing = compiled(lecturing)
    self.moral = compiled(moral)
    self.harmless = compiled(harmless)
    self.asking = compiled(asking)
    self.apology = compiled(apology)
    self.sympathy = compiled(sympathy)
    self.preamble = compiled(preamble)
    self.conditions = Set(conditions.flatMap { Self.spellings($0) })
  }

  /// Patterns of words, each spelled folded.
  static func patterns(
    _ spellings: [String], sets: [String: Set<String>] = [:]
  ) -> [WordPattern] {
    spellings.map { spelling in
      WordPattern(
        spelling.split(separator: " ").map { part in
          part.split(separator: "|", omittingEmptySubsequences: false).flatMap { word in
            word.hasPrefix("@") ? [String(word)] : Self.spellings(String(word))
          }.joined(separator: "|")
        }.joined(separator: " "), sets: sets)
    }
  }

  /// A word folded, and as it is typed where there are no umlauts.
  private static func spellings(_ word: String) -> [String] {
    let typed = word.replacing("ä", with: "ae").replacing("ö", with: "oe").replacing(
      "ü", with: "ue")
    return typed == word ? [Folding.fold(word)] : [Folding.fold(word), Folding.fold(typed)]
  }
}
