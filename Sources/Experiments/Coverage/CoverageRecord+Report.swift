extension CoverageRecord {
  /// A line of a table: a source of one dictionary, and how the baselines do on the same rows.
  private struct Line: Encodable {
    enum CodingKeys: String, CodingKey {
      case dictionary, source, sameRows
      case distance = "sameRows.distance"
      case mahalanobis = "sameRows.mahalanobis"
      case nearestNeighbours = "sameRows.nearestNeighbours"
    }

    @IfAny var dictionary: String?
    @Inline var source: Source
    @IfAny var sameRows: Int?
    @IfAny var distance: Separation?
    @IfAny var mahalanobis: Separation?
    @IfAny var nearestNeighbours: Separation?
  }

  private var all: [Dictionary] { dictionaries ?? [first] }

  private var lines: [Line] {
    all.flatMap { own in
      own.sources.map { source in
        let beside = own.baselines?.sources.first { $0.name == source.name }
        return Line(
          dictionary: dictionaries == nil ? nil : own.dictionary, source: source,
          sameRows: beside?.n, distance: beside?.distance, mahalanobis: beside?.mahalanobis,
          nearestNeighbours: beside?.nearestNeighbours)
      }
    }
  }

  package var report: Report {
    let isOne = dictionaries == nil
    let sources = all.flatMap { own in
      own.sources.map { (isOne ? $0.name : "\(own.dictionary): \($0.name)", $0) }
    }
    let header = [
      "source", "n", "documents", "within θ", "95 %", "mean", "median", "p90", "p99", "AUROC",
      "95 %", "FPR@95",
    ]
    let rows = sources.map { name, source in
      [
        onOneLine(name), "\(source.n)", "\(source.documents)", figure(source.withinThreshold),
        figure(source.within95), figure(source.mean), figure(source.median), figure(source.p90),
        figure(source.p99), figure(source.auroc), figure(source.auroc95),
        figure(source.fprAt95Recall),
      ]
    }
    let heads = all.map {
      "\(onOneLine($0.dictionary)): \($0.regions) regions, θ \(formatted($0.theta))"
    }
    var text = """
      \(heads.joined(separator: "\n"))\(isOne ? "; " : "\n")\
      the first source counts as in distribution, 0.5 is chance
      \(table(header, rows))
      """
    for own in all {
      if let baselines = own.baselines {
        text += "\n\n\(isOne ? "" : "\(onOneLine(own.dictionary)): ")" + baselines.text
      }
      if let regions = own.byRegion {
        text += "\n\n\(isOne ? "" : "\(onOneLine(own.dictionary))\n")"
        text += Self.lines(of: regions, own.sources)
      }
    }
    let names = all.map { "\($0.dictionary), θ \(formatted($0.theta))" }.joined(separator: "; ")
    let counts = first.sources.map { "\($0.n)" }.joined(separator: ", ")
    return Report(
      kind: .coverage, identities: all.map(\.identity), record: self, header: header, rows: rows,
      plot: SVGPlot(
        title: "Share of activations within θ of an exemplar",
        caption: "\(names); n = \(counts); lines: 95 % intervals over documents",
        content: .bars(
          sources.map { .init($0, $1.withinThreshold, $1.within95) },
          axis: "within-threshold rate", reference: nil)),
      records: lines.map { JSONValue(encoding: $0) }, text: text)
  }

  private static func lines(of regions: [Region], _ sources: [Source]) -> String {
    table(
      ["region"] + sources.flatMap { ["n of \(onOneLine($0.name))", "within θ", "mean"] },
      regions.map { region in
        ["\(region.region)"]
          + region.sources.flatMap {
            ["\($0.n)", figure($0.withinThreshold), figure($0.meanDistance)]
          }
      })
  }
}

extension CoverageRecord.Baselines {
  fileprivate var text: String {
    let lines = sources.map { source in
      [onOneLine(source.name), "\(source.n)"]
        + [source.distance, source.mahalanobis, source.nearestNeighbours].flatMap {
          [figure($0.auroc), figure($0.auroc95)]
        }
    }
    let header = [
      "AUROC", "n", "distance", "95 %", "Mahalanobis", "95 %", "\(neighbours) nearest", "95 %",
    ]
    return """
      on the same rows (\(inDistributionRows) in distribution; \
      baselines fitted on \(fittedRows) others, covariance shrunk by \(formatted(shrinkage)))
      \(table(header, lines))
      """
  }
}
