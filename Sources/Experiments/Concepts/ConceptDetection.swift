import ExemplarPartitioning
import Foundation
import MatrixProducts
import Storage

/// Whether single regions detect concepts.
///
/// For each concept the region is chosen on its train texts alone; held-out texts are scored by the cosine of their
/// tokens with the region's direction, pooled by maximum or mean.
/// - Source: the reference's AxBench protocol; `contrast` is its rule as first published, `auroc` its later one.
package struct ConceptDetection: Sendable {
  package enum Selection: String, Sendable, CaseIterable {
    /// The largest mean cosine over positive tokens less the mean over negative tokens.
    case contrast
    /// The largest AUROC of the texts' maximal cosine.
    case auroc
  }

  package struct Options: Sendable {
    package var selection = Selection.contrast
    package var basis = ReadoutBasis.exemplar
    package var seed: UInt64 = 0
    /// Regions drawn for the null.
    package var randomRegions = 50
    /// Of the linear probe on tokens; as in `LogisticProbe`.
    package var c = 1.0
    package var threads = 1

    package init() {}
  }

  package struct Concept: Sendable {
    package var name: String
    package var trainPositives: Int
    package var trainNegatives: Int
    package var positives: Int
    package var negatives: Int
    package var region: Int
    /// What the selection found on train.
    package var selected: Double
    /// Held out, by the maximum over tokens.
    package var auroc: Double
    package var interval: ClosedRange<Double>?
    /// Held out, by the mean over tokens.
    package var meanPooled: Double
    /// Of the difference of the mean positive and the mean negative token, by the maximum.
    package var differenceOfMeans: Double
    /// Of a logistic regression on train tokens, by the maximum.
    package var linearProbe: Double
    /// Of regions drawn at random, by the maximum: their mean and 95th percentile.
    package var randomMean: Double
    package var random95: Double
  }

  package var concepts: [Concept]
  /// Texts of the concepts that the store does not have.
  package var missingTexts: Int

  /// Means over concepts, with intervals over concepts.
  package struct Mean: Sendable {
    package var value: Double
    package var interval: ClosedRange<Double>?
  }

  package func mean(_ value: (Concept) -> Double, seed: UInt64 = 0) -> Mean {
    let values = concepts.map(value)
    var means: [Double] = []
    if values.count > 1 {
      for round in 0..<1000 {
        let weights = Resampling.weights(values.count, seed: seed &+ UInt64(round))
        means.append(
          zip(values, weights).reduce(0) { $0 + $1.0 * Double($1.1) } / Double(values.count))
      }
    }
    return Mean(value: values.mean, interval: Resampling.interval(means))
  }

  /// - Parameters:
  ///   - rows: every token of the store's documents.
  ///   - fields: how documents are known, where not by their whole text.
  /// - Throws: `invalidValue` for a concept that lacks positives or negatives on either side.
  package static func run(
    _ dictionary: DictionaryFile, _ rows: ActivationRows, _ examples: [ConceptExample],
    _ options: Options, progress: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> ConceptDetection {
    try MatrixProducts.verify()
    let index = DocumentIndex(rows)
    let space = try Space(dictionary, options)
    var order: [String] = []
    let byConcept = Dictionary(grouping: examples) { $0.concept }
    for example in examples where order.last != example.concept && !order.contains(example.concept)
    {
      order.append(example.concept)
    }
    var result = ConceptDetection(concepts: [], missingTexts: 0)
    for (number, name) in order.enumerated() {
      var work = Work(space: space, rows: rows)
      for example in byConcept[name] ?? [] {
        guard let tokens = index.rows(of: example.texts) else {
          result.missingTexts += 1
          continue
        }
        work.add(tokens, example)
      }
      try work.check(name, missing: result.missingTexts, file: rows.sourceName)
      result.concepts.append(work.finish(name, seed: options.seed &+ UInt64(number)))
      try progress(number + 1, order.count)
    }
    return result
  }

  /// Where concepts are looked for.
  private struct Space {
    let centre: [Float]
    let directions: DirectionRows
    let options: Options

    init(_ dictionary: DictionaryFile, _ options: Options) throws {
      guard dictionary.regionCount > 0 else {
        throw ExperimentError(
          .invalidValue, "expected a dictionary with regions, found none", file: dictionary.name)
      }
      centre = try dictionary.centre()
      directions =
        options.basis == .exemplar
        ? try dictionary.exemplarRows()
        : DirectionRows(try dictionary.means(), dimension: dictionary.dimension)
      self.options = options
    }

    /// Cosines of unit rows with all directions, `[count, K]`.
    func cosines(_ units: [Float], count: Int) -> [Float] {
      var result = [Float](repeating: 0, count: count * directions.count)
      let dimension = centre.count
      directions.withUnsafeBufferPointer { directions in
        units.withUnsafeBufferPointer { units in
          result.withUnsafeMutableBufferPointer { result in
            guard let a = units.baseAddress, let b = directions.baseAddress,
              let c = result.baseAddress
            else { return }
            let columns = directions.count / dimension
            MatrixProducts.multiplyTransposed(
              a, rows: count, b, columns: columns, depth: dimension, into: c, strideC: columns)
          }
        }
      }
      return result
    }
  }

  /// One text's tokens.
  private struct Text {
    var rows: [Float]
    var units: [Float]
    var count: Int
    var isPositive: Bool
  }

  /// One concept.
  private struct Work {
    let space: Space
    let rows: ActivationRows
    private var train: [Text] = []
    private var heldOut: [Text] = []

    init(space: Space, rows: ActivationRows) {
      self.space = space
      self.rows = rows
    }

    mutating func add(_ tokens: [Int], _ example: ConceptExample) {
      let values = rows.rows(at: tokens)
      let text = Text(
        rows: values,
        units: CentredRows.units(
          values, count: tokens.count, centre: space.centre, threads: space.options.threads),
        count: tokens.count, isPositive: example.isPositive)
      if example.isHeldOut { heldOut.append(text) } else { train.append(text) }
    }

    func check(_ name: String, missing: Int, file: String) throws {
      for (texts, split) in [(train, "train"), (heldOut, "held-out")] {
        for (isPositive, kind) in [(true, "positive"), (false, "negative")]
        where !texts.contains(where: { $0.isPositive == isPositive }) {
          throw ExperimentError(
            .invalidValue,
            "expected \(split) \(kind) texts of the concept '\(name.prefix(60))', found none"
              + (missing > 0 ? " (\(missing) texts are not among the documents)" : ""), file: file)
        }
      }
    }

    func finish(_ name: String, seed: UInt64) -> Concept {
      let (region, selected) = choose()
      let chosen = scores(of: region)
      let count = space.directions.count
      let draws = (0..<space.options.randomRegions).map {
        Int(SeededNumbers.value(seed: seed, index: UInt64($0)) % UInt64(count))
      }
      let random = Set(draws).reduce(into: [Int: Double]()) {
        $0[$1] = area(scores(of: $1).map(\.max))
      }
      let areas = draws.compactMap { random[$0] }.sorted()
      let separation = AUROC(
        positives: zip(heldOut, chosen).filter { $0.0.isPositive }.map(\.1.max),
        negatives: zip(heldOut, chosen).filter { !$0.0.isPositive }.map(\.1.max))
      let interval = separation?.interval().map { $0.lower...$0.upper }
      return Concept(
        name: name, trainPositives: train.count { $0.isPositive },
        trainNegatives: train.count { !$0.isPositive },
        positives: heldOut.count { $0.isPositive }, negatives: heldOut.count { !$0.isPositive },
        region: region, selected: selected, auroc: separation?.area ?? .nan, interval: interval,
        meanPooled: area(chosen.map(\.mean)), differenceOfMeans: area(differenceOfMeans()),
        linearProbe: area(linearProbe()), randomMean: areas.mean,
        random95: areas.isEmpty ? .nan : areas.percentile(95))
    }

    private func area(_ scores: [Double]) -> Double {
      AUROC(
        positives: zip(heldOut, scores).filter { $0.0.isPositive }.map(\.1),
        negatives: zip(heldOut, scores).filter { !$0.0.isPositive }.map(\.1))?.area ?? .nan
    }

    private func choose() -> (region: Int, value: Double) {
      let count = space.directions.count
      var values = [Double](repeating: 0, count: count)
      switch space.options.selection {
      case .contrast:
        let contrast = zip(mean(\.units, positive: true), mean(\.units, positive: false))
          .map { Float($0 - $1) }
        values = space.cosines(contrast, count: 1).map(Double.init)
      case .auroc:
        let maxima = train.map { text in
          let cosines = space.cosines(text.units, count: text.count)
          return (0..<count).map { region in
            (0..<text.count).reduce(-Float.infinity) { max($0, cosines[$1 * count + region]) }
          }
        }
        for region in 0..<count {
          let pairs = zip(train, maxima)
          values[region] =
            AUROC(
              positives: pairs.filter { $0.0.isPositive }.map { Double($0.1[region]) },
              negatives: pairs.filter { !$0.0.isPositive }.map { Double($0.1[region]) })?.area ?? 0
        }
      }
      var best = 0
      for region in values.indices where values[region] > values[best] { best = region }
      return (best, values[best])
    }

    /// Over all tokens of one kind of train texts, `[D]`.
    private func mean(_ part: (Text) -> [Float], positive: Bool) -> [Double] {
      let dimension = space.centre.count
      var sum = [Double](repeating: 0, count: dimension)
      var count = 0
      for text in train where text.isPositive == positive {
        let values = part(text)
        for row in 0..<text.count {
          for i in 0..<dimension { sum[i] += Double(values[row * dimension + i]) }
        }
        count += text.count
      }
      return sum.map { $0 / Double(count) }
    }

    /// Of every held-out text: the maximum and mean over tokens of the cosine with a region.
    private func scores(of region: Int) -> [(max: Double, mean: Double)] {
      let direction = space.directions.row(region).map(Double.init)
      return heldOut.map { text in
        let values = Self.products(text.units, text.count, direction)
        return (values.max() ?? .nan, values.mean)
      }
    }

    private func differenceOfMeans() -> [Double] {
      let direction = zip(mean(\.rows, positive: true), mean(\.rows, positive: false)).map(-)
      return heldOut.map { Self.products($0.rows, $0.count, direction).max() ?? .nan }
    }

    private func linearProbe() -> [Double] {
      let dimension = space.centre.count
      let values = train.flatMap { $0.rows.lazy.map(Double.init) }
      let classes = train.flatMap { [Int](repeating: $0.isPositive ? 1 : 0, count: $0.count) }
      let scale = FeatureScale(values, count: classes.count, width: dimension)
      let probe = LogisticProbe(
        .dense(scale.applied(to: values), count: classes.count, width: dimension),
        classes: classes, classCount: 2, c: space.options.c,
        minimiser: Minimiser(tolerance: 1e-7, maximumIterations: 1000),
        threads: space.options.threads)
      return heldOut.map { text in
        probe.logits(
          .dense(
            scale.applied(to: text.rows.map(Double.init)), count: text.count, width: dimension)
        ).max() ?? .nan
      }
    }

    private static func products(_ rows: [Float], _ count: Int, _ direction: [Double]) -> [Double] {
      (0..<count).map { row in
        var sum = 0.0
        for i in direction.indices {
          sum += Double(rows[row * direction.count + i]) * direction[i]
        }
        return sum
      }
    }
  }
}

/// Finds the rows of a document by its text, or by a prompt that it was rendered from.
package struct DocumentIndex: Sendable {
  private var rowsOfDocument: [[Int]]
  private var documentOfText: [String: Int] = [:]
  private let documents: [String]

  package init(_ rows: ActivationRows) {
    documents = rows.documents
    rowsOfDocument = [[Int]](repeating: [], count: rows.documents.count)
    for (index, text) in rows.documents.enumerated() { documentOfText[text] = index }
    for (row, document) in rows.documentOfRow.enumerated()
    where rowsOfDocument.indices.contains(Int(document)) {
      rowsOfDocument[Int(document)].append(row)
    }
    // A chat turn is also known by what its user said.
    for (index, text) in rows.documents.enumerated() {
      for line in Self.turns(text) where documentOfText[line] == nil {
        documentOfText[line] = index
      }
    }
  }

  /// What stands between the marks of a rendered chat template, and each of its lines.
  private static func turns(_ text: String) -> [String] {
    guard text.contains("<") else { return [] }
    var result: [String] = []
    for part in text.split(separator: "<", omittingEmptySubsequences: true) {
      let body = part.split(separator: ">", maxSplits: 1).last.map(String.init) ?? String(part)
      let lines = body.split(separator: "\n", maxSplits: 1)
      result.append(body.trimmingCharacters(in: .newlines))
      if lines.count == 2 { result.append(lines[1].trimmingCharacters(in: .newlines)) }
    }
    return result.filter { !$0.isEmpty }
  }

  /// The rows of the first text that is there, in order; `nil` where none is, or it has no rows.
  package func rows(of texts: [String]) -> [Int]? {
    for text in texts {
      if let index = documentOfText[text], !rowsOfDocument[index].isEmpty {
        return rowsOfDocument[index]
      }
    }
    return nil
  }
}
