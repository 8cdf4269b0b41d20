/// SentencePiece's byte-pair encoding as llama.cpp runs it: any two neighbours whose joined text
/// is a piece may merge, the highest score first, the leftmost among equals.
struct ScoredPieceModel: Sendable {
  var pieces: PieceTable
  /// By id; lower merges earlier. See `rank(forScore:)`.
  var ranks: [UInt32]
  /// The piece of each byte; where a byte has none, the unknown piece.
  var byteFallback: [Int32]

  /// A number that is lower for higher scores and equal for equal ones; NaN is not a score.
  static func rank(forScore score: Float) -> UInt32 {
    // Adding zero turns -0 into +0. Positive floats order as their bits, negative ones inversely.
    let bits = (score + 0).bitPattern
    let ascending = bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
    return ~ascending
  }

  func encode(
    _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, into tokens: inout TokenizedText,
    merger: inout PairMerger
  ) {
    merger.symbols.removeAll(keepingCapacity: true)
    var start = range.lowerBound
    while start < range.upperBound {
      let end = min(start + scalarLength(lead: buffer[start]), range.upperBound)
      let id = pieces.id(of: UnsafeBufferPointer(rebasing: buffer[start..<end]))
      merger.symbols.append(MergeSymbol(id: id, start: Int32(start), end: Int32(end)))
      start = end
    }
    merger.run(Ranking(model: self, buffer: buffer))
    for symbol in merger.symbols {
      if symbol.id >= 0 {
        tokens.append(Int(symbol.id), end: Int(symbol.end))
        continue
      }
      for index in Int(symbol.start)..<Int(symbol.end) {
        tokens.append(Int(byteFallback[Int(buffer[index])]), end: index + 1)
      }
    }
  }

  private struct Ranking: PairRanking {
    let model: ScoredPieceModel
    let buffer: UnsafeBufferPointer<UInt8>

    func merge(_ left: MergeSymbol, _ right: MergeSymbol) -> MergeTable.Merge? {
      let range = Int(left.start)..<Int(right.end)
      guard range.count <= model.pieces.longestPiece else { return nil }
      let id = model.pieces.id(of: UnsafeBufferPointer(rebasing: buffer[range]))
      return id < 0 ? nil : MergeTable.Merge(rank: model.ranks[Int(id)], id: id)
    }
  }
}
