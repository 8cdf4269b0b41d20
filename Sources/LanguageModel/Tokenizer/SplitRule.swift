/// One step of a pre-tokenizer: how a stretch of text is cut into words.
///
/// The commonest published regular expressions are written out as scanners; all others are
/// interpreted.
enum SplitRule: Equatable, Sendable {
  /// GPT-2, GPT-NeoX and the `ByteLevel` step of the hub's tokenizers:
  /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
  case gpt2(TokenizerLineage)
  /// Llama 3 (three digits at most) and Qwen 2 (one):
  /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|`
  /// `` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+``
  ///
  /// In the hub's library the contraction `'ſ` (U+017F) counts as `'s`, as its case-insensitive
  /// matching has it; llama.cpp folds ASCII alone.
  case llama3(mostDigits: Int, TokenizerLineage)
  /// Every run of category N apart, or each of its characters.
  case digits(individually: Bool)
  /// At a literal, which stays at the end of the word before it.
  case afterLiteral([UInt8])
  /// At a literal, which starts the word after it.
  case beforeLiteral([UInt8])
  /// Before marks that no piece joins to what they follow; changes no encoding.
  case beforeMarks(WordMark)
  /// At what a pattern finds.
  case at(Delimiter, Behavior, inverts: Bool)
  /// Into words of so many characters.
  case fixedLength(Int)

  /// What words are cut at.
  enum Delimiter: Equatable, Sendable {
    case pattern(TextPattern)
    /// Each scalar of a set.
    case scalars(ScalarSet)
    case literal([UInt8])
  }

  /// What becomes of the text that was found.
  enum Behavior: String, Sendable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"
  }

  /// Appends each word in `buffer[range]` to `words`; nothing for an empty range.
  ///
  /// - Complexity: O(bytes).
  func split(
    _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, into words: inout [Range<Int>]
  ) {
    if range.isEmpty { return }
    switch self {
    case .at(let delimiter, let behavior, let inverts):
      return cut(buffer, range, at: delimiter, behavior, inverts, into: &words)
    case .fixedLength(let length):
      return cut(buffer, range, every: length, into: &words)
    default: break
    }
    var start = range.lowerBound
    let scanner = WordScanner(buffer: buffer, end: range.upperBound, lineage: lineage)
    while start < range.upperBound {
      let first = start
      switch self {
      case .gpt2: start = scanner.gpt2Word(from: start)
      case .llama3(let most, _): start = scanner.llama3Word(from: start, mostDigits: most)
      case .digits(let individually):
        start = scanner.digits(from: start, individually: individually)
      case .afterLiteral(let literal): start = scanner.wordEnding(after: literal, from: start)
      case .beforeLiteral(let literal): start = scanner.wordEnding(before: literal, from: start)
      case .beforeMarks(let mark):
        start = mark.stretchEnd(buffer, from: start, to: range.upperBound)
      case .at, .fixedLength: return
      }
      words.append(first..<start)
    }
  }
}

// MARK: - Rules that are interpreted

extension SplitRule {
  private var lineage: TokenizerLineage {
    switch self {
    case .gpt2(let lineage), .llama3(_, let lineage): lineage
    default: .hub
    }
  }
}

extension SplitRule {
  private struct Part {
    var range: Range<Int>
    var isFound: Bool
  }

  private func cut(
    _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, at delimiter: Delimiter,
    _ behavior: Behavior, _ inverts: Bool, into words: inout [Range<Int>]
  ) {
    var parts: [Part] = []
    var start = range.lowerBound
    Self.forEachMatch(of: delimiter, in: buffer, range) { found in
      if start < found.lowerBound {
        parts.append(Part(range: start..<found.lowerBound, isFound: inverts))
      }
      parts.append(Part(range: found, isFound: !inverts))
      start = found.upperBound
    }
    if start < range.upperBound {
      parts.append(Part(range: start..<range.upperBound, isFound: inverts))
    }
    let kept: [Range<Int>]
    switch behavior {
    case .isolated: kept = parts.map(\.range)
    case .removed: kept = parts.filter { !$0.isFound }.map(\.range)
    case .contiguous: kept = Self.joined(parts) { $0 == $1 }
    case .mergedWithPrevious: kept = Self.joined(parts) { !$0 && $1 }
    case .mergedWithNext: kept = Self.joinedFromTheEnd(parts)
    }
    words += kept.filter { !$0.isEmpty }
  }

  static func forEachMatch(
    of delimiter: Delimiter, in buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>,
    _ body: (Range<Int>) -> Void
  ) {
    switch delimiter {
    case .pattern(let pattern): pattern.forEachMatch(in: buffer, range, body)
    case .scalars(let set):
      var index = range.lowerBound
      while index < range.upperBound {
        let length = min(scalarLength(lead: buffer[index]), range.upperBound - index)
        let scalar = CharacterKind.scalar(at: index, length: length, in: buffer)
        if set.contains(scalar) { body(index..<(index + length)) }
        index += length
      }
    case .literal(let literal):
      var index = range.lowerBound
      while index + literal.count <= range.upperBound {
        if buffer[index] == literal[0],
          buffer[index..<(index + literal.count)].elementsEqual(literal)
        {
          body(index..<(index + literal.count))
          index += literal.count
        } else {
          index += 1
        }
      }
    }
  }

  /// Joins a part to the one before it where the rule says so of what they are; before the first
  /// lies nothing that was found.
  private static func joined(
    _ parts: [Part], _ joins: (_ previous: Bool, _ this: Bool) -> Bool
  ) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var previous = false
    for part in parts {
      if joins(previous, part.isFound), let last = result.last {
        result[result.count - 1] = last.lowerBound..<part.range.upperBound
      } else {
        result.append(part.range)
      }
      previous = part.isFound
    }
    return result
  }

  private static func joinedFromTheEnd(_ parts: [Part]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var previous = false
    for part in parts.reversed() {
      if part.isFound, !previous, let last = result.last {
        result[result.count - 1] = part.range.lowerBound..<last.upperBound
      } else {
        result.append(part.range)
      }
      previous = part.isFound
    }
    return result.reversed()
  }

  private func cut(
    _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, every length: Int,
    into words: inout [Range<Int>]
  ) {
    var start = range.lowerBound
    var (index, count) = (start, 0)
    while index < range.upperBound {
      index = min(index + scalarLength(lead: buffer[index]), range.upperBound)
      count += 1
      if count == length {
        words.append(start..<index)
        (start, count) = (index, 0)
      }
    }
    if start < range.upperBound { words.append(start..<range.upperBound) }
  }
}

/// Finds where the word that starts at a position ends.
struct WordScanner {
  let buffer: UnsafeBufferPointer<UInt8>
  let end: Int
  let lineage: TokenizerLineage

  @inline(__always)
  private func kind(at index: Int) -> (kind: CharacterKind, length: Int) {
    CharacterKind.at(index, in: buffer, end: end, lineage)
  }

  /// The end of the run of `kind` that goes on at `start`, of at most `most` characters.
  @inline(__always)
  private func run(of wanted: CharacterKind, from start: Int, most: Int = .max) -> Int {
    var index = start
    var left = most
    while index < end, left > 0 {
      let (kind, length) = kind(at: index)
      guard kind == wanted else { break }
      index += length
      left -= 1
    }
    return index
  }

  func gpt2Word(from start: Int) -> Int {
    var (first, length) = kind(at: start)
    var index = start
    if first == .other, buffer[start] == UInt8(ascii: "'") {
      if let contraction = contraction(at: start, fold: false) {
        return contraction
      }
    }
    if buffer[start] == 0x20, start + 1 < end {
      let next = kind(at: start + 1)
      if !next.kind.isWhitespace {
        (first, length) = next
        index = start + 1
      }
    }
    if first.isWhitespace { return whitespace(from: start).word }
    return run(of: first, from: index + length)
  }

  func llama3Word(from start: Int, mostDigits: Int) -> Int {
    let (first, length) = kind(at: start)
    if first == .letter { return run(of: .letter, from: start + length) }
    if first == .number { return run(of: .number, from: start, most: mostDigits) }
    if first == .other, buffer[start] == UInt8(ascii: "'"),
      let contraction = contraction(at: start, fold: true)
    {
      return contraction
    }
    if first != .lineBreak, start + length < end {
      let next = kind(at: start + length)
      if next.kind == .letter {
        return run(of: .letter, from: start + length + next.length)
      }
      if buffer[start] == 0x20, next.kind == .other {
        return lineBreaks(from: run(of: .other, from: start + length + next.length))
      }
    }
    if first == .other { return lineBreaks(from: run(of: .other, from: start + length)) }
    let blank = whitespace(from: start)
    return blank.afterLastLineBreak ?? blank.word
  }

  /// A number to the newest version of Unicode, which this rule goes by.
  private func isNumber(at index: Int) -> (Bool, length: Int) {
    let byte = buffer[index]
    if byte < 0x80 { return ((0x30...0x39).contains(byte), 1) }
    let length = min(scalarLength(lead: byte), end - index)
    let scalar = CharacterKind.scalar(at: index, length: length, in: buffer)
    let category = CategorySet(scalar.properties.generalCategory)
    return (CategorySet.number.contains(category), length)
  }

  func digits(from start: Int, individually: Bool) -> Int {
    let (first, length) = isNumber(at: start)
    if first, individually { return start + length }
    var index = start + length
    while index < end {
      let (kind, length) = isNumber(at: index)
      if kind != first { break }
      index += length
    }
    return index
  }

  /// `[\r\n]*`
  private func lineBreaks(from start: Int) -> Int {
    var index = start
    while index < end, buffer[index] == 0x0A || buffer[index] == 0x0D { index += 1 }
    return index
  }

  /// Measures the run of white space at `start`: the end of the word that it makes by itself,
  /// `\s+(?!\S)|\s+`, and the end of the last line break in it.
  private func whitespace(from start: Int) -> (word: Int, afterLastLineBreak: Int?) {
    var index = start
    var last = start
    var afterLastLineBreak: Int?
    while index < end {
      let (kind, length) = kind(at: index)
      guard kind.isWhitespace else { break }
      last = index
      index += length
      if kind == .lineBreak { afterLastLineBreak = index }
    }
    // Before a word the last blank is left to it, unless it is the only one.
    let word = index < end && last > start ? last : index
    return (word, afterLastLineBreak)
  }

  /// The end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at an apostrophe.
  private func contraction(at start: Int, fold: Bool) -> Int? {
    func letter(_ offset: Int) -> UInt8 {
      guard start + offset < end else { return 0 }
      let byte = buffer[start + offset]
      return fold && (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
    switch (letter(1), letter(2)) {
    case (UInt8(ascii: "s"), _), (UInt8(ascii: "t"), _), (UInt8(ascii: "m"), _),
      (UInt8(ascii: "d"), _):
      return start + 2
    case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")),
      (UInt8(ascii: "l"), UInt8(ascii: "l")):
      return start + 3
    case (0xC5, 0xBF) where fold && lineage == .hub:
      return start + 3
    default:
      return nil
    }
  }

  private func isLiteral(_ literal: [UInt8], at index: Int) -> Bool {
    index + literal.count <= end
      && literal.indices.allSatisfy { buffer[index + $0] == literal[$0] }
  }

  /// A literal that follows another one directly is a word of its own.
  func wordEnding(after literal: [UInt8], from start: Int) -> Int {
    if isLiteral(literal, at: start) { return start + literal.count }
    var index = start
    while index < end {
      if isLiteral(literal, at: index) { return index + literal.count }
      index += 1
    }
    return end
  }

  func wordEnding(before literal: [UInt8], from start: Int) -> Int {
    var index = start + (isLiteral(literal, at: start) ? literal.count : 1)
    while index < end, !isLiteral(literal, at: index) { index += 1 }
    return index
  }
}
