import Storage

extension Session {
  /// Opens the lab on the selected region.
  mutating func openLab() -> [Effect] {
    guard let regions, let region = regions.selected else {
      say(.note, "there is no region to ablate")
      return []
    }
    screen = .lab
    let url = regions.dictionary.url
    if let lab, lab.dictionary == url, lab.identity == regions.dictionary.identity,
      lab.subject != nil
    {
      guard lab.region != region else { return [] }
      // What is under way goes on; the new target is for the next run.
      self.lab?.region = region
      self.lab?.setup.target = .regions([region])
      self.lab?.shelf = nil
      self.lab?.isReading = false
      return []
    }
    let stopped = stopLab()
    self.lab = LabScreen(dictionary: url, identity: regions.dictionary.identity, region: region)
    let effect = ask(.lab(.open(dictionary: url)))
    self.lab?.opening = effect.id
    return stopped + [effect]
  }
}
