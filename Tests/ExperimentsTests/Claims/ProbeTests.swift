import ExemplarPartitioning
import Foundation
import Numerics
import TensorFiles
import TestSupport
import Testing

@testable import Experiments

@Suite struct ProbeTests {
  private let features: ProbeFeatures
  private let classes: [Int]
  private let golden: [String: ClaimsGolden.Probe]

  init() throws {
    try MatrixProducts.verify()
    let tensors = try ClaimsGolden.tensors("probes")
    let rows = try tensors.floats("rows").map(Double.init)
    let scale = FeatureScale(rows, count: 150, width: 12)
    features = .dense(scale.applied(to: rows), count: 150, width: 12)
    classes = try tensors.int64s("classes").map(Int.init)
    golden = try ClaimsGolden.read().probes
  }

  @Test(arguments: [1.0, 0.05]) func `Probes agree with scikit-learn`(_ c: Double) throws {
    let precise = Minimiser(tolerance: 1e-11, maximumIterations: 5000)
    for (name, target, count) in [
      ("binary", classes.map { $0 == 0 ? 1 : 0 }, 2), ("multinomial", classes, 3),
    ] {
      let expected = try #require(golden["\(name)_\(c)"])
      let probe = LogisticProbe(
        features, classes: target, classCount: count, c: c, minimiser: precise, threads: 2)
      #expect(largestDifference(probe.weights, expected.coef.flatMap { $0 }) < 1e-6)
      #expect(largestDifference(probe.intercepts, expected.intercept) < 1e-6)
      let probabilities = probe.probabilities(features.rows(Array(0..<5)))
      #expect(largestDifference(probabilities, expected.probabilities.flatMap { $0 }) < 1e-6)
    }
  }

  @Test(arguments: [2, 3]) func `The gradient is that of the objective`(_ count: Int) {
    let target = count == 2 ? classes.map { min($0, 1) } : classes
    let outputs = count == 2 ? 1 : count
    let oneHot = ProbeFeatures.oneHot(
      indices: (0..<150).map { Int32($0 % 7) - 1 }, values: (0..<150).map { Double($0) / 50 - 1 },
      width: 6)
    for features in [features, oneHot] {
      let size = outputs * (features.width + 1)
      let point = (0..<size).map { sin(Double($0) * 1.7) / 2 }
      var gradient = [Double](repeating: 0, count: size)
      var ignored = gradient
      func value(_ x: [Double]) -> Double {
        LogisticProbe.objective(features, target, count, 0.3, x, &ignored, threads: 1)
      }
      _ = LogisticProbe.objective(features, target, count, 0.3, point, &gradient, threads: 2)
      for index in 0..<size {
        var (up, down) = (point, point)
        up[index] += 1e-5
        down[index] -= 1e-5
        #expect(abs((value(up) - value(down)) / 2e-5 - gradient[index]) < 1e-8)
      }
    }
  }

  @Test func `One-hot features fit as their dense form does`() {
    let indices = (0..<150).map { Int32($0 * 5 % 7) }
    var dense = [Double](repeating: 0, count: 150 * 7)
    for (row, index) in indices.enumerated() { dense[row * 7 + Int(index)] = 1 }
    let precise = Minimiser(tolerance: 1e-11)
    let sparse = LogisticProbe(
      .oneHot(indices: indices, values: [Double](repeating: 1, count: 150), width: 7),
      classes: classes, classCount: 3, minimiser: precise, threads: 2)
    let full = LogisticProbe(
      .dense(dense, count: 150, width: 7), classes: classes, classCount: 3, minimiser: precise,
      threads: 1)
    #expect(largestDifference(sparse.weights, full.weights) < 1e-8)
  }

  @Test func `Threads change no bit of a probe`() {
    let one = LogisticProbe(features, classes: classes, classCount: 3, threads: 1)
    #expect(one == LogisticProbe(features, classes: classes, classCount: 3, threads: 3))
  }

  @Test func `Folds keep groups together and hold every class`() {
    let groups = (0..<60).map { $0 / 3 }
    let classes = groups.map { $0 % 2 }
    let folds = GroupedFolds(groups: groups, classes: classes, folds: 5, seed: 3)
    #expect(folds.foldCount == 5 && folds.groupCount == 20)
    for group in 0..<20 {
      #expect(
        Set(groups.indices.filter { groups[$0] == group }.map { folds.foldOfRow[$0] }).count == 1)
    }
    for fold in 0..<5 {
      let held = groups.indices.filter { folds.foldOfRow[$0] == fold }
      #expect(held.count == 12)
      #expect(Set(held.map { classes[$0] }).count == 2)
    }
    #expect(GroupedFolds(groups: [1, 1], classes: [0, 1], folds: 5, seed: 0).foldCount == 1)
  }

  @Test func `Shuffling deals whole groups where each is of one class`() {
    let groups = (0..<40).map { $0 / 4 }
    let classes = groups.map { $0 < 5 ? 0 : 1 }
    let shuffled = ProbeComparison.shuffled(classes, groups: groups, seed: 1)
    #expect(shuffled != classes)
    for group in 0..<10 {
      #expect(Set(groups.indices.filter { groups[$0] == group }.map { shuffled[$0] }).count == 1)
    }
    let mixed = (0..<40).map { $0 % 2 }
    #expect(
      ProbeComparison.shuffled(mixed, groups: groups, seed: 1).filter { $0 == 1 }.count == 20)
  }

  @Test func `A prompt is found in its chat turn, and not in one that only begins like it`() throws
  {
    let folder = try TemporaryFolder()
    let lines = """
      {"prompt": "Name a bird.", "category": "nature", "n": 3}
      {"text": "Name a bird. Then a fish.", "category": "both"}
      """
    try Data(lines.utf8).write(to: folder.file("labels.jsonl"))
    let fields = try DocumentFields(labels: folder.file("labels.jsonl"))
    #expect(fields.names == ["category", "n"])
    #expect(fields.fields(of: "<|u|>user\nName a bird.<|e|>\n")?["category"] == "nature")
    #expect(
      fields.fields(of: "<|u|>user\nName a bird. Then a fish.<|e|>\n")?["category"] == "both")
    #expect(fields.fields(of: "<|u|>user\nName a bird. Or two.<|e|>\n") == nil)
    try Data("{\"prompt\": 3}\n".utf8).write(to: folder.file("bad.jsonl"))
    #expect(throws: ExperimentError.self) {
      _ = try DocumentFields(labels: folder.file("bad.jsonl"))
    }
  }
}
