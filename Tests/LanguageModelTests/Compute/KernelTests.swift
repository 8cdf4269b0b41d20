import CKernels
import Foundation
import Testing

@testable import LanguageModel

/// Every kernel, at every level that the processor has, beside a slow loop in doubles.
struct KernelTests {
  static let levels = Array(0...kernels_best_level())
  /// Around the widths of vectors, and far from them.
  static let counts = [1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 64, 100, 1023, 2500]

  private static func values(_ count: Int, seed: Int, scale: Float = 2) -> [Float] {
    (0..<count).map { Float(($0 &* 7919 &+ seed &* 104_729) % 2003) / 1001 * scale - scale }
  }

  private func expectClose(
    _ found: [Float], _ expected: [Double], _ tolerance: Double, _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let scale = max(1, expected.map(abs).max() ?? 1)
    let worst = zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 0
    #expect(
      found.count == expected.count && worst <= tolerance * scale, "\(what)",
      sourceLocation: sourceLocation)
  }

  @Test func `SHA-256 is the same with the processor's instructions and without`() {
    let blocks = (0..<640).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    let start: [UInt32] = [
      0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB,
      0x5BE0_CD19,
    ]
    var (first, second) = (start, start)
    kernels_sha256(&first, blocks, 10)
    kernels_sha256_portable(&second, blocks, 10)
    #expect(first == second && first != start)
  }

  @Test(arguments: levels)
  func `products are those of a loop, and write nothing beside them`(level: CInt) {
    for (rows, columns, depth) in [
      (1, 1, 1), (1, 40, 5), (2, 32, 16), (7, 33, 70), (11, 15, 3), (12, 64, 64), (13, 95, 31),
      (40, 100, 50), (25, 17, 5000),
    ] {
      let (strideA, strideC) = (depth + 3, columns + 5)
      let a = Self.values(rows * strideA, seed: 1)
      let b = Self.values(columns * depth, seed: 2)
      let bias = Self.values(columns, seed: 3)
      let before = Self.values(rows * strideC, seed: 4)
      let whole = (columns + 31) / 32 * 32
      var panels = b + [Float](repeating: .nan, count: (whole - columns) * depth)
      var room = [Float](repeating: 0, count: 32 * depth)
      kernels_pack(&panels, columns, depth, &room)
      for (adds, hasBias) in [(false, false), (true, false), (false, true), (true, true)] {
        var c = before
        bias.withUnsafeBufferPointer { bias in
          a.withUnsafeBufferPointer { a in
            panels.withUnsafeBufferPointer { panels in
              c.withUnsafeMutableBufferPointer { c in
                var product = kernels_product(
                  a: a.baseAddress!, a_stride: strideA, rows: rows, depth: depth,
                  panels: panels.baseAddress!, panel_stride: 32 * depth, columns: columns,
                  c: c.baseAddress!, c_stride: strideC, bias: hasBias ? bias.baseAddress : nil,
                  adds: adds)
                kernels_multiply(level, &product)
              }
            }
          }
        }
        var expected = before.map(Double.init)
        for row in 0..<rows {
          for column in 0..<columns {
            var sum = adds ? Double(before[row * strideC + column]) : 0
            if hasBias { sum += Double(bias[column]) }
            for k in 0..<depth {
              sum += Double(a[row * strideA + k]) * Double(b[column * depth + k])
            }
            expected[row * strideC + column] = sum
          }
        }
        expectClose(c, expected, 1e-5, "\(rows)×\(columns)×\(depth) adds \(adds) bias \(hasBias)")
        for row in 0..<rows {
          let gap = row * strideC + columns..<(row + 1) * strideC
          #expect(c[gap] == before[gap])
        }
      }
    }
  }

  @Test(arguments: levels)
  func `a product's numbers do not depend on its size`(level: CInt) {
    let (rows, columns, depth) = (40, 96, 77)
    let a = Self.values(rows * depth, seed: 5)
    var panels = Self.values(columns * depth, seed: 6)
    var room = [Float](repeating: 0, count: 32 * depth)
    kernels_pack(&panels, columns, depth, &room)
    func product(_ rows: Range<Int>, _ columns: Range<Int>) -> [Float] {
      var c = [Float](repeating: 0, count: rows.count * columns.count)
      a.withUnsafeBufferPointer { a in
        panels.withUnsafeBufferPointer { panels in
          c.withUnsafeMutableBufferPointer { c in
            var product = kernels_product(
              a: a.baseAddress! + rows.lowerBound * depth, a_stride: depth, rows: rows.count,
              depth: depth, panels: panels.baseAddress! + columns.lowerBound * depth,
              panel_stride: 32 * depth, columns: columns.count, c: c.baseAddress!,
              c_stride: columns.count, bias: nil, adds: false)
            kernels_multiply(level, &product)
          }
        }
      }
      return c
    }
    let whole = product(0..<rows, 0..<columns)
    for some in [0..<1, 3..<5, 7..<20, 17..<40] {
      for part in [0..<32, 32..<41, 64..<96] {
        let expected = some.flatMap { row in part.map { whole[row * columns + $0] } }
        #expect(product(some, part) == expected)
      }
    }
  }

  @Test(arguments: levels)
  func `activations and gates are those of a loop`(level: CInt) {
    let functions: [(kernels_activation, (Double) -> Double)] = [
      (KERNELS_SILU, { $0 / (1 + exp(-$0)) }),
      (KERNELS_GELU, { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) }),
      (
        KERNELS_GELU_TANH,
        { 0.5 * $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }
      ),
    ]
    for (kind, function) in functions {
      for count in Self.counts {
        let stride = count + 2
        let (up, gate) = (
          Self.values(3 * stride, seed: 7), Self.values(3 * stride, seed: 8, scale: 9)
        )
        var (gated, alone) = (up, gate)
        kernels_gate(level, kind, &gated, gate, 3, stride, count)
        kernels_activate(level, kind, &alone, 3, stride, count)
        var (expectedGated, expectedAlone) = (up.map(Double.init), gate.map(Double.init))
        for row in 0..<3 {
          for index in row * stride..<row * stride + count {
            expectedAlone[index] = function(Double(gate[index]))
            expectedGated[index] *= expectedAlone[index]
          }
        }
        expectClose(gated, expectedGated, 1e-6, "\(kind) \(count)")
        expectClose(alone, expectedAlone, 1e-6, "\(kind) \(count)")
      }
    }
  }

  @Test(arguments: levels)
  func `norms are those of a loop`(level: CInt) {
    for count in Self.counts where count > 1 {
      let input = Self.values(count, seed: 9).map { $0 + 0.3 }
      let (weight, bias) = (Self.values(count, seed: 10), Self.values(count, seed: 11))
      for (centres, isWeighted) in [(false, false), (false, true), (true, false), (true, true)] {
        var output = [Float](repeating: 0, count: count)
        weight.withUnsafeBufferPointer { weight in
          bias.withUnsafeBufferPointer { bias in
            kernels_normalise(
              level, input, &output, count, 1e-5, centres,
              isWeighted ? weight.baseAddress : nil, isWeighted ? bias.baseAddress : nil)
          }
        }
        var x = input.map(Double.init)
        if centres {
          let mean = x.reduce(0, +) / Double(count)
          x = x.map { $0 - mean }
        }
        let square = x.reduce(0) { $0 + $1 * $1 } / Double(count)
        let expected = x.enumerated().map { index, x in
          let scaled = x / (square + 1e-5).squareRoot()
          return isWeighted ? scaled * Double(weight[index]) + Double(bias[index]) : scaled
        }
        expectClose(output, expected, 2e-6, "\(count) centres \(centres)")
      }
    }
  }

  @Test(arguments: levels)
  func `exponentials, softmax and soft caps are those of a loop`(level: CInt) {
    for count in Self.counts {
      let input = Self.values(count, seed: 12, scale: 30)
      var softmax = input
      kernels_softmax(level, &softmax, count)
      let largest = Double(input.max() ?? 0)
      let powers = input.map { exp(Double($0) - largest) }
      let total = powers.reduce(0, +)
      expectClose(softmax, powers.map { $0 / total }, 1e-6, "softmax \(count)")
      var capped = input
      kernels_soft_cap(level, &capped, count, 20)
      expectClose(capped, input.map { 20 * tanh(Double($0) / 20) }, 1e-6, "cap \(count)")
      var exponentials = input
      kernels_exponential(level, &exponentials, count)
      for (found, x) in zip(exponentials, input) {
        #expect(abs(Double(found) / exp(Double(x)) - 1) < 1e-6)
      }
    }
    var ends: [Float] = [-1000, 1000, 0]
    kernels_exponential(level, &ends, 3)
    #expect(ends[0] < 1e-37 && ends[1] > 1e38 && ends[1].isFinite && ends[2] == 1)
    var none: [Float] = []
    kernels_softmax(level, &none, 0)
  }

  @Test(arguments: levels)
  func `rotations, sums and distances are those of a loop`(level: CInt) {
    for count in Self.counts {
      let (a, b, c) = (
        Self.values(2 * count, seed: 13), Self.values(2 * count, seed: 14),
        Self.values(2 * count, seed: 15)
      )
      var turned = a
      kernels_rotate(level, &turned, b, count)
      let first = (0..<count).map {
        Double(a[$0]) * Double(b[$0]) - Double(a[count + $0]) * Double(b[count + $0])
      }
      let second = (0..<count).map {
        Double(a[count + $0]) * Double(b[$0]) + Double(a[$0]) * Double(b[count + $0])
      }
      expectClose(turned, first + second, 1e-6, "rotate \(count)")
      var sums = a
      kernels_add(level, &sums, b, 0.7, count)
      expectClose(
        Array(sums[..<count]), (0..<count).map { Double(a[$0]) + 0.7 * Double(b[$0]) }, 1e-6)
      #expect(sums[count...] == a[count...])
      kernels_scale(level, &sums, 0, count)
      #expect(sums[..<count].allSatisfy { $0 == 0 } && sums[count...] == a[count...])
      let product = (0..<count).reduce(0.0) {
        $0 + (Double(a[$1]) - Double(c[$1])) * Double(b[$1])
      }
      expectClose([kernels_dot_less(level, a, c, b, count)], [product], 1e-5)
    }
  }

  @Test(arguments: levels)
  func `the first of the largest is found, and NaN is not it`(level: CInt) {
    for count in Self.counts {
      var row = Self.values(count, seed: 16)
      for place in Set([0, count / 2, count - 1]) {
        row[place] = 7
        #expect(kernels_maximum(level, row, count) == 7)
        #expect(kernels_index_of_maximum(level, row, count) == row.firstIndex(of: 7))
      }
      guard count > 1 else { continue }
      row[0] = .nan
      #expect(kernels_index_of_maximum(level, row, count) == row.firstIndex(of: 7))
      let infinite = [Float](repeating: -.infinity, count: count)
      #expect(kernels_index_of_maximum(level, infinite, count) == 0)
    }
  }
}

struct WorkerPoolTests {
  @Test(arguments: [1, 2, 5])
  func `every item is done once, by a worker that does one at a time`(workers: Int) {
    let pool = WorkerPool(workers: workers)
    for items in [0, 1, 2, 3, 17, 400] {
      for _ in 0..<50 {
        var done = [UInt8](repeating: 0, count: items)
        var busy = [UInt8](repeating: 0, count: workers)
        done.withUnsafeMutableBufferPointer { done in
          busy.withUnsafeMutableBufferPointer { busy in
            nonisolated(unsafe) let (done, busy) = (done, busy)
            pool.forEach(items) { item, worker in
              busy[worker] += 1
              done[item] += 1
              if busy[worker] != 1 { done[item] = 100 }
              busy[worker] -= 1
            }
          }
        }
        #expect(done.allSatisfy { $0 == 1 })
      }
    }
  }

  @Test func `ranges cover everything once`() {
    let pool = WorkerPool(workers: 3)
    var covered = [UInt8](repeating: 0, count: 100)
    covered.withUnsafeMutableBufferPointer { covered in
      nonisolated(unsafe) let covered = covered
      pool.forRanges(of: 100, by: 32) { range, _ in
        for index in range { covered[index] += 1 }
      }
    }
    #expect(covered.allSatisfy { $0 == 1 })
  }

  @Test func `pools come and go`() {
    for _ in 0..<100 { WorkerPool(workers: 4).forEach(3) { _, _ in } }
  }
}
