/// One value of a GGUF file's metadata.
///
/// Integers of every width become `integer` (an unsigned one above `Int.max` is `unsigned`), both
/// float widths `float`; arrays keep one Swift array per kind, so that a vocabulary of 150,000
/// strings is not 150,000 boxes.
package enum GGUFValue: Equatable, Sendable {
  case integer(Int)
  case unsigned(UInt)
  case float(Double)
  case bool(Bool)
  /// Bytes that are not UTF-8 are replaced by U+FFFD.
  case string(String)
  case integers([Int])
  case floats([Double])
  case bools([Bool])
  case strings([String])
  case arrays([GGUFValue])

  package var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  package var string: String? { if case .string(let value) = self { value } else { nil } }
  package var integers: [Int]? { if case .integers(let value) = self { value } else { nil } }
  package var floats: [Double]? { if case .floats(let value) = self { value } else { nil } }
  package var bools: [Bool]? { if case .bools(let value) = self { value } else { nil } }
  package var strings: [String]? { if case .strings(let value) = self { value } else { nil } }

  /// A float, or an integer as one.
  package var number: Double? {
    switch self {
    case .float(let value): value
    case .integer(let value): Double(value)
    case .unsigned(let value): Double(value)
    default: nil
    }
  }
}

/// The type codes of metadata values in the file.
enum GGUFValueType: UInt32 {
  case uint8 = 0
  case int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

  /// The fewest bytes that one value can take, which bounds how many a file can hold.
  var smallestByteCount: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64, .string: 8
    case .array: 12
    }
  }
}
