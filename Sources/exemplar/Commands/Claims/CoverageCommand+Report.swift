import Experiments
import Foundation
import Numerics
import Storage

extension CoverageCommand {
  /// The first dictionary's figures under the command's own keys, and every one's in a list where there are several.
  func report(
    _ coverages: [(coverage: Coverage, file: DictionaryFile)], seconds: Double
  ) -> ClaimReport {
    let (isOne, file) = (coverages.count == 1, coverages[0].file)
    let sources = coverages.flatMap { coverage, file in
      coverage.sources.map { source in
        (isOne ? source.name : "\(file.name): \(source.name)", source)
      }
    }
    let header = [
      "source", "n", "documents", "within θ", "95 %", "mean", "median", "p90", "p99", "AUROC",
      "95 %", "FPR@95",
    ]
    let rows = sources.map { name, source in
      [
        oneLine(name), "\(source.count)", "\(source.documents)",
        figure(source.withinThreshold), figure(source.withinInterval), figure(source.mean),
        figure(source.median), figure(source.p90), figure(source.p99),
        figure(source.separation?.auroc), figure(source.separation?.interval),
        figure(source.separation?.falsePositiveRate),
      ]
    }
    let heads = coverages.map { coverage, file in
      "\(oneLine(file.name)): \(file.regionCount) regions, θ \(formatted(file.threshold))"
    }
    var text = """
      \(heads.joined(separator: "\n"))\(isOne ? "; " : "\n")\
      the first source counts as in distribution, 0.5 is chance
      \(table(header, rows))
      """
    for (coverage, file) in coverages {
      if let baselines = coverage.baselines {
        text += "\n\n" + beside(baselines, isOne ? nil : file)
      }
      if byRegion {
        text += "\n\n" + (isOne ? "" : "\(oneLine(file.name))\n") + regionTable(coverage)
      }
    }
    var entries = entries(coverages[0].coverage, file)
    if !isOne {
      entries.append(
        (
          "dictionaries",
          .array(coverages.map { .object(self.entries($0.coverage, $0.file)) })
        ))
    }
    entries += [("seed", .seed(seed)), ("seconds", .number(seconds))]
    return ClaimReport(
      kind: .coverage, identities: coverages.map(\.file.identity), entries: entries, header: header,
      rows: rows,
      plot: SVGPlot(
        title: "Share of activations within θ of an exemplar",
        caption:
          "\(coverages.map { "\($0.file.name), θ \(formatted($0.file.threshold))" }.joined(separator: "; ")); n = \(coverages[0].coverage.sources.map { "\($0.count)" }.joined(separator: ", ")); lines: 95 % intervals over documents",
        content: .bars(
          sources.map { .init($0, $1.withinThreshold, $1.withinInterval) },
          axis: "within-threshold rate", reference: nil)),
      records: coverages.flatMap { coverage, file in
        coverage.sources.map { source in
          let beside = coverage.baselines?.sources.first { $0.name == source.name }
          guard !isOne, case .object(let entries) = json(source, beside) else {
            return json(source, beside)
          }
          return .object([("dictionary", .string(file.name))] + entries)
        }
      }, text: text)
  }

  private func entries(_ coverage: Coverage, _ file: DictionaryFile) -> [(String, JSONValue)] {
    [
      ("dictionary", .string(file.name)), ("identity", .string(file.identity)),
      ("theta", .number(coverage.threshold)), ("regions", .integer(file.regionCount)),
      ("sources", .array(coverage.sources.map { json($0) })),
      ("baselines", coverage.baselines.map { json($0) } ?? .null),
    ] + (byRegion ? [("byRegion", regions(coverage))] : [])
  }

  /// - Parameter file: named where there are several.
  private func beside(_ baselines: CoverageBaselines, _ file: DictionaryFile?) -> String {
    let lines = baselines.sources.map { source in
      [
        oneLine(source.name), "\(source.count)", figure(source.distance.auroc),
        figure(source.distance.interval), figure(source.mahalanobis.auroc),
        figure(source.mahalanobis.interval), figure(source.neighbours.auroc),
        figure(source.neighbours.interval),
      ]
    }
    return """
      \(file.map { "\(oneLine($0.name)): " } ?? "")on the same rows (\(baselines.inDistributionRows) in distribution; \
      baselines fitted on \(baselines.fittedRows) others, covariance shrunk by \(formatted(baselines.shrinkage)))
      \(table(["AUROC", "n", "distance", "95 %", "Mahalanobis", "95 %", "\(baselines.k) nearest", "95 %"], lines))
      """
  }

  private func json(
    _ source: Coverage.Source, _ beside: CoverageBaselines.Source? = nil
  ) -> JSONValue {
    let baselines = beside.map { source -> [(String, JSONValue)] in
      [
        ("sameRows", .integer(source.count)), ("sameRows.distance", json(source.distance)),
        ("sameRows.mahalanobis", json(source.mahalanobis)),
        ("sameRows.nearestNeighbours", json(source.neighbours)),
      ]
    }
    return .object(
      [
        ("name", .string(source.name)), ("n", .integer(source.count)),
        ("documents", .integer(source.documents)),
        ("withinThreshold", .number(source.withinThreshold)),
        ("within95", .interval(source.withinInterval)), ("mean", .number(source.mean)),
        ("median", .number(source.median)), ("p90", .number(source.p90)),
        ("p99", .number(source.p99)),
        ("min", .number(source.minimum)), ("max", .number(source.maximum)),
        ("auroc", .optional(source.separation?.auroc)),
        ("auroc95", .interval(source.separation?.interval)),
        ("fprAt95Recall", .optional(source.separation?.falsePositiveRate)),
      ] + (baselines ?? []))
  }

  private func json(_ separation: Coverage.Separation) -> JSONValue {
    .object([
      ("auroc", .number(separation.auroc)), ("auroc95", .interval(separation.interval)),
      ("fprAt95Recall", .number(separation.falsePositiveRate)),
    ])
  }

  private func json(_ baselines: CoverageBaselines) -> JSONValue {
    .object([
      ("fittedRows", .integer(baselines.fittedRows)),
      ("inDistributionRows", .integer(baselines.inDistributionRows)),
      ("shrinkage", .number(baselines.shrinkage)), ("neighbours", .integer(baselines.k)),
      (
        "sources",
        .array(
          baselines.sources.map { source in
            .object([
              ("name", .string(source.name)), ("n", .integer(source.count)),
              ("distance", json(source.distance)), ("mahalanobis", json(source.mahalanobis)),
              ("nearestNeighbours", json(source.neighbours)),
            ])
          })
      ),
    ])
  }

  private func regionTable(_ coverage: Coverage) -> String {
    let header =
      ["region"]
      + coverage.sources.flatMap { ["n of \(oneLine($0.name))", "within θ", "mean"] }
    let count = coverage.sources.first?.rowsOfRegion.count ?? 0
    return table(
      header,
      (0..<count).map { region in
        ["\(region)"]
          + coverage.sources.flatMap { source in
            let rows = source.rowsOfRegion[region]
            func share(_ value: Double) -> Double? { rows == 0 ? nil : value / Double(rows) }
            return [
              "\(rows)", figure(share(Double(source.withinOfRegion[region]))),
              figure(share(source.distanceOfRegion[region])),
            ]
          }
      })
  }

  private func regions(_ coverage: Coverage) -> JSONValue {
    let count = coverage.sources.first?.rowsOfRegion.count ?? 0
    return .array(
      (0..<count).map { region in
        .object([
          ("region", .integer(region)),
          (
            "sources",
            .array(
              coverage.sources.map { source in
                let rows = source.rowsOfRegion[region]
                func share(_ value: Double) -> JSONValue {
                  rows == 0 ? .null : .number(value / Double(rows))
                }
                return .object([
                  ("n", .integer(rows)),
                  ("withinThreshold", share(Double(source.withinOfRegion[region]))),
                  ("meanDistance", share(source.distanceOfRegion[region])),
                ])
              })
          ),
        ])
      })
  }
}
