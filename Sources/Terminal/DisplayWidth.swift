/// How many columns text takes on a terminal.
///
/// Follows `wcwidth` and the terminals that do: East Asian wide and emoji characters take two columns,
/// combining marks none, ambiguous ones one. A sequence takes what its first character takes, because
/// that is all of it that is sent to a terminal (see `Glyph`); so a variation selector never widens.
package enum DisplayWidth {
  /// Columns of one grapheme cluster: 0, 1 or 2.
  package static func of(_ character: Character) -> Int {
    if character.isASCII { return 1 }
    return of(String(character))
  }

  /// Columns `Screen.write` would take for the whole of `text`. Reads all of it.
  package static func of(_ text: some StringProtocol) -> Int {
    var columns = 0
    var glyphs = GlyphReader(text.unicodeScalars)
    while let glyph = glyphs.next() { columns += glyph.width }
    return columns
  }

  /// Columns of one scalar by itself; `nil` if it belongs to the character before it.
  ///
  /// Meant for scalars that `visibleScalar(for:)` has passed: a control character counts as one.
  static func of(_ scalar: Unicode.Scalar) -> Int? {
    let value = scalar.value
    if value < 0x300 { return 1 }
    if isJoining(scalar) { return nil }
    if value < 0x1100 { return 1 }
    if isEastAsianWide(value) { return 2 }
    // The letters of flags are `Emoji_Presentation` too, but narrow: only a pair makes a flag.
    if isRegionalIndicator(scalar) { return 1 }
    return scalar.properties.isEmojiPresentation ? 2 : 1
  }

  static func isRegionalIndicator(_ scalar: Unicode.Scalar) -> Bool {
    (0x1F1E6...0x1F1FF).contains(scalar.value)
  }

  static func isEmojiModifier(_ scalar: Unicode.Scalar) -> Bool {
    (0x1F3FB...0x1F3FF).contains(scalar.value)
  }

  private static func isJoining(_ scalar: Unicode.Scalar) -> Bool {
    let value = scalar.value
    // The vowels and finals of conjoining Hangul are drawn in the cell of their initial.
    if (0x1160...0x11FF).contains(value) || (0xD7B0...0xD7FF).contains(value) { return true }
    // Letters and ideographs, by far the most, without the property table.
    if (0x3041...0x3096).contains(value) || (0x30A0...0xA4C6).contains(value)
      || (0xAC00...0xD7A3).contains(value)
    {
      return false
    }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return true
    case .format: return !isVisibleFormat(value)
    default: return false
    }
  }

  /// Format characters with a shape of their own: signs that are put before a number.
  private static func isVisibleFormat(_ value: UInt32) -> Bool {
    switch value {
    case 0x600...0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD: true
    default: false
    }
  }

  private static func isEastAsianWide(_ value: UInt32) -> Bool {
    if value < 0x2E80 {
      return value <= 0x115F || value == 0x2329 || value == 0x232A
    }
    // 303F, a half-width space, is the one narrow character among the CJK symbols.
    switch value {
    case 0x2E80...0x303E, 0x3041...0xA4C6, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE10...0xFE19, 0xFE30...0xFE6B, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18D08,
      0x1AFF0...0x1B2FB, 0x1F200...0x1F265, 0x20000...0x3FFFD:
      return true
    default:
      return false
    }
  }
}
