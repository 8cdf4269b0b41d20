extension PickleMachine {
  mutating func read<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type
  ) throws -> Number {
    number(at: try take(MemoryLayout<Number>.size).lowerBound, as: type)
  }

  /// Steps over `count` bytes and says where they are.
  mutating func take(_ count: Int) throws -> Range<Int> {
    guard count <= bytes.count - position else { throw truncated(count) }
    defer { position += count }
    return position..<position + count
  }

  private func truncated(_ count: Int) -> TensorFileError {
    TensorFileError(
      .truncated,
      "the pickle ends early: expected \(count) more bytes, found \(bytes.count - position)",
      byteOffset: position)
  }

  /// Carries out the opcodes of integers that come next, up to one that is cut short: the many of a list one after the
  /// other, without asking of each what it is.
  mutating func pushIntegers() {
    while position < bytes.count {
      let count = bytes.count - position - 1
      switch bytes[position] {
      case PickleOpcode.binInt.rawValue where count >= 4:
        stack.append(.int(Int64(number(at: position + 1, as: Int32.self))))
        position += 5
      case PickleOpcode.binInt2.rawValue where count >= 2:
        stack.append(.int(Int64(number(at: position + 1, as: UInt16.self))))
        position += 3
      case PickleOpcode.binInt1.rawValue where count >= 1:
        stack.append(.int(Int64(bytes[position + 1])))
        position += 2
      default: return
      }
    }
  }

  private func number<Number: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Number.Type
  ) -> Number {
    Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
  }

  func length(_ stated: some FixedWidthInteger) throws -> Int {
    guard let length = Int(exactly: stated) else {
      throw malformed("the stated length \(stated) is larger than any file")
    }
    return length
  }

  mutating func readProtocol() throws {
    let version = try read(UInt8.self)
    guard (2...5).contains(version) else {
      throw TensorFileError(
        .unsupportedType, "expected a pickle of protocol 2 to 5, found \(version)",
        byteOffset: opcodeOffset)
    }
  }

  /// Frames only tell a reader how much to fetch at once; their contents are the opcodes.
  mutating func skipFrame() throws {
    let count = try length(read(UInt64.self))
    guard count <= bytes.count - position else {
      throw TensorFileError(
        .truncated,
        "the pickle ends early: a frame of \(count) bytes has \(bytes.count - position)",
        byteOffset: opcodeOffset)
    }
  }

  /// A little-endian two's complement integer of `count` bytes.
  mutating func readLong(_ count: Int) throws -> Int64 {
    let range = try take(count)
    guard let last = bytes[range].last else { return 0 }
    let fill: UInt8 = last & 0x80 == 0 ? 0 : 0xff
    // Bytes past the eighth may only repeat the sign.
    guard count <= 8 || bytes[range].dropFirst(8).allSatisfy({ $0 == fill }),
      count <= 8 || bytes[range.lowerBound + 7] & 0x80 == fill & 0x80
    else {
      throw TensorFileError(
        .notRepresentable, "an integer of \(count) bytes is wider than 64 bits",
        byteOffset: opcodeOffset)
    }
    var value: UInt64 = fill == 0 ? 0 : .max
    for byte in bytes[range].prefix(8).reversed() { value = value << 8 | UInt64(byte) }
    return Int64(bitPattern: value)
  }

  mutating func pushString(_ count: Int) throws {
    let range = try take(count)
    guard let text = Self.text(UnsafeRawBufferPointer(rebasing: bytes[range])) else {
      throw malformed("text that is not UTF-8")
    }
    stack.append(intern(text))
  }

  /// Python's UTF-8 may hold lone surrogates, which no text can; each becomes U+FFFD.
  static func text(_ bytes: UnsafeRawBufferPointer) -> String? {
    let units = bytes.bindMemory(to: UInt8.self)
    if let text = String(validating: units, as: UTF8.self) { return text }
    var copy = Array(units)
    for index in copy.indices.dropLast(2)
    where copy[index] == 0xed && copy[index + 1] >= 0xa0 {
      copy.replaceSubrange(index...index + 2, with: [0xef, 0xbf, 0xbd])
    }
    return String(validating: copy, as: UTF8.self)
  }

  mutating func readGlobal() throws -> PickleGlobal {
    let module = try readLine()
    let name = try readLine()
    return try .named(module: module, name: name, byteOffset: opcodeOffset)
  }

  private mutating func readLine() throws -> String {
    // Longer than any name that is read.
    let window = bytes[position...].prefix(1024)
    guard let end = window.firstIndex(of: UInt8(ascii: "\n")) else {
      throw malformed("expected a name ending in a line break")
    }
    defer { position = end + 1 }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }

  mutating func pushNamedGlobal() throws {
    let name = try pop()
    let module = try pop()
    guard case .string(let name) = name, case .string(let module) = module else {
      throw malformed("expected a module's and a class's name")
    }
    stack.append(
      .global(
        try .named(module: strings[module], name: strings[name], byteOffset: opcodeOffset)))
  }
}
