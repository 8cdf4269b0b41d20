/// Byte-pair encoding by ranked merges, over bytes or over characters.
///
/// At each step the pair of neighbours with the lowest rank merges; among equal ranks the
/// leftmost.
struct BytePairModel: Sendable, PairRanking {
  /// What a word is cut into before anything merges.
  enum Unit: Sendable {
    /// Single bytes; the id of each, -1 where the vocabulary lacks it.
    case bytes([Int32])
    /// Unicode scalars, looked up in `pieces`.
    case scalars
  }

  var unit: Unit
  var merges: MergeTable
  /// The vocabulary by the bytes that each piece stands for.
  var pieces: PieceTable
  /// Take a word that is itself a piece as that piece, whatever the merges would give.
  var takesWholeWords = false
  /// The piece for text that nothing else spells; without one such text is left out.
  var unknown: Int32?
  /// One unknown piece for a run of unknown characters.
  var fusesUnknown = false
  /// The piece of each byte (`<0x0A>`), -1 where absent; empty without byte fallback.
  var byteFallback: [Int32] = []

  func merge(_ left: MergeSymbol, _ right: MergeSymbol) -> MergeTable.Merge? {
    merges.merge(left: left.id, right: right.id)
  }

  func encode(
    _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, into tokens: inout TokenizedText,
    merger: inout PairMerger
  ) {
    if takesWholeWords, range.count <= pieces.longestPiece {
      let whole = pieces.id(of: UnsafeBufferPointer(rebasing: buffer[range]))
      if whole >= 0 {
        tokens.append(Int(whole), end: range.upperBound)
        return
      }
    }
    merger.symbols.removeAll(keepingCapacity: true)
    switch unit {
    case .bytes(let ids): cutIntoBytes(buffer, range, ids: ids, into: &merger.symbols)
    case .scalars: cutIntoScalars(buffer, range, into: &merger.symbols)
    }
    merger.run(self)
    for symbol in merger.symbols { tokens.append(Int(symbol.id), end: Int(symbol.end)) }
  }

  private func cutIntoBytes(
    _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, ids: [Int32],
    into symbols: inout [MergeSymbol]
  ) {
    for index in range {
      let id = ids[Int(buffer[index])]
      if id >= 0 {
        symbols.append(MergeSymbol(id: id, start: Int32(index), end: Int32(index + 1)))
      } else if let unknown {
        appendUnknown(unknown, Int32(index)..<Int32(index + 1), to: &symbols)
      }
    }
  }

  private func cutIntoScalars(
    _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, into symbols: inout [MergeSymbol]
  ) {
    var start = range.lowerBound
    while start < range.upperBound {
      let end = min(start + scalarLength(lead: buffer[start]), range.upperBound)
      defer { start = end }
      let id = pieces.id(of: UnsafeBufferPointer(rebasing: buffer[start..<end]))
      if id >= 0 {
        symbols.append(MergeSymbol(id: id, start: Int32(start), end: Int32(end)))
        continue
      }
      // All bytes of a character fall back, or none does.
      if !byteFallback.isEmpty, buffer[start..<end].allSatisfy({ byteFallback[Int($0)] >= 0 }) {
        for index in start..<end {
          let id = byteFallback[Int(buffer[index])]
          symbols.append(MergeSymbol(id: id, start: Int32(index), end: Int32(index + 1)))
        }
      } else if let unknown {
        appendUnknown(unknown, Int32(start)..<Int32(end), to: &symbols)
      }
    }
  }

  private func appendUnknown(
    _ unknown: Int32, _ range: Range<Int32>, to symbols: inout [MergeSymbol]
  ) {
    if fusesUnknown, let last = symbols.indices.last, symbols[last].id == unknown,
      symbols[last].end == range.lowerBound
    {
      symbols[last].end = range.upperBound
    } else {
      symbols.append(
        MergeSymbol(id: unknown, start: range.lowerBound, end: range.upperBound))
    }
  }
}
