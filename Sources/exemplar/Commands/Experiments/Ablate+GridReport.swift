import ExemplarPartitioning
import Experiments
import Foundation
import Numerics
import Storage

extension Ablate {
  func report(
    _ grid: RefusalGrid, _ template: DictionaryFile, _ setup: AblationSetup, seconds: Double
  ) -> ClaimReport {
    let summaries = grid.summaries
    let header = [
      "p", "basis", "K", "seeds", "regions", "Δ refused", "95 %", "null Δ", "95 %", "degenerate",
      "KL", "null KL",
    ]
    let rows = summaries.map { row in
      [
        formatted(row.percentile), row.basis.rawValue, "\(row.count)", "\(row.seeds)",
        formatted(row.meanRegions), figure(row.change.mean), figure(row.change.interval),
        figure(row.nullChange?.mean), figure(row.nullChange?.interval), figure(row.degenerate),
        figure(row.divergence), figure(row.nullDivergence),
      ]
    }
    let cells = grid.cells.map { cell in
      [
        formatted(cell.percentile), "\(cell.seed)", cell.basis.rawValue, "\(cell.count)",
        "\(cell.regionCount)",
        cell.ablated.map { $0.regions.map(String.init).joined(separator: ",") } ?? "—",
        words(cell.baseline), words(cell.ablated?.harmful), figure(cell.ablated?.flips?.p),
        words(cell.null?.harmful), words(cell.ablated?.degenerate),
        figure(cell.ablated?.divergence),
      ]
    }
    let reasons = grid.cells.filter { $0.reason != nil }.map {
      "p \(formatted($0.percentile)), seed \($0.seed), \($0.basis.rawValue) K=\($0.count): \(oneLine($0.reason ?? ""))"
    }
    let measure =
      switch grid.depth {
      case .geometry: "predicted by a readout"
      case .resume: "by first tokens"
      case .generate: "by whole answers"
      }
    return ClaimReport(
      kind: .grid, identities: [template.identity],
      entries: [
        ("dictionary", .string(template.name)), ("identity", .string(template.identity)),
        ("depth", .string(grid.depth.rawValue)), ("rank", .string(rank.rawValue)),
        ("split", .string(setup.split)),
        ("p", .array(grid.axes.percentiles.map(JSONValue.number))),
        ("seeds", .array(grid.axes.seeds.map(JSONValue.seed))),
        ("basis", .array(grid.axes.bases.map { .string($0.rawValue) })),
        ("k", .array(grid.axes.counts.map(JSONValue.integer))),
        ("cells", .array(grid.cells.map { json($0, grid.depth) })),
        ("summary", .array(summaries.map { json($0) })),
        ("seed", .seed(setup.seed)), ("seconds", .number(seconds)),
      ], header: header, rows: rows,
      plot: SVGPlot(
        title: "Change of the refusal rate on harmful prompts, by p",
        caption:
          "\(template.name), \(measure); means over \(grid.axes.seeds.count) orders of the prompts, shaded: their 2.5th to 97.5th percentile",
        content: .curves(curves(grid, summaries), xAxis: "p", yAxis: "change of the refusal rate")),
      records: grid.cells.map { json($0, grid.depth) },
      lines: grid.cells.map { json($0, grid.depth) },
      text: """
        \(grid.cells.count) cells, refusals \(measure); dictionaries built as \(oneLine(template.name)); intervals: the 2.5th to 97.5th percentile of \(grid.axes.seeds.count) orders, between them linear
        \(table(header, rows))

        \(table(["p", "seed", "basis", "K", "of", "regions", "before", "after", "p", "null", "degenerate", "KL"], cells))\
        \(reasons.isEmpty ? "" : "\n\nno reading:\n" + reasons.joined(separator: "\n"))
        """)
  }

  private func curves(
    _ grid: RefusalGrid, _ summaries: [RefusalGrid.Summary]
  ) -> [SVGPlot.Curve] {
    grid.axes.bases.flatMap { basis in
      grid.axes.counts.flatMap { count -> [SVGPlot.Curve] in
        let own = summaries.filter { $0.basis == basis && $0.count == count }
          .sorted { $0.percentile < $1.percentile }
        guard !own.isEmpty else { return [] }
        let name = "\(basis.rawValue), K = \(count)"
        let nulls = own.compactMap { row in
          row.nullChange.map {
            SVGPlot.Curve.Point(x: row.percentile, y: $0.mean, interval: $0.interval)
          }
        }
        return [
          SVGPlot.Curve(
            name,
            own.map { .init(x: $0.percentile, y: $0.change.mean, interval: $0.change.interval) })
        ] + (nulls.isEmpty ? [] : [SVGPlot.Curve("null of \(name)", nulls)])
      }
    }
  }

  private func words(_ share: Proportion?) -> String {
    share.map { "\($0.successes) of \($0.count)" } ?? "—"
  }

  /// What a readout predicts is no sample, and has no interval.
  private func json(_ share: Proportion?, _ depth: AblationSetup.Depth) -> JSONValue {
    share.map {
      .object([
        ("n", .integer($0.count)), ("count", .integer($0.successes)), ("rate", .optional($0.rate)),
        ("wilson95", depth == .geometry ? .null : $0.wilsonJSON),
      ])
    } ?? .null
  }

  private func json(
    _ reading: RefusalGrid.Reading?, _ change: Double?, _ depth: AblationSetup.Depth
  ) -> JSONValue {
    reading.map { reading in
      .object([
        ("regions", .array(reading.regions.map(JSONValue.integer))),
        ("harmful", json(reading.harmful, depth)), ("benign", json(reading.benign, depth)),
        ("change", .optional(change)), ("degenerate", json(reading.degenerate, depth)),
        ("firstTokenKL", .optional(reading.divergence)),
        (
          "mcnemar",
          reading.flips.map {
            .object([("b", .integer($0.b)), ("c", .integer($0.c)), ("p", .number($0.p))])
          } ?? .null
        ),
      ])
    } ?? .null
  }

  private func json(_ cell: RefusalGrid.Cell, _ depth: AblationSetup.Depth) -> JSONValue {
    .object([
      ("p", .number(cell.percentile)), ("seed", .seed(cell.seed)),
      ("basis", .string(cell.basis.rawValue)), ("k", .integer(cell.count)),
      ("identity", .string(cell.identity)), ("dictionaryRegions", .integer(cell.regionCount)),
      ("theta", .number(cell.threshold)), ("baseline", json(cell.baseline, depth)),
      ("baselineDegenerate", json(cell.baselineDegenerate, depth)),
      ("ablated", json(cell.ablated, cell.change, depth)),
      ("null", json(cell.null, cell.nullChange, depth)),
      ("reason", .optional(cell.reason)),
    ])
  }

  private func json(_ spread: Saturation.Spread?) -> JSONValue {
    spread.map {
      .object([("mean", .number($0.mean)), ("interval95", .interval($0.interval))])
    } ?? .null
  }

  private func json(_ row: RefusalGrid.Summary) -> JSONValue {
    .object([
      ("p", .number(row.percentile)), ("basis", .string(row.basis.rawValue)),
      ("k", .integer(row.count)), ("seeds", .integer(row.seeds)),
      ("meanRegions", .number(row.meanRegions)), ("change", json(row.change)),
      ("nullChange", json(row.nullChange)), ("degenerate", .optional(row.degenerate)),
      ("firstTokenKL", .optional(row.divergence)),
      ("nullFirstTokenKL", .optional(row.nullDivergence)),
    ])
  }
}
