import Storage

/// A text's way through the regions of one or more dictionaries, under the keys by which it is printed and kept.
package struct TraceRecord: Encodable, Sendable {
  /// A token in one dictionary.
  struct Token: Encodable {
    var position: Int
    var token: String
    var region: Int
    var distance: Float
    /// In θ.
    var ratio: Double
    var outside: Bool
    var label: String?
    var id: Int
    /// Where there are several.
    @IfAny var dictionary: String?
    var hook: String
    /// Whether the model is the one that the dictionaries were made with.
    var modelMatch: Checkpoint.Match
    /// Where another process ran the model.
    @IfAny var engine: String?
  }

  @Inline var traced: TracedDictionaries
  /// Of the first dictionary.
  var outside: Int
  /// For each token in turn, one a dictionary.
  var tokens: [Token]
  /// Why most of them are outside, where that is known.
  @IfAny var note: String?

  /// - Parameters:
  ///   - text: every token.
  ///   - regions: of the first dictionary, whose tokens alone are told; `nil` for all.
  ///   - labels: for each dictionary.
  package init(
    _ text: [TracedToken], in regions: [Int]? = nil, _ tracer: TextTracer, labels: [[Int: String]],
    _ checkpoint: Checkpoint
  ) {
    let traced = TracedDictionaries(tracer)
    let told = text.filter { regions?.contains($0.hits[0].region) ?? true }
    let several = traced.dictionaries.count > 1
    let engine = checkpoint.worker == nil ? nil : checkpoint.engine
    outside = told.count { $0.hits[0].isOutside }
    tokens = told.flatMap { token in
      token.hits.enumerated().map { index, hit in
        let dictionary = traced.dictionaries[index]
        return Token(
          position: token.position, token: token.spelling, region: hit.region,
          distance: hit.distance, ratio: hit.ratio, outside: hit.isOutside,
          label: labels[index][hit.region], id: token.id,
          dictionary: several ? dictionary.name : nil, hook: dictionary.hook,
          modelMatch: checkpoint.match, engine: engine)
      }
    }
    self.traced = traced
    note = Self.note(told, in: tracer.dictionaries)
  }

  /// A dictionary of final positions has seen nothing like the other tokens of a text.
  static func note(_ told: [TracedToken], in dictionaries: [DictionaryFile]) -> String? {
    let names = dictionaries.enumerated().filter { index, file in
      file.provenance.positions == "last"
        && 2 * told.count { $0.hits[index].isOutside } > told.count
    }.map { onOneLine($0.element.name) }
    guard !names.isEmpty else { return nil }
    return
      "most tokens are outside \(names.joined(separator: ", ")) because \(names.count == 1 ? "it was" : "these were") built "
      + "from the final positions of prompts only: of a text the last token can be "
      + "compared, where the text is read as those prompts were, in their template"
  }
}

extension TraceRecord {
  /// - Parameters:
  ///   - text: every token, and `regions` those whose tokens alone are told, as the record was made of them.
  ///   - identities: of the dictionaries.
  package func report(
    of text: [TracedToken], in regions: [Int]? = nil, identities: [String]
  ) -> Report {
    let hooks = traced.dictionaries.map(\.hook)
    var header = ["pos", "token"]
    for hook in hooks { header += [hooks.count > 1 ? hook : "region", "d/θ"] }
    let hits = stride(from: 0, to: tokens.count, by: hooks.count).map {
      tokens[$0..<$0 + hooks.count]
    }
    let rows = hits.map { hits in
      ["\(hits[hits.startIndex].position)", onOneLine(hits[hits.startIndex].token)]
        + hits.flatMap { hit in
          [
            "\(hit.region)" + (hit.label.map { " \(onOneLine($0))" } ?? ""),
            figure(hit.ratio) + (hit.outside ? " outside" : ""),
          ]
        }
    }
    let of = regions.map { regions in
      " of \(text.count) in region\(regions.count == 1 ? "" : "s") "
        + regions.map(String.init).joined(separator: ", ")
    }
    let summary =
      "\(rows.count) \(rows.count == 1 ? "token" : "tokens")\(of ?? ""), \(outside) outside \(onOneLine(traced.dictionary))"
    let lines = tokens.map { JSONValue(encoding: $0) }
    var report = Report(
      kind: .trace, identities: identities, record: self, header: header, rows: rows,
      plot: SVGPlot(
        title: "Distance to the nearest exemplar, token by token",
        caption: "\(traced.dictionary); \(summary); above 1: outside",
        content: .line(
          hits.map { (Double($0[$0.startIndex].position), $0[$0.startIndex].ratio) },
          xAxis: "position", yAxis: "d/θ")),
      records: lines, lines: lines,
      text: "\(table(header, rows))\n\(summary)" + (note.map { "\n\($0)" } ?? ""))
    report.headline = (
      "trace of “\(onOneLine(String(text.map(\.spelling).joined().prefix(60))))”",
      summary + (note.map { "; \($0)" } ?? "")
    )
    return report
  }
}
