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
