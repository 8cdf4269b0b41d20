import TOMLKit

/// One line of TOML by itself.
enum TOMLLine {
  struct Mistake: Error, CustomStringConvertible {
    var description: String
  }

  /// - Throws: `Mistake`.
  static func table(_ line: Substring) throws -> TOMLTable {
    // The parser takes for granted that a heading begins with a key, and ends the process where it does not.
    guard headingBeginsWithKey(line) else {
      throw Mistake(description: "expected a heading such as [name]")
    }
    do {
      return try TOMLTable(string: String(line))
    } catch let error as TOMLParseError {
      throw Mistake(description: error.description)
    }
  }

  private static func headingBeginsWithKey(_ line: Substring) -> Bool {
    var rest = line.unicodeScalars[...]
    func skipSpaces() { rest = rest.drop { $0 == " " || $0 == "\t" } }
    if rest.first == "\u{FEFF}" { rest.removeFirst() }
    skipSpaces()
    guard rest.first == "[" else { return true }
    rest.removeFirst()
    skipSpaces()
    if rest.first == "[" {
      rest.removeFirst()
      skipSpaces()
    }
    guard let first = rest.first else { return true }
    switch first {
    case "A"..."Z", "a"..."z", "0"..."9", "_", "-", "\"", "'", "]": return true
    default: return false
    }
  }
}
