extension ScreenName {
  package static let lineage = ScreenName("lineage")
}

extension Session {
  /// Regions followed through several dictionaries.
  package var lineage: LineageScreen? {
    get { self[LineageScreen.self] }
    set { self[LineageScreen.self] = newValue }
  }
}

extension LineageScreen {
  /// Shows regions followed through several dictionaries, each compared with the next.
  static func arrive(with reply: Reply, in session: inout Session) -> [Effect]? {
    guard case .followed(let comparisons) = reply.result(of: CompareWork.self) else { return nil }
    session.arrival = nil
    session.lineage = LineageScreen(comparisons)
    session.go(to: .lineage)
    session.message = nil
    return []
  }
}
