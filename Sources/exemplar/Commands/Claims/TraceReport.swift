import Experiments
import Storage

/// What a trace says, of a text or of many prompts.
struct TraceReport {
  let dictionaries: [DictionaryFile]
  let hooks: [String]
  /// For each dictionary.
  private let labels: [[Int: String]]
  /// Whether the model is the one that the dictionaries were made with; it stands in every line.
  let match: Checkpoint.Match
  /// Where another process ran the model; it stands in every line too.
  let engine: String?

  init(_ tracer: TextTracer, _ labels: [[Int: String]], _ checkpoint: Checkpoint) {
    match = checkpoint.match
    engine = checkpoint.worker == nil ? nil : checkpoint.engine
    dictionaries = tracer.dictionaries
    hooks = tracer.hooks.map(\.name)
    self.labels = labels
  }

  var head: [(String, JSONValue)] {
    [
      ("dictionary", .string(dictionaries[0].name)),
      ("identity", .string(dictionaries[0].identity)),
      (
        "dictionaries",
        .array(
          dictionaries.indices.map { index in
            .object([
              ("name", .string(dictionaries[index].name)), ("hook", .string(hooks[index])),
              ("theta", .number(dictionaries[index].threshold)),
            ])
          })
      ),
    ]
  }

  // MARK: - One text

  /// - Parameter regions: of the first dictionary, whose tokens alone are told; `nil` for all.
  func report(_ all: [TracedToken], in regions: [Int]? = nil) -> ClaimReport {
    let tokens = all.filter { regions?.contains($0.hits[0].region) ?? true }
    let lines = tokens.flatMap { token in
      token.hits.indices.map { json(token, $0) }
    }
    var header = ["pos", "token"]
    for hook in hooks { header += [hooks.count > 1 ? hook : "region", "d/θ"] }
    let rows = tokens.map { token in
      ["\(token.position)", oneLine(token.spelling)]
        + token.hits.enumerated().flatMap { index, hit in
          let label = labels[index][hit.region].map { " \(oneLine($0))" } ?? ""
          return ["\(hit.region)\(label)", figure(hit.ratio) + (hit.isOutside ? " outside" : "")]
        }
    }
    let outside = tokens.count { $0.hits[0].isOutside }
    let of = regions.map { regions in
      " of \(all.count) in region\(regions.count == 1 ? "" : "s") "
        + regions.map(String.init).joined(separator: ", ")
    }
    let summary =
      "\(tokens.count) \(tokens.count == 1 ? "token" : "tokens")\(of ?? ""), \(outside) outside \(oneLine(dictionaries[0].name))"
    return ClaimReport(
      kind: .trace, identities: dictionaries.map(\.identity),
      entries: head + [("outside", .integer(outside)), ("tokens", .array(lines))],
      header: header, rows: rows,
      plot: SVGPlot(
        title: "Distance to the nearest exemplar, token by token",
        caption: "\(dictionaries[0].name); \(summary); above 1: outside",
        content: .line(
          tokens.map { (Double($0.position), $0.hits[0].ratio) }, xAxis: "position", yAxis: "d/θ")),
      records: lines, lines: lines, text: "\(table(header, rows))\n\(summary)",
      headline: (
        "trace of “\(oneLine(String(all.map(\.spelling).joined().prefix(60))))”", summary
      ))
  }

  private func json(_ token: TracedToken, _ index: Int) -> JSONValue {
    let hit = token.hits[index]
    var entries: [(String, JSONValue)] = [
      ("position", .integer(token.position)), ("token", .string(token.spelling)),
      ("region", .integer(hit.region)), ("distance", .number(Double(hit.distance))),
      ("ratio", .number(hit.ratio)), ("outside", .bool(hit.isOutside)),
      ("label", .optional(labels[index][hit.region])), ("id", .integer(token.id)),
    ]
    if dictionaries.count > 1 { entries.append(("dictionary", .string(dictionaries[index].name))) }
    entries.append(("hook", .string(hooks[index])))
    entries.append(("modelMatch", .string(match.rawValue)))
    if let engine { entries.append(("engine", .string(engine))) }
    return .object(entries)
  }
}
