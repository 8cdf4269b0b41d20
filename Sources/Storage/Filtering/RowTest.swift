import Foundation

/// A field of a dictionary's rows, for filters.
package struct RowFieldName: Sendable, Equatable, Hashable {
  package var name: String
  package var isText: Bool

  package init(name: String, isText: Bool) { (self.name, self.isText) = (name, isText) }

  var usualOperator: String { isText ? ":" : "=" }
}

/// What a filter asks of a row.
package enum RowTest: Sendable, Equatable {
  case number(FilterComparison, Double)
  case text(contains: Bool, String)

  func accepts(_ value: Double) -> Bool {
    guard case .number(let comparison, let other) = self else { return false }
    return comparison.holds(value, other)
  }

  func accepts(_ value: String) -> Bool {
    guard case .text(let contains, let text) = self else { return false }
    return contains
      ? value.range(of: text, options: .caseInsensitive) != nil
      : value.compare(text, options: .caseInsensitive) == .orderedSame
  }
}
