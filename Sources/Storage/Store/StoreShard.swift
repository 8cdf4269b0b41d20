import Foundation
import TensorFiles

/// A file of activations: a tensor `[rowCount, D]` per hook, under the hook's name.
package struct StoreShard: Equatable, Sendable {
  package var index: Int
  package var firstRow: Int
  package var rowCount: Int
  package var byteCount: Int
  /// SHA-256 of the file.
  package var hash: String

  var rows: Range<Int> { firstRow..<firstRow + rowCount }
  /// In the store's folder.
  var path: String { "\(StoreSchema.activations)/\(StoreSchema.shardName(index))" }

  /// Compares the file with the hash that is recorded of it, once a file and time of change.
  ///
  /// - Parameter file: what to call it.
  /// - Throws: `damaged`, `missing`.
  func checkHash(in store: URL, file: String) throws {
    let url = store.appending(path: path)
    try SoundFiles.shared.check(hash, of: url) {
      let found: String
      do {
        found = try HashCache().hash(of: url)
      } catch let error as TensorFileError {
        throw StorageError(
          error.code == .missing ? .missing : .inputOutput, error.description, file: file)
      }
      guard found == hash else {
        throw StorageError(
          .damaged,
          "was changed since it was written: expected SHA-256 \(hash.prefix(12))…, found "
            + "\(found.prefix(12))…", file: file)
      }
    }
  }
}

/// Floats as a store keeps them.
enum ActivationCoding {
  /// The types that a store may have.
  static let types: [ElementType] = [.f32, .bf16, .f16]

  /// Little-endian elements, each the nearest to its float (ties to even).
  ///
  /// - Returns: `nil` where a value is NaN or infinite, or too large for the type.
  static func bytes(_ values: [Float], as type: ElementType) -> [UInt8]? {
    switch type {
    case .bf16: encode(values, bfloat16)
    case .f16: encode(values, half)
    default: values.allSatisfy(\.isFinite) ? values.withUnsafeBytes { [UInt8]($0) } : nil
    }
  }

  private static func encode(_ values: [Float], _ convert: (Float) -> UInt16?) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: values.count * 2)
    for (index, value) in values.enumerated() {
      guard let bits = convert(value) else { return nil }
      bytes[2 * index] = UInt8(truncatingIfNeeded: bits)
      bytes[2 * index + 1] = UInt8(truncatingIfNeeded: bits >> 8)
    }
    return bytes
  }

  private static func bfloat16(_ value: Float) -> UInt16? {
    let bits = value.bitPattern
    let rounded = bits &+ 0x7fff &+ (bits >> 16 & 1)
    guard value.isFinite, rounded & 0x7f80_0000 != 0x7f80_0000 else { return nil }
    return UInt16(truncatingIfNeeded: rounded >> 16)
  }

  private static func half(_ value: Float) -> UInt16? {
    let half = Float16(value)
    return half.isFinite ? half.bitPattern : nil
  }
}
