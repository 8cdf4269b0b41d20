extension [Double] {
  /// In order; not a number of none.
  package var mean: Double { isEmpty ? .nan : reduce(0, +) / Double(count) }
}

extension [Float] {
  /// By numpy's pairwise summation in f32, so that it rounds alike; not a number of none.
  package var mean: Float {
    withUnsafeBufferPointer { PairwiseSum.of($0[...]) } / Float(count)
  }
}

private enum PairwiseSum {
  /// Blocks of 128 in eight lanes, and halves of more than that.
  static func of(_ values: Slice<UnsafeBufferPointer<Float>>) -> Float {
    let count = values.count
    let start = values.startIndex
    if count < 8 { return values.reduce(0, +) }
    if count > 128 {
      let half = count / 2 - count / 2 % 8
      return of(values[start..<start + half]) + of(values[(start + half)...])
    }
    var lanes = (0..<8).map { values[start + $0] }
    let whole = count - count % 8
    for i in stride(from: 8, to: whole, by: 8) {
      for lane in 0..<8 { lanes[lane] += values[start + i + lane] }
    }
    let first = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
    let sum = first + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]))
    return values[(start + whole)...].reduce(sum, +)
  }
}
