import Foundation

/// Which regions to keep: comparisons side by side, all of which must hold.
///
/// `members > 50 coherence <= 0.8 label:~poison`. Fields: `id`, `members`, `share` (of all members, in percent), `coherence`,
/// `distance` (mean, in units of θ), `stars` and `label`. Operators: `=` `!=` `<` `<=` `>` `>=` for numbers, and
/// for labels `:` (is) and `:~` (contains, whatever the case). A value with spaces stands in quotes.
package struct RegionFilter: Sendable, Equatable {
  /// A filter that cannot be understood, and where.
  package struct SyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
    package var message: String
    /// In characters, from 1.
    package var column: Int
    package var description: String { "filter, column \(column): \(message)" }
  }

  package enum Field: String, Sendable, CaseIterable {
    case id, members, share, coherence, distance, stars, label
  }

  enum Condition: Sendable, Equatable {
    case number(Field, Comparison, Double)
    case label(contains: Bool, String)
  }

  enum Comparison: String, Sendable, CaseIterable {
    // Longer spellings first, so that `<=` is not read as `<`.
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case notEqual = "!="
    case equal = "="
    case less = "<"
    case greater = ">"

    func holds(_ a: Double, _ b: Double) -> Bool {
      switch self {
      case .equal: a == b
      case .notEqual: a != b
      case .less: a < b
      case .lessOrEqual: a <= b
      case .greater: a > b
      case .greaterOrEqual: a >= b
      }
    }
  }

  let conditions: [Condition]

  /// - Throws: `SyntaxError`.
  package init(_ text: String) throws {
    var reader = Reader(text)
    var conditions: [Condition] = []
    while let condition = try reader.condition() { conditions.append(condition) }
    self.conditions = conditions
  }

  /// Whether one region passes.
  package func accepts(
    region: Int, in table: RegionTable, totalMembers: Int, threshold: Double, label: String?,
    isStarred: Bool
  ) -> Bool {
    conditions.allSatisfy { condition in
      switch condition {
      case .label(let contains, let text):
        guard let label else { return text.isEmpty && !contains }
        return contains
          ? label.range(of: text, options: .caseInsensitive) != nil || text.isEmpty
          : label.compare(text, options: .caseInsensitive) == .orderedSame
      case .number(let field, let comparison, let value):
        let found: Double =
          switch field {
          case .id: Double(region)
          case .members: Double(table.memberCounts[region])
          case .share: 100 * Double(table.memberCounts[region]) / Double(max(totalMembers, 1))
          case .coherence: table.coherences[region]
          case .distance: table.meanDistances[region] / threshold
          case .stars: isStarred ? 1 : 0
          case .label: label == nil ? 0 : 1
          }
        return comparison.holds(found, value)
      }
    }
  }

  private struct Reader {
    private let characters: [Character]
    private var index = 0

    init(_ text: String) { characters = Array(text) }

    mutating func condition() throws -> Condition? {
      skipSpaces()
      guard index < characters.count else { return nil }
      let start = index
      let name = String(take { $0.isLetter })
      guard let field = Field(rawValue: name) else {
        let known = Field.allCases.map(\.rawValue).joined(separator: ", ")
        throw error("expected one of \(known), found '\(name)'", at: start)
      }
      skipSpaces()
      if take(":") {
        guard field == .label else {
          throw error("expected a comparison such as \(name) > 1, found ':'", at: index - 1)
        }
        return .label(contains: take("~"), try text())
      }
      guard let comparison = Comparison.allCases.first(where: { take($0.rawValue) }) else {
        throw error("expected = != < <= > >= or, for labels, : or :~", at: index)
      }
      skipSpaces()
      let valueStart = index
      let digits = String(take { !$0.isWhitespace })
      guard let value = Double(digits), value.isFinite else {
        throw error("expected a number, found '\(digits)'", at: valueStart)
      }
      return .number(field, comparison, value)
    }

    private mutating func text() throws -> String {
      guard take("\"") else { return String(take { !$0.isWhitespace }) }
      let start = index
      let value = String(take { $0 != "\"" })
      guard take("\"") else { throw error("expected a closing quote", at: start - 1) }
      return value
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

    private func error(_ message: String, at index: Int) -> SyntaxError {
      SyntaxError(message: message, column: index + 1)
    }
  }
}
