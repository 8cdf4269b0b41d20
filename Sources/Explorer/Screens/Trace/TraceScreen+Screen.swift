import Experiments
import Terminal

extension TraceScreen: Screen {
  static var name: ScreenName { .trace }
  static var opener: Command? { .openTrace }
  static var phrase: String { "the screen of a trace" }
  static func open(in session: inout Session) -> [Effect] { session.openTrace() }

  var layers: [KeyLayer] {
    switch focus {
    case .text: [.traceField, .field]
    case .tokens: restingLayers
    case .documents: [.searchField, .field]
    }
  }
  var restingLayers: [KeyLayer] { [.trace, .lists, .general] }

  func hints(in session: Session) -> [KeyHints.Hint] {
    let count = subject?.layers.count ?? 1
    let all: [KeyHints.Hint] =
      count > 1
      ? [
        KeyHints.one(.traceLayers, showsAllLayers ? "this layer" : "all \(count) layers"),
        KeyHints.one(.tracePaths, panel == .tokens ? "paths" : "table"),
      ] : []
    let documents = subject?.store == nil ? [] : [KeyHints.one(.traceDocuments)]
    switch focus {
    case .text:
      let isEmpty = reading == nil
      return [
        KeyHints.one(.accept, isEmpty && !documents.isEmpty ? "stored documents" : "to the tokens"),
        KeyHints.one(.cancelField, isEmpty ? "regions" : "to the tokens"),
        KeyHints.one(.deleteToStart, "empty"), KeyHints.one(.newLine),
      ]
    case .documents:
      return [
        KeyHints.one(.accept, "trace it"), ([.nextChoice, .previousChoice], "choose"),
        KeyHints.one(.cancelField),
      ]
    case .tokens:
      let move: [KeyHints.Hint] =
        reading?.layers.count ?? 1 > 1 ? [([.moveLeft, .moveRight], "layer")] : []
      let first: [KeyHints.Hint] = [
        KeyHints.one(.openDocument, "its region"), KeyHints.one(.traceEdit, "edit the text"),
        KeyHints.one(.back),
      ]
      let rest: [KeyHints.Hint] = [
        ([.nextMatch, .previousMatch], "outside"), KeyHints.one(.traceChat),
        ([.moveDown, .moveUp], "move"),
      ]
      return first + documents + all + rest + move + [
        KeyHints.one(.zoom), KeyHints.one(.copy), KeyHints.one(.help), KeyHints.one(.palette),
        KeyHints.one(.quit),
      ]
    }
  }

  func offers(_ command: Command, in session: Session) -> Bool {
    switch command {
    case .switchPane, .zoom, .moveLeft, .moveRight, .previousTab, .nextTab, .nextMatch,
      .previousMatch, .openDocument, .copy, .openSaved:
      true
    default: command.isEverywhere || command.group == .tracing
    }
  }

  mutating func resize(in session: inout Session) { showCursor(in: session) }

  /// Whether a reply has been awaited long enough to say so.
  func isBusy(at clock: Duration) -> Bool {
    opening != nil || awaitedDocuments != nil
      || (awaited != nil && clock - askedAt > .milliseconds(300))
  }

  var isIncomplete: Bool { awaited != nil }

  /// What the numbers of a trace stand on.
  func facts(in session: Session) -> String {
    if opening != nil { return "looking for weights and stores…" }
    guard let subject else { return failure ?? "" }
    guard let reading else {
      switch subject.weights {
      case .found(let name): return "\(name) will run the text · nothing is traced yet"
      case .missing: return "no weights: stored documents only"
      }
    }
    let tokens = Figures.count(reading.tokens.count, "token")
    let run: String
    switch reading.source {
    case .document: run = "\(tokens) from the activations of \(reading.basis), as captured"
    case .text:
      let new = reading.tokens.count - reading.reused
      let part = reading.isPartial ? " so far" : ""
      run =
        "measured with \(reading.basis): \(tokens)\(part), \(Figures.grouped(new)) run anew, \(Figures.milliseconds(reading.milliseconds))"
      if !subject.hasWeights { return "no weights: what was changed is not traced · \(run)" }
    }
    return run
  }
}

extension TraceScreen {
  func export(in session: Session) -> ExportOffer? {
    table.map { ExportOffer(name: "trace.tsv", content: .table($0)) }
  }

  /// A row for every token in every dictionary.
  private var table: ScreenExport? {
    guard let reading, !reading.tokens.isEmpty else { return nil }
    let rows = reading.tokens.flatMap { token in
      zip(reading.layers.indices, token.hits).map { column, hit -> [ScreenExport.Value] in
        let layer = layer(column)
        return [
          .integer(token.position), .text(token.spelling), .init(layer?.title), .init(layer?.hook),
          .integer(hit.region), .init(layer?.labels[hit.region]), .init(Double(hit.distance)),
          .init(hit.ratio), .integer(hit.isOutside ? 1 : 0),
        ]
      }
    }
    return ScreenExport(
      columns: [
        "position", "token", "dictionary", "hook", "region", "label", "distance",
        "distance_theta", "outside",
      ], rows: rows)
  }
}
