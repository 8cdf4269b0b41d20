import COpenBLAS

/// Products of activations with weights. OpenBLAS runs them on the calling thread alone; the
/// parallel loops are ours (see `MatrixProducts`, which also checks the library).
enum Products {
  /// Writes the columns `outputs` of `input · weightᵀ + bias` to `output`, or adds them to it.
  ///
  /// - Parameters:
  ///   - input: `[rows, projection.inputs]`, row-major.
  ///   - output: the first row's first column of the whole product; rows are `stride` apart.
  static func project(
    _ projection: Projection, outputs: Range<Int>, _ input: UnsafePointer<Float>, rows: Int,
    into output: UnsafeMutablePointer<Float>, stride: Int, adding: Bool
  ) {
    guard rows > 0, !outputs.isEmpty else { return }
    let (depth, columns) = (projection.inputs, outputs.count)
    let target = output + outputs.lowerBound
    if let bias = projection.bias {
      for row in 0..<rows {
        if adding {
          Rows.add(bias + outputs.lowerBound, times: 1, to: target + row * stride, columns)
        } else {
          (target + row * stride).update(from: bias + outputs.lowerBound, count: columns)
        }
      }
    }
    let beta: Float = adding || projection.bias != nil ? 1 : 0
    let weight = projection.weight + outputs.lowerBound * depth
    if rows == 1 {
      cblas_sgemv(
        CblasRowMajor, CblasNoTrans, blasint(columns), blasint(depth), 1, weight, blasint(depth),
        input, 1, beta, target, 1)
    } else {
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(columns), blasint(depth),
        1, input, blasint(depth), weight, blasint(depth), beta, target, blasint(stride))
    }
  }

  /// `scores = queries · keysᵀ` for `queries [rows, depth]`, `keys [columns, depth]`.
  @inline(__always)
  static func scores(
    _ queries: UnsafePointer<Float>, rows: Int, _ keys: UnsafePointer<Float>, columns: Int,
    depth: Int, into scores: UnsafeMutablePointer<Float>
  ) {
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(columns), blasint(depth),
      1, queries, blasint(depth), keys, blasint(depth), 0, scores, blasint(columns))
  }

  /// `output += factor · left · right` for `left [rows, depth]`, `right [depth, columns]`; with
  /// `adding` false, replaces it.
  @inline(__always)
  static func multiply(
    _ left: UnsafePointer<Float>, rows: Int, depth: Int, _ right: UnsafePointer<Float>,
    columns: Int, times factor: Float = 1, into output: UnsafeMutablePointer<Float>, adding: Bool
  ) {
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows), blasint(columns), blasint(depth),
      factor, left, blasint(depth), right, blasint(columns), adding ? 1 : 0, output,
      blasint(columns))
  }
}
