/// Takes the longest piece off a word again and again.
struct WordPieceModel: Sendable {
  var pieces: PieceTable
  var unknown: Int32
  /// Written before every piece but a word's first.
  var continuing: [UInt8]
  /// A word of more characters is unknown.
  var longestWord: Int

  func encode(
    _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, into tokens: inout TokenizedText
  ) {
    let characters = buffer[range].count { $0 & 0xC0 != 0x80 }
    guard characters <= longestWord else {
      tokens.append(Int(unknown), end: range.upperBound)
      return
    }
    var found: [(id: Int, end: Int)] = []
    var start = range.lowerBound
    var spelling: [UInt8] = []
    while start < range.upperBound {
      let prefix = start > range.lowerBound ? continuing : []
      var end = min(range.upperBound, start + pieces.longestPiece)
      var piece: Int?
      while end > start {
        // Only whole characters are pieces.
        if end < range.upperBound, buffer[end] & 0xC0 == 0x80 {
          end -= 1
          continue
        }
        spelling = prefix
        spelling.append(contentsOf: buffer[start..<end])
        piece = pieces.id(of: spelling)
        if piece != nil { break }
        end -= 1
      }
      guard let piece else {
        tokens.append(Int(unknown), end: range.upperBound)
        return
      }
      found.append((piece, end))
      start = end
    }
    for (id, end) in found { tokens.append(id, end: end) }
  }
}

/// Whole words, each a piece or unknown.
struct WordLevelModel: Sendable {
  var pieces: PieceTable
  var unknown: Int32

  func encode(
    _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, into tokens: inout TokenizedText
  ) {
    let id = pieces.id(of: UnsafeBufferPointer(rebasing: buffer[range]))
    tokens.append(Int(id < 0 ? unknown : id), end: range.upperBound)
  }
}

/// The pieces whose scores add up to the most.
///
/// - Source: Kudo 2018, as the hub's library computes it: in double precision, from left to right,
///   the first of equals; what no piece spells is unknown at ten below the lowest score, and a run
///   of it is one token.
struct UnigramModel: Sendable {
  var pieces: PieceTable
  var scores: [Double]
  var unknown: Int32?
  var byteFallback: [Int32] = []
  private let trie: SpellingTrie
  private let unknownScore: Double

  init(pieces: PieceTable, scores: [Double], unknown: Int32?, byteFallback: [Int32]) {
    (self.pieces, self.scores) = (pieces, scores)
    (self.unknown, self.byteFallback) = (unknown, byteFallback)
    var trie = SpellingTrie()
    for id in 0..<pieces.endID where pieces.contains(id: id) {
      trie.insert(Array(pieces.bytes(of: id)), value: id)
    }
    self.trie = trie
    unknownScore = (scores.min() ?? 0) - 10
  }

  private struct Node {
    var id: Int32 = 0
    var start: Int32 = -1
    var score = 0.0
  }

  func encode(
    _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, into tokens: inout TokenizedText
  ) {
    let base = range.lowerBound
    var nodes = [Node](repeating: Node(), count: range.count + 1)
    func offer(_ id: Int32, from start: Int, to end: Int, _ score: Double) {
      if nodes[end - base].start < 0 || score > nodes[end - base].score {
        nodes[end - base] = Node(id: id, start: Int32(start - base), score: score)
      }
    }
    var start = base
    while start < range.upperBound {
      let length = min(scalarLength(lead: buffer[start]), range.upperBound - start)
      let here = nodes[start - base].score
      var spelled = false
      trie.forEachPrefix(in: buffer, start, range.upperBound) { end, id in
        offer(Int32(id), from: start, to: end, scores[id] + here)
        if end - start == length { spelled = true }
      }
      if !spelled { offer(unknown ?? -1, from: start, to: start + length, unknownScore + here) }
      start += length
    }
    var found: [(id: Int32, range: Range<Int>)] = []
    var end = range.upperBound
    while end > base {
      let node = nodes[end - base]
      let start = base + Int(node.start)
      if let last = found.last, node.id == last.id, node.id == unknown ?? -1 {
        found[found.count - 1].range = start..<last.range.upperBound
      } else {
        found.append((node.id, start..<end))
      }
      end = start
    }
    for (id, range) in found.reversed() { append(id, buffer, range, to: &tokens) }
  }

  private func append(
    _ id: Int32, _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>,
    to tokens: inout TokenizedText
  ) {
    // A run of unknown text may itself be a piece.
    let whole =
      id == unknown ?? -1
      ? pieces.id(of: UnsafeBufferPointer(rebasing: buffer[range])) : id
    if whole >= 0 {
      tokens.append(Int(whole), end: range.upperBound)
    } else if !byteFallback.isEmpty, range.allSatisfy({ byteFallback[Int(buffer[$0])] >= 0 }) {
      for index in range {
        tokens.append(Int(byteFallback[Int(buffer[index])]), end: index + 1)
      }
    } else if let unknown {
      tokens.append(Int(unknown), end: range.upperBound)
    }
  }
}
