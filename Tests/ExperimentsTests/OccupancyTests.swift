import Testing

@testable import Experiments

/// Regions are ranked by what a child has more of than its parent, with a null that pays for looking at all of them.
struct OccupancyTests {
  @Test func `rows are counted, and regions of the child alone are listed by its rows`() {
    let occupancy = Occupancy(
      parent: [0, 0, 1, 1, 2, 2], child: [0, 3, 3, 4, 2, 3],
      distances: ([0, 0, 0, 0, 0, 0], [0, 0.5, 0.25, 0, 0, 0.25]), prompts: [0, 1, 1, 2, 3, 3],
      permutations: 0)
    #expect(occupancy.regions.map(\.example) == [1, 2, 0, 3, 1])
    #expect(occupancy.regions.map(\.id) == [3, 4, 0, 2, 1])
    #expect(occupancy.regions.map(\.difference) == [3, 1, -1, -1, -2])
    #expect(occupancy.added.map(\.id) == [3, 4])
    #expect(occupancy.regions[0].prompts == 2 && occupancy.moved == 4)
    #expect(occupancy.regions.allSatisfy { $0.p == nil })
  }

  @Test func `a region that gains by one row of many is chance, one that gains all is not`() {
    let parent = (0..<60).map { Int32($0 % 6) }
    var child = parent
    let zeros = [Float](repeating: 0, count: 60)
    for row in 0..<30 { child[row] = 9 }
    for row in 30..<60 where row % 2 == 0 { child[row] = Int32((row + 1) % 6) }
    let occupancy = Occupancy(
      parent: parent, child: child, distances: (zeros, zeros), prompts: Array(0..<60),
      permutations: 500, seed: 3)
    let planted = occupancy.regions[0]
    #expect(planted.id == 9 && planted.isAdded && planted.p ?? 1 < 0.01)
    #expect(occupancy.regions.dropFirst().allSatisfy { $0.p ?? 0 > 0.05 })
  }

  @Test func `the same seed gives the same null, and p is never zero`() {
    let parent = [Int32](repeating: 0, count: 40)
    let child = (0..<40).map { Int32($0 < 25 ? 1 : 0) }
    let zeros = [Float](repeating: 0, count: 40)
    func run(_ seed: UInt64) -> Occupancy {
      Occupancy(
        parent: parent, child: child, distances: (zeros, zeros), prompts: Array(0..<40),
        permutations: 99, seed: seed)
    }
    #expect(run(1) == run(1))
    #expect(run(1).regions.allSatisfy { $0.p ?? 0 >= 0.01 })
  }
}
