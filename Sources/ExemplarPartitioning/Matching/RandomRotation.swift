import Foundation
import Numerics

/// Rotations of activation space, drawn uniformly (by Haar measure) from a seed.
package enum RandomRotation {
  /// `rows [K, D]`, each turned by the same random rotation (or reflection) of the D-dimensional space.
  ///
  /// The rotation is an orthonormal basis made of D normal vectors by Gram and Schmidt's process, which is uniform.
  /// - Complexity: O(D³ + K · D²).
  package static func rotate(_ rows: DirectionRows, seed: UInt64) -> DirectionRows {
    let dimension = rows.dimension
    let basis = basis(dimension, seed: seed)
    return DirectionRows(count: rows.count, dimension: dimension) { target in
      rows.withUnsafeBufferPointer { rows in
        basis.withUnsafeBufferPointer { basis in
          guard let source = rows.baseAddress, let basis = basis.baseAddress,
            let target = target.baseAddress
          else { return }
          MatrixProducts.multiplyTransposed(
            source, rows: rows.count / dimension, basis, columns: dimension, depth: dimension,
            into: target, strideC: dimension)
        }
      }
    }
  }

  /// `[D, D]`, orthonormal rows.
  static func basis(_ dimension: Int, seed: UInt64) -> [Float] {
    var values = [Float](repeating: 0, count: dimension * dimension)
    for index in values.indices { values[index] = normal(seed: seed, index: UInt64(index)) }
    values.withUnsafeMutableBufferPointer { values in
      guard let base = values.baseAddress else { return }
      for row in 0..<dimension {
        let own = base + row * dimension
        // Twice is enough: what rounding leaves of earlier directions goes the second time.
        for _ in 0..<2 {
          for earlier in 0..<row {
            let other = base + earlier * dimension
            let product = dot(own, other, count: dimension)
            for i in 0..<dimension { own[i] -= product * other[i] }
          }
        }
        let norm = dot(own, own, count: dimension).squareRoot()
        for i in 0..<dimension { own[i] /= norm }
      }
    }
    return values
  }

  private static func dot(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int
  ) -> Float {
    let (x, y) = (UnsafeRawPointer(a), UnsafeRawPointer(b))
    var sums = SIMD16<Float>()
    var i = 0
    while i + 16 <= count {
      sums +=
        x.loadUnaligned(fromByteOffset: i * 4, as: SIMD16<Float>.self)
        * y.loadUnaligned(fromByteOffset: i * 4, as: SIMD16<Float>.self)
      i += 16
    }
    var sum = sums.sum()
    while i < count {
      sum += a[i] * b[i]
      i += 1
    }
    return sum
  }

  /// Box and Muller's transform of two uniform numbers.
  private static func normal(seed: UInt64, index: UInt64) -> Float {
    let radius = Double(SeededNumbers.value(seed: seed, index: 2 * index) >> 11) + 0.5
    let angle = Double(SeededNumbers.value(seed: seed, index: 2 * index + 1) >> 11)
    let unit = 0x1p-53
    return Float((-2 * log(radius * unit)).squareRoot() * cos(2 * .pi * angle * unit))
  }
}
