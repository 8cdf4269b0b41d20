import Foundation
import GRDB

/// A word as the full-text index sees it: folded to lower case without accents, and where it stood.
struct Word: Equatable {
  var folded: String
  /// UTF-8 offsets in the text.
  var range: Range<Int>
}

/// The full-text index's own tokenizer, so that what is highlighted is what was matched.
///
/// Lives no longer than the database access that made it.
struct TextTokenizer {
  private let tokenizer: any FTS5Tokenizer

  init(_ db: Database) throws {
    tokenizer = try db.makeTokenizer(DictionarySchema.tokenizer)
  }

  /// The words of `text` in order, at most `limit`.
  func words(of text: String, limit: Int = .max) -> [Word] {
    final class Collector {
      var words: [Word] = []
      let limit: Int
      init(limit: Int) { self.limit = limit }
    }
    let collector = Collector(limit: limit)
    var text = text
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { bytes in
        guard bytes.count <= CInt.max else { return }
        _ = tokenizer.tokenize(
          context: Unmanaged.passUnretained(collector).toOpaque(), tokenization: .document,
          pText: bytes.baseAddress, nText: CInt(bytes.count),
          tokenCallback: { context, _, token, length, start, end in
            guard let context, let token else { return 0 }
            let collector = Unmanaged<Collector>.fromOpaque(context).takeUnretainedValue()
            // Any code but OK stops the tokenizer.
            guard collector.words.count < collector.limit else { return 1 }
            let folded = token.withMemoryRebound(to: UInt8.self, capacity: Int(length)) {
              String(decoding: UnsafeBufferPointer(start: $0, count: Int(length)), as: UTF8.self)
            }
            collector.words.append(Word(folded: folded, range: Int(start)..<Int(end)))
            return 0
          })
      }
    }
    return collector.words
  }
}

/// A term as folded words, for matching texts held in memory.
struct Phrase: Equatable {
  var words: [String]
  /// Whether the last word may go on.
  var isPrefix: Bool

  init(_ term: SearchQuery.Term, _ tokenizer: TextTokenizer) {
    words = tokenizer.words(of: term.text).map(\.folded)
    isPrefix = term.isPrefix
  }

  /// Whether `count` words from `start` match; `word` gives the folded word at an index.
  func matches(at start: Int, of count: Int, word: (Int) -> String) -> Bool {
    guard !words.isEmpty, start + words.count <= count else { return false }
    for (offset, expected) in words.enumerated() {
      let found = word(start + offset)
      let mayGoOn = isPrefix && offset == words.count - 1
      guard mayGoOn ? found.utf8.starts(with: expected.utf8) : found == expected else {
        return false
      }
    }
    return true
  }

  /// Where the phrase stands among `words`, as UTF-8 ranges.
  func ranges(in words: [Word]) -> [Range<Int>] {
    words.indices.compactMap { start in
      guard matches(at: start, of: words.count, word: { words[$0].folded }) else { return nil }
      return words[start].range.lowerBound..<words[start + self.words.count - 1].range.upperBound
    }
  }
}

extension Phrase {
  /// Where any of `phrases` stands among `words`, ascending, overlaps joined.
  static func joinedRanges(of phrases: [Phrase], in words: [Word]) -> [Range<Int>] {
    var joined: [Range<Int>] = []
    let all = phrases.flatMap { $0.ranges(in: words) }
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

  mutating func set(_ text: String?, for key: Int, _ tokenizer: TextTokenizer) {
    guard let text else {
      texts[key] = nil
      return
    }
    set(folded: tokenizer.words(of: text).map(\.folded), for: key)
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
  /// - Complexity: O(distinct words + words of all texts), the former only for a prefix.
  func matches(_ phrase: Phrase) -> [(key: Int, share: Double)] {
    guard let last = phrase.words.last else { return [] }
    var start: [Int32] = []
    for word in phrase.words.dropLast() {
      guard let number = numbers[word] else { return [] }
      start.append(number)
    }
    var ends = [Bool](repeating: false, count: words.count)
    if phrase.isPrefix {
      for (number, word) in words.enumerated() where word.utf8.starts(with: last.utf8) {
        ends[number] = true
      }
    } else if let number = numbers[last] {
      ends[Int(number)] = true
    } else {
      return []
    }
    return texts.compactMap { key, text in
      for position in text.indices.dropFirst(start.count) where ends[Int(text[position])] {
        guard text[(position - start.count)..<position].elementsEqual(start) else { continue }
        return (key, Double(phrase.words.count) / Double(text.count))
      }
      return nil
    }
  }
}
