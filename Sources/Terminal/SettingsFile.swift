import TOMLKit

/// A settings file of sections and simple values, read a statement a line so that every mistake has a line.
///
///     [regions]
///     label = "l e"
///     star = ["*", "Space"]
package struct SettingsFile: Equatable, Sendable {
  package enum Value: Equatable, Sendable {
    case text(String)
    case flag(Bool)
    case number(Int)
    case texts([String])
  }

  package struct Entry: Equatable, Sendable {
    /// The heading it stands under, dotted; empty before the first.
    package var section: String
    /// Dotted where the file has it so.
    package var key: String
    package var value: Value
    /// Counted from 1.
    package var line: Int
  }

  /// No line of a settings file is longer; the parser of TOML recurses once a nesting.
  private static let lineLimit = 1000

  package private(set) var entries: [Entry] = []
  package private(set) var problems: [ThemeProblem] = []

  package init(_ toml: String, file: String) {
    var section: String? = ""
    let lines = toml.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (index, line) in lines.enumerated() {
      let number = index + 1
      // A file may begin with a byte order mark, which is nothing of its first line.
      guard let first = line.first(where: { !" \t\u{FEFF}".contains($0) }), first != "#" else {
        continue
      }
      let isHeading = first == "["
      do {
        guard line.utf8.count <= Self.lineLimit else {
          throw Mistake("the line is longer than \(Self.lineLimit) bytes")
        }
        let table = try TOMLLine.table(line)
        if isHeading {
          section = try Self.heading(table)
        } else if let section {
          try read(table, section: section, path: [], line: number)
        }
      } catch {
        if isHeading { section = nil }
        problems.append(ThemeProblem(file: file, line: number, message: sanitized("\(error)")))
      }
    }
  }

  private struct Mistake: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
  }

  private static func heading(_ table: TOMLTable) throws -> String {
    var path: [String] = []
    var inner = table
    while let key = inner.keys.first {
      path.append(key)
      guard let next = inner[key]?.table else { throw Mistake("expected a heading such as [name]") }
      inner = next
    }
    return path.joined(separator: ".")
  }

  private mutating func read(
    _ table: TOMLTable, section: String, path: [String], line: Int
  ) throws {
    for key in table.keys {
      guard let value = table[key] else { continue }
      let path = path + [key]
      if let inner = value.table {
        try read(inner, section: section, path: path, line: line)
        continue
      }
      let name = path.joined(separator: ".")
      entries.append(
        Entry(section: section, key: name, value: try Self.value(value, of: name), line: line))
    }
  }

  private static func value(
    _ value: any TOMLValueConvertible, of name: String
  ) throws -> Value {
    if let text = value.string { return .text(text) }
    if let flag = value.bool { return .flag(flag) }
    if let number = value.int { return .number(number) }
    if let array = value.array {
      let texts = array.compactMap(\.string)
      if texts.count == array.count { return .texts(texts) }
    }
    throw Mistake("\(name) must be text, true or false, a whole number, or a list of texts")
  }
}
