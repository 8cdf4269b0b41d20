import ExemplarPartitioning
import Numerics
import Testing

struct SubspaceTests {
  /// Two regions in four dimensions: the first with sampled members, the second without.
  private let dictionary = ExemplarDictionary(
    centre: [1, 0, 0, 0], threshold: 0.3,
    exemplars: [1, 0, 0, 0, 0, 0, 1, 0], means: [0.8, 0.6, 0, 0, 0, 0, 1, 0],
    regions: [
      Region(memberCount: 3, coherence: 0.9, sumDistance: 0.4, sumSquaredDistance: 0.1),
      Region(memberCount: 1, coherence: 1, sumDistance: 0, sumSquaredDistance: 0),
    ],
    reservoir: Reservoir(
      directions: [1, 0, 0, 0, 0.6, 0.8, 0, 0, 0.6, 0.8, 0, 0, 0, 0, 0, 1], regions: [0, 0, 0, 0]))

  @Test func `a region has a direction for each basis`() {
    #expect(dictionary.direction(of: 0, basis: .exemplar) == [1, 0, 0, 0])
    #expect(dictionary.direction(of: 0, basis: .mean) == [0.8, 0.6, 0, 0])
    // Cosines to the mean: 0.8, 0.96, 0.96 and 0.
    #expect(dictionary.direction(of: 0, basis: .reanchored) == [0.6, 0.8, 0, 0])
  }

  @Test func `a region without sampled members is anchored at its exemplar`() {
    #expect(!dictionary.hasSampledMembers(of: 1))
    #expect(dictionary.direction(of: 1, basis: .reanchored) == [0, 0, 1, 0])
  }

  @Test func `rows are orthonormal and span the directions in order`() throws {
    let directions = (0..<5).map { RandomDirection.unit(dimension: 40, seed: $0) }
    let subspace = try Subspace(spanning: directions)
    #expect(subspace.rank == 5)
    for i in 0..<5 {
      for j in 0..<5 {
        #expect(abs(product(row(subspace, i), row(subspace, j)) - (i == j ? 1 : 0)) < 1e-6)
      }
      // The i-th row has nothing of the directions before the i-th.
      for j in 0..<i { #expect(abs(product(row(subspace, i), directions[j])) < 1e-6) }
      #expect(abs(product(row(subspace, i), directions[i])) > 0.1)
    }
  }

  @Test func `nearly equal directions keep their rows orthogonal`() throws {
    let first = RandomDirection.unit(dimension: 60, seed: 1)
    let other = RandomDirection.unit(dimension: 60, seed: 2)
    let second = zip(first, other).map { $0 + 1e-3 * $1 }
    let subspace = try Subspace(spanning: [first, second])
    #expect(abs(product(row(subspace, 0), row(subspace, 1))) < 1e-6)
  }

  @Test func `a direction in the span of those before it is an error that says which`() {
    let first = RandomDirection.unit(dimension: 8, seed: 1)
    let second = RandomDirection.unit(dimension: 8, seed: 2)
    let sum = zip(first, second).map { $0 - 2 * $1 }
    let error = #expect(throws: SubspaceError.self) {
      try Subspace(spanning: [first, second, sum])
    }
    #expect(error?.code == .dependent && error?.direction == 2 && error?.count == 3)
    #expect(throws: SubspaceError.self) { try Subspace(spanning: [[0, 0, 0]]) }
    #expect(throws: SubspaceError.self) { try Subspace(spanning: [[.nan, 0, 0]]) }
  }

  @Test func `removal is seen from the centre and leaves the rest alone`() throws {
    let subspace = try Subspace(spanning: [[3, 0, 0], [1, 1, 0]])
    var rows: [Float] = [5, 6, 7, 1, 2, 9]
    subspace.remove(from: &rows, centre: [1, 2, 3])
    #expect(rows == [1, 2, 7, 1, 2, 9])
  }

  @Test func `half a strength removes half`() throws {
    let subspace = try Subspace(spanning: [[1, 0]])
    var rows: [Float] = [5, 6]
    subspace.remove(from: &rows, centre: [1, 1], strength: 0.5)
    #expect(rows == [3, 6])
  }

  @Test func `random directions are of unit length and depend on the seed alone`() {
    let direction = RandomDirection.unit(dimension: 576, seed: 7)
    #expect(abs(product(direction, direction) - 1) < 1e-5)
    #expect(direction == RandomDirection.unit(dimension: 576, seed: 7))
    let other = RandomDirection.unit(dimension: 576, seed: 8)
    #expect(abs(product(direction, other)) < 0.2)
  }

  private func row(_ subspace: Subspace, _ index: Int) -> [Float] {
    Array(subspace.rows[index * subspace.dimension..<(index + 1) * subspace.dimension])
  }

  private func product(_ a: [Float], _ b: [Float]) -> Double {
    zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }
}
