import ExemplarPartitioning
import Foundation
import Numerics
import Storage

/// How much of what a linear probe reads from activations is left in a dictionary's readout.
///
/// Both probes are fitted on the same units and tested on the same others, groups kept apart. A unit is a row, or a document
/// whose readouts, and whose activations, are averaged over its rows.
/// - Source: the reference reads one-hot features with SAEBench's sparse probing, which is `sparse`; folds, interval and
///   null are ours.
package struct ProbeComparison: Sendable {
  package struct Options: Sendable {
    package var readout = Readout.binary
    package var basis = ReadoutBasis.exemplar
    package var k = 1
    package var folds = 5
    /// As in `LogisticProbe`.
    package var c = 1.0
    package var seed: UInt64 = 0
    /// How often the readout's probe is fitted to shuffled classes.
    package var nullRounds = 20
    package var threads = 1

    package init() {}
  }

  /// Held out: every row was predicted by probes that saw no row of its group.
  package struct Score: Sendable, Equatable {
    package var accuracy: Double
    /// By resampling groups.
    package var accuracyInterval: ConfidenceInterval?
    /// Of two classes the second's probability; of more the mean over classes, each against the rest.
    package var auroc: Double?
  }

  package var classNames: [String]
  package var classCounts: [Int]
  package var rowCount: Int
  package var groupCount: Int
  package var foldCount: Int
  package var readout: Score
  package var raw: Score
  /// Accuracy of always naming the commonest class of the rows fitted on.
  package var majority: Double
  /// The readout's accuracy over the raw probe's.
  package var retained: Double
  package var retainedInterval: ConfidenceInterval?
  /// The readout's AUROC over the raw probe's.
  package var retainedAUROC: Double?
  /// Accuracy of the readout's probe on shuffled classes: mean and 95th percentile.
  package var nullMean: Double?
  package var null95: Double?
  /// (1 + shuffles at least as good) / (1 + shuffles).
  package var p: Double?
  package var hasConverged: Bool
  /// Of each class against the others, on few features and on all.
  package var sparse: [SparseProbes.Result] = []

  /// - Parameters:
  ///   - rows: `[count, D]`, not centred.
  ///   - classes, groups: `[units]`.
  ///   - unitOfRow: `[count]`; `nil` where every row is a unit.
  ///   - progress: called with how far it is, from 0 to 1; an error it throws cancels.
  /// - Throws: `invalidValue` for fewer than two classes or groups.
  package static func run(
    _ dictionary: DictionaryFile, rows: [Float], classes: [Int], groups: [Int],
    unitOfRow: [Int]? = nil, classNames: [String], _ options: Options,
    progress: (Double) throws -> Void = { _ in }
  ) throws -> ProbeComparison {
    try MatrixProducts.verify()
    try dictionary.checkHasRegions()
    let count = classes.count
    let present = Set(classes)
    guard present.count > 1 else {
      throw ExperimentError(
        .invalidValue,
        "expected at least 2 classes to tell apart, found \(present.count == 1 ? "only \(classNames[classes[0]])" : "none")",
        file: dictionary.name)
    }
    let folds = GroupedFolds(
      groups: groups, classes: classes, folds: options.folds, seed: options.seed)
    guard folds.foldCount > 1 else {
      throw ExperimentError(
        .invalidValue, "expected at least 2 groups to keep apart, found \(folds.groupCount)",
        file: dictionary.name)
    }
    let units = unitOfRow ?? Array(0..<count)
    let features = try features(dictionary, rows, unitOfRow: units, units: count, options)
    var pool = ProbeFeatures.Pool(
      units, units: count, width: dictionary.dimension, isSparse: false)
    pool.add(rows, count: units.count)
    let raw = pool.features
    var state = Fitting(
      classes: classes, classCount: classNames.count, folds: folds, options: options)
    let readoutResult = try state.predict(features, scaled: false) { try progress($0 * 0.1) }
    let rawResult = try state.predict(raw, scaled: true) { try progress(0.1 + $0 * 0.7) }
    var result = ProbeComparison(
      classNames: classNames,
      classCounts: classNames.indices.map { index in classes.count { $0 == index } },
      rowCount: count, groupCount: folds.groupCount, foldCount: folds.foldCount,
      readout: score(readoutResult, classes, groups, classNames.count, options.seed),
      raw: score(rawResult, classes, groups, classNames.count, options.seed),
      majority: state.majority, retained: 0, hasConverged: state.hasConverged)
    result.retained = result.readout.accuracy / result.raw.accuracy
    if let a = result.readout.auroc, let b = result.raw.auroc, b > 0 {
      result.retainedAUROC = a / b
    }
    let first = Units(groups, hits: correct(readoutResult, classes, classNames.count))
    let second = Units(groups, hits: correct(rawResult, classes, classNames.count))
    result.retainedInterval = Units.ratioInterval(first, second, seed: options.seed)
    try result.addNull(features, state, groups: groups, options) { try progress(0.8 + $0 * 0.1) }
    result.sparse = SparseProbes(
      classes: classes, classCount: classNames.count, groups: groups, folds: folds,
      options: options
    ).run(features, raw)
    try progress(1)
    return result
  }

  private mutating func addNull(
    _ features: ProbeFeatures, _ fitting: Fitting, groups: [Int], _ options: Options,
    progress: (Double) throws -> Void
  ) throws {
    guard options.nullRounds > 0 else { return }
    var accuracies: [Double] = []
    for round in 0..<options.nullRounds {
      var shuffled = fitting
      shuffled.classes = Self.shuffled(
        fitting.classes, groups: groups, seed: options.seed &+ 1000 &+ UInt64(round))
      let predicted = try shuffled.predict(features, scaled: false) { _ in }
      accuracies.append(
        Double(Self.correct(predicted, shuffled.classes, classNames.count).count { $0 })
          / Double(rowCount))
      try progress(Double(round + 1) / Double(options.nullRounds))
    }
    nullMean = accuracies.mean
    null95 = accuracies.sorted().percentile(95)
    p = Double(1 + accuracies.count { $0 >= readout.accuracy }) / Double(1 + accuracies.count)
  }

  /// Classes dealt anew: whole groups change places where every group is of one class, rows otherwise.
  static func shuffled(_ classes: [Int], groups: [Int], seed: UInt64) -> [Int] {
    var classOfGroup: [Int: Int] = [:]
    var isPure = true
    for (group, kind) in zip(groups, classes) {
      if let known = classOfGroup[group], known != kind { isPure = false }
      classOfGroup[group] = kind
    }
    guard isPure else {
      return SeededNumbers.permutation(classes.count, seed: seed).map { classes[$0] }
    }
    let names = classOfGroup.keys.sorted()
    let order = SeededNumbers.permutation(names.count, seed: seed)
    let dealt = Dictionary(
      uniqueKeysWithValues: zip(names, order).map { ($0, classOfGroup[names[$1]] ?? 0) })
    return groups.map { dealt[$0] ?? 0 }
  }

  private static func features(
    _ dictionary: DictionaryFile, _ rows: [Float], unitOfRow: [Int], units: Int, _ options: Options
  ) throws -> ProbeFeatures {
    let directions =
      options.basis == .exemplar
      ? try dictionary.exemplarRows()
      : DirectionRows(try dictionary.means(), dimension: dictionary.dimension)
    let encoder = ReadoutEncoder(
      centre: try dictionary.centre(), directions: directions, readout: options.readout,
      k: options.k, threads: options.threads)
    let count = unitOfRow.count
    let isSparse = options.readout.isSparse && encoder.count > 2 * options.k
    var pool = ProbeFeatures.Pool(
      unitOfRow, units: units, width: encoder.count, isSparse: isSparse)
    let block = max(1, min(1024, (1 << 24) / max(encoder.count, 1)))
    for start in stride(from: 0, to: count, by: block) {
      let size = min(block, count - start)
      pool.add(
        encoder.encode(
          Array(rows[start * dictionary.dimension..<(start + size) * dictionary.dimension]),
          count: size), count: size)
    }
    return pool.features
  }

  private static func correct(_ probabilities: [Double], _ classes: [Int], _ width: Int) -> [Bool] {
    classes.indices.map { row in
      let line = probabilities[row * width..<(row + 1) * width]
      let best = line.indices.max { line[$0] < line[$1] } ?? row * width
      return best - row * width == classes[row]
    }
  }

  private static func score(
    _ probabilities: [Double], _ classes: [Int], _ groups: [Int], _ width: Int, _ seed: UInt64
  ) -> Score {
    let hits = correct(probabilities, classes, width)
    func area(_ kind: Int) -> Double? {
      var (positives, negatives) = ([Double](), [Double]())
      for (row, truth) in classes.enumerated() {
        let value = probabilities[row * width + kind]
        if truth == kind { positives.append(value) } else { negatives.append(value) }
      }
      return AUROC(positives: positives, negatives: negatives)?.area
    }
    let areas = (width == 2 ? [1] : Array(0..<width)).compactMap(area)
    return Score(
      accuracy: Double(hits.count { $0 }) / Double(classes.count),
      accuracyInterval: ShareInterval.of(hits, units: groups.map { Int32($0) }, seed: seed),
      auroc: areas.isEmpty ? nil : areas.mean)
  }

  /// Fits a probe for each fold on the other folds.
  private struct Fitting {
    var classes: [Int]
    let classCount: Int
    let folds: GroupedFolds
    let options: Options
    var hasConverged = true
    private(set) var majority = 0.0

    init(classes: [Int], classCount: Int, folds: GroupedFolds, options: Options) {
      (self.classes, self.classCount, self.folds, self.options) = (
        classes, classCount, folds, options
      )
      var hits = 0
      for fold in 0..<folds.foldCount {
        var counts = [Int](repeating: 0, count: classCount)
        for (row, kind) in classes.enumerated() where folds.foldOfRow[row] != fold {
          counts[kind] += 1
        }
        let commonest = counts.indices.max { counts[$0] < counts[$1] } ?? 0
        hits += classes.indices.count {
          folds.foldOfRow[$0] == fold && classes[$0] == commonest
        }
      }
      majority = Double(hits) / Double(classes.count)
    }

    /// The held-out probabilities of every row, `[count, classCount]`.
    mutating func predict(
      _ features: ProbeFeatures, scaled: Bool, _ progress: (Double) throws -> Void
    ) throws -> [Double] {
      var result = [Double](repeating: 0, count: classes.count * classCount)
      for fold in 0..<folds.foldCount {
        let train = classes.indices.filter { folds.foldOfRow[$0] != fold }
        let test = classes.indices.filter { folds.foldOfRow[$0] == fold }
        var (fitted, tested) = (features.rows(train), features.rows(test))
        if scaled { FeatureScale.standardise(&fitted, &tested) }
        let probe = LogisticProbe(
          fitted, classes: train.map { classes[$0] }, classCount: classCount, c: options.c,
          minimiser: Minimiser(tolerance: 1e-8, maximumIterations: 1000),
          threads: options.threads)
        hasConverged = hasConverged && probe.hasConverged
        let probabilities = probe.probabilities(tested)
        for (index, row) in test.enumerated() {
          for kind in 0..<classCount {
            result[row * classCount + kind] = probabilities[index * classCount + kind]
          }
        }
        try progress(Double(fold + 1) / Double(folds.foldCount))
      }
      return result
    }
  }
}

/// Hits counted by unit, for intervals of ratios.
struct Units {
  private var hits: [Int]

  init(_ units: [Int], hits: [Bool]) {
    let numbered = Self.numbered(units)
    self.hits = [Int](repeating: 0, count: numbered.count)
    for (unit, hit) in zip(numbered.ofRow, hits) where hit { self.hits[unit] += 1 }
  }

  /// Units as numbers from 0, in their order.
  static func numbered(_ units: [Int]) -> (ofRow: [Int], count: Int) {
    let number = Dictionary(
      uniqueKeysWithValues: Set(units).sorted().enumerated().map { ($1, $0) })
    return (units.map { number[$0] ?? 0 }, number.count)
  }

  /// Hits of the first over hits of the second when the same units are drawn for both.
  static func ratioInterval(
    _ first: Units, _ second: Units, rounds: Int = 1000, seed: UInt64
  ) -> ConfidenceInterval? {
    guard first.hits.count > 1 else { return nil }
    var ratios: [Double] = []
    for round in 0..<rounds {
      let weights = Resampling.weights(first.hits.count, seed: seed &+ UInt64(round))
      var (a, b) = (0, 0)
      for (unit, weight) in weights.enumerated() {
        a += Int(weight) * first.hits[unit]
        b += Int(weight) * second.hits[unit]
      }
      if b > 0 { ratios.append(Double(a) / Double(b)) }
    }
    return Resampling.interval(ratios)
  }
}
