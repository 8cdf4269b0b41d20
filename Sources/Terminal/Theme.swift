import Themes

/// How each part of the screen looks, by role: views ask for roles, never for colours.
///
/// A role is a dotted name. One that a theme leaves out looks like its parent:
/// `region.selected.label` → `region.selected` → `region` → `text`.
package struct Theme: Equatable, Sendable {
  package enum Appearance: String, Sendable {
    case dark, light
  }

  /// One role as the file has it.
  struct Definition: Equatable, Sendable {
    var style = Style()
    /// What takes the place of `style` where there are 256 colours.
    var indexed: Style?
    /// What takes the place of `style` where there are sixteen colours.
    var ansi: Style?
    /// What takes the place of the attributes where there is no colour.
    var monochrome: Attributes?

    func style(for depth: ColorDepth) -> Style {
      switch depth {
      case .truecolor: style
      case .palette256: indexed ?? style
      case .palette16: ansi ?? style
      case .monochrome: Style(attributes: monochrome ?? style.attributes)
      }
    }
  }

  package internal(set) var name: String
  /// Whether the theme is made for a dark or a light background.
  package internal(set) var appearance: Appearance
  private let definitions: [String: Definition]
  private let depth: ColorDepth
  /// Behind a role that block glyphs are drawn in.
  package static let gauge = ".gauge"
  let styles: [String: Style]

  init(
    name: String, appearance: Appearance, definitions: [String: Definition],
    depth: ColorDepth = .truecolor
  ) {
    self.name = name
    self.appearance = appearance
    self.definitions = definitions
    self.depth = depth
    styles = definitions.mapValues { $0.style(for: depth) }
  }

  /// The theme that comes with the program.
  package static let builtIn = Theme.parse(EmbeddedThemes.ember, file: "ember.toml").theme

  /// The themes that come with the program, by the name of their file, dark ones first.
  package static let builtInNames = EmbeddedThemes.files.map(\.name)

  /// A theme that comes with the program.
  package static func builtIn(named name: String) -> Theme? {
    EmbeddedThemes.files.first { $0.name == name }
      .map { Theme.parse($0.text, file: "\(name).toml").theme }
  }

  /// Every role that the views of the program ask for.
  package static let roles = [
    "text", "text.dim", "text.strong", "title", "provenance", "border", "border.focused", "status",
    "status.error", "status.success", "key", "key.label", "header", "header.sorted", "region",
    "region.selected", "region.selected.unfocused", "region.label", "region.unlabelled", "number",
    "token.active", "heat.1", "heat.2", "heat.3", "heat.4", "heat.5", "heat.outside", "match",
    "input", "input.cursor", "overlay", "overlay.title", "help.key", "help.text", "bar", "bar.dim",
    "map.1", "map.2",
    "map.3", "map.4", "map.5",
    "warning", "tour",
  ]

  /// This theme as a terminal of that depth shows it best.
  package func adapted(to depth: ColorDepth) -> Theme {
    Theme(name: name, appearance: appearance, definitions: definitions, depth: depth)
  }

  /// The look of a role, or of the nearest parent that has one, or of `text`.
  ///
  /// What falls back to `text` gets no background from it, so that it can be written on a selected row.
  package func style(_ role: String) -> Style {
    if let style = styles[role] { return style }
    // The height of a block glyph says how much: reversed it would say the opposite.
    if role.hasSuffix(Self.gauge), depth == .monochrome {
      var style = style(String(role.dropLast(Self.gauge.count)))
      style.attributes.subtract([.reverse, .underline])
      return style
    }
    var parent = Substring(role)
    while let dot = parent.lastIndex(of: ".") {
      parent = parent[..<dot]
      if let style = styles[String(parent)] {
        return parent == "text" ? Style(foreground: style.foreground) : style
      }
    }
    return Style(foreground: styles["text"]?.foreground)
  }
}

/// Something wrong with a line of a theme file; the rest of the file counts.
package struct ThemeProblem: Error, Equatable, Sendable, CustomStringConvertible {
  package var file: String
  /// Counted from 1.
  package var line: Int
  package var message: String

  package init(file: String, line: Int, message: String) {
    self.file = file
    self.line = line
    self.message = message
  }

  package var description: String { "\(file):\(line): \(message)" }
}
