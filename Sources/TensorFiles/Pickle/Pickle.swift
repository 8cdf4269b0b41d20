import Foundation

/// Reads pickles of protocols 2 to 5 by interpreting them against a short list of classes.
///
/// A pickle is a program that may name any function and call it. This interpreter knows how to
/// make plain data, NumPy arrays and scalars, and instances of Exemplar Partitioning's own two
/// classes (under their present and first-published names) as bags of attributes. Nothing is ever
/// run or looked up: a pickle that names anything else, or uses an opcode that these do not need,
/// is refused with that name and its place.
///
/// Time and memory are linear in the file. Array elements are ranges of the file, not copies.
///
/// - Source: the opcodes as Python documents them in its `pickletools` module.
package enum Pickle {
  /// How deep containers may nest. Dictionaries of this field use seven levels.
  package static let deepestNesting = 128

  /// Reads the pickle at `url` through a memory map, which arrays in the result keep alive.
  ///
  /// - Throws: `TensorFileError`: `forbidden` for a class or opcode that is not read,
  ///   `truncated`, `malformedHeader`, and what reading arrays throws. Offsets are file offsets.
  package static func load(_ url: URL) throws -> PickleValue {
    let file = try MappedFile(url)
    return try load(ByteStorage(file))
  }

  package static func load(_ bytes: [UInt8]) throws -> PickleValue {
    try load(ByteStorage(bytes))
  }

  package static func load(_ storage: ByteStorage) throws -> PickleValue {
    try storage.withBytes { bytes in
      guard bytes.first == PickleOpcode.proto.rawValue else {
        throw OldPickle.refusal(of: bytes)
      }
      var machine = PickleMachine(bytes, storage: storage)
      return try machine.run()
    }
  }
}
