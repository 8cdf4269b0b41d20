import Foundation

/// What a filter can ask about: numbers and texts by their names.
package protocol FilterField: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
  var isText: Bool { get }
  /// What it is, in a few words.
  var meaning: String { get }
  /// The operator that is wanted most often.
  var usualOperator: String { get }
}

/// A filter that cannot be understood, and where.
package struct FilterSyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
  package var message: String
  /// In characters, from 1.
  package var column: Int
  /// Whether more text could make it right.
  package var isUnfinished = false
  package var description: String { "filter, column \(column): \(message)" }
}

/// How a filter compares numbers.
package enum FilterComparison: String, Sendable, CaseIterable {
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

/// Which rows to keep: comparisons side by side, all of which must hold.
///
/// `members > 50 coherence <= 0.8 label:~poison !tag:done`. Operators are `=` `!=` `<` `<=` `>` `>=` for
/// numbers, and for texts `:` (is) and `:~` (contains, whatever the case). A value with spaces stands in
/// quotes; `!` before a comparison turns it round. What is not known of a row (a refusal rate where no
/// prompt fell into a region) satisfies no comparison, turned round or not.
package struct FieldFilter<Field: FilterField>: Sendable, Equatable {
  package typealias SyntaxError = FilterSyntaxError
  package typealias Completion = FilterCompletion

  enum Condition: Sendable, Equatable {
    case number(Field, Comparison, Double)
    case text(Field, contains: Bool, String)
    /// Of the rows behind what is filtered; see ``RowFields``.
    case row(String, RowTest)
    indirect case not(Condition)
  }

  typealias Comparison = FilterComparison

  let conditions: [Condition]

  init(conditions: [Condition]) { self.conditions = conditions }

  /// Keeps every row.
  package static var none: FieldFilter { FieldFilter(conditions: []) }

  /// - Parameter rows: what the rows behind can be asked about too.
  /// - Throws: `SyntaxError`.
  package init(_ text: String, rows: [RowFieldName] = []) throws {
    var reader = FilterReader<Field>(text, rows: rows)
    var conditions: [Condition] = []
    while let condition = try reader.condition() { conditions.append(condition) }
    self.conditions = conditions
  }

  /// Reads a filter that is still being typed: a last comparison that is not finished counts for nothing.
  ///
  /// - Throws: `SyntaxError` for what stays wrong however it goes on.
  package static func typing(_ text: String, rows: [RowFieldName] = []) throws -> FieldFilter {
    var reader = FilterReader<Field>(text, rows: rows)
    var conditions: [Condition] = []
    do {
      while let condition = try reader.condition() { conditions.append(condition) }
    } catch let error as SyntaxError where error.isUnfinished {
      return FieldFilter(conditions: conditions)
    }
    return FieldFilter(conditions: conditions)
  }

  /// Whether every row passes.
  package var isEmpty: Bool { conditions.isEmpty }

  /// The fields that it asks about.
  package var fields: Set<Field> {
    func field(_ condition: Condition) -> Field? {
      switch condition {
      case .number(let field, _, _), .text(let field, _, _): field
      case .row: nil
      case .not(let condition): field(condition)
      }
    }
    return Set(conditions.compactMap(field))
  }

  /// Whether a row passes.
  ///
  /// - Parameters:
  ///   - number: `nil` where it is not known.
  package func accepts(
    number: (Field) -> Double?, texts: (Field) -> [String]
  ) -> Bool {
    accepts(number: number, texts: texts, rows: { _, _ in nil })
  }

  /// - Parameter rows: whether the rows behind pass a test of one of their fields.
  package func accepts(
    number: (Field) -> Double?, texts: (Field) -> [String], rows: (String, RowTest) -> Bool?
  ) -> Bool {
    conditions.allSatisfy { Self.holds($0, number, texts, rows) == true }
  }

  /// `nil` where nothing is known.
  private static func holds(
    _ condition: Condition, _ number: (Field) -> Double?, _ texts: (Field) -> [String],
    _ rows: (String, RowTest) -> Bool?
  ) -> Bool? {
    switch condition {
    case .not(let condition): return holds(condition, number, texts, rows).map { !$0 }
    case .row(let name, let test): return rows(name, test)
    case .number(let field, let comparison, let value):
      return number(field).map { comparison.holds($0, value) }
    case .text(let field, let contains, let text):
      let texts = texts(field)
      guard !texts.isEmpty else { return text.isEmpty && !contains }
      if text.isEmpty { return contains }
      return texts.contains {
        contains
          ? $0.range(of: text, options: .caseInsensitive) != nil
          : $0.compare(text, options: .caseInsensitive) == .orderedSame
      }
    }
  }
}
