/// Turns ids into text one at a time, never splitting a character.
///
/// What is pushed, then flushed, adds up to what decoding all the ids at once gives. (But for
/// byte tokens that are not UTF-8: the hub's rule for those needs the whole run, and here each
/// ill-formed stretch becomes U+FFFD as soon as it is known to be one.)
package struct StreamingDecoder: Sendable {
  private let decoder: TokenDecoder
  private let skipsSpecial: Bool
  /// Bytes that may yet become a character.
  private var pending: [UInt8] = []
  private var leadingSpaces: Int
  private var isFirst = true
  /// With a chain of steps: the tokens so far, their text, and how much of it was given out.
  private var shown: [Int] = []
  private var text: [UInt8] = []
  private var given = 0

  /// - Parameter skipSpecial: leave special tokens out of the text.
  package init(_ tokenizer: Tokenizer, skipSpecial: Bool = true) {
    decoder = tokenizer.decoder
    skipsSpecial = skipSpecial
    leadingSpaces = tokenizer.decoder.leadingSpaces
  }

  /// Adds a token.
  ///
  /// - Returns: the text that is now certain; empty while a character is incomplete.
  package mutating func push(_ id: Int) -> String {
    guard decoder.isShown(id, skipSpecial: skipsSpecial) else { return "" }
    if decoder.chain != nil { return pushThroughChain(id) }
    for byte in decoder.bytes(of: id) {
      if byte == 0x20, isFirst && decoder.dropsFirstTokenSpaces { continue }
      if byte == 0x20, leadingSpaces > 0 {
        leadingSpaces -= 1
        continue
      }
      leadingSpaces = 0
      pending.append(byte)
    }
    isFirst = false
    let complete = pending.count - Self.incompleteSuffix(of: pending)
    let text = String(decoding: pending[..<complete], as: UTF8.self)
    pending.removeFirst(complete)
    return text
  }

  /// What is left when no more tokens come: an incomplete character is U+FFFD.
  package mutating func flush() -> String {
    if decoder.chain != nil {
      defer { given = text.count }
      return String(decoding: text[min(given, text.count)...], as: UTF8.self)
    }
    defer { pending.removeAll() }
    return String(decoding: pending, as: UTF8.self)
  }

  /// What the texts with and without the newest token agree on is certain.
  private mutating func pushThroughChain(_ id: Int) -> String {
    shown.append(id)
    let longer = Array(decoder.decode(shown, skipSpecial: skipsSpecial).utf8)
    var certain = zip(text, longer).prefix { $0 == $1 }.count
    while certain > 0, certain < longer.count, longer[certain] & 0xC0 == 0x80 { certain -= 1 }
    text = longer
    guard certain > given else { return "" }
    defer { given = certain }
    return String(decoding: longer[given..<certain], as: UTF8.self)
  }

  /// The number of bytes at the end that could still become one character.
  private static func incompleteSuffix(of bytes: [UInt8]) -> Int {
    for count in 1...3 where count <= bytes.count {
      let lead = bytes[bytes.count - count]
      if lead & 0xC0 == 0x80 { continue }
      guard lead >= 0xC2, lead <= 0xF4, scalarLength(lead: lead) > count else { return 0 }
      // E0, ED, F0 and F4 narrow the byte after them (Unicode, table 3-7): one out of its range
      // is ill-formed already.
      if count > 1 {
        let second = bytes[bytes.count - count + 1]
        let range: ClosedRange<UInt8> =
          switch lead {
          case 0xE0: 0xA0...0xBF
          case 0xED: 0x80...0x9F
          case 0xF0: 0x90...0xBF
          case 0xF4: 0x80...0x8F
          default: 0x80...0xBF
          }
        guard range.contains(second) else { return 0 }
      }
      return count
    }
    return 0
  }
}
