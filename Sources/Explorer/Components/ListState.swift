/// A list on a screen: its rows, the one under the cursor, and the first that is shown.
package struct ListState<Row: Equatable & Sendable>: Equatable, Sendable {
  package private(set) var rows: [Row]
  /// Index of the selected row; meaningless without rows.
  package var cursor = 0
  /// Index of the first row on the screen.
  package var top = 0

  package init(_ rows: [Row] = []) { self.rows = rows }

  package var selected: Row? { rows.indices.contains(cursor) ? rows[cursor] : nil }

  /// Lists other rows.
  ///
  /// - Parameter index: the row to select; the cursor stays where it is, as far as there are rows, for `nil`.
  package mutating func list(_ rows: [Row], selecting index: Int? = nil) {
    self.rows = rows
    cursor = index ?? min(cursor, max(0, rows.count - 1))
  }

  /// - Parameter page: rows that fit on the screen.
  package mutating func move(_ command: Command, page: Int) {
    select(ListMoves.moved(cursor, count: rows.count, page: page, command), page: page)
  }

  /// Selects the nearest row that there is, and brings it on the screen.
  package mutating func select(_ index: Int, page: Int) {
    cursor = min(max(0, index), max(0, rows.count - 1))
    show(page: page)
  }

  /// Scrolls as little as brings the selected row on the screen.
  package mutating func show(page: Int) {
    top = ListMoves.scrolled(top, to: cursor, page: page, count: rows.count)
  }

  /// The row on a line of the list's part of the screen.
  package func index(atLine line: Int) -> Int? {
    line >= 0 && rows.indices.contains(top + line) ? top + line : nil
  }
}

/// A screen that shows a list.
protocol Listing {
  associatedtype Row: Equatable & Sendable
  var list: ListState<Row> { get set }
}

extension Listing {
  var rows: [Row] { list.rows }
  var cursor: Int {
    get { list.cursor }
    set { list.cursor = newValue }
  }
  var top: Int {
    get { list.top }
    set { list.top = newValue }
  }
}

/// Where a movement leads in a list, and how far the list is scrolled.
enum ListMoves {
  /// The index a movement leads to in a list of `count`.
  static func moved(_ index: Int, count: Int, page: Int, _ command: Command) -> Int {
    let target =
      switch command {
      case .moveDown, .nextChoice: index + 1
      case .moveUp, .previousChoice: index - 1
      case .halfPageDown: index + max(1, page / 2)
      case .halfPageUp: index - max(1, page / 2)
      case .pageDown, .choicePageDown: index + max(1, page - 1)
      case .pageUp, .choicePageUp: index - max(1, page - 1)
      case .moveToTop: 0
      case .moveToBottom: count - 1
      default: index
      }
    return min(max(0, target), max(0, count - 1))
  }

  /// The first row on screen, scrolled as little as brings the cursor in sight.
  static func scrolled(_ top: Int, to cursor: Int, page: Int, count: Int) -> Int {
    let top = min(max(top, cursor - page + 1), cursor)
    return max(0, min(top, count - page))
  }
}
