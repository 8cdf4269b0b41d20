import Storage

extension ScreenName {
  package static let lab = ScreenName("lab")
}

extension Session {
  package var lab: LabScreen? {
    get { self[LabScreen.self] }
    set { self[LabScreen.self] = newValue }
  }

  /// Opens the lab on the selected region.
  mutating func openLab() -> [Effect] {
    guard let regions, let region = regions.selected else {
      say(.note, "there is no region to ablate")
      return []
    }
    guard !regions.isHidden(region) else {
      say(.note, "outcomes are \(RegionsScreen.hiddenOrder)")
      return []
    }
    push(.lab)
    let (url, identity) = (regions.dictionary.url, regions.dictionary.identity)
    if let lab, lab.dictionary == url, lab.identity == identity, lab.subject != nil {
      self.lab?.turn(to: region)
      return []
    }
    let stopped = with(LabScreen.self) { $0.stop(in: &$1) } ?? []
    let effect = ask(LabWork.open(dictionary: url))
    var opened = LabScreen(dictionary: url, identity: identity, region: region)
    opened.opening = effect.id
    lab = opened
    return stopped + [effect]
  }
}
