/// A term as folded words, for matching texts held in memory.
struct Phrase: Equatable {
  var words: [String]
  /// Whether the last word may go on.
  var isPrefix: Bool
  /// Whether the first word may have begun before.
  var isSuffix: Bool
  /// The emoji of the term, which a text has to have as well, anywhere.
  var pictures: [[Unicode.Scalar]]

  init(_ term: SearchQuery.Term) {
    words = SearchText.words(of: term.text).map(\.folded)
    isPrefix = term.isPrefix
    isSuffix = term.isSuffix
    pictures = Pictures.runs(in: term.text)
  }

  /// Whether there is nothing in it to be found by.
  var isEmpty: Bool { words.isEmpty && pictures.isEmpty }

  /// The term, and as it may be spelled otherwise in what is indexed: ß and ss, ё and е.
  ///
  /// In a word one letter is taken for its other, or all are: no word has a choice of several.
  static func spellings(of term: SearchQuery.Term) -> [Phrase] {
    let given = Phrase(term)
    let choices = given.words.map(Self.spellings)
    var all: [[String]] = [[]]
    let count = choices.reduce(1) { min($0 * $1.count, mostSpellings + 1) }
    if count <= mostSpellings {
      for choice in choices { all = all.flatMap { words in choice.map { words + [$0] } } }
    } else {
      // Of a long phrase one word at a time.
      all = [given.words]
      for (index, choice) in choices.enumerated() {
        for other in choice.dropFirst() where all.count < mostSpellings {
          var words = given.words
          words[index] = other
          all.append(words)
        }
      }
    }
    return all.map { words in
      var phrase = given
      phrase.words = words
      return phrase
    }
  }

  private static let mostSpellings = 64

  private static func spellings(_ word: String) -> [String] {
    var found = [word]
    for (one, other) in [("ß", "ss"), ("ss", "ß"), ("ё", "е"), ("е", "ё")] {
      let places = word.ranges(of: one)
      guard !places.isEmpty else { continue }
      for place in places.prefix(16) {
        found.append(word.replacingCharacters(in: place, with: other))
      }
      if places.count > 1 { found.append(word.replacing(one, with: other)) }
    }
    return found.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// Whether `found` may stand in the place of the word at `index`.
  func matches(_ found: String, at index: Int) -> Bool {
    let expected = words[index]
    let mayGoOn = isPrefix && index == words.count - 1
    let mayBeginBefore = isSuffix && index == 0
    return switch (mayBeginBefore, mayGoOn) {
    case (false, false): found == expected
    case (false, true): found.utf8.starts(with: expected.utf8)
    case (true, false): found.utf8.hasEnding(expected.utf8)
    case (true, true): found.utf8.includes(expected.utf8)
    }
  }

  /// Whether more than one word may stand in the place of the word at `index`.
  func isOpen(at index: Int) -> Bool {
    isPrefix && index == words.count - 1 || isSuffix && index == 0
  }

  /// Whether `count` words from `start` match; `word` gives the folded word at an index.
  func matches(at start: Int, of count: Int, word: (Int) -> String) -> Bool {
    guard !words.isEmpty, start + words.count <= count else { return false }
    return words.indices.allSatisfy { matches(word(start + $0), at: $0) }
  }

  /// Where the phrase stands among `words`, as UTF-8 ranges.
  func ranges(in words: [Word]) -> [Range<Int>] {
    guard !self.words.isEmpty else { return [] }
    return words.indices.compactMap { start in
      guard matches(at: start, of: words.count, word: { words[$0].folded }) else { return nil }
      return words[start].range.lowerBound..<words[start + self.words.count - 1].range.upperBound
    }
  }
}

extension Phrase {
  /// Where any of `phrases` stands in `text`, as UTF-8 ranges, ascending, overlaps joined.
  static func joinedRanges(of phrases: [Phrase], in text: String) -> [Range<Int>] {
    var joined: [Range<Int>] = []
    let words = SearchText.words(of: text)
    let all =
      phrases.flatMap { $0.ranges(in: words) }
      + Pictures.ranges(of: phrases.flatMap(\.pictures), in: text)
    for range in all.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = joined.last, range.lowerBound < last.upperBound {
        joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        joined.append(range)
      }
    }
    return joined
  }
}

/// Short texts as lists of folded words, each distinct word kept once.
struct PhraseIndex {
  private var numbers: [String: Int32] = [:]
  private var words: [String] = []
  private var texts: [Int: [Int32]] = [:]

  mutating func set(_ text: String?, for key: Int) {
    guard let text else {
      texts[key] = nil
      return
    }
    set(folded: SearchText.words(of: text).map(\.folded), for: key)
  }

  mutating func set(folded text: [String], for key: Int) {
    texts[key] = text.map { word in
      if let number = numbers[word] { return number }
      let number = Int32(words.count)
      numbers[word] = number
      words.append(word)
      return number
    }
  }

  /// The keys of the texts that `phrase` occurs in, with its share of their words.
  ///
  /// - Complexity: O(distinct words · words of the phrase + words of all texts).
  func matches(_ phrase: Phrase) -> [(key: Int, share: Double)] {
    guard !phrase.words.isEmpty else { return [] }
    // Per word of the phrase, which of the distinct words may stand there.
    var fits: [[Bool]] = []
    for index in phrase.words.indices {
      var known = [Bool](repeating: false, count: words.count)
      if phrase.isOpen(at: index) {
        for (number, word) in words.enumerated() where phrase.matches(word, at: index) {
          known[number] = true
        }
      } else if let number = numbers[phrase.words[index]] {
        known[Int(number)] = true
      } else {
        return []
      }
      fits.append(known)
    }
    return texts.compactMap { key, text in
      guard text.count >= fits.count else { return nil }
      for start in 0...(text.count - fits.count) {
        guard fits.indices.allSatisfy({ fits[$0][Int(text[start + $0])] }) else { continue }
        return (key, Double(phrase.words.count) / Double(text.count))
      }
      return nil
    }
  }
}

extension String.UTF8View {
  func hasEnding(_ end: String.UTF8View) -> Bool {
    count >= end.count && suffix(end.count).elementsEqual(end)
  }

  func includes(_ piece: String.UTF8View) -> Bool {
    guard let first = piece.first else { return true }
    var rest = self[...]
    while rest.count >= piece.count, let place = rest.firstIndex(of: first) {
      rest = rest[place...]
      if rest.starts(with: piece) { return true }
      rest = rest.dropFirst()
    }
    return false
  }
}
