import Synchronization

/// How many columns text takes on a terminal.
///
/// Follows Unicode 15 and 16, as terminals do that know clusters: East Asian wide and emoji characters take
/// two columns, combining marks none, ambiguous ones one. A sequence joined to one emoji takes two, and so
/// does a sign that a selector asks to be shown as an emoji. Terminals that show less or more of a
/// sequence are kept in step by `ClusterOutput`.
package enum DisplayWidth {
  /// What the terminal makes of sequences; the same for the whole process, as the terminal is.
  private static let joining = Mutex(ClusterJoining())

  static var clusterJoining: ClusterJoining {
    get { joining.withLock { $0 } }
    set { joining.withLock { $0 = newValue } }
  }

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

  /// The selector that asks for the emoji's look, which is two columns wide.
  static let emojiSelector: Unicode.Scalar = "\u{FE0F}"
  static let keycap: Unicode.Scalar = "\u{20E3}"

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

/// Which sequences of emoji a terminal joins to one.
package struct ClusterJoining: Equatable, Sendable {
  /// Whether a tone of skin joins the hand or face before it.
  var joinsModifiers = true
  /// The most bytes of a sequence that one cell of the terminal holds; it drops the rest.
  var byteLimit = Int.max

  init() {}

  /// - Parameter environment: `TERM_PROGRAM` and `TERM_PROGRAM_VERSION` are read; `TERM` where tmux is older
  ///   than those.
  package init(environment: [String: String]) {
    let program = environment["TERM_PROGRAM"]
    let isTmux =
      program == "tmux"
      || environment["TMUX"]?.isEmpty == false && program == nil
    guard isTmux else { return }
    let version = environment["TERM_PROGRAM_VERSION"] ?? "3.0"
    let numbers = version.split { !$0.isNumber }.compactMap { Int($0) }
    // Up to 3.4 a cell of tmux holds 21 bytes, and a tone of skin is a cell of its own.
    if numbers.lexicographicallyPrecedes([3, 5]) {
      joinsModifiers = false
      byteLimit = 21
    }
  }
}
