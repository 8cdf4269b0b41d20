import ExemplarPartitioning
import Numerics

/// Probes of each class against the others on a few features, as SAEBench's sparse probing has them.
///
/// As many rows of the other classes as of its own, drawn by seed, to fit on and to test on, so that chance is 0.5; the k
/// features whose means differ most between the two, on the rows fitted on; a logistic regression on these features as
/// they are. Accuracies are means over classes. Unlike SAEBench, which has one split, rows are held out by turns, in the
/// folds of the whole comparison.
package struct SparseProbes: Sendable {
  package struct Result: Sendable, Equatable {
    /// How many features; `nil` for all.
    package var k: Int?
    package var readout: Double
    package var raw: Double
    /// Rows that were tested, one counted once for each class that it was tested for.
    package var tested = 0
    /// By resampling groups, the same for both sides.
    package var readoutInterval: ConfidenceInterval?
    package var rawInterval: ConfidenceInterval?
    package var retainedInterval: ConfidenceInterval?
    /// The readout's accuracy over the raw probe's.
    package var retained: Double { readout / raw }
  }

  static let sizes: [Int?] = [1, 2, 5, nil]

  let classes: [Int]
  let classCount: Int
  let groups: [Int]
  let folds: GroupedFolds
  let options: ProbeComparison.Options

  /// Of readout and raw rows on the same draws; `nil` where no class has rows to fit on and to test on.
  func run(_ readout: ProbeFeatures, _ raw: ProbeFeatures) -> [Result] {
    let units = Units.numbered(groups)
    return Self.sizes.compactMap { k in
      let a = tests(readout, k, isScaled: false)
      // All components at once are standardised, as in the whole comparison; a few stay as they are.
      let b = tests(raw, k, isScaled: k == nil)
      guard let own = accuracy(a), let other = accuracy(b) else { return nil }
      var result = Result(k: k, readout: own, raw: other, tested: a.count)
      var (shares, others, ratios) = ([Double](), [Double](), [Double]())
      for round in 0..<Self.rounds where units.count > 1 {
        let weights = Resampling.weights(units.count, seed: options.seed &+ UInt64(round))
        // A draw can leave out all of a class.
        guard let own = accuracy(a, { weights[units.ofRow[$0]] }),
          let other = accuracy(b, { weights[units.ofRow[$0]] })
        else { continue }
        shares.append(own)
        others.append(other)
        if other > 0 { ratios.append(own / other) }
      }
      result.readoutInterval = Resampling.interval(shares)
      result.rawInterval = Resampling.interval(others)
      result.retainedInterval = Resampling.interval(ratios)
      return result
    }
  }

  private static let rounds = 500

  /// What became of one row in the probe of one class.
  private struct Test {
    var kind: Int
    var row: Int
    var isHit: Bool
  }

  private func tests(_ features: ProbeFeatures, _ k: Int?, isScaled: Bool) -> [Test] {
    var tests: [Test] = []
    for kind in 0..<classCount {
      for fold in 0..<folds.foldCount {
        let train = draw(kind, fold, isTest: false)
        let test = draw(kind, fold, isTest: true)
        guard !train.own.isEmpty, !test.own.isEmpty else { continue }
        let hits = hits(features, k, train, test, isScaled: isScaled)
        tests += zip(test.own + test.others, hits).map { Test(kind: kind, row: $0, isHit: $1) }
      }
    }
    return tests
  }

  /// The mean over classes of the share of hits; `nil` where nothing was tested.
  private func accuracy(_ tests: [Test], _ weight: (Int) -> Int32 = { _ in 1 }) -> Double? {
    var (hits, tested) = (
      [Int](repeating: 0, count: classCount), [Int](repeating: 0, count: classCount)
    )
    for test in tests {
      let weight = Int(weight(test.row))
      tested[test.kind] += weight
      if test.isHit { hits[test.kind] += weight }
    }
    let shares = zip(hits, tested).compactMap { $1 > 0 ? Double($0) / Double($1) : nil }
    return shares.isEmpty ? nil : shares.mean
  }

  private typealias Draw = (own: [Int], others: [Int])

  /// Rows of a class and as many of the others, about as many of each.
  private func draw(_ kind: Int, _ fold: Int, isTest: Bool) -> Draw {
    let seed =
      options.seed &+ 50_000 &+ UInt64((fold * classCount + kind) * 2 + (isTest ? 1 : 0)) &* 64
    let rows = classes.indices.filter { (folds.foldOfRow[$0] == fold) == isTest }
    func some(_ rows: [Int], _ count: Int, _ seed: UInt64) -> [Int] {
      guard count < rows.count else { return rows }
      return SeededNumbers.permutation(rows.count, seed: seed).prefix(count).map { rows[$0] }
    }
    let own = rows.filter { classes[$0] == kind }
    let otherKinds = (0..<classCount).filter { $0 != kind }
    let each = (own.count + otherKinds.count - 1) / otherKinds.count
    var others: [Int] = []
    for (index, other) in otherKinds.enumerated() {
      others += some(rows.filter { classes[$0] == other }, each, seed &+ 1 &+ UInt64(index))
    }
    let size = min(own.count, others.count)
    return (some(own, size, seed &+ 63), some(others, size, seed))
  }

  /// Of each row of `test`, its own class's first, whether it was told.
  private func hits(
    _ features: ProbeFeatures, _ k: Int?, _ train: Draw, _ test: Draw, isScaled: Bool
  ) -> [Bool] {
    let (fittedRows, testedRows) = (train.own + train.others, test.own + test.others)
    var (fitted, tested): (ProbeFeatures, ProbeFeatures)
    if let k {
      let differences = zip(features.means(train.own), features.means(train.others))
        .map { abs($0 - $1) }
      let chosen = differences.indices
        .sorted { (differences[$1], $0) < (differences[$0], $1) }.prefix(k)
      fitted = features.columns(Array(chosen), of: fittedRows)
      tested = features.columns(Array(chosen), of: testedRows)
    } else {
      (fitted, tested) = (features.rows(fittedRows), features.rows(testedRows))
    }
    if isScaled { FeatureScale.standardise(&fitted, &tested) }
    let probe = LogisticProbe(
      fitted, classes: fittedRows.indices.map { $0 < train.own.count ? 1 : 0 }, classCount: 2,
      c: options.c, minimiser: Minimiser(tolerance: 1e-8, maximumIterations: 1000),
      threads: options.threads)
    return probe.logits(tested).enumerated().map { index, logit in
      (logit > 0) == (index < test.own.count)
    }
  }
}
