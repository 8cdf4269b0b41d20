import Storage

extension Session {
  /// Lists the results that the notebook keeps, those of the open dictionary or all.
  mutating func openSaved() -> [Effect] {
    let identity = screen == .library ? nil : regions?.dictionary.identity
    if saved == nil || saved?.identity != identity {
      saved = ResultsScreen(identity: identity)
    }
    saved?.page = nil
    screen = .saved
    return listSaved() + askStability()
  }
}
