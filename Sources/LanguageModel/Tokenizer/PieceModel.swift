/// What turns one word (a stretch of text that no token crosses) into ids.
enum PieceModel: Sendable {
  case bytePair(BytePairModel)
  case scored(ScoredPieceModel)
  case wordPiece(WordPieceModel)
  case wordLevel(WordLevelModel)
  case unigram(UnigramModel)

  /// Appends the tokens of `buffer[range]` to `tokens`, with ends as offsets in `buffer`.
  func encode(
    _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, into tokens: inout TokenizedText,
    merger: inout PairMerger
  ) {
    switch self {
    case .bytePair(let model): model.encode(buffer, range, into: &tokens, merger: &merger)
    case .scored(let model): model.encode(buffer, range, into: &tokens, merger: &merger)
    case .wordPiece(let model): model.encode(buffer, range, into: &tokens)
    case .wordLevel(let model): model.encode(buffer, range, into: &tokens)
    case .unigram(let model): model.encode(buffer, range, into: &tokens)
    }
  }
}

/// The number of bytes of the UTF-8 scalar that starts with `lead`.
@inline(__always)
func scalarLength(lead: UInt8) -> Int {
  lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
}
