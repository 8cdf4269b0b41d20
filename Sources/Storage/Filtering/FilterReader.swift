/// Reads a filter from left to right.
struct FilterReader<Field: FilterField> {
  /// What a comparison is about.
  enum Subject: Equatable {
    case field(Field)
    case row(RowFieldName)

    var name: String {
      switch self {
      case .field(let field): field.rawValue
      case .row(let row): row.name
      }
    }

    var isText: Bool {
      switch self {
      case .field(let field): field.isText
      case .row(let row): row.isText
      }
    }

    func number(_ comparison: FilterComparison, _ value: Double) -> FieldFilter<Field>.Condition {
      switch self {
      case .field(let field): .number(field, comparison, value)
      case .row(let row): .row(row.name, .number(comparison, value))
      }
    }

    func text(contains: Bool, _ text: String) -> FieldFilter<Field>.Condition {
      switch self {
      case .field(let field): .text(field, contains: contains, text)
      case .row(let row): .row(row.name, .text(contains: contains, text))
      }
    }
  }

  /// What a text that ends here would go on with.
  enum Place: Equatable {
    /// A field's name, begun with these letters.
    case field(String)
    case comparison(Subject)
    /// A value, begun with these characters.
    case value(Subject, String, isQuoted: Bool)
  }

  private let characters: [Character]
  private let rows: [RowFieldName]
  private var index = 0
  /// Where the last thing read begins and what it is; the end of the text completes it.
  private(set) var place = Place.field("")
  private(set) var placeStart = 0

  init(_ text: String, rows: [RowFieldName] = []) {
    characters = Array(text)
    self.rows = rows
  }

  var isAtEnd: Bool { index == characters.count }

  /// The next comparison; `nil` at the end.
  mutating func condition() throws -> FieldFilter<Field>.Condition? {
    skipSpaces()
    at(.field(""))
    guard index < characters.count else { return nil }
    if take("!") {
      at(.field(""))
      guard let condition = try condition() else {
        throw error("expected a comparison behind '!'", at: index, isUnfinished: true)
      }
      return .not(condition)
    }
    let start = index
    let name = subjectName()
    placeStart = start
    place = .field(name)
    guard let field = subject(name) else {
      let known = Field.allCases.map(\.rawValue) + rows.map(Self.spelling)
      let isBegun = index == characters.count && known.contains { $0.hasPrefix(name) }
      throw error(
        "expected one of \(known.joined(separator: ", ")), found '\(name.isEmpty ? rest : name)'",
        at: start, isUnfinished: isBegun)
    }
    skipSpaces()
    at(.comparison(field))
    if field.isText, take(":") { return try text(field, contains: take("~")) }
    if characters[index...].first == ":" {
      throw error("expected a comparison such as \(field.name) > 1, found ':'", at: index)
    }
    guard
      let comparison = FieldFilter<Field>.Comparison.allCases.first(where: { take($0.rawValue) })
    else {
      let isUnfinished = index == characters.count || String(characters[index...]) == "!"
      throw error(
        field.isText ? "expected : (is) or :~ (contains)" : "expected = != < <= > >=", at: index,
        isUnfinished: isUnfinished)
    }
    skipSpaces()
    // A text of the rows is one and is not counted, so that a sign asks what it is.
    if case .row(let row) = field, row.isText {
      guard [.equal, .notEqual].contains(comparison) else {
        throw error(
          "\(row.name) is a text: expected \(row.name):VALUE (is) or \(row.name):~VALUE (contains)",
          at: placeStart)
      }
      let condition = try text(field, contains: false)
      return comparison == .equal ? condition : .not(condition)
    }
    at(.value(field, "", isQuoted: false))
    let valueStart = index
    let digits = String(take { !$0.isWhitespace })
    place = .value(field, digits, isQuoted: false)
    guard let value = Double(digits), value.isFinite else {
      let isUnfinished = index == characters.count && ["", "-", ".", "-."].contains(digits)
      let hint =
        field.isText
        ? " of texts, found '\(digits)': \(field.name):VALUE asks what it is"
        : ", found '\(digits)'"
      throw error(
        "expected a number\(hint)", at: valueStart, isUnfinished: isUnfinished)
    }
    return field.number(comparison, value)
  }

  private mutating func text(
    _ field: Subject, contains: Bool
  ) throws -> FieldFilter<Field>.Condition {
    at(.value(field, "", isQuoted: false))
    guard take("\"") else {
      let value = String(take { !$0.isWhitespace })
      place = .value(field, value, isQuoted: false)
      return field.text(contains: contains, value)
    }
    let start = index
    let value = String(take { $0 != "\"" })
    place = .value(field, value, isQuoted: true)
    guard take("\"") else {
      throw error("expected a closing quote", at: start - 1, isUnfinished: true)
    }
    return field.text(contains: contains, value)
  }

  /// How a filter names a field of the rows: what a region is asked about itself goes first.
  static func spelling(_ row: RowFieldName) -> String {
    let isPlain = Field(rawValue: row.name) == nil && !row.name.hasPrefix(rowMark)
    return isPlain ? row.name : rowMark + row.name
  }

  private static var rowMark: String { "row." }

  private func subject(_ name: String) -> Subject? {
    if let field = Field(rawValue: name) { return .field(field) }
    let row =
      rows.first { $0.name == name }
      ?? (name.hasPrefix(Self.rowMark)
        ? rows.first { $0.name == name.dropFirst(Self.rowMark.count) } : nil)
    return row.map(Subject.row)
  }

  /// Letters, unless the longest name of a row's field that stands here goes on with others.
  private mutating func subjectName() -> String {
    let spellings = rows.flatMap { [$0.name, Self.rowMark + $0.name] }
    let standing = spellings.filter { name in
      guard characters[index...].starts(with: name) else { return false }
      let end = index + name.count
      return end == characters.count || !(characters[end].isLetter || characters[end].isNumber)
    }
    let letters = String(characters[index...].prefix { $0.isLetter })
    if let longest = standing.max(by: { $0.count < $1.count }), longest.count > letters.count {
      _ = take(longest)
      return longest
    }
    guard letters == "row", characters[index...].dropFirst(3).first == "." else {
      return String(take { $0.isLetter })
    }
    return String(take { !$0.isWhitespace && !"=!<>:".contains($0) })
  }

  private var rest: String { String(characters[index...].prefix { !$0.isWhitespace }) }

  private mutating func at(_ place: Place) {
    self.place = place
    placeStart = index
  }

  private mutating func skipSpaces() { _ = take(\.isWhitespace) }

  private mutating func take(_ isWanted: (Character) -> Bool) -> ArraySlice<Character> {
    let start = index
    while index < characters.count, isWanted(characters[index]) { index += 1 }
    return characters[start..<index]
  }

  private mutating func take(_ spelling: String) -> Bool {
    guard characters[index...].starts(with: spelling) else { return false }
    index += spelling.count
    return true
  }

  private func error(
    _ message: String, at index: Int, isUnfinished: Bool = false
  ) -> FilterSyntaxError {
    FilterSyntaxError(message: message, column: index + 1, isUnfinished: isUnfinished)
  }
}

/// A way to go on with a filter that is being typed.
package struct FilterCompletion: Sendable, Equatable {
  /// What stands in the place of `range` then.
  package var text: String
  /// What it means.
  package var meaning: String
  /// In characters of the text completed.
  package var range: Range<Int>
}

extension FieldFilter {
  /// The ways to go on at the end of `text`: names of fields, operators, labels and tags in use.
  ///
  /// - Parameters:
  ///   - rows: fields of the rows behind.
  ///   - values: what a text field can be, the likeliest first.
  ///   - rowValues: likewise of a field of the rows.
  package static func completions(
    of text: String, rows: [RowFieldName] = [], values: (Field) -> [String],
    rowValues: (String) -> [String] = { _ in [] }
  ) -> [Completion] {
    var reader = FilterReader<Field>(text, rows: rows)
    do {
      while try reader.condition() != nil, !reader.isAtEnd {}
    } catch let error as FilterSyntaxError {
      guard error.isUnfinished else { return [] }
    } catch {
      return []
    }
    let range = reader.placeStart..<text.count
    switch reader.place {
    case .field(let typed):
      return Field.allCases.filter { $0.rawValue.hasPrefix(typed) }.map { field in
        let space = field.isText ? "" : " "
        return Completion(
          text: "\(field.rawValue)\(space)\(field.usualOperator)\(space)", meaning: field.meaning,
          range: range)
      }
        + rows.map { ($0, FilterReader<Field>.spelling($0)) }.filter { $1.hasPrefix(typed) }.map {
          row, name in
          Completion(
            text: "\(name)\(row.isText ? "" : " ")\(row.usualOperator)\(row.isText ? "" : " ")",
            meaning: "of most of its members' rows", range: range)
        }
    case .comparison(let field):
      let operators =
        field.isText
        ? [(":", "is"), (":~", "contains")]
        : [
          (">", "more than"), (">=", "at least"), ("<", "less than"), ("<=", "at most"),
          ("=", "is"), ("!=", "is not"),
        ]
      return operators.map { spelling, meaning in
        Completion(
          text: field.isText ? spelling : "\(spelling) ", meaning: "\(field.name) \(meaning)",
          range: range)
      }
    case .value(let field, let typed, _):
      guard field.isText else { return [] }
      let begun = typed.lowercased()
      let known =
        switch field {
        case .field(let field): values(field)
        case .row(let row): rowValues(row.name)
        }
      return known.filter { $0.lowercased().contains(begun) && $0 != typed }.map { value in
        let isQuoted = value.isEmpty || value.contains { $0.isWhitespace }
        return Completion(
          text: isQuoted ? "\"\(value)\" " : "\(value) ", meaning: field.name, range: range)
      }
    }
  }
}
