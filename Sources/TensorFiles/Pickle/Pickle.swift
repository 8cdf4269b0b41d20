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

  /// Reads the pickle at `url`, handing over every instance of some classes as soon as it is complete.
  ///
  /// In the value returned such an instance is `.handed` with its number. What it held is let go of, so that memory
  /// does not grow with their number, and the file's pages are given back.
  ///
  /// - Parameters:
  ///   - names: of the classes, without their modules.
  ///   - isCounting: whether only the numbers of elements are handed over: `.int` for each list, tuple, set or
  ///     dictionary among the attributes, and nothing of others.
  /// - Returns: `nil` where parts are shared in ways that need all of it at once: ``load(_:)`` reads those.
  package static func load(
    _ url: URL, handingOver names: Set<String>, isCounting: Bool = false,
    _ body: (_ number: Int, _ object: PickleObject) throws -> Void
  ) throws -> PickleValue? {
    let storage = ByteStorage(try MappedFile(url))
    return try withoutActuallyEscaping(body) { body in
      try storage.withBytes { bytes in
        guard bytes.first == PickleOpcode.proto.rawValue else {
          throw OldPickle.refusal(of: bytes)
        }
        let handing = PickleHanding(names: names, isCounting: isCounting, body: body)
        var machine = PickleMachine(bytes, storage: storage, handing: handing)
        do {
          return try machine.run()
        } catch is PickleHanding.SharedPart {
          return nil
        }
      }
    }
  }
}
