/// What is drawn in one cell, or in two when it is wide: a character and the marks that join it, made
/// harmless for a terminal.
package struct Glyph: Equatable, Sendable {
  package var text: String
  /// Columns: 1 or 2.
  package var width: Int

  /// The most marks kept on one character. Text can pile up any number; the next one becomes a glyph of
  /// its own, so that reading always gets on.
  static let markLimit = 12

  /// What a mark sits on that has nothing before it.
  static let dottedCircle: Unicode.Scalar = "\u{25CC}"
}

/// Cuts text into glyphs one at a time, so that the work done is that of the glyphs asked for.
///
/// The cut differs from `Character` where terminals do: a spacing vowel sign gets a cell of its own, and
/// a control character is shown by its picture.
struct GlyphReader<Scalars: Sequence>: IteratorProtocol where Scalars.Element == Unicode.Scalar {
  private var scalars: Scalars.Iterator
  private var pending: Unicode.Scalar?
  private let whitespace: WhitespaceMarks

  init(_ scalars: Scalars, whitespace: WhitespaceMarks = .visible) {
    self.scalars = scalars.makeIterator()
    self.whitespace = whitespace
    pending = self.scalars.next()
  }

  mutating func next() -> Glyph? {
    guard let first = pending else { return nil }
    pending = scalars.next()
    // Nothing below U+0300 joins the character before it.
    if first.isPrintableASCII, pending.map({ $0.value < 0x300 }) ?? true {
      return Glyph(text: String(Character(first)), width: 1)
    }
    if first == "\r", pending == "\n" {
      pending = scalars.next()
      return Glyph(text: String(Character(visibleScalar(for: "\n", whitespace))), width: 1)
    }
    let base = visibleScalar(for: first, whitespace)
    guard base == first else { return Glyph(text: String(Character(base)), width: 1) }
    var text = String.UnicodeScalarView()
    var width = 1
    if let ownWidth = DisplayWidth.of(base) {
      width = ownWidth
    } else {
      text.append(Glyph.dottedCircle)
    }
    text.append(base)
    if DisplayWidth.isRegionalIndicator(base), let second = pending,
      DisplayWidth.isRegionalIndicator(second)
    {
      text.append(second)
      pending = scalars.next()
      width = 2
    }
    takeMarks(of: base, into: &text)
    if width == 1, Self.looksLikeEmoji(text) { width = 2 }
    return Glyph(text: String(text), width: width)
  }

  /// Whether a sign that is narrow by itself is asked to be an emoji: ⚠️, 1️⃣.
  private static func looksLikeEmoji(_ text: String.UnicodeScalarView) -> Bool {
    guard let base = text.first, base.properties.isEmoji,
      text.dropFirst().first == DisplayWidth.emojiSelector
    else { return false }
    return !base.isPrintableASCII || text.dropFirst(2).first == DisplayWidth.keycap
  }

  /// Moves what joins `base` from the input into `text`.
  private mutating func takeMarks(
    of base: Unicode.Scalar, into text: inout String.UnicodeScalarView
  ) {
    var last = base
    for _ in 0..<Glyph.markLimit {
      guard let scalar = pending, joins(scalar, after: last, base: base, in: text) else { return }
      text.append(scalar)
      last = scalar
      pending = scalars.next()
    }
  }

  private func joins(
    _ scalar: Unicode.Scalar, after last: Unicode.Scalar, base: Unicode.Scalar,
    in text: String.UnicodeScalarView
  ) -> Bool {
    if scalar.value < 0x300 { return false }
    if scalar.isTag { return base == Unicode.Scalar.blackFlag && (last == base || last.isTag) }
    if DisplayWidth.isEmojiModifier(scalar) {
      return last.properties.isEmojiModifierBase && DisplayWidth.clusterJoining.joinsModifiers
    }
    if last == "\u{200D}", scalar.isPictograph {
      return base.isPictograph
        && String(text).utf8.count + 4 <= DisplayWidth.clusterJoining.byteLimit
    }
    return DisplayWidth.of(scalar) == nil && visibleScalar(for: scalar, whitespace) == scalar
  }
}

extension Unicode.Scalar {
  var isPrintableASCII: Bool { (0x20...0x7E).contains(value) }

  /// The base of the flags of England, Scotland and Wales, which tag characters spell out.
  fileprivate static let blackFlag: Unicode.Scalar = "\u{1F3F4}"

  /// Invisible letters; anywhere but in a flag they only hide text.
  fileprivate var isTag: Bool { (0xE0020...0xE007F).contains(value) }

  /// An emoji that is not also a digit or sign of ASCII.
  fileprivate var isPictograph: Bool { value > 0x7F && properties.isEmoji }
}
