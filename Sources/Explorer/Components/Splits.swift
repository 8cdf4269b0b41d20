import Terminal

/// How a person divided the screen between the panes; `nil` where they did not.
package struct Splits: Equatable, Sendable {
  /// The list's share of the columns, where the panes stand side by side.
  package var columns: Double?
  /// The list's share of the rows, where they stand one over the other.
  package var rows: Double?

  package init() {}
}
