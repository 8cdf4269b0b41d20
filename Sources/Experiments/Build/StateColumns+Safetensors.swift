import ExemplarPartitioning
import Foundation
import TensorFiles

/// The columns of a build's state as tensors of a file.
extension StateColumns.Column {
  var elementType: ElementType {
    switch self {
    case .floats, .rows: .f32
    case .doubles: .f64
    case .shorts: .i32
    case .integers: .i64
    }
  }

  var shape: [Int] {
    switch self {
    case .floats(let values): [values.count]
    case .doubles(let values): [values.count]
    case .shorts(let values): [values.count]
    case .integers(let values): [values.count]
    case .rows(let rows): [rows.count, rows.dimension]
    }
  }

  func withBytes(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    switch self {
    case .floats(let values): try values.withUnsafeBytes(body)
    case .doubles(let values): try values.withUnsafeBytes(body)
    case .shorts(let values): try values.withUnsafeBytes(body)
    case .integers(let values): try values.withUnsafeBytes(body)
    case .rows(let rows): try rows.withUnsafeBufferPointer { try body(UnsafeRawBufferPointer($0)) }
    }
  }

  /// - Returns: `nil` for numbers of another kind.
  init?(_ bytes: UnsafeRawBufferPointer, _ info: SafetensorsFile.TensorInfo) {
    func values<T: BitwiseCopyable>(_: T.Type) -> [T] {
      [T](unsafeUninitializedCapacity: bytes.count / MemoryLayout<T>.stride) { buffer, count in
        count = bytes.count / MemoryLayout<T>.stride
        UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
      }
    }
    switch (info.elementType, info.shape.count) {
    case (.f32, 1): self = .floats(values(Float.self))
    case (.f64, 1): self = .doubles(values(Double.self))
    case (.i32, 1): self = .shorts(values(Int32.self))
    case (.i64, 1): self = .integers(values(Int64.self))
    case (.f32, 2) where info.shape[1] > 0:
      self = .rows(
        DirectionRows(count: info.shape[0], dimension: info.shape[1]) {
          UnsafeMutableRawBufferPointer($0).copyMemory(from: bytes)
        })
    default: return nil
    }
  }
}
