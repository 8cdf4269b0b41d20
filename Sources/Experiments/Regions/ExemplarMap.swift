import ExemplarPartitioning
import Foundation
import Numerics
import Storage

/// Exemplars in the three directions along which they differ most.
package struct ExemplarMap: Sendable, Equatable {
  /// `[K]`: components along the principal directions, the widest first.
  package var points: [SIMD3<Float>]
  /// The share of the exemplars' variance that each of the three directions has.
  package var explained: SIMD3<Double>

  package init(points: [SIMD3<Float>], explained: SIMD3<Double>) {
    self.points = points
    self.explained = explained
  }

  private static let width = 8
  private static let mostRounds = 60

  /// Principal components of unit rows about their mean, by subspace iteration from a fixed start.
  ///
  /// Signs are chosen so that each component's largest entry by size is positive. Directions whose variances nearly
  /// tie may be turned among themselves.
  /// - Complexity: O(rounds · K · D), rounds ≤ 60.
  package static func compute(
    _ exemplars: DirectionRows, isCancelled: () -> Bool = { false }
  ) throws -> ExemplarMap {
    try MatrixProducts.verify()
    let (count, dimension) = (exemplars.count, exemplars.dimension)
    guard count > 0, dimension > 0 else { return ExemplarMap(points: [], explained: .zero) }
    let width = min(Self.width, dimension)
    var mean = [Double](repeating: 0, count: dimension)
    var total = 0.0
    exemplars.withUnsafeBufferPointer { rows in
      for row in 0..<count {
        for column in 0..<dimension { mean[column] += Double(rows[row * dimension + column]) }
      }
      for column in 0..<dimension { mean[column] /= Double(count) }
      for row in 0..<count {
        for column in 0..<dimension {
          let value = Double(rows[row * dimension + column]) - mean[column]
          total += value * value
        }
      }
    }
    var basis = startingBasis(width, dimension)
    orthonormalise(&basis, width, dimension)
    var projected = [Float](repeating: 0, count: count * width)
    var variances = [Double](repeating: 0, count: width)
    for _ in 0..<mostRounds {
      if isCancelled() { throw CancellationError() }
      project(exemplars, mean, basis, width, into: &projected)
      var next = back(exemplars, mean, projected, width)
      orthonormalise(&next, width, dimension)
      // How far the first three turned.
      var turned = 0.0
      for vector in 0..<min(3, width) {
        var inside = 0.0
        for other in 0..<width {
          let product = dot(next, vector, basis, other, dimension)
          inside += product * product
        }
        turned = max(turned, 1 - inside)
      }
      basis = next
      if turned < 1e-9 { break }
    }
    project(exemplars, mean, basis, width, into: &projected)
    rotateToComponents(&projected, count, width, &variances)
    var points = [SIMD3<Float>](repeating: .zero, count: count)
    for component in 0..<min(3, width) {
      var largest: Float = 0
      for row in 0..<count where abs(projected[row * width + component]) > abs(largest) {
        largest = projected[row * width + component]
      }
      let sign: Float = largest < 0 ? -1 : 1
      for row in 0..<count { points[row][component] = sign * projected[row * width + component] }
    }
    var explained = SIMD3<Double>.zero
    for component in 0..<min(3, width) where total > 0 {
      explained[component] = variances[component] / total
    }
    return ExemplarMap(points: points, explained: explained)
  }

  /// Pseudo-random, the same on every machine.
  private static func startingBasis(_ width: Int, _ dimension: Int) -> [Float] {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    return (0..<width * dimension).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(state >> 40) / Float(1 << 23) - 1
    }
  }

  private static func dot(
    _ a: [Float], _ i: Int, _ b: [Float], _ j: Int, _ dimension: Int
  ) -> Double {
    var sum = 0.0
    for k in 0..<dimension { sum += Double(a[i * dimension + k]) * Double(b[j * dimension + k]) }
    return sum
  }

  private static func orthonormalise(_ basis: inout [Float], _ width: Int, _ dimension: Int) {
    for vector in 0..<width {
      // Twice is enough.
      for _ in 0..<2 {
        for other in 0..<vector {
          let product = Float(dot(basis, vector, basis, other, dimension))
          for k in 0..<dimension {
            basis[vector * dimension + k] -= product * basis[other * dimension + k]
          }
        }
      }
      let length = dot(basis, vector, basis, vector, dimension).squareRoot()
      let scale = length > 1e-12 ? Float(1 / length) : 0
      for k in 0..<dimension { basis[vector * dimension + k] *= scale }
    }
  }

  /// `(rows − mean) · basisᵀ`, `[K, width]`.
  private static func project(
    _ exemplars: DirectionRows, _ mean: [Double], _ basis: [Float], _ width: Int,
    into projected: inout [Float]
  ) {
    let dimension = exemplars.dimension
    let offsets = (0..<width).map { vector in
      var sum = 0.0
      for k in 0..<dimension { sum += mean[k] * Double(basis[vector * dimension + k]) }
      return Float(sum)
    }
    projected.withUnsafeMutableBufferPointer { projected in
      exemplars.withUnsafeBufferPointer { rows in
        basis.withUnsafeBufferPointer { basis in
          guard let a = rows.baseAddress, let b = basis.baseAddress, let c = projected.baseAddress
          else { return }
          MatrixProducts.multiplyTransposed(
            a, rows: exemplars.count, b, columns: width, depth: dimension, into: c, strideC: width)
        }
      }
      for row in 0..<exemplars.count {
        for vector in 0..<width { projected[row * width + vector] -= offsets[vector] }
      }
    }
  }

  /// `projectedᵀ · (rows − mean)`, `[width, D]`; the projections sum to 0, so the mean falls out.
  private static func back(
    _ exemplars: DirectionRows, _ mean: [Double], _ projected: [Float], _ width: Int
  ) -> [Float] {
    let (count, dimension) = (exemplars.count, exemplars.dimension)
    var sums = [Float](repeating: 0, count: width * dimension)
    sums.withUnsafeMutableBufferPointer { sums in
      exemplars.withUnsafeBufferPointer { rows in
        projected.withUnsafeBufferPointer { projected in
          for row in 0..<count {
            for vector in 0..<width {
              let weight = projected[row * width + vector]
              let (from, to) = (row * dimension, vector * dimension)
              for k in 0..<dimension { sums[to + k] += weight * rows[from + k] }
            }
          }
        }
      }
    }
    return sums
  }

  /// Turns projections `[K, width]` so that they are uncorrelated, the widest first (Jacobi's method).
  private static func rotateToComponents(
    _ projected: inout [Float], _ count: Int, _ width: Int, _ variances: inout [Double]
  ) {
    var matrix = [Double](repeating: 0, count: width * width)
    for row in 0..<count {
      for i in 0..<width {
        for j in 0..<width {
          matrix[i * width + j] +=
            Double(projected[row * width + i]) * Double(projected[row * width + j])
        }
      }
    }
    var vectors = [Double](repeating: 0, count: width * width)
    for i in 0..<width { vectors[i * width + i] = 1 }
    for _ in 0..<50 {
      for p in 0..<width {
        for q in p + 1..<max(width, p + 1) {
          let off = matrix[p * width + q]
          guard abs(off) > 1e-14 else { continue }
          let angle = 0.5 * atan2(2 * off, matrix[q * width + q] - matrix[p * width + p])
          let (s, c) = (sin(angle), cos(angle))
          for k in 0..<width {
            let (a, b) = (matrix[k * width + p], matrix[k * width + q])
            matrix[k * width + p] = c * a - s * b
            matrix[k * width + q] = s * a + c * b
          }
          for k in 0..<width {
            let (a, b) = (matrix[p * width + k], matrix[q * width + k])
            matrix[p * width + k] = c * a - s * b
            matrix[q * width + k] = s * a + c * b
            let (u, v) = (vectors[k * width + p], vectors[k * width + q])
            vectors[k * width + p] = c * u - s * v
            vectors[k * width + q] = s * u + c * v
          }
        }
      }
    }
    let order = (0..<width).sorted { matrix[$0 * width + $0] > matrix[$1 * width + $1] }
    variances = order.map { matrix[$0 * width + $0] }
    for row in 0..<count {
      let old = (0..<width).map { Double(projected[row * width + $0]) }
      for (place, column) in order.enumerated() {
        var sum = 0.0
        for i in 0..<width { sum += old[i] * vectors[i * width + column] }
        projected[row * width + place] = Float(sum)
      }
    }
  }
}
