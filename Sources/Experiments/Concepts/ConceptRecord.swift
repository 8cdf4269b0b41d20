import ExemplarPartitioning
import Numerics
import Storage

/// What ``ConceptDetection`` found, under the keys by which it is printed and kept.
package struct ConceptRecord: Encodable, Sendable {
  struct RandomRegion: Encodable {
    var mean: Double
    var p95: Double
  }

  /// The region that was chosen by one kind of direction.
  struct Found: Encodable {
    var region: Int
    var selected: Double
    var auroc: Double
    var auroc95: ConfidenceInterval?
    var hardAUROC: Double?
    var meanPooled: Double
    var randomRegion: RandomRegion

    init(_ found: ConceptDetection.Found) {
      (region, selected, auroc) = (found.region, found.selected, found.auroc)
      (auroc95, hardAUROC, meanPooled) = (found.interval, found.hard, found.meanPooled)
      randomRegion = RandomRegion(mean: found.randomMean, p95: found.random95)
    }
  }

  struct Concept: Encodable {
    var concept: String
    /// Positives and negatives.
    var train: [Int]
    var heldOut: [Int]
    var hardNegatives: Int
    /// By the basis that was asked for.
    @Inline var found: Found
    var exemplar: Found
    var mean: Found
    var differenceOfMeans: Double
    var linearProbe: Double

    init(_ concept: ConceptDetection.Concept, _ basis: ReadoutBasis) {
      self.concept = concept.name
      train = [concept.trainPositives, concept.trainNegatives]
      heldOut = [concept.positives, concept.negatives]
      hardNegatives = concept.hardNegatives
      found = Found(concept.found(basis))
      (exemplar, mean) = (Found(concept.exemplar), Found(concept.mean))
      (differenceOfMeans, linearProbe) = (concept.differenceOfMeans, concept.linearProbe)
    }
  }

  /// Over concepts, with its interval by resampling them.
  struct Mean: Encodable {
    var mean: Double
    var mean95: ConfidenceInterval?

    init(_ mean: ConceptDetection.Mean) { (self.mean, mean95) = (mean.value, mean.interval) }
  }

  struct Summary: Encodable {
    var auroc: Mean
    /// Over the concepts that have hard negatives.
    var hard: Double?
    var meanPooled: Mean
    var randomRegion: Mean
    var distinctWinners: Int

    init(_ result: ConceptDetection, _ basis: ReadoutBasis, seed: UInt64) {
      func mean(_ value: (ConceptDetection.Concept) -> Double) -> Mean {
        Mean(result.mean(value, seed: seed))
      }
      auroc = mean { $0.found(basis).auroc }
      let hard = result.concepts.compactMap { $0.found(basis).hard }
      self.hard = hard.isEmpty ? nil : hard.mean
      meanPooled = mean { $0.found(basis).meanPooled }
      randomRegion = mean { $0.found(basis).randomMean }
      distinctWinners = result.distinctWinners(basis)
    }
  }

  var dictionary: String
  var identity: String
  var selection: String
  var score: String
  var precision: String
  var basis: String
  var concepts: [Concept]
  var meanAUROC: Double
  var meanAUROC95: ConfidenceInterval?
  var distinctWinners: Int
  var exemplar: Summary
  var mean: Summary
  var meanPooled: Mean
  var differenceOfMeans: Mean
  var linearProbe: Mean
  var randomRegion: Mean
  var missingTexts: Int
  var unboundedTexts: Int
  var seed: UInt64
  var seconds: Double

  package init(
    _ result: ConceptDetection, _ file: DictionaryFile, _ options: ConceptDetection.Options,
    seconds: Double
  ) {
    (dictionary, identity) = (file.name, file.identity)
    (selection, score) = (options.selection.rawValue, options.score.rawValue)
    (precision, basis) = (options.precision.rawValue, options.basis.rawValue)
    concepts = result.concepts.map { Concept($0, options.basis) }
    exemplar = Summary(result, .exemplar, seed: options.seed)
    mean = Summary(result, .mean, seed: options.seed)
    let own = options.basis == .exemplar ? exemplar : mean
    (meanAUROC, meanAUROC95) = (own.auroc.mean, own.auroc.mean95)
    (distinctWinners, meanPooled, randomRegion) = (
      own.distinctWinners, own.meanPooled, own.randomRegion
    )
    differenceOfMeans = Mean(result.mean(\.differenceOfMeans, seed: options.seed))
    linearProbe = Mean(result.mean(\.linearProbe, seed: options.seed))
    (missingTexts, unboundedTexts) = (result.missingTexts, result.unboundedTexts)
    (seed, self.seconds) = (options.seed, seconds)
  }
}

extension ConceptRecord {
  package func report() -> Report {
    let header = [
      "concept", "basis", "region", "held out", "AUROC", "95 %", "hard", "mean-pooled",
      "diff. of means", "probe", "random",
    ]
    let rows = concepts.flatMap { concept in
      order.map { basis in
        let found = basis == .exemplar ? concept.exemplar : concept.mean
        let hard = concept.hardNegatives > 0 ? "+\(concept.hardNegatives)" : ""
        return [
          onOneLine(String(concept.concept.prefix(40))), basis.rawValue, "\(found.region)",
          "\(concept.heldOut[0])+\(concept.heldOut[1])\(hard)", figure(found.auroc),
          figure(found.auroc95), figure(found.hardAUROC), figure(found.meanPooled),
          figure(concept.differenceOfMeans), figure(concept.linearProbe),
          figure(found.randomRegion.mean),
        ]
      }
    }
    let lines = order.map { basis in
      let summary = basis == .exemplar ? exemplar : mean
      return """
        \(basis.rawValue): mean AUROC \(figure(summary.auroc.mean)) \(figure(summary.auroc.mean95)) over concepts; \
        against hard negatives \(figure(summary.hard)); \(quantity(summary.distinctWinners, "distinct region")) \(summary.distinctWinners == 1 ? "wins" : "win") \
        \(quantity(concepts.count, "concept")); random region \(figure(summary.randomRegion.mean))
        """
    }
    return Report(
      kind: .detection, identities: [identity], record: self, header: header, rows: rows,
      plot: SVGPlot(
        title: "Held-out AUROC of the chosen region",
        caption:
          "\(dictionary); \(quantity(concepts.count, "concept")); lines: 95 % (DeLong); dashed: chance",
        content: .bars(
          concepts.map { .init($0.concept, $0.found.auroc, $0.found.auroc95) }, axis: "AUROC",
          reference: 0.5)),
      records: concepts.map { JSONValue(encoding: $0) },
      text: """
        \(onOneLine(dictionary)): \(quantity(concepts.count, "concept")), region by \(selection) on train, score \(score) (\(precision))
        \(table(header, rows))
        \(lines.joined(separator: "\n"))
        linear probe \(figure(linearProbe.mean))\(left)
        """)
  }

  /// The basis that was asked for stands first.
  private var order: [ReadoutBasis] {
    basis == ReadoutBasis.exemplar.rawValue ? [.exemplar, .mean] : [.mean, .exemplar]
  }

  private var left: String {
    (missingTexts > 0
      ? "\n\(quantity(missingTexts, "text")) \(missingTexts == 1 ? "is" : "are") not among the documents"
      : "")
      + (unboundedTexts > 0
        ? "\n\(quantity(unboundedTexts, "text")) \(unboundedTexts == 1 ? "lies" : "lie") in chat turns whose tokens were not recorded: the template's are scored too"
        : "")
  }
}
