import CKernels

/// The vectors of a norm.
struct NormWeights {
  var weight: UnsafePointer<Float>
  var bias: UnsafePointer<Float>?
}

/// Loops over the components of one row, for the processor at hand.
enum Rows {
  /// The instruction set that the loops are run for.
  static let level = kernels_best_level()

  /// `(a − c) · b`.
  static func dot(
    _ a: UnsafePointer<Float>, less c: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    _ count: Int
  ) -> Float {
    kernels_dot_less(level, a, c, b, count)
  }

  /// `target += factor · source`.
  static func add(
    _ source: UnsafePointer<Float>, times factor: Float, to target: UnsafeMutablePointer<Float>,
    _ count: Int
  ) {
    kernels_add(level, target, source, factor, count)
  }

  /// `row *= factor`.
  static func scale(_ row: UnsafeMutablePointer<Float>, by factor: Float, _ count: Int) {
    kernels_scale(level, row, factor, count)
  }

  /// Writes the norm of `input` to `output`, with its weight and bias where there are some; the
  /// two may be the same row.
  static func normalise(
    _ input: UnsafePointer<Float>, _ norm: TransformerConfiguration.Norm, _ weights: NormWeights?,
    into output: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    let (epsilon, centres) =
      switch norm {
      case .rootMeanSquare(let epsilon): (epsilon, false)
      case .layer(let epsilon): (epsilon, true)
      }
    kernels_normalise(
      level, input, output, count, epsilon, centres, weights?.weight, weights?.bias)
  }

  /// `row = row · weight + bias`, component by component.
  static func apply(
    _ weights: NormWeights, to row: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    for index in 0..<count { row[index] *= weights.weight[index] }
    if let bias = weights.bias { add(bias, times: 1, to: row, count) }
  }

  /// `values = activation(gate) · values`, or without a gate of themselves, in `rows` rows of
  /// `count` that are `stride` apart.
  static func activate(
    _ values: UnsafeMutablePointer<Float>, gate: UnsafePointer<Float>?,
    _ activation: TransformerConfiguration.Activation, rows: Int, stride: Int, _ count: Int
  ) {
    let kind =
      switch activation {
      case .silu: KERNELS_SILU
      case .gelu: KERNELS_GELU
      case .geluTanh: KERNELS_GELU_TANH
      }
    if let gate {
      kernels_gate(level, kind, values, gate, rows, stride, count)
    } else {
      kernels_activate(level, kind, values, rows, stride, count)
    }
  }

  /// `row = cap · tanh(row / cap)`.
  static func softCap(_ row: UnsafeMutablePointer<Float>, at cap: Float, _ count: Int) {
    kernels_soft_cap(level, row, count, cap)
  }

  /// Turns `row` into its softmax.
  static func softmax(_ row: UnsafeMutablePointer<Float>, _ count: Int) {
    kernels_softmax(level, row, count)
  }

  static func maximum(_ row: UnsafePointer<Float>, _ count: Int) -> Float {
    kernels_maximum(level, row, count)
  }

  /// The index of the largest value, the earliest among equals; NaN is never the largest.
  static func indexOfMaximum(_ row: UnsafePointer<Float>, _ count: Int) -> Int {
    kernels_index_of_maximum(level, row, count)
  }

  static func exponential(_ x: Float) -> Float {
    var value = x
    kernels_exponential(level, &value, 1)
    return value
  }

  /// Turns each pair (i, i + half) of `row` by the angle whose cosine and sine `turns` holds.
  static func rotate(
    _ row: UnsafeMutablePointer<Float>, _ turns: UnsafePointer<Float>, half: Int
  ) {
    kernels_rotate(level, row, turns, half)
  }
}
