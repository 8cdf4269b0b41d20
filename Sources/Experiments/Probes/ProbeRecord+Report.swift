extension ProbeRecord {
  /// A line of a table.
  private struct Line: Encodable {
    var probe: String
    @Inline var score: Score
  }

  private struct Beside: Encodable {
    var probe: String
    var accuracy: Double?
  }

  package var report: Report {
    let own = "\(readoutName) (\(basis))"
    func row(_ name: String, _ score: Score) -> [String] {
      [name, figure(score.accuracy), figure(score.accuracy95), figure(score.auroc)]
    }
    let header = ["probe", "accuracy", "95 %", "AUROC"]
    let rows = [
      row(own, readout), row("raw activation", raw),
      ["commonest class", figure(majority), "—", "—"],
      ["shuffled classes", figure(null.mean), "", "—"],
    ]
    let names = classes.map { "\(onOneLine($0.name)) \($0.n)" }
    let few = sparse.map { part in
      [
        part.features.words, figure(part.readout), figure(part.readout95), figure(part.raw),
        figure(part.raw95), figure(part.retained), figure(part.retained95),
      ]
    }
    let unit =
      switch pool {
      case .mean: "documents (tokens averaged)"
      case .last: "final positions"
      default: "tokens"
      }
    return Report(
      kind: .probe, identities: [identity], record: self, header: header, rows: rows,
      plot: SVGPlot(
        title: "Held-out accuracy for \(target)",
        caption:
          "\(dictionary); n = \(self.rows) rows, \(groups) groups; lines: 95 % over groups; dashed: shuffled classes",
        content: .bars(
          [
            .init("\(readoutName) readout", readout.accuracy, readout.accuracy95),
            .init("raw activation", raw.accuracy, raw.accuracy95),
            .init("commonest class", majority),
          ], axis: "accuracy", reference: null.mean)),
      records: [
        JSONValue(encoding: Line(probe: own, score: readout)),
        JSONValue(encoding: Line(probe: "raw activation", score: raw)),
        JSONValue(encoding: Beside(probe: "commonest class", accuracy: majority)),
        JSONValue(encoding: Beside(probe: "shuffled classes", accuracy: null.mean)),
      ],
      text: """
        \(onOneLine(dictionary)): \(target) from \(self.rows) \(unit) in \(groups) groups (\(onOneLine(groupBy))), \
        \(folds) folds; \(names.prefix(8).joined(separator: ", "))\(names.count > 8 ? ", …" : "")
        \(table(header, rows))
        retained \(figure(retained)) \(figure(retained95)) of the raw accuracy; \
        shuffled 95th percentile \(figure(null.p95)), p \(figure(null.p))

        each class against as many of the others, accuracies averaged over classes (chance 0.5):
        \(table(["features", readoutName, "95 %", "raw", "95 %", "retained", "95 %"], few))
        \(note)
        """)
  }
}

extension ProbeRecord.Features {
  fileprivate var words: String {
    switch self {
    case .count(let count): "\(count)"
    case .all: "all"
    }
  }
}
