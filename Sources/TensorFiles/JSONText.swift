/// What readers and writers of JSON (RFC 8259) have in common: how strings and numbers are spelled.
package enum JSONText {
  /// What is wrong, and at which byte.
  package struct Failure: Error {
    package var message: String
    package var offset: Int

    package init(_ message: String, at offset: Int) {
      (self.message, self.offset) = (message, offset)
    }
  }

  /// Appends the UTF-8 of the string whose opening quote is at `position`, which then is past the closing one.
  ///
  /// Bytes that are not escapes are taken as they are, be they UTF-8 or not. Half of a surrogate pair is refused, as no
  /// text can hold it.
  package static func readString(
    _ bytes: UnsafeRawBufferPointer, at position: inout Int, into text: inout [UInt8]
  ) throws {
    position += 1
    while true {
      var end = position
      while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\"),
        bytes[end] >= 0x20
      {
        end += 1
      }
      text.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[position..<end]))
      position = end
      guard end < bytes.count else { throw Failure("a string is not closed", at: end) }
      switch bytes[end] {
      case UInt8(ascii: "\""):
        position += 1
        return
      case UInt8(ascii: "\\"): try readEscape(bytes, at: &position, into: &text)
      default: throw Failure("a control character inside a string", at: end)
      }
    }
  }

  private static func readEscape(
    _ bytes: UnsafeRawBufferPointer, at position: inout Int, into text: inout [UInt8]
  ) throws {
    guard position + 1 < bytes.count else { throw Failure("a string is not closed", at: position) }
    let escaped = bytes[position + 1]
    switch escaped {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escaped)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var units = [try hexadecimal(bytes, at: position + 2)]
      position += 6
      if UTF16.isLeadSurrogate(units[0]), bytes[position...].starts(with: "\\u".utf8) {
        units.append(try hexadecimal(bytes, at: position + 2))
        position += 6
      }
      guard let character = String(validating: units, as: UTF16.self) else {
        throw Failure("half of a surrogate pair inside a string", at: position)
      }
      text.append(contentsOf: character.utf8)
      return
    default: throw Failure("an unknown escape inside a string", at: position)
    }
    position += 2
  }

  private static func hexadecimal(_ bytes: UnsafeRawBufferPointer, at start: Int) throws -> UInt16 {
    guard start + 4 <= bytes.count else { throw Failure("a string is not closed", at: start) }
    var value: UInt16 = 0
    for byte in bytes[start..<start + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw Failure("expected four hexadecimal digits", at: start)
      }
      value = value << 4 | UInt16(digit)
    }
    return value
  }

  /// The number at `position`, as it is spelled, and whether that is a whole one.
  package static func readNumber(
    _ bytes: UnsafeRawBufferPointer, at position: inout Int
  ) throws -> (spelling: String, isInteger: Bool) {
    let start = position
    var end = start
    var isInteger = true
    func next() -> UInt8 { end < bytes.count ? bytes[end] : 0 }
    func digits() -> Int {
      let first = end
      while end < bytes.count, (48...57).contains(bytes[end]) { end += 1 }
      return end - first
    }
    if next() == UInt8(ascii: "-") { end += 1 }
    let isZero = next() == UInt8(ascii: "0")
    let whole = digits()
    guard whole > 0, !isZero || whole == 1 else { throw Failure("expected a value", at: start) }
    if next() == UInt8(ascii: ".") {
      (end, isInteger) = (end + 1, false)
      guard digits() > 0 else { throw Failure("expected digits after a point", at: start) }
    }
    if next() | 0x20 == UInt8(ascii: "e") {
      (end, isInteger) = (end + 1, false)
      if next() == UInt8(ascii: "-") || next() == UInt8(ascii: "+") { end += 1 }
      guard digits() > 0 else { throw Failure("expected digits in an exponent", at: start) }
    }
    position = end
    return (String(decoding: bytes[start..<end], as: UTF8.self), isInteger)
  }

  /// Appends a string in its quotes.
  package static func write(_ text: String, to out: inout String) {
    out += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      // C0 must be escaped; DEL and C1 may act on a terminal that shows the line, separators end it
      // for some readers, and controls of direction make it read as another.
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{61C}", "\u{200E}", "\u{200F}",
        "\u{2028}"..."\u{202E}", "\u{2066}"..."\u{2069}":
        let hex = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: out.unicodeScalars.append(scalar)
      }
    }
    out += "\""
  }
}
