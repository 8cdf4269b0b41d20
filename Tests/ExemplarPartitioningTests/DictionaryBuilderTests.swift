import ExemplarPartitioning
import Numerics
import Testing

@Suite("Building a dictionary")
struct DictionaryBuilderTests {
  /// Sizes that cross the tiles, blocks and chunks of the fast path.
  static let shapes: [(clusters: Int, dimension: Int, batches: [Int])] = [
    (5, 3, [1, 2, 40, 1]), (30, 17, [64, 200, 7]), (300, 40, [700, 300]),
    (1400, 24, [900, 900, 300]),
  ]

  @Test("agrees with plain loops, row by row", arguments: 0..<shapes.count)
  func slowReference(shape: Int) throws {
    let (clusters, dimension, sizes) = Self.shapes[shape]
    let batches = clusteredBatches(
      seed: UInt64(shape + 1), clusters: clusters, dimension: dimension, batchSizes: sizes)
    let centre = [Float](repeating: 3, count: dimension)
    var slow = SlowReference(centre: centre.map(Double.init), threshold: 0.31)
    var builder = DictionaryBuilder(
      centre: centre, threshold: 0.31, options: BuildOptions(threads: 2))
    for batch in batches {
      let expected = slow.add(batch)
      let outcome = builder.add(batch)
      #expect(outcome.ids.map(Int.init) == expected.ids)
      #expect(zip(outcome.distances, expected.distances).allSatisfy { agree(Double($0), $1) })
    }
    let founded = builder.regionCount
    #expect(founded == slow.exemplars.count)
  }

  @Test("gives the same bytes at any thread count", arguments: 0..<shapes.count)
  func threads(shape: Int) throws {
    let (clusters, dimension, sizes) = Self.shapes[shape]
    let batches = clusteredBatches(
      seed: 99, clusters: clusters, dimension: dimension, batchSizes: sizes)
    let calibration = Calibration(
      centre: [Float](repeating: 3, count: dimension), threshold: 0.31, activationCount: 1,
      percentile: 10)
    let one = build(batches, calibration: calibration, options: BuildOptions(threads: 1))
    for threads in [2, 3, 7] {
      let many = build(batches, calibration: calibration, options: BuildOptions(threads: threads))
      #expect(many.dictionary == one.dictionary)
      #expect(many.outcomes == one.outcomes)
    }
  }

  @Test("keeps exemplars apart, unit rows unit, and every activation in one region")
  func invariants() throws {
    let batches = clusteredBatches(
      seed: 4, clusters: 60, dimension: 20, batchSizes: [300, 300, 300], noise: 0.6)
    let calibration = try calibrate(batches, percentile: 5)
    let (dictionary, _) = build(batches, calibration: calibration, options: BuildOptions())
    #expect(dictionary.count > 10)
    for later in 0..<dictionary.count {
      let norm = dictionary.exemplar(of: later).reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(abs(norm - 1) < 1e-5)
      for earlier in 0..<later {
        let similarity = zip(dictionary.exemplar(of: later), dictionary.exemplar(of: earlier))
          .reduce(0) { $0 + Double($1.0) * Double($1.1) }
        #expect(1 - similarity > calibration.threshold - 1e-6)
      }
    }
    #expect(dictionary.regions.flatMap(\.members).sorted() == Array(0..<900))
    #expect(dictionary.regions.allSatisfy { $0.members.count == $0.memberCount })
    #expect(dictionary.growth.map(\.activations) == [300, 600, 900])
    #expect(dictionary.growth.last?.regions == dictionary.count)
  }

  @Test("stops after a window of batches that founded nothing")
  func saturation() {
    let batch = clusteredBatches(
      seed: 5, clusters: 4, dimension: 8, batchSizes: [200], noise: 0.01)[0]
    var repeated = batch
    repeated.documents = []
    var builder = DictionaryBuilder(
      centre: [Float](repeating: 3, count: 8), threshold: 0.2,
      options: BuildOptions(saturationWindow: 2))
    var states: [Bool] = []
    for next in [batch, repeated, repeated] {
      builder.add(next)
      states.append(builder.isSaturated)
    }
    #expect(states == [false, false, true])
  }

  @Test("drops regions below the minimum, and renumbers the others")
  func minimumMembers() {
    let rows: [Float] = [1, 0, 0, 1, 1, 0.01, -1, 0, 0.01, 1]
    let batch = ActivationBatch(rows: rows, count: 5)
    let calibration = Calibration(
      centre: [0, 0], threshold: 0.1, activationCount: 5, percentile: 10)
    let (all, _) = build([batch], calibration: calibration, options: BuildOptions())
    #expect(all.regions.map(\.members) == [[0, 2], [1, 4], [3]])
    let (dictionary, _) = build(
      [batch], calibration: calibration, options: BuildOptions(minimumMembers: 2))
    #expect(dictionary.regions.map(\.members) == [[0, 2], [1, 4]])
    #expect(dictionary.exemplars.values == Array(all.exemplars.values.prefix(4)))
  }

  @Test("merges exemplars that only rounding kept apart; the larger keeps its exemplar")
  func merging() {
    // 1 − θ lies just above the f32 similarity of the two, and rounds to it.
    let similarity = Double(Float(0.6))
    let calibration = Calibration(
      centre: [0, 0], threshold: 1 - (similarity + 1e-9), activationCount: 4, percentile: 10)
    let rows: [Float] = [0, -1, 1, 0, 0.6, 0.8, 0.6, 0.8]
    let batch = ActivationBatch(rows: rows, count: 4)
    let (apart, _) = build([batch], calibration: calibration, options: BuildOptions())
    #expect(apart.regions.map(\.members) == [[0], [1], [2, 3]])
    let (merged, _) = build(
      [batch], calibration: calibration, options: BuildOptions(mergeClose: true))
    #expect(merged.regions.map(\.members) == [[0], [1, 2, 3]])
    #expect(Array(merged.exemplar(of: 1)) == Array(apart.exemplar(of: 2)))
    #expect(merged.regions[1].memberCount == 3)
    #expect(merged.regions[1].closest.count == 3)
    let sum = [1 + 2 * 0.6, 2 * 0.8]
    let norm = (sum[0] * sum[0] + sum[1] * sum[1]).squareRoot()
    #expect(agree(merged.regions[1].coherence, norm / 3))
    #expect(agree(Double(merged.mean(of: 1).first ?? 0), sum[0] / norm))
  }

  @Test("the very first activation founds region 0, and an empty batch changes nothing")
  func firstActivation() {
    var builder = DictionaryBuilder(
      centre: [0, 0], threshold: 0.5, options: BuildOptions())
    let empty = builder.add(ActivationBatch(rows: [], count: 0))
    #expect(empty.ids.isEmpty)
    let batches = builder.batchCount
    #expect(batches == 0)
    let outcome = builder.add(ActivationBatch(rows: [2, 0, 1, 0, 0, 1], count: 3))
    #expect(outcome.ids == [0, 0, 1])
    #expect(outcome.distances == [0, 0, 0])
    #expect(outcome.founded == 2)
  }

  @Test("an activation at the centre has no direction, and founds a region of its own")
  func zeroVector() {
    var builder = DictionaryBuilder(centre: [1, 1], threshold: 0.5, options: BuildOptions())
    let outcome = builder.add(ActivationBatch(rows: [2, 1, 1, 1], count: 2))
    #expect(outcome.ids == [0, 1])
    let (dictionary, _) = builder.finish()
    #expect(Array(dictionary.exemplar(of: 1)) == [0, 0])
  }
}
