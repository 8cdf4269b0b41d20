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
    let block = smallBlock(rows: rows, depth: depth)
    if block > 0 {
      for first in Swift.stride(from: 0, to: columns, by: block) {
        cblas_sgemm(
          CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows),
          blasint(min(block, columns - first)), blasint(depth), 1, input, blasint(depth),
          weight + first * depth, blasint(depth), beta, target + first, blasint(stride))
      }
    } else if rows == 1 {
      cblas_sgemv(
        CblasRowMajor, CblasNoTrans, blasint(columns), blasint(depth), 1, weight, blasint(depth),
        input, 1, beta, target, 1)
    } else {
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(columns), blasint(depth),
        1, input, blasint(depth), weight, blasint(depth), beta, target, blasint(stride))
    }
  }

  /// How many outputs of a weight to multiply at a time, or 0 for all of them.
  ///
  /// OpenBLAS copies a weight into another order before it multiplies, which for a few dozen rows
  /// costs as much as a quarter of the product. Its AVX-512 kernels multiply products of up to
  /// 10⁶ steps in place, so a weight is cut into such products where there are few rows: measured
  /// at 40 rows of 576, 74 GFLOP/s a core where the whole product has 60.
  private static func smallBlock(rows: Int, depth: Int) -> Int {
    guard rows <= 72, multipliesSmallInPlace else { return 0 }
    return min(16, 1_000_000 / (rows * depth) / 4 * 4)
  }

  private static let multipliesSmallInPlace: Bool = {
    let kernel = openblas_get_corename().map { String(cString: $0).lowercased() } ?? ""
    return ["skylakex", "cooperlake", "sapphirerapids"].contains(kernel)
  }()

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
