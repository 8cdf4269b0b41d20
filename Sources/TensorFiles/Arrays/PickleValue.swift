/// A value read from a pickle: plain data, with no behaviour attached.
///
/// Parts that the pickle shares are shared here too (copy on write), yet a value is never deeper
/// than `Pickle.deepestNesting` nor, walked as a tree, larger than a fixed multiple of its file,
/// so comparing, hashing or freeing one cannot blow up.
package enum PickleValue: Sendable, Hashable {
  case none
  case bool(Bool)
  case int(Int64)
  case float(Double)
  /// Boxed, so that a list of numbers takes 16 bytes for each.
  indirect case string(String)
  case bytes([UInt8])
  case list(PickleElements)
  case tuple([PickleValue])
  /// Distinct elements, in the order of the file.
  case set(PickleElements)
  /// Distinct keys, in the order of the file.
  case dictionary([PickleEntry])
  indirect case array(NumPyArray)
  indirect case object(PickleObject)
  /// An instance that was handed over as it was read, by its number from 0.
  case handed(Int)
}

/// One key of a dictionary and its value.
package struct PickleEntry: Sendable, Hashable {
  package var key: PickleValue
  package var value: PickleValue

  package init(key: PickleValue, value: PickleValue) {
    self.key = key
    self.value = value
  }
}

/// An instance of one of the few classes that are read, as its attributes.
package struct PickleObject: Sendable, Hashable {
  package struct Attribute: Sendable, Hashable {
    package var name: String
    package var value: PickleValue
  }

  package var module: String
  package var name: String
  /// Distinct names, in the order of the file.
  package var attributes: [Attribute]

  /// The attribute `name`, if the object has it.
  ///
  /// - Complexity: O(number of attributes).
  package subscript(_ name: String) -> PickleValue? {
    attributes.first { $0.name == name }?.value
  }
}

extension PickleValue {
  package var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }

  package var intValue: Int64? { if case .int(let value) = self { value } else { nil } }

  /// The number, be it stored as a float or as an integer.
  package var doubleValue: Double? {
    switch self {
    case .float(let value): value
    case .int(let value): Double(value)
    default: nil
    }
  }

  package var stringValue: String? { if case .string(let value) = self { value } else { nil } }

  package var arrayValue: NumPyArray? { if case .array(let value) = self { value } else { nil } }

  package var objectValue: PickleObject? {
    if case .object(let value) = self { value } else { nil }
  }

  /// The elements of a list, tuple or set.
  package var elements: [PickleValue]? {
    switch self {
    case .list(let elements), .set(let elements): elements.values
    case .tuple(let values): values
    default: nil
    }
  }

  /// The elements of a list or a set of integers and nothing else; `nil` of an empty one, too.
  package var integers: [Int]? {
    switch self {
    case .list(let elements), .set(let elements): elements.integers
    default: nil
    }
  }

  /// The value under `key` in a dictionary, or of that attribute of an object.
  ///
  /// - Complexity: O(number of entries).
  package subscript(_ key: String) -> PickleValue? {
    switch self {
    case .dictionary(let entries): entries.first { $0.key == .string(key) }?.value
    case .object(let object): object[key]
    default: nil
    }
  }

  /// What messages call a value of this kind.
  package var kindName: String {
    switch self {
    case .none: "None"
    case .bool: "a boolean"
    case .int: "an integer"
    case .float: "a float"
    case .string: "text"
    case .bytes: "bytes"
    case .list: "a list"
    case .tuple: "a tuple"
    case .set: "a set"
    case .dictionary: "a dictionary"
    case .array: "an array"
    case .object(let object): "a \(object.name)"
    case .handed: "an object"
    }
  }

  /// How many bytes and values there are to hash in a key; `nil` for what Python refuses as one.
  var keySize: Int? {
    switch self {
    case .none, .bool, .int, .float: return 1
    case .string(let text): return text.utf8.count
    case .bytes(let bytes): return bytes.count
    case .tuple(let values):
      var total = 1
      for value in values {
        guard let size = value.keySize else { return nil }
        total += size
      }
      return total
    case .list, .set, .dictionary, .array, .object, .handed: return nil
    }
  }
}
