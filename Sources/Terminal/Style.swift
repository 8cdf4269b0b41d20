/// Ways of drawing a glyph that every terminal has some of; a terminal without one ignores it.
package struct Attributes: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let bold = Attributes(rawValue: 1 << 0)
  package static let dim = Attributes(rawValue: 1 << 1)
  package static let italic = Attributes(rawValue: 1 << 2)
  package static let underline = Attributes(rawValue: 1 << 3)
  package static let reverse = Attributes(rawValue: 1 << 4)

  /// The names used in theme files, in the order of the bits.
  package static let names: [(name: String, attribute: Attributes)] = [
    ("bold", .bold), ("dim", .dim), ("italic", .italic), ("underline", .underline),
    ("reverse", .reverse),
  ]

  /// The attribute a theme file calls `name`.
  package init?(name: some StringProtocol) {
    guard let found = Self.names.first(where: { $0.name == name }) else { return nil }
    self = found.attribute
  }
}

/// A colour as asked for; what a terminal shows depends on its `ColorDepth`.
package enum Color: Hashable, Sendable {
  /// 24-bit sRGB.
  case rgb(UInt8, UInt8, UInt8)
  /// One of the terminal's own sixteen colours, 0...15; 8 and up are the bright ones.
  case ansi(UInt8)
  /// Whatever the terminal uses for text and behind it.
  case `default`

  /// The names of colours 0...7; `bright-` before one gives 8...15.
  package static let names = [
    "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white",
  ]

  /// Reads `#rrggbb`, `#rgb`, a colour name such as `bright-yellow`, or `default`.
  package init?(_ text: some StringProtocol) {
    if text == "default" {
      self = .default
    } else if text.first == "#" {
      guard let color = Self.hexadecimal(text.dropFirst()) else { return nil }
      self = color
    } else {
      let prefix = "bright-"
      let isBright = text.hasPrefix(prefix)
      let name = isBright ? String(text.dropFirst(prefix.count)) : String(text)
      guard let index = Self.names.firstIndex(of: name) else { return nil }
      self = .ansi(UInt8(index + (isBright ? 8 : 0)))
    }
  }

  private static func hexadecimal(_ digits: some StringProtocol) -> Color? {
    // `Int(_:radix:)` also takes a sign, which is no digit of a colour.
    guard digits.utf8.count == 6 || digits.utf8.count == 3,
      digits.allSatisfy(\.isHexDigit), let value = UInt32(digits, radix: 16)
    else { return nil }
    if digits.utf8.count == 3 {
      let nibble = { (shift: UInt32) in UInt8((value >> shift) & 0xf) * 17 }
      return .rgb(nibble(8), nibble(4), nibble(0))
    }
    return .rgb(UInt8(value >> 16), UInt8((value >> 8) & 0xff), UInt8(value & 0xff))
  }
}

/// How a cell is drawn. A colour that is `nil` leaves the one beneath in place, so that text written on
/// a selected row keeps the row's background.
package struct Style: Hashable, Sendable {
  package var foreground: Color?
  package var background: Color?
  package var attributes: Attributes

  package init(
    foreground: Color? = nil, background: Color? = nil, attributes: Attributes = []
  ) {
    self.foreground = foreground
    self.background = background
    self.attributes = attributes
  }

  /// No colour and no attribute: what is beneath shows through.
  package static let plain = Style()

  /// This style laid over `base`: its colours where it has them, the attributes of both.
  package func over(_ base: Style) -> Style {
    Style(
      foreground: foreground ?? base.foreground, background: background ?? base.background,
      attributes: base.attributes.union(attributes))
  }

  /// `other` laid over this style.
  package func merging(_ other: Style) -> Style { other.over(self) }
}
