/// A projection `[outputs, inputs]` with its bias.
struct Projection {
  enum Weight {
    case panels(Panels)
    case stored(StoredMatrix)
  }

  var weight: Weight
  var bias: UnsafePointer<Float>?
  var outputs: Int
  var inputs: Int

  /// Writes the outputs `columns` of `input · weightᵀ + bias`, for `input [rows, inputs]`, to those
  /// columns of `output [rows, outputs]`, or adds them. The first begins a panel.
  ///
  /// - Parameter room: that of one worker, `TransformerWeights.room` floats.
  func apply(
    _ columns: Range<Int>, to input: UnsafePointer<Float>, rows: Int,
    into output: UnsafeMutablePointer<Float>, adding: Bool = false,
    room: UnsafeMutablePointer<Float>
  ) {
    let bias = bias.map { $0 + columns.lowerBound }
    switch weight {
    case .panels(let panels):
      panels.from(columns.lowerBound).multiply(
        input, inputStride: inputs, rows: rows, depth: inputs, columns: columns.count, bias: bias,
        into: output + columns.lowerBound, outputStride: outputs, adding: adding)
    case .stored(let matrix):
      matrix.multiply(
        input, inputStride: inputs, rows: rows, from: columns.lowerBound, columns: columns.count,
        bias: bias, into: output + columns.lowerBound, outputStride: outputs, adding: adding,
        room: room)
    }
  }
}
