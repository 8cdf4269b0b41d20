/// Reads a filter from left to right.
struct FilterReader<Field: FilterField> {
  /// What a text that ends here would go on with.
  enum Place: Equatable {
    /// A field's name, begun with these letters.
    case field(String)
    case comparison(Field)
    /// A value, begun with these characters.
    case value(Field, String, isQuoted: Bool)
  }

  private let characters: [Character]
  private var index = 0
  /// Where the last thing read begins and what it is; the end of the text completes it.
  private(set) var place = Place.field("")
  private(set) var placeStart = 0

  init(_ text: String) { characters = Array(text) }

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
    let name = String(take { $0.isLetter })
    placeStart = start
    place = .field(name)
    guard let field = Field(rawValue: name) else {
      let known = Field.allCases.map(\.rawValue)
      let isBegun = index == characters.count && known.contains { $0.hasPrefix(name) }
      throw error(
        "expected one of \(known.joined(separator: ", ")), found '\(name.isEmpty ? rest : name)'",
        at: start, isUnfinished: isBegun)
    }
    skipSpaces()
    at(.comparison(field))
    if field.isText, take(":") { return try text(field) }
    if characters[index...].first == ":" {
      throw error("expected a comparison such as \(name) > 1, found ':'", at: index)
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
    at(.value(field, "", isQuoted: false))
    let valueStart = index
    let digits = String(take { !$0.isWhitespace })
    place = .value(field, digits, isQuoted: false)
    guard let value = Double(digits), value.isFinite else {
      let isUnfinished = index == characters.count && ["", "-", ".", "-."].contains(digits)
      throw error(
        "expected a number, found '\(digits)'", at: valueStart, isUnfinished: isUnfinished)
    }
    return .number(field, comparison, value)
  }

  private mutating func text(_ field: Field) throws -> FieldFilter<Field>.Condition {
    let contains = take("~")
    at(.value(field, "", isQuoted: false))
    guard take("\"") else {
      let value = String(take { !$0.isWhitespace })
      place = .value(field, value, isQuoted: false)
      return .text(field, contains: contains, value)
    }
    let start = index
    let value = String(take { $0 != "\"" })
    place = .value(field, value, isQuoted: true)
    guard take("\"") else {
      throw error("expected a closing quote", at: start - 1, isUnfinished: true)
    }
    return .text(field, contains: contains, value)
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
  ///   - values: what a text field can be, the likeliest first.
  package static func completions(
    of text: String, values: (Field) -> [String]
  ) -> [Completion] {
    var reader = FilterReader<Field>(text)
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
          text: field.isText ? spelling : "\(spelling) ", meaning: "\(field.rawValue) \(meaning)",
          range: range)
      }
    case .value(let field, let typed, _):
      guard field.isText else { return [] }
      let begun = typed.lowercased()
      return values(field).filter { $0.lowercased().contains(begun) && $0 != typed }.map { value in
        let isQuoted = value.isEmpty || value.contains { $0.isWhitespace }
        return Completion(
          text: isQuoted ? "\"\(value)\" " : "\(value) ", meaning: field.rawValue, range: range)
      }
    }
  }
}
