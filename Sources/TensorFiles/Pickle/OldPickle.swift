/// Says why bytes that do not begin as a pickle of protocol 2 or later are not read.
///
/// The classic attack is a pickle of protocol 0 or 1, and its user should hear which function it
/// names. So the opcodes of those protocols are stepped over, doing nothing, up to the first name.
enum OldPickle {
  static func refusal(of bytes: UnsafeRawBufferPointer) -> TensorFileError {
    if bytes.isEmpty {
      return TensorFileError(.truncated, "expected a pickle, found no bytes", byteOffset: 0)
    }
    return firstForbiddenName(in: bytes)
      ?? TensorFileError(
        .malformedHeader, "not a pickle of protocol 2 to 5: it does not begin with 0x80",
        byteOffset: 0)
  }

  private static func firstForbiddenName(
    in bytes: UnsafeRawBufferPointer
  ) -> TensorFileError? {
    var reader = ByteReader(bytes, 0..<bytes.count)
    while reader.offset < bytes.count {
      let offset = reader.offset
      do {
        let code = try reader.array(1)[0]
        switch Character(Unicode.Scalar(code)) {
        case "c", "i":
          guard let module = reader.line(), let name = reader.line(), isName(module + name)
          else { return nil }
          _ = try PickleGlobal.named(module: module, name: name, byteOffset: offset)
        case "F", "I", "L", "S", "V", "g", "p", "P":
          guard reader.line() != nil else { return nil }
        case "K", "h", "q": try reader.skip(1)
        case "M": try reader.skip(2)
        case "J", "j", "r": try reader.skip(4)
        case "G": try reader.skip(8)
        case "U": try reader.skip(Int(try reader.array(1)[0]))
        case "T", "X": try reader.skip(Int(try reader.u32()))
        case "(", "0", "1", "2", "N", "Q", "R", "]", "a", "b", "d", "e", "l", "o", "s", "t", "u",
          "}", ")":
          continue
        default: return nil
        }
      } catch let error as TensorFileError where error.code == .forbidden {
        return error
      } catch {
        return nil
      }
    }
    return nil
  }

  private static func isName(_ text: String) -> Bool {
    text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
        true
      default: false
      }
    }
  }
}

extension ByteReader {
  /// The text up to the next line break, which is stepped over; `nil` where none is near.
  fileprivate mutating func line() -> String? {
    var attempt = self
    var line: [UInt8] = []
    while let byte = try? attempt.array(1)[0], line.count < 65_536 {
      if byte == UInt8(ascii: "\n") {
        self = attempt
        return String(decoding: line, as: UTF8.self)
      }
      line.append(byte)
    }
    return nil
  }
}
