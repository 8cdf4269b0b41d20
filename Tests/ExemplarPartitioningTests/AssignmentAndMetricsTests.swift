import ExemplarPartitioning
import Testing

@Suite("Reading a finished dictionary")
struct AssignmentAndMetricsTests {
  private func dictionary(_ exemplars: [Float], members: [Int]) -> ExemplarDictionary {
    ExemplarDictionary(
      centre: [0, 0], threshold: 0.5, exemplars: exemplars, means: exemplars,
      regions: members.map {
        Region(
          memberCount: $0, coherence: 1, sumDistance: 0.1 * Double($0 - 1), sumSquaredDistance: 0)
      })
  }

  @Test("the earliest of equal exemplars takes the activation, and distances stay in [0, 2]")
  func ties() {
    var assigner = RegionAssigner(dictionary([0, 1, 1, 0, 1, 0], members: [1, 1, 1]), threads: 2)
    let assigned = assigner.assign(ActivationBatch(rows: [3, 0, 0, 7, -1, 0, 0, 0], count: 4))
    #expect(assigned.ids == [1, 0, 0, 0])
    #expect(assigned.distances == [0, 0, 1, 1])
    #expect(assigned.distances.allSatisfy { (0...2).contains($0) })
  }

  @Test("a dictionary without regions assigns nothing")
  func empty() {
    var assigner = RegionAssigner(dictionary([], members: []), threads: 1)
    let assigned = assigner.assign(ActivationBatch(rows: [1, 2], count: 1))
    #expect(assigned.ids == [-1])
    #expect(assigned.distances == [.infinity])
  }

  @Test("metrics that need more regions than there are do not exist")
  func tooFew() {
    let none = dictionary([1, 0], members: [1]).metrics(threads: 1)
    #expect(none.nontrivialCount == 0)
    #expect(none.coverage == nil)
    let one = dictionary([1, 0, 0, 1], members: [4, 1]).metrics(threads: 1)
    #expect(one.coverage == 0.8)
    #expect(one.silhouette == nil)
    let two = dictionary([1, 0, 0, 1], members: [4, 2]).metrics(threads: 1)
    #expect(two.meanNearestInterDistance == 1)
    #expect(two.separationRatio == 2)
  }

  @Test("the reservoir samples up to 30 members of each region, the same for the same seed")
  func reservoir() throws {
    let batches = clusteredBatches(
      seed: 21, clusters: 6, dimension: 12, batchSizes: [200, 200], noise: 0.05)
    let calibration = try calibrate(batches, percentile: 10)
    let (first, _) = build(batches, calibration: calibration, options: BuildOptions(seed: 1))
    let (again, _) = build(batches, calibration: calibration, options: BuildOptions(seed: 1))
    let (other, _) = build(batches, calibration: calibration, options: BuildOptions(seed: 2))
    #expect(first.reservoir == again.reservoir)
    #expect(first.reservoir.directions != other.reservoir.directions)
    #expect(first.exemplars == other.exemplars)
    for region in 0..<first.count {
      let sampled = first.reservoir.regions.count { $0 == region }
      #expect(sampled == min(first.regions[region].memberCount, Reservoir.capacity))
    }
    for (row, region) in first.reservoir.regions.enumerated() {
      let sampled = first.reservoir.directions[row * 12..<(row + 1) * 12]
      let similarity = zip(sampled, first.exemplar(of: region)).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(1 - Double(similarity) <= calibration.threshold + 1e-6)
    }
  }
}
