/// One step from pieces to text, as the hub's decoders take it: a list of texts becomes another.
enum DecodingStep: Equatable, Sendable {
  case byteLevel
  case replace(SplitRule.Delimiter, with: [UInt8])
  case byteFallback
  case fuse
  case strip(Unicode.Scalar, start: Int, stop: Int)
  case wordPiece(prefix: [UInt8], cleansUp: Bool)
  case metaspace(mark: [UInt8], dropsFirst: Bool)
  case bytePair(suffix: [UInt8])
  case ctc(padding: [UInt8], delimiter: [UInt8], cleansUp: Bool)

  /// - Parameter isInside: the texts stand between others, so that nothing is done to a first or a
  ///   last one.
  func apply(_ tokens: [[UInt8]], isInside: Bool) -> [[UInt8]] {
    switch self {
    case .byteLevel:
      let bytes = tokens.flatMap { ByteLevelAlphabet.decode($0) ?? $0 }
      return isInside ? [bytes] : [Array(String(decoding: bytes, as: UTF8.self).utf8)]
    case .replace(let delimiter, let content):
      return tokens.map { RewritingStep.apply([.replace(delimiter, with: content)], to: $0) }
    case .byteFallback: return isInside ? Self.ownBytes(tokens) : Self.bytes(tokens)
    case .fuse: return [tokens.flatMap { $0 }]
    case .strip(let scalar, let start, let stop):
      return isInside ? tokens : tokens.map { Self.strip($0, scalar, start, stop) }
    case .wordPiece(let prefix, let cleansUp):
      return tokens.enumerated().map { index, token in
        var text = token
        if index > 0 || isInside {
          text = token.starts(with: prefix) ? Array(token.dropFirst(prefix.count)) : [0x20] + token
        }
        return cleansUp ? Self.cleanedUp(text) : text
      }
    case .metaspace(let mark, let dropsFirst):
      return tokens.enumerated().map { index, token in
        let space: [UInt8] = index == 0 && dropsFirst && !isInside ? [] : [0x20]
        return Self.replacing(mark, with: space, in: token)
      }
    case .bytePair(let suffix):
      return tokens.enumerated().map { index, token in
        let isLast = index + 1 == tokens.count && !isInside
        return Self.replacing(suffix, with: isLast ? [] : [0x20], in: token)
      }
    case .ctc(let padding, let delimiter, let cleansUp):
      var kept: [[UInt8]] = []
      for (index, token) in tokens.enumerated() where index == 0 || tokens[index - 1] != token {
        var text = Self.replacing(padding, with: [], in: token)
        if cleansUp {
          text = Self.replacing(delimiter, with: [0x20], in: Self.cleanedUp(text))
        }
        if !text.isEmpty { kept.append(text) }
      }
      return kept
    }
  }

  private static func replacing(
    _ pattern: [UInt8], with content: [UInt8], in text: [UInt8]
  ) -> [UInt8] {
    if pattern.isEmpty { return text }
    return RewritingStep.apply([.replace(.literal(pattern), with: content)], to: text)
  }

  private static func cleanedUp(_ text: [UInt8]) -> [UInt8] {
    let rules = [
      (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
      (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ]
    return rules.reduce(text) { replacing(Array($1.0.utf8), with: Array($1.1.utf8), in: $0) }
  }

  private static func ownBytes(_ tokens: [[UInt8]]) -> [[UInt8]] {
    tokens.map { token in ByteSpelling.byte(of: token).map { [$0] } ?? token }
  }

  /// Runs of byte tokens as text; where such a run is not UTF-8, a U+FFFD for each.
  private static func bytes(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var run: [UInt8] = []
    func flush() {
      if run.isEmpty { return }
      if String(validating: run, as: UTF8.self) != nil {
        result.append(run)
      } else {
        result += run.map { _ in Array("\u{FFFD}".utf8) }
      }
      run = []
    }
    for token in tokens {
      if let byte = ByteSpelling.byte(of: token) {
        run.append(byte)
      } else {
        flush()
        result.append(token)
      }
    }
    flush()
    return result
  }

  private static func strip(
    _ token: [UInt8], _ scalar: Unicode.Scalar, _ start: Int, _ stop: Int
  ) -> [UInt8] {
    var scalars = Array(String(decoding: token, as: UTF8.self).unicodeScalars)[...]
    let leading = scalars.prefix(start).prefix { $0 == scalar }.count
    let trailing = scalars.suffix(stop).reversed().prefix { $0 == scalar }.count
    scalars = scalars.dropFirst(leading).dropLast(min(trailing, scalars.count - leading))
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    return Array(String(text).utf8)
  }
}

/// How pieces become text where that cannot be told piece by piece.
struct DecodingChain: Sendable {
  var steps: [DecodingStep]
  /// Without a decoder the hub's library sets spaces between pieces.
  var joinsWithSpaces = false
  var spellings: PieceTable

  func bytes(of ids: [Int], isInside: Bool = false) -> [UInt8] {
    var tokens = ids.filter(spellings.contains(id:)).map { Array(spellings.bytes(of: $0)) }
    for step in steps { tokens = step.apply(tokens, isInside: isInside) }
    return Array(tokens.joined(separator: joinsWithSpaces ? [0x20] : []))
  }
}
