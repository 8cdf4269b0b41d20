import Experiments
import Foundation
import Storage
import Terminal

extension PlaygroundScreen: Screen {
  static var name: ScreenName { ScreenName("playground") }
  static var phrase: String { "the screen of the playground" }
  static var opener: Command? { .openPlayground }

  static func canOpen(in session: Session) -> Bool {
    session.regions?.selected != nil && !(session.top is PlaygroundScreen)
  }

  static func open(in session: inout Session) -> [Effect] {
    guard let regions = session.regions, let region = regions.selected else {
      session.say(.note, "open a dictionary first: the playground edits along its regions")
      return []
    }
    let (url, identity) = (regions.dictionary.url, regions.dictionary.identity)
    session.message = nil
    var effects: [Effect] = []
    var screen = session[PlaygroundScreen.self]
    if screen?.dictionary != url || screen?.identity != identity || screen?.subject == nil {
      var opened = PlaygroundScreen(dictionary: url, identity: identity, regions: [region])
      let effect = session.ask(OpenPlayground(dictionary: url))
      opened.opening = effect.id
      effects.append(effect)
      screen = opened
    }
    // Prompts stay from region to region; it opens to write one more, every time alike.
    if screen?.setup.regions.contains(region) == false { screen?.setup.regions = [region] }
    if screen?.run == nil { screen?.edit(.prompt(nil), "") }
    session[PlaygroundScreen.self] = screen
    session.push(name)
    return effects
  }

  /// Opens one that the notebook keeps.
  static func reopen(_ experiment: SavedExperiment, in session: inout Session) -> [Effect] {
    guard let regions = session.regions, regions.dictionary.identity == experiment.identity else {
      session.say(
        .note,
        "it is of dictionary \(experiment.identity.prefix(12)): open that first, and come back")
      return []
    }
    if session[PlaygroundScreen.self]?.run != nil {
      session.say(.note, "answers are being written in the playground: stop them first")
      return []
    }
    var screen = PlaygroundScreen(
      dictionary: regions.dictionary.url, identity: experiment.identity, regions: [])
    let effect = session.ask(
      OpenPlayground(dictionary: screen.dictionary, kept: experiment.id))
    (screen.opening, screen.reopening) = (effect.id, experiment.id)
    session[PlaygroundScreen.self] = screen
    session.push(name)
    return [effect]
  }

  // MARK: - Keys

  var layers: [KeyLayer] {
    switch editing {
    case .prompt: [.traceField, .field]
    case .regions: [.field]
    case nil: restingLayers
    }
  }
  var restingLayers: [KeyLayer] { [.playground, .lists, .general] }
  var textField: TextField? { editing == nil ? nil : field }

  func hints(in session: Session) -> [KeyHints.Hint] {
    switch editing {
    case .prompt:
      return [
        KeyHints.one(.accept, "answer it"), KeyHints.one(.newLine), KeyHints.one(.cancelField),
      ]
    case .regions: return [KeyHints.one(.accept, "take them"), KeyHints.one(.cancelField)]
    case nil: break
    }
    let general = [
      KeyHints.one(.help), KeyHints.one(.palette), KeyHints.one(.back),
    ]
    guard subject?.hasWeights == true else { return general }
    let running: [KeyHints.Hint] =
      run != nil
      ? [KeyHints.one(.playStop)] : setup.prompts.isEmpty ? [] : [KeyHints.one(.playRun)]
    let strength: [KeyHints.Hint] =
      setup.steering == nil ? [] : [([.playLess, .playMore], "α")]
    let prompts: [KeyHints.Hint] =
      setup.prompts.isEmpty
      ? [KeyHints.one(.playAdd)]
      : [
        KeyHints.one(.playAdd), KeyHints.one(.playEdit),
        KeyHints.one(.switchPane, isReading ? "prompts" : "scroll"),
      ]
    return running + strength + prompts + [
      KeyHints.one(.playAblate), KeyHints.one(.playSteer), KeyHints.one(.playRegions),
      KeyHints.one(.playBasis), KeyHints.one(.playChat), KeyHints.one(.playLength),
    ] + (answered == nil ? [] : [KeyHints.one(.copy, "copy")]) + general
  }

  func offers(_ command: Command, in session: Session) -> Bool {
    switch command {
    case .openPlayground: false
    case .switchPane, .copy: true
    default: command.isEverywhere || command.group == .playing
    }
  }

  // MARK: - What it says

  func isBusy(at clock: Duration) -> Bool { opening != nil || run != nil }

  func facts(in session: Session) -> String {
    if opening != nil { return "looking for weights and a store…" }
    guard let subject else { return failure ?? "" }
    if let run { return run.live.isEmpty ? "\(run.stage)…" : "the model writes, greedily…" }
    guard let result else {
      if case .found(let name) = subject.weights { return "\(name) will answer" }
      return "no weights: nothing can be answered"
    }
    let kept = saved.map { " · result \($0) of the notebook" } ?? ""
    let stale = isCurrent ? "" : " · the setup was changed since"
    return "\(result.conclusion)\(kept)\(stale)"
  }

  func export(in session: Session) -> ExportOffer? {
    guard let result, !result.prompts.isEmpty else { return nil }
    let rows = result.prompts.flatMap { prompt in
      result.conditions.compactMap { condition -> [ScreenExport.Value]? in
        guard let answer = prompt.answers[condition] else { return nil }
        return [
          .text(prompt.text), .text(condition.rawValue),
          .text(result.setup.regions.map(String.init).joined(separator: ",")),
          .init(condition == .steered ? result.alpha.map(Double.init) : nil),
          .init(condition == .steered ? result.norms : nil),
          .text(answer.verdict.outcome.rawValue), .text(answer.text),
        ]
      }
    }
    return ExportOffer(
      name: "playground.tsv",
      content: .table(
        ScreenExport(
          columns: ["prompt", "condition", "regions", "alpha", "norms", "outcome", "answer"],
          rows: rows)), others: ["html"])
  }

  /// The page.
  func write(to path: String, in session: inout Session) -> [Effect] {
    result.map { [session.ask(.exportFile(path: path, text: $0.page.text, rows: nil))] } ?? []
  }
}

extension ScreenExport.Value {
  fileprivate init(_ value: Double?) { self = value.map { Self($0) } ?? .missing }
}
