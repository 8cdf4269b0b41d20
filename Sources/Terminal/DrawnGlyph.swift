/// What of a glyph curses is given: one character with a width, and marks with none.
///
/// A cell of curses holds no more, and terminals disagree on sequences: emoji joined to one, tones of skin,
/// variation selectors, flags. Where one takes two columns and another four, everything right of it would
/// be out of place; so for curses the first character stands for the sequence, and letters for a flag.
/// `ClusterOutput` then sends the whole of it.
struct DrawnGlyph: Equatable, Sendable {
  var scalars: [Unicode.Scalar]
  var width: Int

  /// What curses keeps in one cell.
  static let scalarLimit = 5

  /// - Parameter columns: the width the system has for a scalar. Curses goes by it, so a glyph on which we
  ///   differ, as from an older system's, is shown as U+FFFD.
  static func glyphs(
    for glyph: String, width: Int, columns: (Unicode.Scalar) -> Int
  ) -> [DrawnGlyph] {
    let scalars = Array(glyph.unicodeScalars)
    guard let base = scalars.first else { return [] }
    if DisplayWidth.isRegionalIndicator(base) {
      return scalars.filter(DisplayWidth.isRegionalIndicator).map {
        DrawnGlyph(scalars: [Unicode.Scalar(UInt8($0.value - 0x1F1E6) + 0x41)], width: 1)
      }
    }
    if columns(base) == 1, width == 2, isWhole(glyph) {
      return [
        DrawnGlyph(scalars: [base], width: 1), DrawnGlyph(scalars: [" "], width: 1),
      ]
    }
    guard columns(base) == width else {
      let unknown = DrawnGlyph(scalars: ["\u{FFFD}"], width: 1)
      return [unknown] + Array(repeating: DrawnGlyph(scalars: [" "], width: 1), count: width - 1)
    }
    let marks = scalars.dropFirst().filter { columns($0) == 0 && !isPresentation($0) }
    return [DrawnGlyph(scalars: [base] + marks.prefix(scalarLimit - 1), width: width)]
  }

  /// Whether a glyph is more than curses can hold, and has to be sent past it.
  static func isWhole(_ glyph: String) -> Bool {
    guard glyph.utf8.count > 4 else { return false }
    let scalars = glyph.unicodeScalars
    guard let base = scalars.first else { return false }
    if DisplayWidth.isRegionalIndicator(base) { return scalars.count > 1 }
    var rest = scalars.dropFirst()
    // A joiner that joins nothing more is not sent.
    if rest.last == "\u{200D}" { rest.removeLast() }
    return rest.contains { isPresentation($0) || DisplayWidth.isEmojiModifier($0) }
      || rest.count >= scalarLimit
  }

  /// Joiners and selectors that ask for another look of the character, which may have another width.
  private static func isPresentation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x200D, 0xFE00...0xFE0F, 0xE0020...0xE007F, 0xE0100...0xE01EF: true
    default: false
    }
  }
}
