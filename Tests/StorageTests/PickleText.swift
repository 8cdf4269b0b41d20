import Foundation

/// Builds small pickles of protocol 2, for dictionaries that nobody would write in earnest.
indirect enum PickleText: Sendable {
  case none
  case int(Int32)
  case float(Double)
  case text(String)
  case list([PickleText])
  case tuple([PickleText])
  case floats([Float], shape: [Int32]? = nil)
  case object(String, String, [(String, PickleText)])
  /// Opcodes as they are.
  case raw(Data)

  var file: Data { Data([0x80, 2]) + bytes + Data(".".utf8) }

  private var bytes: Data {
    switch self {
    case .none: return Data("N".utf8)
    case .int(let value): return Data("J".utf8) + Self.littleEndian(UInt32(bitPattern: value))
    case .float(let value):
      return Data("G".utf8) + withUnsafeBytes(of: value.bitPattern.bigEndian) { Data($0) }
    case .text(let text):
      return Data("X".utf8) + Self.littleEndian(UInt32(text.utf8.count)) + Data(text.utf8)
    case .list(let values): return Data("](".utf8) + Self.joined(values) + Data("e".utf8)
    case .tuple(let values): return Data("(".utf8) + Self.joined(values) + Data("t".utf8)
    case .raw(let bytes): return bytes
    case .floats(let values, let shape): return Self.array(values, shape ?? [Int32(values.count)])
    case .object(let module, let name, let attributes):
      return Data("c\(module)\n\(name)\n)".utf8) + Data([0x81]) + Data("}(".utf8)
        + attributes.reduce(Data()) { $0 + PickleText.text($1.0).bytes + $1.1.bytes }
        + Data("ub".utf8)
    }
  }

  /// As NumPy pickles an array of f32.
  private static func array(_ values: [Float], _ shape: [Int32]) -> Data {
    var data = Data("cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n".utf8)
    data += PickleText.tuple([.int(0)]).bytes + PickleText.text("b").bytes
    data += Data("tR(".utf8)
    data += PickleText.int(1).bytes + PickleText.tuple(shape.map { .int($0) }).bytes
    data += Data("cnumpy\ndtype\n(".utf8)
    data += joined([.text("f4"), .int(0), .int(1)])
    data += Data("tR(".utf8)
    data += joined([.int(3), .text("<"), .none, .none, .none, .int(-1), .int(-1), .int(0)])
    // BUILD, then NEWFALSE for row-major order.
    data += Data("tb".utf8) + Data([0x89])
    data += Data("B".utf8) + littleEndian(UInt32(values.count * 4))
    for value in values { data += littleEndian(value.bitPattern) }
    return data + Data("tb".utf8)
  }

  private static func joined(_ values: [PickleText]) -> Data {
    values.reduce(Data()) { $0 + $1.bytes }
  }

  private static func littleEndian(_ value: UInt32) -> Data {
    withUnsafeBytes(of: value.littleEndian) { Data($0) }
  }
}
