/// The spelling of bytes as printable characters that byte-level vocabularies use (GPT-2's).
///
/// Bytes that are printable in Latin-1 stand for themselves; the other 68 are U+0100 and up, in
/// order. `Ġ` is a space.
enum ByteLevelAlphabet {
  /// The scalar that spells each byte.
  static let scalars: [Unicode.Scalar] = {
    var next: UInt8 = 0
    return (0...UInt8.max).map { byte in
      if isPrintable(byte) { return Unicode.Scalar(byte) }
      defer { next += 1 }
      // U+0100...U+0143: never a surrogate.
      return Unicode.Scalar(0x100 + UInt32(next)) ?? "\u{FFFD}"
    }
  }()

  private static let bytes: [UInt32: UInt8] = Dictionary(
    uniqueKeysWithValues: zip(scalars.map(\.value), 0...UInt8.max))

  private static func isPrintable(_ byte: UInt8) -> Bool {
    (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE
  }

  /// The bytes that a piece spells, or `nil` when a character of it is not in the alphabet.
  static func decode(_ piece: some Collection<UInt8>) -> [UInt8]? {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(piece.count)
    for scalar in String(decoding: piece, as: UTF8.self).unicodeScalars {
      guard let byte = bytes[scalar.value] else { return nil }
      decoded.append(byte)
    }
    return decoded
  }
}
