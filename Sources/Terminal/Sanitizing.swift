/// How tabs and line breaks inside a line of text are shown.
package enum WhitespaceMarks: Hashable, Sendable {
  /// As `⇥` and `⏎`.
  case visible
  /// As a space each.
  case spaces
}

/// `text` with everything a terminal could obey, or a reader could not see, replaced by something seen.
///
/// Control characters become their pictures (`␛`, `␀`, `␡`), C1 controls `␦`, tabs and line breaks `⇥` and
/// `⏎`, controls of writing direction `⇄`, other invisible format characters `◦`. Joiners, which scripts
/// need, stay. Bytes that were not UTF-8 are U+FFFD since `String` read them.
///
/// `Screen.write` does the same by itself; this is for text that goes elsewhere, such as stderr.
///
/// - Complexity: O(length of `text`).
package func sanitized(_ text: String, whitespace: WhitespaceMarks = .visible) -> String {
  if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
  // Not a view of scalars: that copies all there is whenever more than one is added.
  var result = ""
  result.reserveCapacity(text.utf8.count)
  var glyphs = GlyphReader(text.unicodeScalars, whitespace: whitespace)
  while let glyph = glyphs.next() { result += glyph.text }
  return result
}

/// The scalar to show for `scalar`; itself when it is harmless and can be seen.
func visibleScalar(
  for scalar: Unicode.Scalar, _ whitespace: WhitespaceMarks
) -> Unicode.Scalar {
  let value = scalar.value
  switch value {
  case 0x20...0x7E: return scalar
  case 0x09: return whitespace == .visible ? "⇥" : " "
  case 0x0A, 0x2028, 0x2029: return whitespace == .visible ? "⏎" : " "
  case 0x00...0x1F: return Unicode.Scalar(0x2400 + value) ?? "\u{FFFD}"
  case 0x7F: return "␡"
  case 0x80...0x9F: return "␦"
  case 0xAD: return "◦"
  case 0xA0..<0x300: return scalar
  // Marks, embeddings, overrides and isolates of direction.
  case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: return "⇄"
  // Invisible: separators, joiners of words, operators, shaping and annotation controls, tags.
  case 0x180E, 0x200B, 0x2060...0x2065, 0x206A...0x206F, 0xFEFF, 0xFFF9...0xFFFB, 0x1BCA0...0x1BCA3,
    0x1D173...0x1D17A, 0xE0000...0xE007F:
    return "◦"
  default: return scalar
  }
}
