/// Tokens whose spellings are found in a text before its words are: special tokens and those
/// that a user added.
struct AddedTokens: Sendable {
  struct Token: Equatable, Sendable {
    var id: Int
    var spelling: [UInt8]
    /// Special tokens are found only where the caller allows it.
    var isSpecial: Bool
    /// Takes in the white space before it, or after it.
    var stripsLeft = false
    var stripsRight = false
    /// Not found inside a longer word.
    var isSingleWord = false
    /// Looked for in the rewritten text, by its rewritten spelling.
    var isNormalized = false
  }

  enum Order: Sendable {
    /// The leftmost spelling in the text first, the longest of those that start together (the
    /// hub's library).
    case leftmostLongest
    /// The longest spelling first, wherever it is; then the next longest in what is left
    /// (llama.cpp).
    case longestFirst
  }

  /// Where spellings of special tokens count as those tokens.
  enum SpecialScope {
    case nowhere
    case everywhere
    /// In these UTF-8 ranges of the text: ascending, apart from each other.
    case within([Range<Int>])

    func allows(_ range: Range<Int>) -> Bool {
      switch self {
      case .nowhere: return false
      case .everywhere: return true
      case .within(let ranges):
        var low = 0
        var high = ranges.count
        while low < high {
          let middle = (low + high) / 2
          if ranges[middle].upperBound < range.upperBound {
            low = middle + 1
          } else {
            high = middle
          }
        }
        return low < ranges.count && ranges[low].lowerBound <= range.lowerBound
      }
    }
  }

  /// A stretch of text: one token, or plain text.
  struct Segment: Equatable {
    var range: Range<Int>
    var token: Int?
  }

  private let tokens: [Token]
  private let order: Order
  private var trie = SpellingTrie()

  var isEmpty: Bool { tokens.isEmpty }

  /// - Parameter tokens: with spellings that are not empty; of two equal spellings the later wins.
  init(_ tokens: [Token] = [], order: Order = .leftmostLongest) {
    self.tokens = tokens
    self.order = order
    for (index, token) in tokens.enumerated() { trie.insert(token.spelling, value: index) }
  }

  /// Cuts `buffer[range]` at the tokens in it. Plain segments are not empty.
  func segments(
    of buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, special: SpecialScope
  ) -> [Segment] {
    if range.isEmpty { return [] }
    if tokens.isEmpty { return [Segment(range: range)] }
    switch order {
    case .leftmostLongest: return leftmostLongest(buffer, range, special)
    case .longestFirst: return longestFirst(buffer, range, special)
    }
  }

  private func leftmostLongest(
    _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ special: SpecialScope
  ) -> [Segment] {
    var segments: [Segment] = []
    var plainStart = range.lowerBound
    var index = range.lowerBound
    while let match = trie.firstMatch(in: buffer, index..<range.upperBound) {
      let token = tokens[match.value]
      // A match that is turned down is still passed over whole.
      index = match.range.upperBound
      if token.isSpecial, !special.allows(match.range) { continue }
      if token.isSingleWord, !isWord(match.range, in: buffer, range) { continue }
      var start = match.range.lowerBound
      var end = match.range.upperBound
      if token.stripsLeft {
        start = max(blanksStart(before: start, in: buffer, from: range.lowerBound), plainStart)
      }
      if token.stripsRight { end = blanksEnd(after: end, in: buffer, to: range.upperBound) }
      // White space that the token before took in already is no token of its own.
      guard start < end else { continue }
      if plainStart < start { segments.append(Segment(range: plainStart..<start)) }
      segments.append(Segment(range: start..<end, token: token.id))
      plainStart = end
    }
    if plainStart < range.upperBound {
      segments.append(Segment(range: plainStart..<range.upperBound))
    }
    return segments
  }

  private func longestFirst(
    _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ special: SpecialScope
  ) -> [Segment] {
    var segments = [Segment(range: range)]
    let present = trie.values(in: buffer, range).sorted {
      let (left, right) = (tokens[$0], tokens[$1])
      return (right.spelling.count, left.id) < (left.spelling.count, right.id)
    }
    for index in present {
      let token = tokens[index]
      var cut: [Segment] = []
      for segment in segments {
        if segment.token == nil {
          cut.append(contentsOf: self.cut(segment.range, at: token, buffer, special))
        } else {
          cut.append(segment)
        }
      }
      segments = cut
    }
    return segments
  }

  private func cut(
    _ range: Range<Int>, at token: Token, _ buffer: UnsafeBufferPointer<UInt8>,
    _ special: SpecialScope
  ) -> [Segment] {
    var segments: [Segment] = []
    var plainStart = range.lowerBound
    var index = range.lowerBound
    while index + token.spelling.count <= range.upperBound {
      let found = index..<(index + token.spelling.count)
      guard buffer[index] == token.spelling[0], buffer[found].elementsEqual(token.spelling),
        !token.isSpecial || special.allows(found)
      else {
        index += 1
        continue
      }
      if plainStart < found.lowerBound {
        segments.append(Segment(range: plainStart..<found.lowerBound))
      }
      var end = found.upperBound
      if token.stripsRight { end = asciiBlanksEnd(after: end, in: buffer, to: range.upperBound) }
      segments.append(Segment(range: found.lowerBound..<end, token: token.id))
      plainStart = end
      index = plainStart
    }
    if plainStart < range.upperBound {
      segments.append(Segment(range: plainStart..<range.upperBound))
    }
    return segments
  }
}

// MARK: - What surrounds a token

extension AddedTokens {
  private func isWord(
    _ found: Range<Int>, in buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> Bool {
    if found.lowerBound > range.lowerBound {
      let start = scalarStart(before: found.lowerBound, in: buffer, from: range.lowerBound)
      if isWordCharacter(start, in: buffer) { return false }
    }
    if found.upperBound < range.upperBound, isWordCharacter(found.upperBound, in: buffer) {
      return false
    }
    return true
  }

  private func scalar(
    _ index: Int, in buffer: UnsafeBufferPointer<UInt8>
  ) -> Unicode.Scalar {
    let length = min(scalarLength(lead: buffer[index]), buffer.count - index)
    return CharacterKind.scalar(at: index, length: length, in: buffer)
  }

  /// `\w`: alphabetic, a mark, a decimal digit, a connector or a joiner.
  private func isWordCharacter(_ index: Int, in buffer: UnsafeBufferPointer<UInt8>) -> Bool {
    let properties = scalar(index, in: buffer).properties
    if properties.isAlphabetic || properties.isJoinControl { return true }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
      return true
    default:
      return false
    }
  }

  private func scalarStart(
    before index: Int, in buffer: UnsafeBufferPointer<UInt8>, from lowest: Int
  ) -> Int {
    var start = index - 1
    while start > lowest, buffer[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }

  private func blanksStart(
    before index: Int, in buffer: UnsafeBufferPointer<UInt8>, from lowest: Int
  ) -> Int {
    var start = index
    while start > lowest {
      let previous = scalarStart(before: start, in: buffer, from: lowest)
      guard scalar(previous, in: buffer).properties.isWhitespace else { break }
      start = previous
    }
    return start
  }

  /// llama.cpp strips what C calls a space.
  private func asciiBlanksEnd(
    after index: Int, in buffer: UnsafeBufferPointer<UInt8>, to highest: Int
  ) -> Int {
    var end = index
    while end < highest, buffer[end] == 0x20 || (0x09...0x0D).contains(buffer[end]) { end += 1 }
    return end
  }

  private func blanksEnd(
    after index: Int, in buffer: UnsafeBufferPointer<UInt8>, to highest: Int
  ) -> Int {
    var end = index
    while end < highest {
      let (kind, length) = CharacterKind.at(end, in: buffer, end: highest)
      guard kind.isWhitespace else { break }
      end += length
    }
    return end
  }
}
