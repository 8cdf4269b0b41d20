import Foundation
import MatrixProducts

/// Centring and normalising, with sums in the order in which numpy adds f32, so that exemplars are the
/// reference's to the last bit wherever the activations are.
enum UnitRows {
  /// What is added to a norm before dividing by it; the zero vector stays zero.
  static let epsilon: Float = 1e-12

  /// Writes `(row − centre) / (‖row − centre‖ + 1e-12)` for rows `range` of `[count, D]` into the same rows of `units`.
  static func write(
    _ rows: UnsafePointer<Float>, range: Range<Int>, centre: UnsafePointer<Float>, dimension: Int,
    into units: UnsafeMutablePointer<Float>
  ) {
    for row in range {
      let source = rows + row * dimension
      let target = units + row * dimension
      subtract(centre, from: source, count: dimension, into: target)
      let norm = sumOfSquares(target, count: dimension).squareRoot() + epsilon
      divide(target, by: norm, count: dimension)
    }
  }

  /// The centred unit rows of a whole batch, `[count, D]`.
  static func write(
    _ batch: ActivationBatch, centre: [Float], threads: Int,
    into units: UnsafeMutablePointer<Float>
  ) {
    let (dimension, count) = (centre.count, batch.count)
    let rowsPerItem = 64
    batch.rows.withUnsafeBufferPointer { rows in
      centre.withUnsafeBufferPointer { centre in
        guard let rowsBase = rows.baseAddress, let centreBase = centre.baseAddress else { return }
        nonisolated(unsafe) let (units, rows, centre) = (units, rowsBase, centreBase)
        Parallel.forEach((count + rowsPerItem - 1) / rowsPerItem, threads: threads) { item, _ in
          write(
            rows, range: item * rowsPerItem..<min((item + 1) * rowsPerItem, count),
            centre: centre, dimension: dimension, into: units)
        }
      }
    }
  }

  /// Σ xᵢ², pairwise: halves of a multiple of 8 down to blocks of at most 128, eight running sums in each.
  ///
  /// - Complexity: O(count), no allocation.
  static func sumOfSquares(_ x: UnsafePointer<Float>, count: Int) -> Float {
    if count < 8 {
      var sum: Float = 0
      for i in 0..<count { sum += x[i] * x[i] }
      return sum
    }
    if count <= 128 {
      let raw = UnsafeRawPointer(x)
      var sums = raw.loadUnaligned(as: SIMD8<Float>.self)
      sums *= sums
      var i = 8
      while i + 8 <= count {
        let values = raw.loadUnaligned(fromByteOffset: i * 4, as: SIMD8<Float>.self)
        sums += values * values
        i += 8
      }
      var sum =
        ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]))
      while i < count {
        sum += x[i] * x[i]
        i += 1
      }
      return sum
    }
    let half = count / 2
    let first = half - half % 8
    return sumOfSquares(x, count: first) + sumOfSquares(x + first, count: count - first)
  }

  private static func subtract(
    _ centre: UnsafePointer<Float>, from row: UnsafePointer<Float>, count: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    let (a, b) = (UnsafeRawPointer(row), UnsafeRawPointer(centre))
    let out = UnsafeMutableRawPointer(target)
    var i = 0
    while i + 16 <= count {
      let difference =
        a.loadUnaligned(fromByteOffset: i * 4, as: SIMD16<Float>.self)
        - b.loadUnaligned(fromByteOffset: i * 4, as: SIMD16<Float>.self)
      out.storeBytes(of: difference, toByteOffset: i * 4, as: SIMD16<Float>.self)
      i += 16
    }
    while i < count {
      target[i] = row[i] - centre[i]
      i += 1
    }
  }

  private static func divide(_ x: UnsafeMutablePointer<Float>, by norm: Float, count: Int) {
    let raw = UnsafeMutableRawPointer(x)
    let norms = SIMD16<Float>(repeating: norm)
    var i = 0
    while i + 16 <= count {
      let quotient = raw.loadUnaligned(fromByteOffset: i * 4, as: SIMD16<Float>.self) / norms
      raw.storeBytes(of: quotient, toByteOffset: i * 4, as: SIMD16<Float>.self)
      i += 16
    }
    while i < count {
      x[i] /= norm
      i += 1
    }
  }

  /// `target += source`, `count` components.
  static func add(
    _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int
  ) {
    let a = UnsafeRawPointer(source)
    let out = UnsafeMutableRawPointer(target)
    var i = 0
    while i + 16 <= count {
      let sum =
        out.loadUnaligned(fromByteOffset: i * 4, as: SIMD16<Float>.self)
        + a.loadUnaligned(fromByteOffset: i * 4, as: SIMD16<Float>.self)
      out.storeBytes(of: sum, toByteOffset: i * 4, as: SIMD16<Float>.self)
      i += 16
    }
    while i < count {
      target[i] += source[i]
      i += 1
    }
  }
}
