/// The languages whose refusals are known.
enum AnswerLanguage: String, Sendable, CaseIterable {
  case english = "en"
  case german = "de"
  case spanish = "es"
  case french = "fr"
  case portuguese = "pt"
  case italian = "it"
  case russian = "ru"
  case arabic = "ar"
  case hindi = "hi"
  case chinese = "zh"
  case japanese = "ja"
  case korean = "ko"

  enum Finding: Equatable {
    /// Nothing but figures, signs or code.
    case none
    case known(AnswerLanguage)
    case unknown
  }

  /// In which language an answer is: by script, and where several share one, by frequent words.
  ///
  /// Errs towards unknown. Words of languages that are easily taken for a known one count against it.
  static func of(_ reading: AnswerReading) -> Finding {
    var counts: [Script: Int] = [:]
    for letter in reading.letters {
      if let script = Script(letter.scalar) { counts[script, default: 0] += 1 }
    }
    // A syllable or a character is as much text as two or three letters.
    for script in [Script.han, .kana, .hangul] { counts[script]? *= 3 }
    let total = counts.values.reduce(0, +)
    let words = reading.words.map(\.text).filter { $0.count > 1 && Int($0) == nil }
    guard total > 1, !words.isEmpty || counts[.latin] == nil || counts.count > 1 else {
      return .none
    }
    // Letters that no known language has: a quarter of them is a text of its own.
    guard (counts[.other] ?? 0) * 4 <= total else { return .unknown }
    let spaced: [Script] = [.latin, .cyrillic, .arabic, .devanagari]
    let main = spaced.max { (counts[$0] ?? 0, $1.rawValue) < (counts[$1] ?? 0, $0.rawValue) }
    let asian = (counts[.han] ?? 0) + (counts[.kana] ?? 0) + (counts[.hangul] ?? 0)
    if let main, let count = counts[main], count > asian {
      return ofWords(reading.words.filter { Script($0.text) == main }.map(\.text), main)
    }
    guard asian > 0 else { return .unknown }
    if let hangul = counts[.hangul], hangul * 2 >= asian { return .known(.korean) }
    // Running Japanese has kana in every clause.
    if let kana = counts[.kana], kana * 8 >= asian { return .known(.japanese) }
    let han = reading.letters.filter { Script($0.scalar) == .han }
    let cantonese = han.count { "唔嘅咗冇喺佢哋嗰啲".unicodeScalars.contains($0.scalar) }
    return cantonese * 20 > han.count ? .unknown : .known(.chinese)
  }

  private static func ofWords(_ words: [String], _ script: Script) -> Finding {
    let long = words.filter { Int($0) == nil }
    guard !long.isEmpty else { return .none }
    var hits: [String: Int] = [:]
    var scores: [String: Double] = [:]
    for word in long {
      let names = WordProfiles.languages[word] ?? WordProfiles.language(ofForm: word, script)
      for name in names {
        hits[name, default: 0] += 1
        scores[name, default: 0] += 1 / Double(names.count)
      }
    }
    let best = allCases.filter { $0.script == script }
      .max { (scores[$0.rawValue] ?? 0, $1.rawValue) < (scores[$1.rawValue] ?? 0, $0.rawValue) }
    guard let best, let score = scores[best.rawValue], let hit = hits[best.rawValue] else {
      return .unknown
    }
    let rivals = scores.filter { AnswerLanguage(rawValue: $0.key) == nil }
    guard score > (rivals.values.max() ?? 0) else { return .unknown }
    guard hit >= min(2, (long.count + 3) / 4), hit * 5 >= long.count else { return .unknown }
    // A few words of one language are easily words of its neighbours.
    guard long.count > 8 || hit * 5 >= long.count * 2 else { return .unknown }
    let strange = long.count { WordProfiles.isStrange($0, in: best) }
    return strange * 4 > long.count ? .unknown : .known(best)
  }

  private var script: Script {
    switch self {
    case .english, .german, .spanish, .french, .portuguese, .italian: .latin
    case .russian: .cyrillic
    case .arabic: .arabic
    case .hindi: .devanagari
    case .chinese: .han
    case .japanese: .kana
    case .korean: .hangul
    }
  }

  /// Scripts as far as they tell languages apart.
  enum Script: Int, Sendable {
    case latin, cyrillic, arabic, devanagari, han, kana, hangul, other

    /// `nil` for what is no letter.
    init?(_ scalar: Unicode.Scalar) {
      switch scalar.value {
      case 0x41...0x5A, 0x61...0x7A, 0xAA, 0xBA, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x2AF,
        0x1E00...0x1EFF:
        self = .latin
      case 0x300...0x36F: return nil
      case 0x400...0x52F: self = .cyrillic
      case 0x600...0x6FF, 0x750...0x77F, 0x8A0...0x8FF:
        guard scalar.properties.isAlphabetic else { return nil }
        self = .arabic
      case 0x900...0x97F: self = .devanagari
      case 0x3040...0x30FF: self = .kana
      case 0x1100...0x11FF, 0x3130...0x318F, 0xAC00...0xD7AF: self = .hangul
      case 0x3005, 0x3007, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x323AF:
        self = .han
      default:
        guard scalar.properties.isAlphabetic else { return nil }
        self = .other
      }
    }

    /// That of the first letter.
    init?(_ word: String) {
      guard let found = word.unicodeScalars.lazy.compactMap({ Script($0) }).first else {
        return nil
      }
      self = found
    }
  }
}
