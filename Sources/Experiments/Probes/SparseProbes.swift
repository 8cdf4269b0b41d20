import ExemplarPartitioning

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
    /// The readout's accuracy over the raw probe's.
    package var retained: Double { readout / raw }
  }

  static let sizes: [Int?] = [1, 2, 5, nil]

  let classes: [Int]
  let classCount: Int
  let folds: GroupedFolds
  let options: ProbeComparison.Options

  /// Of readout and raw rows on the same draws; `nil` where no class has rows to fit on and to test on.
  func run(_ readout: ProbeFeatures, _ raw: ProbeFeatures) -> [Result] {
    Self.sizes.compactMap { k in
      guard let a = accuracy(readout, k, isScaled: false),
        // All components at once are standardised, as in the whole comparison; a few stay as they are.
        let b = accuracy(raw, k, isScaled: k == nil)
      else { return nil }
      return Result(k: k, readout: a, raw: b)
    }
  }

  private func accuracy(_ features: ProbeFeatures, _ k: Int?, isScaled: Bool) -> Double? {
    var shares: [Double] = []
    for kind in 0..<classCount {
      var (hits, tested) = (0, 0)
      for fold in 0..<folds.foldCount {
        let train = draw(kind, fold, isTest: false)
        let test = draw(kind, fold, isTest: true)
        guard !train.own.isEmpty, !test.own.isEmpty else { continue }
        hits += count(features, k, train, test, isScaled: isScaled)
        tested += test.own.count + test.others.count
      }
      if tested > 0 { shares.append(Double(hits) / Double(tested)) }
    }
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

  private func count(
    _ features: ProbeFeatures, _ k: Int?, _ train: Draw, _ test: Draw, isScaled: Bool
  ) -> Int {
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
    if isScaled, case .dense(let values, let count, let width) = fitted,
      case .dense(let others, let otherCount, _) = tested
    {
      let scale = FeatureScale(values, count: count, width: width)
      fitted = .dense(scale.applied(to: values), count: count, width: width)
      tested = .dense(scale.applied(to: others), count: otherCount, width: width)
    }
    let probe = LogisticProbe(
      fitted, classes: fittedRows.indices.map { $0 < train.own.count ? 1 : 0 }, classCount: 2,
      c: options.c, minimiser: Minimiser(tolerance: 1e-8, maximumIterations: 1000),
      threads: options.threads)
    return probe.logits(tested).enumerated().count { index, logit in
      (logit > 0) == (index < test.own.count)
    }
  }
}
