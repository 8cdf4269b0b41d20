/// Loops over the components of one row.
enum Rows {
  @inline(__always)
  static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
    let whole = count & ~(2 * Lanes.scalarCount - 1)
    var first = Lanes()
    var second = Lanes()
    for index in stride(from: 0, to: whole, by: 2 * Lanes.scalarCount) {
      first += a.lanes(index) * b.lanes(index)
      second += a.lanes(index + Lanes.scalarCount) * b.lanes(index + Lanes.scalarCount)
    }
    var sum = (first + second).sum()
    for index in whole..<count { sum += a[index] * b[index] }
    return sum
  }

  /// `(a − c) · b`.
  static func dot(
    _ a: UnsafePointer<Float>, less c: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    _ count: Int
  ) -> Float {
    let whole = count & ~(Lanes.scalarCount - 1)
    var lanes = Lanes()
    for index in stride(from: 0, to: whole, by: Lanes.scalarCount) {
      lanes += (a.lanes(index) - c.lanes(index)) * b.lanes(index)
    }
    var sum = lanes.sum()
    for index in whole..<count { sum += (a[index] - c[index]) * b[index] }
    return sum
  }

  /// `target += factor · source`.
  @inline(__always)
  static func add(
    _ source: UnsafePointer<Float>, times factor: Float, to target: UnsafeMutablePointer<Float>,
    _ count: Int
  ) {
    let whole = count & ~(Lanes.scalarCount - 1)
    for index in stride(from: 0, to: whole, by: Lanes.scalarCount) {
      target.store(target.lanes(index) + source.lanes(index) * factor, index)
    }
    for index in whole..<count { target[index] += source[index] * factor }
  }

  /// Writes the norm of `input`, without its weight and bias, to `output`.
  static func normalise(
    _ input: UnsafePointer<Float>, _ norm: TransformerConfiguration.Norm,
    into output: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    let size = Float(count)
    switch norm {
    case .rootMeanSquare(let epsilon):
      let scale = 1 / (dot(input, input, count) / size + epsilon).squareRoot()
      shiftAndScale(input, 0, scale, into: output, count)
    case .layer(let epsilon):
      let mean = sum(input, count) / size
      shiftAndScale(input, mean, 1, into: output, count)
      let scale = 1 / (dot(output, output, count) / size + epsilon).squareRoot()
      shiftAndScale(output, 0, scale, into: output, count)
    }
  }

  /// `row = row · weight + bias`, component by component.
  static func apply(
    _ weights: NormWeights, to row: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    let whole = count & ~(Lanes.scalarCount - 1)
    if let bias = weights.bias {
      for index in stride(from: 0, to: whole, by: Lanes.scalarCount) {
        row.store(row.lanes(index) * weights.weight.lanes(index) + bias.lanes(index), index)
      }
      for index in whole..<count { row[index] = row[index] * weights.weight[index] + bias[index] }
    } else {
      for index in stride(from: 0, to: whole, by: Lanes.scalarCount) {
        row.store(row.lanes(index) * weights.weight.lanes(index), index)
      }
      for index in whole..<count { row[index] *= weights.weight[index] }
    }
  }

  private static func sum(_ row: UnsafePointer<Float>, _ count: Int) -> Float {
    let whole = count & ~(Lanes.scalarCount - 1)
    var lanes = Lanes()
    for index in stride(from: 0, to: whole, by: Lanes.scalarCount) { lanes += row.lanes(index) }
    var sum = lanes.sum()
    for index in whole..<count { sum += row[index] }
    return sum
  }

  /// `output = (input − shift) · scale`; the two may be the same row.
  private static func shiftAndScale(
    _ input: UnsafePointer<Float>, _ shift: Float, _ scale: Float,
    into output: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    let whole = count & ~(Lanes.scalarCount - 1)
    for index in stride(from: 0, to: whole, by: Lanes.scalarCount) {
      output.store((input.lanes(index) - shift) * scale, index)
    }
    for index in whole..<count { output[index] = (input[index] - shift) * scale }
  }

  /// `row = activation(gate) · row`; leaves `gate` in ruins.
  static func gate(
    _ row: UnsafeMutablePointer<Float>, by gate: UnsafeMutablePointer<Float>,
    _ activation: TransformerConfiguration.Activation, _ count: Int
  ) {
    activate(gate, activation, count)
    let whole = count & ~(Lanes.scalarCount - 1)
    for index in stride(from: 0, to: whole, by: Lanes.scalarCount) {
      row.store(row.lanes(index) * gate.lanes(index), index)
    }
    for index in whole..<count { row[index] *= gate[index] }
  }

  static func activate(
    _ row: UnsafeMutablePointer<Float>, _ activation: TransformerConfiguration.Activation,
    _ count: Int
  ) {
    switch activation {
    case .silu: Elementary.map(row, count, Elementary.silu)
    case .gelu: Elementary.map(row, count, Elementary.gelu)
    case .geluTanh: Elementary.map(row, count, Elementary.geluTanh)
    }
  }

  /// `row = cap · tanh(row / cap)`.
  static func softCap(_ row: UnsafeMutablePointer<Float>, at cap: Float, _ count: Int) {
    Elementary.map(row, count) { cap * Elementary.tanh($0 / cap) }
  }

  /// Turns `row` into its softmax.
  static func softmax(_ row: UnsafeMutablePointer<Float>, _ count: Int) {
    guard count > 0 else { return }
    let largest = maximum(row, count)
    Elementary.map(row, count) { Elementary.exp($0 - largest) }
    let scale = 1 / sum(row, count)
    shiftAndScale(row, 0, scale, into: row, count)
  }

  static func maximum(_ row: UnsafePointer<Float>, _ count: Int) -> Float {
    let whole = count & ~(Lanes.scalarCount - 1)
    var largest = row[0]
    if whole > 0 {
      var lanes = row.lanes(0)
      for index in stride(from: Lanes.scalarCount, to: whole, by: Lanes.scalarCount) {
        let next = row.lanes(index)
        lanes.replace(with: next, where: next .> lanes)
      }
      largest = lanes.max()
    }
    for index in whole..<count where row[index] > largest { largest = row[index] }
    return largest
  }

  /// The index of the largest value, the earliest among equals; NaN is never the largest.
  static func indexOfMaximum(_ row: UnsafePointer<Float>, _ count: Int) -> Int {
    let largest = maximum(row, count)
    for index in 0..<count where row[index] == largest { return index }
    return 0
  }

  /// Turns each pair (i, i + half) of `row` by the angle whose cosine and sine `turns` holds.
  @inline(__always)
  static func rotate(
    _ row: UnsafeMutablePointer<Float>, _ turns: UnsafePointer<Float>, half: Int
  ) {
    let whole = half & ~(Lanes.scalarCount - 1)
    for index in stride(from: 0, to: whole, by: Lanes.scalarCount) {
      let (first, second) = (row.lanes(index), row.lanes(half + index))
      let (cosine, sine) = (turns.lanes(index), turns.lanes(half + index))
      row.store(first * cosine - second * sine, index)
      row.store(second * cosine + first * sine, half + index)
    }
    for index in whole..<half {
      let (first, second) = (row[index], row[half + index])
      let (cosine, sine) = (turns[index], turns[half + index])
      row[index] = first * cosine - second * sine
      row[half + index] = second * cosine + first * sine
    }
  }
}
