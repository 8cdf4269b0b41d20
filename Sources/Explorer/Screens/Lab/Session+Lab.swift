import Storage

extension Session {
  /// Opens the lab on the selected region.
  mutating func openLab() -> [Effect] {
    guard let regions, let region = regions.selected else {
      say(.note, "there is no region to ablate")
      return []
    }
    push(.lab)
    let (url, identity) = (regions.dictionary.url, regions.dictionary.identity)
    if let lab, lab.dictionary == url, lab.identity == identity, lab.subject != nil {
      self.lab?.turn(to: region)
      return []
    }
    let stopped = with(LabScreen.self) { $0.stop(in: &$1) } ?? []
    let effect = ask(.lab(.open(dictionary: url)))
    lab = LabScreen(dictionary: url, identity: identity, region: region)
    lab?.opening = effect.id
    return stopped + [effect]
  }
}
