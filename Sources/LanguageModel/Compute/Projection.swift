/// A projection `[outputs, inputs]` with its bias.
struct Projection {
  var weight: Panels
  var bias: UnsafePointer<Float>?
  var outputs: Int
  var inputs: Int

  /// Writes the outputs `columns` of `input · weightᵀ + bias`, for `input [rows, inputs]`, to those
  /// columns of `output [rows, outputs]`, or adds them. The first begins a panel.
  func apply(
    _ columns: Range<Int>, to input: UnsafePointer<Float>, rows: Int,
    into output: UnsafeMutablePointer<Float>, adding: Bool = false
  ) {
    weight.from(columns.lowerBound).multiply(
      input, inputStride: inputs, rows: rows, depth: inputs, columns: columns.count,
      bias: bias.map { $0 + columns.lowerBound }, into: output + columns.lowerBound,
      outputStride: outputs, adding: adding)
  }
}
