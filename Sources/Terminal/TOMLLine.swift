import TOMLKit

/// One line of TOML by itself.
enum TOMLLine {
  struct Mistake: Error, CustomStringConvertible {
    var description: String
  }

  /// - Throws: `Mistake`.
  static func table(_ line: Substring) throws -> TOMLTable {
    try check(line)
    do {
      return try TOMLTable(string: String(line))
    } catch let error as TOMLParseError {
      throw Mistake(description: error.description)
    }
  }

  /// Refuses what the parser takes for granted, by assertions that end the process: a heading begins with a key, an
  /// element of an array with no sign that ends one, and what follows a date and a space is a whole time.
  private static func check(_ line: Substring) throws {
    guard headingBeginsWithKey(line) else {
      throw Mistake(description: "expected a heading such as [name]")
    }
    var open: [Unicode.Scalar] = []
    var last: Unicode.Scalar?
    let plain = outsideOfTexts(line)
    for scalar in plain.unicodeScalars where scalar != " " && scalar != "\t" {
      guard scalar.isASCII else {
        throw Mistake(description: "expected quotation marks around \(scalar)")
      }
      switch scalar {
      case "[", "{": open.append(scalar)
      case "}" where open.last == "[" && (last == "[" || last == ","):
        throw Mistake(description: "expected a value in the array, found }")
      case "]", "}": _ = open.popLast()
      default: break
      }
      last = scalar
    }
    // The parser looks for a time behind a date and a space, and cannot go back far; underscores do not count.
    let isDated =
      plain.replacing("_", with: "")
      .contains(/[0-9][0-9\-]{3}-[0-9\-]{2}-[0-9\-]{2} [0-9]/)
    guard !isDated, !plain.contains(/[0-9][0-9_\-]{100}/) else {
      throw Mistake(
        description: "expected no date, found one with a time behind it, or a longer one")
    }
  }

  /// The line without what stands in quotation marks and without its comment; quotation marks of a text that is not
  /// closed hide all behind them, as they do for the parser.
  private static func outsideOfTexts(_ line: Substring) -> String {
    var result = String.UnicodeScalarView()
    var rest = line.unicodeScalars[...]
    if rest.first == "\u{FEFF}" { rest.removeFirst() }
    while let scalar = rest.popFirst(), scalar != "#" {
      result.append(scalar)
      guard scalar == "\"" || scalar == "'" else { continue }
      let isLong = rest.starts(with: [scalar, scalar])
      if isLong { rest.removeFirst(2) }
      skipText(closedBy: scalar, isLong: isLong, &rest)
      result.append(scalar)
    }
    return String(result)
  }

  /// Skips to behind the marks that close a text: one, or three with up to two more of the text's own before them.
  private static func skipText(
    closedBy mark: Unicode.Scalar, isLong: Bool, _ rest: inout Substring.UnicodeScalarView
  ) {
    while let scalar = rest.popFirst() {
      if scalar == "\\", mark == "\"" { _ = rest.popFirst() }
      guard scalar == mark else { continue }
      guard isLong else { return }
      guard rest.starts(with: [mark, mark]) else { continue }
      rest.removeFirst(2)
      for _ in 0..<2 where rest.first == mark { rest.removeFirst() }
      return
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
