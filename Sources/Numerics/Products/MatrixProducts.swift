import COpenBLAS
import Foundation

/// Inner products by OpenBLAS, the one place that calls its level-3 routines.
///
/// The library runs single-threaded: parallel loops are ours, so that a result never depends on how
/// many threads computed it. Every shape is checked here once; pointers must hold what the shape says.
package enum MatrixProducts {
  /// `c = a · bᵀ` for row-major f32 `a [rows, depth]`, `b [columns, depth]`, `c [rows, columns]`.
  ///
  /// - Parameters:
  ///   - strideC: elements between two rows of `c`, at least `columns`.
  /// - Complexity: O(rows · columns · depth), no allocation of ours.
  @inline(__always)
  package static func multiplyTransposed(
    _ a: UnsafePointer<Float>, rows: Int,
    _ b: UnsafePointer<Float>, columns: Int,
    depth: Int, into c: UnsafeMutablePointer<Float>, strideC: Int
  ) {
    guard rows > 0, columns > 0 else { return }
    precondition(strideC >= columns, "expected a stride of at least \(columns), got \(strideC)")
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(columns), blasint(depth),
      1, a, blasint(depth), b, blasint(depth), 0, c, blasint(strideC))
  }

  /// `c = a · bᵀ` in f64; shapes as for the f32 product.
  package static func multiplyTransposed(
    _ a: UnsafePointer<Double>, rows: Int,
    _ b: UnsafePointer<Double>, columns: Int,
    depth: Int, into c: UnsafeMutablePointer<Double>, strideC: Int
  ) {
    guard rows > 0, columns > 0 else { return }
    precondition(strideC >= columns, "expected a stride of at least \(columns), got \(strideC)")
    cblas_dgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(columns), blasint(depth),
      1, a, blasint(depth), b, blasint(depth), 0, c, blasint(strideC))
  }

  /// The library's own description: version, build options and the kernel it chose.
  package static var libraryDescription: String {
    let configuration = openblas_get_config().map { String(cString: $0) } ?? "unknown version"
    let kernel = openblas_get_corename().map { String(cString: $0) } ?? "unknown kernel"
    return "\(configuration.trimmingCharacters(in: .whitespaces)), kernel \(kernel)"
  }

  /// Puts the library on one thread and compares one small product with a plain loop, once a process.
  ///
  /// An OpenBLAS older than the processor can compute wrong products on it without saying so.
  /// - Throws: `MatrixProductError` naming the library and the variable that selects another kernel.
  package static func verify() throws { try verification.get() }

  private static let verification: Result<Void, MatrixProductError> = {
    openblas_set_num_threads(1)
    // Odd sizes, so that the kernels for edges are exercised too; and over a million products, below which the library
    // may use other kernels.
    let (rows, columns, depth) = (131, 97, 263)
    func value(_ index: Int) -> Float { Float((index &* 7919) % 263) / 131 - 1 }
    let a = (0..<rows * depth).map(value)
    let b = (0..<columns * depth).map { value($0 + 17) }
    var product = [Float](repeating: .nan, count: rows * columns)
    product.withUnsafeMutableBufferPointer { c in
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          multiplyTransposed(
            a.baseAddress!, rows: rows, b.baseAddress!, columns: columns, depth: depth,
            into: c.baseAddress!, strideC: columns)
        }
      }
    }
    for row in 0..<rows {
      for column in 0..<columns {
        var expected = 0.0
        for k in 0..<depth {
          expected += Double(a[row * depth + k]) * Double(b[column * depth + k])
        }
        let found = Double(product[row * columns + column])
        if !(abs(found - expected) <= 1e-4) {
          return .failure(
            MatrixProductError(
              row: row, column: column, expected: expected, found: found,
              library: libraryDescription))
        }
      }
    }
    return .success(())
  }()
}

/// OpenBLAS computed a wrong product on this processor.
package struct MatrixProductError: Error, Equatable, CustomStringConvertible {
  package var row: Int, column: Int
  package var expected: Double, found: Double
  package var library: String

  package var description: String {
    "OpenBLAS computes wrong products on this processor: expected \(expected) at row \(row), "
      + "column \(column) of a test product, found \(found) (\(library)); "
      + "set OPENBLAS_CORETYPE=Haswell, or another kernel that the library lists, and try again"
  }
}
