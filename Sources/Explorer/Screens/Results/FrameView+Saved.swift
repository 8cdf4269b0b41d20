extension FrameView {
  /// What is kept, or where the result that is read comes from.
  static func facts(of saved: ResultsScreen) -> String {
    guard let page = saved.page else {
      guard let listed = saved.listed else { return "reading the notebook…" }
      return listed.isEmpty
        ? "no result is kept yet" : "\(Figures.count(listed.count, "result")) in the notebook"
    }
    return "result \(page.experiment.id) of the notebook, as it was measured then"
  }
}
