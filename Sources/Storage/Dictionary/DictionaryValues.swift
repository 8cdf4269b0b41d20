/// What the numbers of a dictionary can be, whoever wrote it.
enum DictionaryValues {
  /// How far a row's length may be from 1: rows are rounded to f32, and other programs' to f16.
  static let unitTolerance = 1e-2

  /// The largest count that f64 holds with all below it, in which shares are computed.
  static let countLimit = 1 << 53

  /// A cosine distance is at most 2; other programs may have kept another one, but none as large.
  static let distanceLimit = 1e6

  /// How far below 0 a distance computed in f32 comes.
  static let distanceNoise = 1e-4

  /// What is wrong with the numbers that all others are read by, or `nil`.
  static func fault(
    threshold: Double, centreNorm: Double, counts: [(name: String, value: Int)]
  ) -> String? {
    if !(threshold > 0 && threshold <= 2) {
      return "threshold: expected a cosine distance above 0 and up to 2, found \(threshold)"
    }
    if !(centreNorm.isFinite && centreNorm >= 0) {
      return "centreNorm: expected a length, found \(centreNorm)"
    }
    return counts.first { !(0...countLimit).contains($0.value) }
      .map { "\($0.name): expected 0 to \(countLimit), found \($0.value)" }
  }

  /// The first of the rows `[n, dimension]` that is neither a unit vector nor zero, with its length.
  ///
  /// A region whose members cancel has a mean of no direction, which is a row of zeros.
  ///
  /// - Complexity: O(n · dimension).
  static func firstNotUnit(_ values: [Float], dimension: Int) -> (row: Int, norm: Double)? {
    values.withUnsafeBytes { bytes in
      for row in 0..<values.count / dimension {
        let norm = norm(bytes, from: row * dimension, count: dimension)
        if norm != 0, !(abs(norm - 1) <= unitTolerance) { return (row, norm) }
      }
      return nil
    }
  }

  static func norm(_ values: [Float]) -> Double {
    values.withUnsafeBytes { norm($0, from: 0, count: values.count) }
  }

  private static func norm(
    _ bytes: UnsafeRawBufferPointer, from start: Int, count: Int
  ) -> Double {
    let whole = count / 8 * 8
    var lanes = SIMD8<Float>.zero
    for index in stride(from: start, to: start + whole, by: 8) {
      let part = bytes.loadUnaligned(fromByteOffset: index * 4, as: SIMD8<Float>.self)
      lanes += part * part
    }
    var sum = Double(lanes.sum())
    for index in start + whole..<start + count {
      let value = Double(bytes.loadUnaligned(fromByteOffset: index * 4, as: Float.self))
      sum += value * value
    }
    return sum.squareRoot()
  }
}
