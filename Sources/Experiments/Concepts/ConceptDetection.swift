import ExemplarPartitioning
import Foundation
import Numerics
import Storage

/// Whether single regions detect concepts.
///
/// For each concept and each basis the region is chosen on its train texts alone; held-out texts are scored by the largest
/// product of a token with the region's direction.
/// - Source: AxBench's latent evaluation and the reference's protocol for it. Regions are chosen by cosines; the score is
///   another number, the product with the raw activation, neither centred nor normalised. Hard negatives are no part of the
///   AUROC unless their category says seen or unseen.
package struct ConceptDetection: Sendable {
  package enum Selection: String, Sendable, CaseIterable {
    /// The largest AUROC of the train texts' maximal cosine; ties count half, the first region of equals wins.
    case auroc
    /// The largest mean cosine over positive tokens less the mean over negative tokens.
    case contrast
  }

  package enum Score: String, Sendable, CaseIterable {
    /// `x · u`.
    case signed
    /// `(x − c) · u / ‖x − c‖`.
    case cosine
  }

  package enum Precision: String, Sendable, CaseIterable {
    /// As the activations are kept.
    case f32
    /// Activation, direction and product rounded to bfloat16, the score to three decimals, as AxBench's own code has it.
    case bf16
  }

  package struct Options: Sendable {
    package var selection = Selection.auroc
    package var score = Score.signed
    package var precision = Precision.f32
    /// Whose numbers come first; both are scored.
    package var basis = ReadoutBasis.exemplar
    package var seed: UInt64 = 0
    /// Regions drawn for the null.
    package var randomRegions = 50
    /// Of the linear probe on tokens; as in `LogisticProbe`.
    package var c = 1.0
    package var threads = 1

    package init() {}
  }

  /// What one basis gives for a concept.
  package struct Found: Sendable {
    package var region: Int
    /// What the selection found on train.
    package var selected: Double
    /// Held out, by the maximum over tokens.
    package var auroc: Double
    package var interval: ConfidenceInterval?
    /// Of positives against hard negatives alone, held out, by the maximum; `nil` without any.
    package var hard: Double?
    /// Held out, by the mean over tokens.
    package var meanPooled: Double
    /// Of regions drawn at random, by the maximum: their mean and 95th percentile.
    package var randomMean: Double
    package var random95: Double
  }

  package struct Concept: Sendable {
    package var name: String
    package var trainPositives: Int
    package var trainNegatives: Int
    package var positives: Int
    package var negatives: Int
    package var hardNegatives: Int
    package var exemplar: Found
    package var mean: Found
    /// Of the difference of the mean positive and the mean negative token, by the maximum.
    package var differenceOfMeans: Double
    /// Of a logistic regression on train tokens, by the maximum.
    package var linearProbe: Double

    package func found(_ basis: ReadoutBasis) -> Found { basis == .exemplar ? exemplar : mean }
  }

  package var concepts: [Concept]
  /// Texts of the concepts that the store does not have.
  package var missingTexts: Int
  /// Texts found inside a chat turn whose tokens nobody recorded, so that the template's own tokens are scored too.
  package var unboundedTexts: Int

  /// How many regions win a concept each.
  package func distinctWinners(_ basis: ReadoutBasis) -> Int {
    Set(concepts.map { $0.found(basis).region }).count
  }

  /// Means over concepts, with intervals over concepts.
  package struct Mean: Sendable {
    package var value: Double
    package var interval: ConfidenceInterval?
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
  ///   - documents: how they are found.
  /// - Throws: `invalidValue` for a concept that lacks positives or negatives on either side; `missing` for a store that has
  ///   what the user said and not what was answered.
  package static func run(
    _ dictionary: DictionaryFile, _ rows: ActivationRows, _ examples: [ConceptExample],
    _ options: Options, documents: ConceptDocuments? = nil,
    progress: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> ConceptDetection {
    try MatrixProducts.verify()
    let documents = documents ?? ConceptDocuments(rows)
    let space = try Space(dictionary, options)
    var order: [String] = []
    let byConcept = Dictionary(grouping: examples) { $0.concept }
    var seen: Set<String> = []
    for example in examples where seen.insert(example.concept).inserted {
      order.append(example.concept)
    }
    var result = ConceptDetection(concepts: [], missingTexts: 0, unboundedTexts: 0)
    for (number, name) in order.enumerated() {
      var work = Work(space: space, rows: rows)
      for example in byConcept[name] ?? [] {
        guard let found = try documents.rows(of: example, file: rows.sourceName) else {
          result.missingTexts += 1
          continue
        }
        if !found.isBounded { result.unboundedTexts += 1 }
        work.add(found.rows, example)
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
    let exemplars: DirectionRows
    let means: DirectionRows
    let options: Options

    init(_ dictionary: DictionaryFile, _ options: Options) throws {
      try dictionary.checkHasRegions()
      centre = try dictionary.centre()
      exemplars = try dictionary.exemplarRows()
      means = DirectionRows(try dictionary.means(), dimension: dictionary.dimension)
      self.options = options
    }

    func directions(_ basis: ReadoutBasis) -> DirectionRows {
      basis == .exemplar ? exemplars : means
    }

    /// Cosines of unit rows with all directions, `[count, K]`.
    func cosines(_ units: [Float], count: Int, _ basis: ReadoutBasis) -> [Float] {
      let directions = directions(basis)
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
    var label: ConceptExample.Label

    var isPositive: Bool { label == .positive }
  }

  /// One concept.
  private struct Work {
    let space: Space
    let rows: ActivationRows
    /// Positives and plain negatives.
    private var train: [Text] = []
    private var heldOut: [Text] = []

    init(space: Space, rows: ActivationRows) {
      self.space = space
      self.rows = rows
    }

    mutating func add(_ tokens: [Int], _ example: ConceptExample) {
      // Nothing is chosen by hard negatives.
      guard example.isHeldOut || !example.label.isHard else { return }
      let values = rows.rows(at: tokens)
      let text = Text(
        rows: values,
        units: CentredRows.units(
          values, count: tokens.count, centre: space.centre, threads: space.options.threads),
        count: tokens.count, label: example.label)
      if example.isHeldOut { heldOut.append(text) } else { train.append(text) }
    }

    func check(_ name: String, missing: Int, file: String) throws {
      for (texts, split) in [(train, "train"), (heldOut, "held-out")] {
        for (isPositive, kind) in [(true, "positive"), (false, "negative")]
        where !texts.contains(where: { $0.label.isScored && $0.isPositive == isPositive }) {
          let hard = texts.count { $0.label.isHard }
          throw ExperimentError(
            .invalidValue,
            "expected \(split) \(kind) texts of the concept '\(name.prefix(60))', found none"
              + (hard > 0 && !isPositive
                ? " but \(hard) hard negatives, which are a column of their own" : "")
              + (missing > 0 ? " (\(missing) texts are not among the documents)" : ""), file: file)
        }
      }
    }

    func finish(_ name: String, seed: UInt64) -> Concept {
      Concept(
        name: name, trainPositives: train.count { $0.isPositive },
        trainNegatives: train.count { !$0.isPositive },
        positives: heldOut.count { $0.isPositive },
        negatives: heldOut.count { !$0.isPositive && $0.label.isScored },
        hardNegatives: heldOut.count { $0.label.isHard },
        exemplar: found(.exemplar, seed: seed), mean: found(.mean, seed: seed),
        differenceOfMeans: area(differenceOfMeans()), linearProbe: area(linearProbe()))
    }

    private func found(_ basis: ReadoutBasis, seed: UInt64) -> Found {
      let (region, selected) = choose(basis)
      let chosen = scores(of: region, basis)
      let count = space.directions(basis).count
      let draws = (0..<space.options.randomRegions).map {
        Int(SeededNumbers.value(seed: seed, index: UInt64($0)) % UInt64(count))
      }
      let random = Set(draws).reduce(into: [Int: Double]()) {
        $0[$1] = area(scores(of: $1, basis).map(\.max))
      }
      let areas = draws.compactMap { random[$0] }.sorted()
      let separation = separation(chosen.map(\.max)) { $0.isScored }
      return Found(
        region: region, selected: selected, auroc: separation?.area ?? .nan,
        interval: separation?.interval(),
        hard: self.separation(chosen.map(\.max)) { $0.isHard }?.area,
        meanPooled: area(chosen.map(\.mean)), randomMean: areas.mean,
        random95: areas.isEmpty ? .nan : areas.percentile(95))
    }

    private func area(_ scores: [Double]) -> Double {
      separation(scores) { $0.isScored }?.area ?? .nan
    }

    /// Of held-out positives against some of the others.
    private func separation(
      _ scores: [Double], against isIncluded: (ConceptExample.Label) -> Bool
    ) -> AUROC? {
      AUROC(
        positives: zip(heldOut, scores).filter { $0.0.isPositive }.map(\.1),
        negatives: zip(heldOut, scores)
          .filter { !$0.0.isPositive && isIncluded($0.0.label) }.map(\.1))
    }

    private func choose(_ basis: ReadoutBasis) -> (region: Int, value: Double) {
      let count = space.directions(basis).count
      var values = [Double](repeating: 0, count: count)
      switch space.options.selection {
      case .contrast:
        let contrast = zip(mean(\.units, positive: true), mean(\.units, positive: false))
          .map { Float($0 - $1) }
        values = space.cosines(contrast, count: 1, basis).map(Double.init)
      case .auroc:
        let maxima = train.map { self.maxima($0, basis) }
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

    /// The largest cosine of a text's tokens with every direction, `[K]`.
    private func maxima(_ text: Text, _ basis: ReadoutBasis) -> [Float] {
      let count = space.directions(basis).count
      let cosines = space.cosines(text.units, count: text.count, basis)
      var result = [Float](repeating: -.infinity, count: count)
      cosines.withUnsafeBufferPointer { cosines in
        for row in 0..<text.count {
          for region in 0..<count {
            result[region] = max(result[region], cosines[row * count + region])
          }
        }
      }
      return result
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

    /// Of every held-out text: the maximum and mean over tokens of the score with a region.
    private func scores(of region: Int, _ basis: ReadoutBasis) -> [(max: Double, mean: Double)] {
      let isRounded = space.options.precision == .bf16
      let direction = space.directions(basis).row(region)
        .map { Double(isRounded ? BrainFloat.rounded($0) : $0) }
      return heldOut.map { text in
        var rows = space.options.score == .signed ? text.rows : text.units
        if isRounded { rows = rows.map(BrainFloat.rounded) }
        var values = Self.products(rows, text.count, direction)
        if isRounded {
          values = values.map {
            (Double(BrainFloat.rounded(Float($0))) * 1000).rounded(.toNearestOrEven) / 1000
          }
        }
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

/// The 16-bit float of 8 exponent bits.
enum BrainFloat {
  /// To the nearest, ties to even; finite numbers alone.
  static func rounded(_ value: Float) -> Float {
    let bits = value.bitPattern
    return Float(bitPattern: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) & 0xFFFF_0000)
  }
}
