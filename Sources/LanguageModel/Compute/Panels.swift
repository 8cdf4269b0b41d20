import CKernels

/// A matrix `[columns, depth]` reordered for products: panels of 32 columns, each `[depth, 32]`, so
/// that a product reads it from one end to the other.
///
/// OpenBLAS makes such an order of its own for every product, which for the few rows of a decoding
/// step costs as much as a quarter of it; weights are put in order once, when they are loaded.
/// Measured on a processor with AVX-512, a core, at 40 rows of 576: 97 GFLOP/s, OpenBLAS 68 (and
/// 56 where the weight comes from memory); at 512 rows 72 to 105, OpenBLAS 65 to 96.
struct Panels {
  var base: UnsafePointer<Float>
  /// In floats, between two panels.
  var stride: Int

  static let width = Int(KERNELS_PANEL)

  /// `count` rounded up to whole panels.
  static func padded(_ count: Int) -> Int { (count + width - 1) / width * width }

  init(_ base: UnsafePointer<Float>, stride: Int) {
    self.base = base
    self.stride = stride
  }

  /// Panels without a gap.
  init(_ base: UnsafePointer<Float>, depth: Int) {
    self.init(base, stride: depth * Self.width)
  }

  /// The panels that hold the columns from `column` on, which begins a panel.
  func from(_ column: Int) -> Panels {
    assert(column % Self.width == 0, "column \(column) does not begin a panel")
    return Panels(base + column / Self.width * stride, stride: stride)
  }

  /// `output = input · panelsᵀ + bias`, or `output += …`, for `input [rows, depth]` and
  /// `output [rows, columns]`, both row-major with rows `inputStride` and `outputStride` apart.
  ///
  /// Each number is one sum in order, so it depends on neither the rows nor the columns beside it.
  func multiply(
    _ input: UnsafePointer<Float>, inputStride: Int, rows: Int, depth: Int, columns: Int,
    bias: UnsafePointer<Float>? = nil, into output: UnsafeMutablePointer<Float>,
    outputStride: Int, adding: Bool = false
  ) {
    guard rows > 0, columns > 0 else { return }
    var product = kernels_product(
      a: input, a_stride: inputStride, rows: rows, depth: depth, panels: base,
      panel_stride: stride, columns: columns, c: output, c_stride: outputStride, bias: bias,
      adds: adding)
    kernels_multiply(Rows.level, &product)
  }
}
