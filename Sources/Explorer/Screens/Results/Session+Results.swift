import Storage

extension ScreenName {
  package static let results = ScreenName("results")
}

extension Session {
  package var results: ResultsScreen? {
    get { self[ResultsScreen.self] }
    set { self[ResultsScreen.self] = newValue }
  }

  /// Lists the results that the notebook keeps, those of the open dictionary or all.
  mutating func openResults() -> [Effect] {
    let identity = stack.contains(.regions) ? regions?.dictionary.identity : nil
    if results == nil || results?.identity != identity {
      results = ResultsScreen(identity: identity)
    }
    results?.page = nil
    push(.results)
    return (with(ResultsScreen.self) { $0.list(in: &$1) } ?? [])
      + (with(RegionsScreen.self) { $0.askStability(in: &$1) } ?? [])
  }
}
