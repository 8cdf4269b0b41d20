import CKernels

/// An inner product that is the same to the last bit on every processor.
///
/// OpenBLAS adds in the order that suits the processor, so its products differ in their last bits between two machines.
/// Here the product of two f32 is exact in f64, so fused multiplication changes nothing, and the order of the sum is
/// fixed; `CKernels.h` has it.
enum FixedOrderProduct {
  static let level = kernels_best_level()

  /// `a · b` of `count` components, in eight interleaved f64 sums that are added at the end.
  ///
  /// - Complexity: O(count), no allocation.
  @inline(__always)
  static func dot(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int
  ) -> Double {
    kernels_exact_dot(level, a, b, count)
  }

  /// `c = a · bᵀ` of such products, each rounded to f32 once, for row-major `a [rows, depth]`, `b [columns, depth]`.
  ///
  /// - Parameters:
  ///   - strideC: elements between two rows of `c`, at least `columns`.
  ///   - room: scratch that one call at a time may use.
  /// - Complexity: O(rows · columns · depth), about half as fast as OpenBLAS in f32.
  static func multiplyTransposed(
    _ a: UnsafePointer<Float>, rows: Int, _ b: UnsafePointer<Float>, columns: Int, depth: Int,
    into c: UnsafeMutablePointer<Float>, strideC: Int, room: inout [Double]
  ) {
    precondition(strideC >= columns, "expected a stride of at least \(columns), got \(strideC)")
    let needed = kernels_exact_room(depth)
    if room.count < needed { room = [Double](repeating: 0, count: needed) }
    room.withUnsafeMutableBufferPointer { room in
      guard let room = room.baseAddress else { return }
      var product = kernels_exact_product(
        a: a, rows: rows, b: b, columns: columns, depth: depth, c: c, c_stride: strideC,
        room: room)
      kernels_exact_multiply(level, &product)
    }
  }

  /// How far apart two products of unit rows may be by OpenBLAS and yet be in the other order here, or tie here by their
  /// distance in f32.
  ///
  /// In whatever order f32 products are added, their sum is off by at most `count` roundings of Σ |aᵢ bᵢ| ≤ 1; both
  /// products are, each is rounded once more here, and distances in [1, 2] are 2⁻²³ apart.
  static func doubt(count: Int) -> Float { 2.1 * Float(count + 2) * 0x1p-24 + 0x1p-22 }
}
