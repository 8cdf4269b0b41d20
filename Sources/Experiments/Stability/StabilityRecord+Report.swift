extension StabilityRecord {
  /// - Parameter identities: of the dictionaries.
  package func report(identities: [String]) -> Report {
    let header = [
      "a", "b", "matched", "cos of means", "p10", "cos of exemplars", "adj. Rand", "VI",
    ]
    let lines = pairs.map { pair in
      [
        onOneLine(dictionaries[pair.a]), onOneLine(dictionaries[pair.b]), "\(pair.matched)",
        figure(pair.cosMean?.median), figure(pair.cosMean?.p10), figure(pair.cosExemplar?.median),
        figure(pair.adjustedRand), figure(pair.variationOfInformation),
      ]
    }
    let predictors = predictors.map {
      [
        $0.name, figure($0.spearman), figure($0.spearman95), figure($0.nullDeviation), figure($0.p),
      ]
    }
    let sizes = sizes.map { "\($0)" }.joined(separator: ", ")
    return Report(
      kind: .stability, identities: identities, record: self, header: header, rows: lines,
      plot: SVGPlot(
        title: "How well regions come out again",
        caption:
          "\(regions.count) regions of \(dictionaries.count) dictionaries; matched at random: \(figure(nullCosine))",
        content: .points(
          regions.map { ($0.predictor, $0.matchedCosine) }, xAxis: "log10(N c²)",
          yAxis: "matched cosine of means")),
      records: regions.map { JSONValue(encoding: $0) },
      text: """
        \(dictionaries.count) dictionaries of \(sizes) regions\
        \(rows.map { " from \($0) activations" } ?? "")\(split.map { ", split \(onOneLine($0))" } ?? "")
        \(table(header, lines))
        cosine of matched means: median \(figure(pooledCosMean?.median)), against a random rotation \(figure(nullCosine))

        what predicts a region's matched cosine (\(regions.count) regions; null: shuffled)
        \(table(["predictor", "Spearman", "95 %", "null sd", "p"], predictors))
        """)
  }
}
