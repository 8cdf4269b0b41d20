import Foundation

extension GGUFFile {
  /// The metadata of a file, or of the first part of a model, as a GGUF file that has no tensor: what a tokenizer is made of,
  /// where the weights stay behind.
  ///
  /// - Throws: as ``init(_:)``.
  package static func metadataAlone(of url: URL) throws -> [UInt8] {
    let file = try MappedFile(url)
    return try file.withBytes(0..<file.byteCount) { bytes in
      var cursor = GGUFCursor(bytes)
      _ = try cursor.next(UInt32.self, "the magic number")
      _ = try cursor.next(UInt32.self, "the version")
      _ = try cursor.count("the tensor count", smallest: 24)
      let count = try cursor.count("the metadata count", smallest: 13)
      var entries: [UInt8] = []
      var kept: UInt64 = 0
      for _ in 0..<count {
        let start = cursor.offset
        let key = try cursor.string("a metadata key")
        _ = try cursor.value(TensorFileError.printable(key))
        // It would be a part of a model, and the others would be looked for.
        guard !key.hasPrefix("split.") else { continue }
        entries += bytes[start..<cursor.offset]
        kept += 1
      }
      return Array(bytes[0..<8]) + ElementCoding.bytes(of: [UInt64(0), kept.littleEndian]) + entries
    }
  }
}
