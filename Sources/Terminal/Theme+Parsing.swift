import TOMLKit

extension Theme {
  /// Reads a theme file.
  ///
  ///     name = "Ember"
  ///     appearance = "dark"
  ///     region = { fg = "#e8dcc8" }
  ///     region.selected = { fg = "#ffd75f", bold = true, mono = "reverse" }
  ///
  /// In a role, `fg` and `bg` are colours (`#rrggbb`, a name such as `bright-yellow`, or `default`), `bold`,
  /// `dim`, `italic`, `underline` and `reverse` are true or false; `indexed = { … }` is the whole look where
  /// there are 256 colours, `ansi = { … }` where there are sixteen, `mono = "bold underline"` the
  /// attributes where there is none. Any other table is a role beneath it. `[region.selected]` on a line of its own begins a section.
  ///
  /// The file is read a statement a line, unlike TOML: a role may be both a table and the parent of
  /// others, and a line that is wrong is told and left out, by itself.
  package static func parse(
    _ toml: String, file: String
  ) -> (theme: Theme, problems: [ThemeProblem]) {
    var parser = ThemeParser(file: file)
    let lines = toml.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (index, line) in lines.enumerated() { parser.read(line, number: index + 1) }
    return (parser.theme, parser.problems)
  }
}

private struct ThemeParser {
  /// No line of a theme is longer; the parser of TOML recurses once a nesting.
  private static let lineLimit = 1000
  private static let lookKeys = ["indexed", "ansi"]
  private static let styleKeys =
    ["fg", "bg"] + Attributes.names.map(\.name) + lookKeys + ["mono"]

  let file: String
  private(set) var problems: [ThemeProblem] = []
  private var name = "unnamed"
  private var appearance: Theme.Appearance?
  private var definitions: [String: Theme.Definition] = [:]
  private var given: Set<String> = []
  private var lineNumber = 0
  /// The role of the section; `nil` under a heading that could not be read.
  private var section: [String]? = []

  init(file: String) { self.file = file }

  var theme: Theme {
    Theme(name: name, appearance: appearance ?? .dark, definitions: definitions)
  }

  private mutating func report(_ message: String) {
    problems.append(ThemeProblem(file: file, line: lineNumber, message: sanitized(message)))
  }

  mutating func read(_ line: Substring, number: Int) {
    lineNumber = number
    // A file may begin with a byte order mark, which is nothing of its first line.
    guard let first = line.first(where: { !" \t\u{FEFF}".contains($0) }), first != "#" else {
      return
    }
    guard line.utf8.count <= Self.lineLimit else {
      report("the line is longer than \(Self.lineLimit) bytes")
      if first == "[" { section = nil }
      return
    }
    let table: TOMLTable
    do {
      table = try TOMLLine.table(line)
    } catch {
      if first == "[" { section = nil }
      return report("\(error)")
    }
    if first == "[" {
      readHeading(table)
    } else if let section {
      readTable(table, role: section)
    }
  }

  private mutating func readHeading(_ table: TOMLTable) {
    var path: [String] = []
    var inner = table
    while let key = inner.keys.first {
      path.append(key)
      guard let next = inner[key]?.table else {
        section = nil
        return report("expected a heading such as [region.selected]")
      }
      inner = next
    }
    section = path
    checkRole(path)
  }

  private mutating func readTable(_ table: TOMLTable, role: [String]) {
    for key in table.keys {
      guard let value = table[key] else { continue }
      if role.isEmpty, value.table == nil {
        readSetting(key, value)
      } else if !role.isEmpty, isStyleKey(key, value) {
        readStyleKey(key, value, role: role.joined(separator: "."))
      } else if let child = value.table {
        let path = role + [key]
        let name = path.joined(separator: ".")
        // A role named and given nothing is one that shows what is beneath it.
        if child.isEmpty, definitions[name] == nil { definitions[name] = Theme.Definition() }
        checkRole(path)
        readTable(child, role: path)
      } else {
        report(
          "unknown key “\(key)” in \(role.joined(separator: ".")); expected one of "
            + Self.styleKeys.joined(separator: ", "))
      }
    }
  }

  /// `dim = true` is an attribute, but `dim = { … }` a role: the value decides, so that there can be both.
  private func isStyleKey(_ key: String, _ value: any TOMLValueConvertible) -> Bool {
    Self.lookKeys.contains(key) || (Self.styleKeys.contains(key) && value.table == nil)
  }

  /// A role beneath a known one is a theme's own refinement; any other is most likely a slip.
  private mutating func checkRole(_ path: [String]) {
    guard let top = path.first, !Theme.roles.contains(where: { $0.split(separator: ".")[0] == top })
    else { return }
    report("no role begins with “\(top)”")
  }

  private mutating func readSetting(_ key: String, _ value: any TOMLValueConvertible) {
    switch (key, value.string) {
    case ("name", let text?): name = text
    case ("appearance", let text?):
      guard let found = Theme.Appearance(rawValue: text) else {
        return report("appearance is “\(text)”, expected “dark” or “light”")
      }
      appearance = found
    case ("name", nil), ("appearance", nil): report("\(key) must be a string")
    default: report("unknown setting “\(key)”; a role is written \(key) = { fg = \"#rrggbb\" }")
    }
  }

  private mutating func readStyleKey(
    _ key: String, _ value: any TOMLValueConvertible, role: String
  ) {
    guard given.insert("\(role).\(key)").inserted else {
      return report("\(key) of \(role) is given twice; the first one counts")
    }
    var definition = definitions[role] ?? Theme.Definition()
    switch key {
    case "ansi": definition.ansi = style(from: value, key)
    case "indexed": definition.indexed = style(from: value, key)
    case "mono":
      guard let text = value.string else {
        return report("mono must be a string of attributes, \"bold underline\"")
      }
      var attributes: Attributes = []
      for name in text.split(separator: " ") {
        guard let attribute = Attributes(name: name) else {
          report(Self.unknownAttribute(String(name)))
          continue
        }
        attributes.insert(attribute)
      }
      definition.monochrome = attributes
    default:
      set(key, value, in: &definition.style)
    }
    definitions[role] = definition
  }

  /// The whole look in a table of its own; `nil`, and a problem told, if it is none.
  private mutating func style(from value: any TOMLValueConvertible, _ key: String) -> Style? {
    guard let table = value.table else {
      report("\(key) must be a table, { fg = \"yellow\" }")
      return nil
    }
    var style = Style()
    for key in table.keys {
      guard let value = table[key] else { continue }
      set(key, value, in: &style)
    }
    return style
  }

  private mutating func set(
    _ key: String, _ value: any TOMLValueConvertible, in style: inout Style
  ) {
    if key == "fg" || key == "bg" {
      guard let text = value.string, let color = Color(text) else {
        return report(
          "\(key) is “\(value.string ?? value.debugDescription)”, expected #rrggbb, default, or one "
            + "of \(Color.names.joined(separator: ", ")), with bright- before it or not")
      }
      if key == "fg" { style.foreground = color } else { style.background = color }
    } else if let attribute = Attributes(name: key) {
      guard let isOn = value.bool else { return report("\(key) must be true or false") }
      if isOn { style.attributes.insert(attribute) }
    } else {
      report(Self.unknownAttribute(key))
    }
  }

  private static func unknownAttribute(_ name: String) -> String {
    let known = Attributes.names.map(\.name).joined(separator: ", ")
    return "unknown attribute “\(name)”; expected one of \(known)"
  }
}
