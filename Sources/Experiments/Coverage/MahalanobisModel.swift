import Foundation
import Numerics

/// Distance from a cloud of activations in units of its own spread.
///
/// The covariance is shrunk towards a multiple of the identity, `(1 − s)·S + s·μ·I` with μ the mean variance, by the
/// amount s that Ledoit and Wolf derive from the data, so that it can be inverted with fewer rows than components.
/// - Source: Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", 2004.
package struct MahalanobisModel: Sendable {
  /// s, in [0, 1].
  package let shrinkage: Double
  package let rowCount: Int
  private let dimension: Int
  private let mean: [Double]
  /// `[D, D]`, lower triangular: the inverse of the covariance's Cholesky factor.
  private let whitening: [Double]

  /// - Parameter rows: `[count, D]`.
  /// - Throws: `invalidValue` for fewer than two rows, or rows that are all the same.
  /// - Complexity: O(count · D² + D³).
  package init(_ rows: [Float], count: Int, dimension: Int, file: String) throws {
    guard count > 1 else {
      throw ExperimentError(
        .invalidValue, "expected at least 2 rows to estimate a covariance from, found \(count)",
        file: file)
    }
    self.dimension = dimension
    rowCount = count
    var mean = [Double](repeating: 0, count: dimension)
    for row in 0..<count {
      for i in 0..<dimension { mean[i] += Double(rows[row * dimension + i]) }
    }
    for i in 0..<dimension { mean[i] /= Double(count) }
    var covariance = [Double](repeating: 0, count: dimension * dimension)
    var fourthPowers = 0.0
    let block = 1024
    for start in stride(from: 0, to: count, by: block) {
      let centred = Self.centred(
        rows, start..<min(start + block, count), dimension, mean)
      for row in 0..<centred.count / dimension {
        var squares = 0.0
        for i in 0..<dimension {
          squares += centred[row * dimension + i] * centred[row * dimension + i]
        }
        fourthPowers += squares * squares
      }
      centred.withUnsafeBufferPointer { centred in
        covariance.withUnsafeMutableBufferPointer { covariance in
          guard let a = centred.baseAddress, let c = covariance.baseAddress else { return }
          MatrixProducts.addTransposedProduct(
            a, rows: dimension, a, columns: dimension, depth: centred.count / dimension, to: c)
        }
      }
    }
    var (trace, squares) = (0.0, 0.0)
    for i in covariance.indices {
      covariance[i] /= Double(count)
      squares += covariance[i] * covariance[i]
    }
    for i in 0..<dimension { trace += covariance[i * dimension + i] }
    let (n, p) = (Double(count), Double(dimension))
    let mu = trace / p
    guard mu > 0 else {
      throw ExperimentError(
        .invalidValue, "expected rows that differ, found \(count) that are all the same", file: file
      )
    }
    let delta = (squares - 2 * mu * trace + p * mu * mu) / p
    let beta = min((fourthPowers / n - squares) / (p * n), delta)
    shrinkage = beta > 0 ? beta / delta : 0
    for i in covariance.indices { covariance[i] *= 1 - shrinkage }
    for i in 0..<dimension { covariance[i * dimension + i] += shrinkage * mu }
    self.mean = mean
    whitening = try Cholesky.inverseFactor(of: covariance, dimension: dimension, file: file)
  }

  /// The Mahalanobis distance of each of `count` rows.
  ///
  /// - Complexity: O(count · D²).
  package func distances(_ rows: [Float], count: Int) -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(count)
    for start in stride(from: 0, to: count, by: 1024) {
      let centred = Self.centred(rows, start..<min(start + 1024, count), dimension, mean)
      let rowCount = centred.count / dimension
      var white = [Double](repeating: 0, count: centred.count)
      centred.withUnsafeBufferPointer { centred in
        whitening.withUnsafeBufferPointer { whitening in
          white.withUnsafeMutableBufferPointer { white in
            guard let a = centred.baseAddress, let b = whitening.baseAddress,
              let c = white.baseAddress
            else { return }
            MatrixProducts.multiplyTransposed(
              a, rows: rowCount, b, columns: dimension, depth: dimension, into: c,
              strideC: dimension)
          }
        }
      }
      for row in 0..<rowCount {
        var squares = 0.0
        for i in 0..<dimension {
          squares += white[row * dimension + i] * white[row * dimension + i]
        }
        result.append(squares.squareRoot())
      }
    }
    return result
  }

  private static func centred(
    _ rows: [Float], _ range: Range<Int>, _ dimension: Int, _ mean: [Double]
  ) -> [Double] {
    var result = [Double](repeating: 0, count: range.count * dimension)
    for row in range {
      let target = (row - range.lowerBound) * dimension
      for i in 0..<dimension {
        result[target + i] = Double(rows[row * dimension + i]) - mean[i]
      }
    }
    return result
  }
}

/// Symmetric positive definite matrices, f64, row by row so that the inner loops run along memory.
enum Cholesky {
  /// `L⁻¹` for `A = L·Lᵀ`, both `[D, D]`.
  ///
  /// - Throws: `invalidValue` where A is not positive definite.
  /// - Complexity: O(D³).
  static func inverseFactor(of matrix: [Double], dimension n: Int, file: String) throws -> [Double]
  {
    // A = Uᵀ·U with U upper triangular, in place.
    var u = matrix
    for k in 0..<n {
      let pivot = u[k * n + k]
      guard pivot > 0, pivot.isFinite else {
        throw ExperimentError(
          .invalidValue, "expected a covariance of full rank, found pivot \(pivot) at \(k)",
          file: file)
      }
      let root = pivot.squareRoot()
      for j in k..<n { u[k * n + j] /= root }
      u.withUnsafeMutableBufferPointer { u in
        for i in k + 1..<max(n, k + 1) {
          let factor = u[k * n + i]
          guard factor != 0 else { continue }
          for j in i..<n { u[i * n + j] -= factor * u[k * n + j] }
        }
      }
    }
    var inverse = [Double](repeating: 0, count: n * n)
    inverse.withUnsafeMutableBufferPointer { inverse in
      for i in 0..<n {
        for j in 0..<i {
          let factor = u[j * n + i]
          guard factor != 0 else { continue }
          for c in 0...j { inverse[i * n + c] -= factor * inverse[j * n + c] }
        }
        let pivot = u[i * n + i]
        inverse[i * n + i] = 1
        for c in 0...i { inverse[i * n + c] /= pivot }
      }
    }
    return inverse
  }
}
