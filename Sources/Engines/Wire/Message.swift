import Foundation
import TensorFiles

/// A message of the engine protocol: a JSON text, and tensors by name.
///
/// - Source: `docs/engine-protocol.md`.
package struct Message: Sendable {
  /// The most bytes of a header.
  package static let longestHeader = 16 << 20
  /// The most bytes of a message.
  package static let largest = 256 << 20
  static let key = "message"
  static let types: [ElementType] = [.f32, .bf16, .f16, .i32, .u8]

  /// What is wrong with a message.
  package struct Malformed: Error, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
  }

  /// The request or the reply.
  package let text: String
  private let file: SafetensorsFile

  /// Reads a whole message.
  ///
  /// - Throws: `Malformed`, `TensorFileError`.
  package init(_ bytes: [UInt8]) throws {
    guard bytes.count <= Self.largest else {
      throw Malformed("expected a message of up to \(Self.largest) bytes, found \(bytes.count)")
    }
    file = try SafetensorsFile(ByteStorage(bytes))
    guard file.metadata.count == 1, let text = file.metadata[Self.key] else {
      throw Malformed("expected metadata of one key, message, found \(file.metadata.count) keys")
    }
    self.text = text
    if let (name, tensor) = file.unread.min(by: { $0.key < $1.key }) {
      throw Malformed(
        "tensor \(TensorFileError.printable(name)): dtype \(TensorFileError.printable(tensor.dtype)) "
          + "is none of F32, BF16, F16, I32 and U8")
    }
    for (name, tensor) in file.tensors where !Self.types.contains(tensor.elementType) {
      throw Malformed(
        "tensor \(TensorFileError.printable(name)): dtype \(tensor.elementType.rawValue) is none of "
          + "F32, BF16, F16, I32 and U8")
    }
  }

  package var tensorNames: [String] { file.names }

  package func has(_ name: String) -> Bool { file.tensors[name] != nil }

  /// How many rows the tensor `name` has; `nil` where it is not there, or no matrix.
  package func rowCount(_ name: String) -> Int? {
    guard let shape = file.tensors[name]?.shape, shape.count == 2 else { return nil }
    return shape[0]
  }

  /// Numbers of the shape that was to be expected.
  package func floats(_ name: String, shape: [Int]) throws -> [Float] {
    try expect(name, [.f32, .bf16, .f16], shape)
    return try file.floats(name)
  }

  /// Whole numbers, as many as there are, or as there have to be.
  package func integers(_ name: String, count: Int? = nil) throws -> [Int] {
    let shape = try file.info(name).shape
    try expect(name, [.i32], count.map { [$0] } ?? [shape.first ?? 0])
    return try file.int64s(name).map(Int.init)
  }

  /// The bytes of a file.
  package func bytes(_ name: String) throws -> [UInt8] {
    let shape = try file.info(name).shape
    try expect(name, [.u8], [shape.first ?? 0])
    return try file.withBytes(name) { [UInt8]($0) }
  }

  private func expect(_ name: String, _ types: [ElementType], _ shape: [Int]) throws {
    let info = try file.info(name)
    guard types.contains(info.elementType), info.shape == shape else {
      throw Malformed(
        "tensor \(TensorFileError.printable(name)): expected \(types[0].rawValue.uppercased()) "
          + "\(shape), found \(info.elementType.rawValue.uppercased()) \(info.shape)")
    }
  }

  // MARK: - Writing

  /// The bytes of a message.
  package static func bytes(
    _ text: String, _ tensors: [(name: String, tensor: SafetensorsTensor)] = []
  ) -> [UInt8] {
    SafetensorsWriter.bytes(tensors, metadata: [key: text])
  }

  static func integers(_ values: [Int]) -> SafetensorsTensor {
    let bytes = values.map { Int32(clamping: $0).littleEndian }.withUnsafeBytes { [UInt8]($0) }
    return SafetensorsTensor(.i32, shape: [values.count], bytes: bytes)
  }
}

/// Makes messages of a stream of bytes, however it is cut.
package struct MessageReader {
  private var buffer: [UInt8] = []
  /// The bytes of the message that is being read, once its header says.
  private var expected: Int?

  package init() {}

  /// Whether the stream would end within a message.
  package var isWithinMessage: Bool { !buffer.isEmpty }

  /// Bytes that wait.
  package var count: Int { buffer.count }

  package mutating func append(_ bytes: some Sequence<UInt8>) { buffer += bytes }

  /// The next message; `nil` where there is none yet.
  ///
  /// - Throws: what is wrong with it, before anything of the size that it states is allocated.
  package mutating func next() throws -> Message? {
    if expected == nil { expected = try length() }
    guard let expected, buffer.count >= expected else { return nil }
    self.expected = nil
    if buffer.count == expected {
      let whole = buffer
      buffer = []
      return try Message(whole)
    }
    let whole = Array(buffer[..<expected])
    buffer.removeFirst(expected)
    return try Message(whole)
  }

  /// The length of the message at the buffer's start, as soon as its header is there.
  private func length() throws -> Int? {
    guard buffer.count >= 8 else { return nil }
    let stated = buffer.withUnsafeBytes {
      UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))
    }
    guard stated <= UInt64(Message.longestHeader) else {
      throw Message.Malformed(
        "expected a header of up to \(Message.longestHeader) bytes, found one of \(stated)"
          + beginning)
    }
    guard buffer.count >= 8 + Int(stated) else { return nil }
    let data = try buffer.withUnsafeBytes {
      try SafetensorsFile.dataCount(
        ofHeader: UnsafeRawBufferPointer(rebasing: $0[8..<8 + Int(stated)]))
    }
    let room = Message.largest - 8 - Int(stated)
    guard data <= room else {
      throw Message.Malformed(
        "expected a message of up to \(Message.largest) bytes, found tensors of \(data)")
    }
    return 8 + Int(stated) + data
  }

  /// A shell's profile that prints something is the usual reason for bytes that are no message.
  private var beginning: String {
    let bytes = buffer.prefix(60).prefix { (32..<127).contains($0) || (9...13).contains($0) }
    guard bytes.count >= 3 else { return "" }
    return " (it begins “\(EngineText.line(String(decoding: bytes, as: UTF8.self), atMost: 40))”: "
      + "does its command print anything else?)"
  }
}
