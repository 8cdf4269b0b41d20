/// The classes of scalars that pre-tokenizers tell apart.
enum CharacterKind: UInt8 {
  /// General category L.
  case letter
  /// General category N.
  case number
  /// White_Space, but for the two below.
  case space
  /// Carriage return or line feed: White_Space too.
  case lineBreak
  case other

  var isWhitespace: Bool { self == .space || self == .lineBreak }

  /// The kind of the scalar at `index`, and its length in bytes.
  ///
  /// `buffer` holds valid UTF-8 up to `end`, and `index < end`.
  @inline(__always)
  static func at(
    _ index: Int, in buffer: UnsafeBufferPointer<UInt8>, end: Int,
    _ lineage: TokenizerLineage = .hub
  ) -> (kind: CharacterKind, length: Int) {
    let byte = buffer[index]
    guard byte >= 0x80 else { return (ascii(byte), 1) }
    let length = min(scalarLength(lead: byte), end - index)
    return (of(scalar(at: index, length: length, in: buffer), lineage), length)
  }

  @inline(__always)
  private static func ascii(_ byte: UInt8) -> CharacterKind {
    switch byte {
    case 0x61...0x7A, 0x41...0x5A: .letter
    case 0x30...0x39: .number
    case 0x0A, 0x0D: .lineBreak
    case 0x20, 0x09, 0x0B, 0x0C: .space
    default: .other
    }
  }

  static func scalar(
    at index: Int, length: Int, in buffer: UnsafeBufferPointer<UInt8>
  ) -> Unicode.Scalar {
    var value = UInt32(buffer[index])
    if length > 1 { value &= 0x7F >> UInt32(length) }
    for offset in 1..<max(length, 1) {
      value = value << 6 | UInt32(buffer[index + offset] & 0x3F)
    }
    return Unicode.Scalar(value) ?? "\u{FFFD}"
  }

  static func of(
    _ scalar: Unicode.Scalar, _ lineage: TokenizerLineage = .hub
  ) -> CharacterKind {
    switch UnicodeAge.category(scalar, lineage) {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      .letter
    case .decimalNumber, .letterNumber, .otherNumber:
      .number
    case .spaceSeparator, .lineSeparator, .paragraphSeparator:
      .space
    case .control:
      // Of the controls beyond ASCII only NEL is White_Space.
      scalar.value == 0x85 ? .space : .other
    default:
      .other
    }
  }
}
