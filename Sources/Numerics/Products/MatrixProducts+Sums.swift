import COpenBLAS

extension MatrixProducts {
  /// `c += aᵀ · b` for row-major f64 `a [depth, rows]`, `b [depth, columns]`, `c [rows, columns]`.
  ///
  /// - Complexity: O(rows · columns · depth), no allocation of ours.
  package static func addTransposedProduct(
    _ a: UnsafePointer<Double>, rows: Int,
    _ b: UnsafePointer<Double>, columns: Int,
    depth: Int, to c: UnsafeMutablePointer<Double>
  ) {
    guard rows > 0, columns > 0, depth > 0 else { return }
    if rows == 1 {
      cblas_dgemv(
        CblasRowMajor, CblasTrans, blasint(depth), blasint(columns), 1, b, blasint(columns), a, 1,
        1, c, 1)
      return
    }
    cblas_dgemm(
      CblasRowMajor, CblasTrans, CblasNoTrans, blasint(rows), blasint(columns), blasint(depth),
      1, a, blasint(rows), b, blasint(columns), 1, c, blasint(columns))
  }

  /// `c = a · bᵀ` as `multiplyTransposed`, by a matrix-vector product where `b` has one row.
  package static func scores(
    _ a: UnsafePointer<Double>, rows: Int, _ b: UnsafePointer<Double>, columns: Int, depth: Int,
    into c: UnsafeMutablePointer<Double>
  ) {
    guard columns == 1, rows > 0 else {
      return multiplyTransposed(
        a, rows: rows, b, columns: columns, depth: depth, into: c, strideC: max(columns, 1))
    }
    cblas_dgemv(
      CblasRowMajor, CblasNoTrans, blasint(rows), blasint(depth), 1, a, blasint(depth), b, 1, 0, c,
      1)
  }
}
