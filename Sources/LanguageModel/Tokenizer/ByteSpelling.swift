/// The spelling of single bytes in vocabularies with byte fallback: `<0x0A>`.
enum ByteSpelling {
  static func spelling(of byte: UInt8) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return Array("<0x".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      + Array(">".utf8)
  }

  /// The byte that a piece spells, or `nil`.
  static func byte(of piece: some Collection<UInt8>) -> UInt8? {
    guard piece.count == 6, piece.starts(with: "<0x".utf8),
      piece.dropFirst(5).first == UInt8(ascii: ">")
    else { return nil }
    var value: UInt8 = 0
    for byte in piece.dropFirst(3).prefix(2) {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      value = value << 4 | UInt8(digit)
    }
    return value
  }
}
