extension Session {
  /// Shows regions followed through several dictionaries, each compared with the next.
  mutating func follow(_ comparisons: [OpenedComparison]) -> [Effect] {
    lineage = LineageScreen(comparisons)
    go(to: .lineage)
    message = nil
    return []
  }
}
