import Experiments
import Storage
import Terminal

extension ResultsScreen: Screen {
  static var name: ScreenName { .results }
  static var opener: Command? { .openSaved }
  static var phrase: String { "the screen of results" }
  static func open(in session: inout Session) -> [Effect] { session.openResults() }

  var layers: [KeyLayer] { [.saved, .lists, .general] }

  func hints(in session: Session) -> [KeyHints.Hint] {
    let rest = [KeyHints.one(.help), KeyHints.one(.palette), KeyHints.one(.quit)]
    guard let page else {
      let all =
        identity == nil
        ? [] : [KeyHints.one(.savedAll, showsAll ? "this dictionary" : "all dictionaries")]
      let open = listed?.isEmpty == false ? [KeyHints.one(.readContexts, "read")] : []
      let export =
        exported == nil ? [] : [KeyHints.one(.export, "JSON, CSV, SVG, page")]
      return open + [KeyHints.one(.back)] + all + export + [([.moveDown, .moveUp], "move")] + rest
    }
    if page.pair != nil {
      return [
        KeyHints.one(.readContexts, "the region"), KeyHints.one(.back),
        ([.nextRegion, .previousRegion], "match"),
      ] + rest
    }
    let items: [KeyHints.Hint] =
      page.result?.features != nil
      ? [KeyHints.one(.readContexts, "side by side"), KeyHints.one(.switchPane, "matches")]
      : page.result?.paths != nil
        ? [KeyHints.one(.readContexts, "go there"), KeyHints.one(.switchPane, "the path")]
        : page.experiment.kind == .playground
          ? [KeyHints.one(.readContexts, "open in the playground")] : []
    return items + [
      KeyHints.one(.back), KeyHints.one(.export, "JSON, CSV, SVG, page"),
      ([.moveDown, .moveUp], "scroll"),
    ] + rest
  }

  func offers(_ command: Command, in session: Session) -> Bool {
    switch command {
    case .readContexts, .openSaved: true
    case .savedAll: page == nil && identity != nil
    case .switchPane: page != nil
    case .nextRegion, .previousRegion: page?.pair != nil
    default: command.isEverywhere
    }
  }

  /// What is kept, or where the result that is read comes from.
  func facts(in session: Session) -> String {
    guard let page else {
      guard let listed else { return "reading the notebook…" }
      return listed.isEmpty
        ? "no result is kept yet" : "\(Figures.count(listed.count, "result")) in the notebook"
    }
    return "result \(page.experiment.id) of the notebook, as it was measured then"
  }

  func export(in session: Session) -> ExportOffer? {
    guard let experiment = exported else { return nil }
    return ExportOffer(
      name: "\(experiment.kind.rawValue)-\(experiment.id).json",
      content: .own(["json"] + SavedResultFiles.Form.allCases.map(\.rawValue)))
  }

  func write(to path: String, in session: inout Session) -> [Effect] {
    exported.map { [session.ask(ResultsWork.export($0.id, path: path))] } ?? []
  }

  /// The result that is read, or of the list the selected one.
  private var exported: SavedExperiment? {
    page == nil ? list?.selected : page?.result == nil ? nil : page?.experiment
  }

  mutating func resize(in session: inout Session) { showCursor(in: session) }

  func isBusy(at clock: Duration) -> Bool { awaited != nil || page?.awaited != nil }
}
