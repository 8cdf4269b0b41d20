import CKernels
import Foundation
import Numerics
import Testing

@testable import ExemplarPartitioning

/// Decisions between directions so near to each other that the rounding of a product could turn them.
@Suite("What is nearest, to the last bit")
struct FixedOrderTests {
  /// The order that `CKernels.h` promises, in plain loops.
  private static func dot(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
    let (a, b) = (Array(a), Array(b))
    var lanes = [Double](repeating: 0, count: 8)
    let whole = a.count / 8 * 8
    for k in 0..<whole { lanes[k % 8] += Double(a[k]) * Double(b[k]) }
    let half = (0..<4).map { lanes[$0] + lanes[$0 + 4] }
    var sum = (half[0] + half[2]) + (half[1] + half[3])
    for k in whole..<a.count { sum += Double(a[k]) * Double(b[k]) }
    return sum
  }

  private static func rows(_ count: Int, _ dimension: Int, seed: UInt64) -> [Float] {
    var random = TestRandom(seed: seed)
    return (0..<count).flatMap { _ in
      let row = (0..<dimension).map { _ in Float.random(in: -1...1, using: &random) }
      let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return row.map { $0 / norm }
    }
  }

  /// Unit rows within some roundings of one another.
  private static func siblings(_ count: Int, _ dimension: Int, seed: UInt64) -> [Float] {
    var random = TestRandom(seed: seed)
    let first = rows(1, dimension, seed: seed)
    return (0..<count).flatMap { _ in
      first.map { $0 * (1 + Float.random(in: -1...1, using: &random) * 4e-7) }
    }
  }

  @Test(arguments: 0...kernels_best_level())
  func `products have the promised bits at every level`(level: CInt) {
    for (rows, columns, depth) in [
      (1, 1, 1), (7, 5, 9), (3, 2, 8), (33, 17, 100), (25, 41, 576), (41, 4, 1537), (2, 3, 5000),
    ] {
      let a = Self.rows(rows, depth, seed: 1)
      let b = Self.rows(columns, depth, seed: 2)
      var found = [Float](repeating: .nan, count: rows * (columns + 2))
      var room = [Double](repeating: .nan, count: kernels_exact_room(depth))
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          found.withUnsafeMutableBufferPointer { c in
            room.withUnsafeMutableBufferPointer { room in
              var product = kernels_exact_product(
                a: a.baseAddress!, rows: rows, b: b.baseAddress!, columns: columns, depth: depth,
                c: c.baseAddress!, c_stride: columns + 2, room: room.baseAddress!)
              kernels_exact_multiply(level, &product)
            }
          }
        }
      }
      for row in 0..<rows {
        for column in 0..<columns {
          let (left, right) = (row * depth, column * depth)
          let expected = Self.dot(a[left..<left + depth], b[right..<right + depth])
          #expect(found[row * (columns + 2) + column] == Float(expected))
          let single = a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
              kernels_exact_dot(level, a.baseAddress! + left, b.baseAddress! + right, depth)
            }
          }
          #expect(single == expected)
        }
        #expect(found[row * (columns + 2) + columns].isNaN, "nothing is written beside them")
      }
    }
  }

  @Test(arguments: [97, 576, 1001])
  func `of exemplars that are nearly equal the nearest takes the row, the earliest of equals`(
    dimension: Int
  ) {
    let count = 1_100
    // Two chunks of exemplars, of three families, shuffled.
    let families = (0..<3).map { Self.siblings(count / 3 + 1, dimension, seed: 5 + $0) }
    var exemplars: [Float] = []
    for index in 0..<count {
      let first = index / 3 * dimension
      exemplars += families[index % 3][first..<first + dimension]
    }
    var units: [Float] = []
    for index in 0..<12 {
      let noise = Self.rows(1, dimension, seed: 100 + UInt64(index))
      units += zip(families[index % 3], noise).map { $0 + 0.1 * $1 }
    }
    var assigner = RegionAssigner(
      centre: [Float](repeating: 0, count: dimension),
      exemplars: DirectionRows(exemplars, dimension: dimension), threads: 2)
    let found = assigner.assign(ActivationBatch(rows: units, count: 12))
    for row in 0..<12 {
      let unit = Self.unit(units[row * dimension..<(row + 1) * dimension])
      var (best, index): (Float, Int) = (.infinity, -1)
      for exemplar in 0..<count {
        let first = exemplar * dimension
        let distance =
          1 - Float(Self.dot(unit[...], exemplars[first..<first + dimension]))
        if distance < best { (best, index) = (distance, exemplar) }
      }
      #expect(Int(found.ids[row]) == index)
      #expect(found.distances[row] == best)
    }
  }

  /// As the assigner has it, with a centre of zeros.
  private static func unit(_ row: ArraySlice<Float>) -> [Float] {
    let row = Array(row)
    let norm =
      row.withUnsafeBufferPointer {
        UnitRows.sumOfSquares($0.baseAddress!, count: $0.count)
      }.squareRoot() + UnitRows.epsilon
    return row.map { $0 / norm }
  }

  @Test
  func `leaders of one batch that are nearly equal are told apart likewise`() {
    let dimension = 300
    // θ below what parts the siblings: most found regions, some join the most similar leader.
    let rows = Self.siblings(150, dimension, seed: 11)
    let units = (0..<150).map { Self.unit(rows[$0 * dimension..<($0 + 1) * dimension]) }
    let threshold = 5e-14
    var builder = DictionaryBuilder(
      centre: [Float](repeating: 0, count: dimension), threshold: threshold,
      options: BuildOptions(threads: 2))
    let outcome = builder.add(ActivationBatch(rows: rows, count: 150))
    // The first row founds region 0; the others that lie beyond θ of it are clustered in order.
    var leaders = [0]
    var expected: [Int32] = [0]
    for row in 1..<150 {
      if 1 - Float(Self.dot(units[row][...], units[0][...])) <= Float(threshold) {
        expected.append(0)
        continue
      }
      var (best, leader): (Float, Int) = (-.infinity, -1)
      for (order, other) in leaders.enumerated().dropFirst() {
        let similarity = Float(Self.dot(units[row][...], units[other][...]))
        if similarity > best { (best, leader) = (similarity, order) }
      }
      if Double(best) >= 1 - threshold {
        expected.append(Int32(leader))
      } else {
        expected.append(Int32(leaders.count))
        leaders.append(row)
      }
    }
    #expect(outcome.ids == expected)
  }

  @Test(arguments: [0, 1 << 22])
  func `a percentile of distances that differ by roundings is the same from any product`(
    directPairs: Int
  ) {
    let (count, dimension) = (60, 131)
    let rows = Self.siblings(count, dimension, seed: 3).map(Double.init)
    let units = (0..<count).flatMap { index in
      let row = rows[index * dimension..<(index + 1) * dimension]
      let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return row.map { $0 / norm }
    }
    var distances: [Double] = []
    for i in 0..<count {
      for j in i + 1..<count {
        var lanes = [Double](repeating: 0, count: 8)
        let whole = dimension / 8 * 8
        for k in 0..<whole { lanes[k % 8] += units[i * dimension + k] * units[j * dimension + k] }
        let half = (0..<4).map { lanes[$0] + lanes[$0 + 4] }
        var sum = (half[0] + half[2]) + (half[1] + half[3])
        for k in whole..<dimension { sum += units[i * dimension + k] * units[j * dimension + k] }
        distances.append(1 - sum)
      }
    }
    distances.sort()
    var pairwise = PairwiseDistances(
      unitRows: units, count: count, dimension: dimension, threads: 2)
    pairwise.directPairs = directPairs
    for percentile in [1.0, 10, 50, 93.7] {
      let rank = percentile / 100 * Double(distances.count - 1)
      let lower = Int(rank)
      let (a, b) = (distances[lower], distances[min(lower + 1, distances.count - 1)])
      let fraction = rank - Double(lower)
      let expected = fraction >= 0.5 ? b - (b - a) * (1 - fraction) : a + (b - a) * fraction
      #expect(pairwise.percentile(percentile) == expected)
    }
  }

  @Test func `cosines to match by have the promised bits, whatever the threads`() throws {
    let (n, m, dimension) = (37, 300, 90)
    let (a, b) = (Self.rows(n, dimension, seed: 8), Self.rows(m, dimension, seed: 9))
    for threads in [1, 3] {
      let matrix = try CosineMatrix(
        DirectionRows(a, dimension: dimension), DirectionRows(b, dimension: dimension),
        threads: threads)
      for row in 0..<n {
        for column in stride(from: 0, to: m, by: 7) {
          let (left, right) = (row * dimension, column * dimension)
          #expect(
            matrix[row: row, column: column]
              == Float(Self.dot(a[left..<left + dimension], b[right..<right + dimension])))
        }
      }
    }
  }
}
