extension GridRecord {
  package var report: Report {
    let header = [
      "p", "basis", "K", "seeds", "regions", "Δ refused", "95 %", "null Δ", "95 %", "degenerate",
      "KL", "null KL",
    ]
    let rows = summary.map { row in
      [
        formatted(row.p), row.basis, "\(row.k)", "\(row.seeds)", formatted(row.meanRegions),
        figure(row.change.mean), figure(row.change.interval), figure(row.nullChange?.mean),
        figure(row.nullChange?.interval), figure(row.degenerate), figure(row.firstTokenKL),
        figure(row.nullFirstTokenKL),
      ]
    }
    func words(_ share: ShareRecord?) -> String { share.map { "\($0.count) of \($0.n)" } ?? "—" }
    let cells = cells.map { cell in
      [
        formatted(cell.p), "\(cell.seed)", cell.basis, "\(cell.k)", "\(cell.dictionaryRegions)",
        cell.ablated.map { $0.regions.map(String.init).joined(separator: ",") } ?? "—",
        words(cell.baseline), words(cell.ablated?.harmful), figure(cell.ablated?.mcnemar?.p),
        words(cell.null?.harmful), words(cell.ablated?.degenerate),
        figure(cell.ablated?.firstTokenKL),
      ]
    }
    let reasons = self.cells.compactMap { cell in
      cell.reason.map {
        "p \(formatted(cell.p)), seed \(cell.seed), \(cell.basis) K=\(cell.k): \(onOneLine($0))"
      }
    }
    let measure =
      switch depth {
      case .geometry: "predicted by a readout"
      case .resume: "by first tokens"
      case .generate: "by whole answers"
      }
    let lines = self.cells.map { JSONValue(encoding: $0) }
    return Report(
      kind: .grid, identities: [identity], record: self, header: header, rows: rows,
      plot: SVGPlot(
        title: "Change of the refusal rate on harmful prompts, by p",
        caption:
          "\(dictionary), \(measure); means over \(seeds.count) orders of the prompts, shaded: their 2.5th to 97.5th percentile",
        content: .curves(curves, xAxis: "p", yAxis: "change of the refusal rate")),
      records: lines, lines: lines,
      text: """
        \(cells.count) cells, refusals \(measure); dictionaries built as \(onOneLine(dictionary)); intervals: the 2.5th to 97.5th percentile of \(seeds.count) orders, between them linear
        \(table(header, rows))

        \(table(["p", "seed", "basis", "K", "of", "regions", "before", "after", "p-value", "null", "degenerate", "KL"], cells))\
        \(reasons.isEmpty ? "" : "\n\nno reading:\n" + reasons.joined(separator: "\n"))
        """)
  }

  private var curves: [SVGPlot.Curve] {
    basis.flatMap { basis in
      k.flatMap { count -> [SVGPlot.Curve] in
        let own = summary.filter { $0.basis == basis.rawValue && $0.k == count }
          .sorted { $0.p < $1.p }
        guard !own.isEmpty else { return [] }
        let name = "\(basis.rawValue), K = \(count)"
        let nulls = own.compactMap { row in
          row.nullChange.map {
            SVGPlot.Curve.Point(x: row.p, y: $0.mean, interval: $0.interval)
          }
        }
        return [
          SVGPlot.Curve(
            name, own.map { .init(x: $0.p, y: $0.change.mean, interval: $0.change.interval) })
        ] + (nulls.isEmpty ? [] : [SVGPlot.Curve("null of \(name)", nulls)])
      }
    }
  }
}
