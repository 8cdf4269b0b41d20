import CKernels
import TensorFiles

/// A matrix `[columns, depth]` whose rows, the columns of products, stay as files have them.
///
/// A panel of 32 is decoded when a product needs it: for one row as it is multiplied, for more of them to room of the
/// worker's own, once for all rows. Every number is the same sum, in the same order, as with a matrix that was decoded
/// beforehand.
///
/// Measured on a busy core with AVX-512, in thousand millions of numbers a second, decoded to a panel and multiplied by
/// one row: 8 and 10 of Q4_1, 7 and 10 of Q4_K, 6 and 8 of Q6_K, 7 and 7 of F16; of codebooks 1.5 to 2.
///
/// Unchecked because pointers are not Sendable: what they point to is only read, and is there as long as the
/// weights' source.
struct StoredMatrix: @unchecked Sendable {
  /// Rows of one stored tensor; queries, keys and values are three parts of a matrix.
  struct Part {
    let tensor: StoredTensor
    /// Which of the matrix's columns.
    let columns: Range<Int>
    /// Where the first of them is among the tensor's rows, or where all are if they do not follow one another.
    let first: Int
    let order: [UInt32]?

    /// - Parameter index: which of the tensor's rows is the n-th of the part.
    init(_ tensor: StoredTensor, columns: Range<Int>, _ index: (Int) -> Int) {
      let rows = (0..<columns.count).map(index)
      precondition(
        rows.allSatisfy { (0..<tensor.rowCount).contains($0) }, "a part reaches past its tensor")
      (self.tensor, self.columns, first) = (tensor, columns, rows.first ?? 0)
      order =
        rows.indices.allSatisfy { rows[$0] == rows[0] + $0 } ? nil : rows.map { UInt32($0) }
    }

    /// The bytes of a column of the matrix.
    @inline(__always)
    func row(_ column: Int) -> UnsafePointer<UInt8> {
      let place = column - columns.lowerBound
      let row = order.map { Int($0[place]) } ?? first + place
      return (tensor.base + row * tensor.rowByteCount).assumingMemoryBound(to: UInt8.self)
    }
  }

  let parts: [Part]
  let depth: Int

  /// The floats of room that a product with a matrix of this depth needs: a panel, and another to put one together
  /// where two parts share it.
  static func room(depth: Int) -> Int { 2 * Panels.width * depth }

  /// As ``Panels/multiply(_:inputStride:rows:depth:columns:bias:into:outputStride:adding:)``, for the columns from
  /// `column` on, which begins a panel.
  func multiply(
    _ input: UnsafePointer<Float>, inputStride: Int, rows: Int, from column: Int, columns: Int,
    bias: UnsafePointer<Float>?, into output: UnsafeMutablePointer<Float>, outputStride: Int,
    adding: Bool, room: UnsafeMutablePointer<Float>
  ) {
    guard rows > 0 else { return }
    let width = Panels.width
    for first in stride(from: column, to: column + columns, by: width) {
      let panel = first..<min(first + width, column + columns)
      let done = first - column
      if rows == 1, let part = parts.first(where: { $0.columns.contains(panel.lowerBound) }),
        part.columns.upperBound >= panel.upperBound
      {
        withRows(part, panel) { lanes in
          kernels_multiply_row(
            Rows.level, &lanes, input, panel.count, output + done, bias.map { $0 + done }, adding)
        }
      } else {
        decode(panel, into: room)
        Panels(room, depth: depth).multiply(
          input, inputStride: inputStride, rows: rows, depth: depth, columns: panel.count,
          bias: bias.map { $0 + done }, into: output + done, outputStride: outputStride,
          adding: adding)
      }
    }
  }

  /// Puts the columns of a panel in order at the beginning of `room`.
  private func decode(_ panel: Range<Int>, into room: UnsafeMutablePointer<Float>) {
    let width = Panels.width
    for part in parts where part.columns.overlaps(panel) {
      let shared = part.columns.clamped(to: panel)
      let isFirst = shared.lowerBound == panel.lowerBound
      let target = isFirst ? room : room + width * depth
      withRows(part, shared) { kernels_unpack(Rows.level, &$0, target) }
      guard !isFirst else { continue }
      let lanes = shared.lowerBound - panel.lowerBound..<shared.upperBound - panel.lowerBound
      for k in 0..<depth {
        for lane in lanes { room[k * width + lane] = target[k * width + lane - lanes.lowerBound] }
      }
    }
  }

  private func withRows(
    _ part: Part, _ columns: Range<Int>, _ body: (inout kernels_rows) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>.self, capacity: Panels.width) { rows in
      for lane in 0..<Panels.width {
        rows[lane] = part.row(min(columns.lowerBound + lane, columns.upperBound - 1))
      }
      guard let base = rows.baseAddress else { return }
      var lanes = kernels_rows(
        type: CInt(part.tensor.type.rawValue), codebook: part.tensor.type.codebook,
        rows: base, depth: depth,
        ahead: part.columns.contains(columns.upperBound) ? part.row(columns.upperBound) : nil)
      body(&lanes)
    }
  }
}
