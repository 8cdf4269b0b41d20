import Foundation

/// A tensor to be written: its type, shape and row-major, little-endian bytes.
package struct SafetensorsTensor: Sendable {
  package let elementType: ElementType
  package let shape: [Int]
  package let bytes: [UInt8]

  /// - Precondition: `bytes` are exactly those that `shape` needs, here and below.
  package init(_ elementType: ElementType, shape: [Int], bytes: [UInt8]) {
    precondition(
      CheckedSize.byteCount(shape, elementSize: elementType.byteCount) == bytes.count,
      "expected the bytes of \(elementType.rawValue) of shape \(shape), got \(bytes.count)")
    self.elementType = elementType
    self.shape = shape
    self.bytes = bytes
  }

  package init(_ values: [Float], shape: [Int]) {
    self.init(.f32, shape: shape, bytes: ElementCoding.bytes(of: values))
  }

  package init(_ values: [Int64], shape: [Int]) {
    self.init(.i64, shape: shape, bytes: ElementCoding.bytes(of: values))
  }
}

/// Writes whole safetensors files.
package enum SafetensorsWriter {
  /// Replaces the file at `url` by the tensors, whole or not at all.
  ///
  /// The bytes depend on the arguments alone, and not on the order of `tensors`: data stand by
  /// element size, largest first, then by name, as the reference library puts them, so that every
  /// tensor is aligned to its own elements.
  ///
  /// - Precondition: the names are distinct, and none is `__metadata__`.
  package static func write(
    _ tensors: [(name: String, tensor: SafetensorsTensor)], metadata: [String: String] = [:],
    to url: URL
  ) throws {
    let stream = try SafetensorsStream(
      url, tensors: tensors.map { ($0.name, $0.tensor.elementType, $0.tensor.shape) },
      metadata: metadata)
    for (name, tensor) in tensors {
      try tensor.bytes.withUnsafeBytes { try stream.append($0, to: name) }
    }
    try stream.finish()
  }

  /// The same as bytes, for those who send them.
  package static func bytes(
    _ tensors: [(name: String, tensor: SafetensorsTensor)], metadata: [String: String] = [:]
  ) -> [UInt8] {
    let (ordered, fields, ranges) = SafetensorsStream.layout(
      tensors.map { ($0.name, $0.tensor.elementType, $0.tensor.shape) })
    let header = SafetensorsStream.header(metadata, fields)
    let tensors = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.tensor) })
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + header.count + (ranges.last?.upperBound ?? 0))
    bytes += ElementCoding.bytes(of: [UInt64(header.count).littleEndian])
    bytes += header
    for (name, _, _) in ordered { bytes += tensors[name]?.bytes ?? [] }
    return bytes
  }
}

/// Writes a safetensors file block by block, so that no tensor need be in memory whole.
///
/// Shapes are stated first; data are then appended to each tensor in any interleaving. The file
/// appears when `finish()` has found all of them complete; a stream that goes away before leaves
/// nothing. Not for use from two threads.
package final class SafetensorsStream {
  private struct Place {
    var next: Int
    let end: Int
    let elementType: ElementType
  }

  private let file: OutputFile
  private var places: [String: Place] = [:]
  /// The header's entries but for the metadata, and its length.
  private let entries: [String]
  private let headerCount: Int

  /// - Precondition: the names are distinct, none is `__metadata__`, and all bytes fit an `Int`.
  package init(
    _ url: URL, tensors: [(name: String, elementType: ElementType, shape: [Int])],
    metadata: [String: String] = [:]
  ) throws {
    let (ordered, fields, ranges) = Self.layout(tensors)
    entries = fields
    let header = Self.header(metadata, entries)
    headerCount = header.count
    file = try OutputFile(url)
    try file.write(ElementCoding.bytes(of: [UInt64(header.count).littleEndian]) + header)
    for ((name, type, _), range) in zip(ordered, ranges) {
      let place = Place(
        next: file.byteCount + range.lowerBound, end: file.byteCount + range.upperBound,
        elementType: type)
      precondition(places.updateValue(place, forKey: name) == nil, "expected distinct names")
    }
  }

  /// The tensors as they stand in the file, their entries in the header, and their bytes' places after it.
  fileprivate static func layout(
    _ tensors: [(name: String, elementType: ElementType, shape: [Int])]
  ) -> (
    ordered: [(name: String, elementType: ElementType, shape: [Int])], fields: [String],
    ranges: [Range<Int>]
  ) {
    let ordered = tensors.sorted {
      ($1.elementType.byteCount, $0.name) < ($0.elementType.byteCount, $1.name)
    }
    var fields: [String] = []
    var offset = 0
    var ranges: [Range<Int>] = []
    for (name, type, shape) in ordered {
      guard let byteCount = CheckedSize.byteCount(shape, elementSize: type.byteCount) else {
        preconditionFailure("expected a shape of at least 0 that fits memory, got \(shape)")
      }
      precondition(name != "__metadata__", "expected a tensor's name, got __metadata__")
      ranges.append(offset..<offset + byteCount)
      let dimensions = shape.map(String.init).joined(separator: ",")
      fields.append(
        "\(quoted(name)):{\"dtype\":\"\(Self.name(of: type))\",\"shape\":[\(dimensions)],"
          + "\"data_offsets\":[\(offset),\(offset + byteCount)]}")
      offset += byteCount
    }
    return (ordered, fields, ranges)
  }

  fileprivate static func header(_ metadata: [String: String], _ entries: [String]) -> [UInt8] {
    var fields = entries
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }
        .map { "\(quoted($0.key)):\(quoted($0.value))" }
      fields.insert("\"__metadata__\":{\(pairs.joined(separator: ","))}", at: 0)
    }
    var header = Array("{\(fields.joined(separator: ","))}".utf8)
    header += repeatElement(UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    return header
  }

  /// Replaces the metadata, which may depend on what was appended meanwhile.
  ///
  /// - Precondition: it is spelled in as many bytes as before.
  package func replace(metadata: [String: String]) throws {
    let header = Self.header(metadata, entries)
    precondition(
      header.count == headerCount, "expected \(headerCount) bytes of header, got \(header.count)")
    try header.withUnsafeBytes { try file.write($0, at: MemoryLayout<UInt64>.size) }
  }

  /// Appends stored elements to the tensor `name`.
  ///
  /// - Precondition: there is such a tensor, and it has room for them.
  package func append(_ bytes: UnsafeRawBufferPointer, to name: String) throws {
    guard var place = places[name] else { preconditionFailure("no tensor \(name) was declared") }
    precondition(
      bytes.count <= place.end - place.next,
      "expected at most \(place.end - place.next) more bytes of \(name), got \(bytes.count)")
    try file.write(bytes, at: place.next)
    place.next += bytes.count
    places[name] = place
  }

  /// Appends to an F32 tensor.
  package func append(_ values: [Float], to name: String) throws {
    try append(values, .f32, to: name)
  }

  /// Appends to an I64 tensor.
  package func append(_ values: [Int64], to name: String) throws {
    try append(values, .i64, to: name)
  }

  private func append<Value: BitwiseCopyable>(
    _ values: [Value], _ type: ElementType, to name: String
  ) throws {
    precondition(
      places[name]?.elementType == type, "expected values of the type declared for \(name)")
    try values.withUnsafeBytes { try append($0, to: name) }
  }

  /// Makes the file whole, durable and visible.
  ///
  /// - Throws: `shapeMismatch`, naming a tensor that is not complete; `inputOutput`.
  package func finish() throws {
    for (name, place) in places.sorted(by: { $0.key < $1.key }) where place.next != place.end {
      throw TensorFileError(
        .shapeMismatch, "\(place.end - place.next) bytes were never written", tensor: name)
    }
    try file.commit()
  }

  // MARK: - Header

  private static func name(of type: ElementType) -> String { type.rawValue.uppercased() }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
