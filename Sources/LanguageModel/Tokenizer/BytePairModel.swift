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
  /// Spelled before every character but a word's first.
  var continuingPrefix: [UInt8] = []
  /// Spelled after a word's last character.
  var endSuffix: [UInt8] = []

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
    // Unknown text that is yet to be written: the library holds it back until a piece follows, and
    // past characters that are spelled in bytes.
    var held: Range<Int32>?
    func release(_ symbols: inout [MergeSymbol]) {
      guard let range = held, let unknown else { return }
      symbols.append(
        MergeSymbol(id: unknown, start: range.lowerBound, end: range.upperBound))
      held = nil
    }
    while start < range.upperBound {
      let end = min(start + scalarLength(lead: buffer[start]), range.upperBound)
      defer { start = end }
      var id: Int32
      var affixed: [UInt8] = []
      if continuingPrefix.isEmpty, endSuffix.isEmpty {
        id = pieces.id(of: UnsafeBufferPointer(rebasing: buffer[start..<end]))
      } else {
        if start > range.lowerBound { affixed += continuingPrefix }
        affixed += buffer[start..<end]
        if end == range.upperBound { affixed += endSuffix }
        id = Int32(pieces.id(of: affixed) ?? -1)
      }
      if id >= 0 {
        release(&symbols)
        symbols.append(MergeSymbol(id: id, start: Int32(start), end: Int32(end)))
        continue
      }
      // All bytes of a character fall back, or none does.
      let bytes = affixed.isEmpty ? Array(buffer[start..<end]) : affixed
      if !byteFallback.isEmpty, bytes.allSatisfy({ byteFallback[Int($0)] >= 0 }) {
        for (offset, byte) in bytes.enumerated() {
          let place = min(start + offset, end - 1)
          symbols.append(
            MergeSymbol(
              id: byteFallback[Int(byte)], start: Int32(place), end: Int32(place + 1)))
        }
      } else if unknown != nil {
        let part = Int32(start)..<Int32(end)
        if fusesUnknown, let range = held {
          held = range.lowerBound..<part.upperBound
        } else {
          release(&symbols)
          held = part
        }
      }
    }
    release(&symbols)
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
