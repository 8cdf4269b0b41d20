import Terminal

extension ScreenName {
  package static let regions = ScreenName("regions")
}

extension Session {
  /// The regions of the dictionary that is open.
  package var regions: RegionsScreen? {
    get { self[RegionsScreen.self] }
    set { self[RegionsScreen.self] = newValue }
  }

  /// To a region of the open dictionary.
  mutating func show(region: Int) {
    go(to: .regions)
    with(RegionsScreen.self) { regions, session in
      regions.page = nil
      regions.focus = .list
      regions.jump(to: region, in: &session)
    }
  }
}

extension RegionsScreen {
  static func show(
    _ dictionary: OpenedDictionary, _ annotations: Annotations, problem: String?,
    in session: inout Session
  ) -> [Effect] {
    let isFirst = session.regions == nil
    var dictionary = dictionary
    dictionary.modelName =
      session.library.modelTitle(of: dictionary) ?? dictionary.modelName
    session.regions = RegionsScreen(dictionary: dictionary, annotations: annotations)
    session.go(to: .regions)
    let opened = "opened \(dictionary.name): \(Figures.count(dictionary.regionCount, "region"))"
    session.log.append(Message(.note, sanitized(opened), time: session.clock))
    if isFirst, session.message == nil {
      session.message = Message(
        .note, "/ search · l label · ? every key · : every command", time: session.clock)
    }
    if let problem { session.say(.error, problem) }
    return session.with(RegionsScreen.self) { regions, session in
      if let region = session.startRegion {
        session.startRegion = nil
        regions.jump(to: region, in: &session)
      }
      return regions.askStability(in: &session)
    } ?? []
  }
}
