import Foundation
import Numerics

/// Centring and normalising, with sums in the order in which numpy adds f32, so that exemplars are the
/// reference's to the last bit wherever the activations are.
enum UnitRows {
  /// What is added to a norm before dividing by it; the zero vector stays zero.
  static let epsilon: Float = 1e-12

  /// The centred unit rows of a batch, to be written range by range by any thread.
  ///
  /// Sharable because the ranges are disjoint; the pointers must outlive it.
  struct Writer: @unchecked Sendable {
    /// `[count, D]`, row-major.
    let rows: UnsafePointer<Float>
    /// `[D]`.
    let centre: UnsafePointer<Float>
    let dimension: Int
    /// `[count, D]`.
    let units: UnsafeMutablePointer<Float>

    /// Writes `(row − centre) / (‖row − centre‖ + 1e-12)` for some rows.
    func write(_ range: Range<Int>) {
      for row in range {
        let target = units + row * dimension
        subtract(centre, from: rows + row * dimension, count: dimension, into: target)
        let norm = sumOfSquares(target, count: dimension).squareRoot() + epsilon
        divide(target, by: norm, count: dimension)
      }
    }

    /// Writes the first `count` rows.
    func writeAll(_ count: Int, threads: Int) {
      let rowsPerItem = 64
      Parallel.forEach((count + rowsPerItem - 1) / rowsPerItem, threads: threads) { item, _ in
        write(item * rowsPerItem..<min((item + 1) * rowsPerItem, count))
      }
    }
  }

  /// Calls `body` with what writes the unit rows of a batch, which it must not let escape.
  static func withWriter<R>(
    _ batch: ActivationBatch, centre: [Float], into units: UnsafeMutablePointer<Float>,
    _ body: (Writer) -> R
  ) -> R {
    precondition(
      batch.rows.count == batch.count * centre.count,
      "expected \(batch.count)×\(centre.count) components, got \(batch.rows.count)")
    return batch.rows.withUnsafeBufferPointer { rows in
      centre.withUnsafeBufferPointer { centre in
        // An empty array may have no address; `units` stands in for one that is never read.
        body(
          Writer(
            rows: rows.baseAddress ?? UnsafePointer(units),
            centre: centre.baseAddress ?? UnsafePointer(units), dimension: centre.count,
            units: units))
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

  fileprivate static func subtract(
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

  fileprivate static func divide(_ x: UnsafeMutablePointer<Float>, by norm: Float, count: Int) {
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
