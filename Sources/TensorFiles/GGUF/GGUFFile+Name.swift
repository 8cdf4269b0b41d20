import Foundation

extension GGUFFile {
  /// Entries that are looked at for the name; writers put it first.
  private static let mostEntriesBeforeName = 64

  /// What the file calls its model (`general.name`), read without the rest of its header; `nil` for a file that gives
  /// no name among its first entries, and for one that is no GGUF.
  package static func modelName(of url: URL) -> String? {
    guard let file = try? MappedFile(url) else { return nil }
    return file.withBytes(0..<file.byteCount) { bytes in try? modelName(in: bytes) } ?? nil
  }

  private static func modelName(in bytes: UnsafeRawBufferPointer) throws -> String? {
    var cursor = GGUFCursor(bytes)
    guard try cursor.next(UInt32.self, "the magic number") == magic,
      [2, 3].contains(try cursor.next(UInt32.self, "the version"))
    else { return nil }
    _ = try cursor.count("the tensor count", smallest: 24)
    let count = try cursor.count("the metadata count", smallest: 13)
    for _ in 0..<min(count, mostEntriesBeforeName) {
      let key = try cursor.string("a metadata key")
      // Words of the vocabulary come after the name, and are many.
      if key.hasPrefix("tokenizer.") { return nil }
      let value = try cursor.value(TensorFileError.printable(key))
      guard key == "general.name" else { continue }
      guard case .string(let name) = value else { return nil }
      return name.contains { !$0.isWhitespace } ? name : nil
    }
    return nil
  }
}
