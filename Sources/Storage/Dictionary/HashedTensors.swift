import Foundation
import TensorFiles

/// The directions of a dictionary, hashed as they are written.
final class HashedTensors {
  private let stream: SafetensorsStream
  private var hashes = DictionaryHashes.tensors.reduce(into: [:]) { $0[$1] = SHA256() }

  /// - Parameter identity: may be replaced until `finish()` by one of the same length.
  init(_ url: URL, regions: Int, dimension: Int, sampled: Int, identity: String) throws {
    stream = try SafetensorsStream(
      url,
      tensors: [
        ("center", .f32, [dimension]), ("exemplars", .f32, [regions, dimension]),
        ("means", .f32, [regions, dimension]), ("reservoir", .f32, [sampled, dimension]),
        ("reservoir_region", .i64, [sampled]),
      ], metadata: Self.metadata(identity))
  }

  private static func metadata(_ identity: String) -> [String: String] {
    ["identity": identity, DictionaryHashes.mark.key: DictionaryHashes.mark.value]
  }

  func append(_ bytes: UnsafeRawBufferPointer, to name: String) throws {
    hashes[name]?.update(bytes)
    try stream.append(bytes, to: name)
  }

  func append<Value: BitwiseCopyable>(_ values: [Value], to name: String) throws {
    try values.withUnsafeBytes { try append($0, to: name) }
  }

  func replace(identity: String) throws {
    try stream.replace(metadata: Self.metadata(identity))
  }

  /// The hash of what was appended to each tensor.
  var digests: [String: String] { hashes.mapValues { $0.hexDigest() } }

  /// Makes the file whole and durable.
  func finish() throws { try stream.finish() }
}
