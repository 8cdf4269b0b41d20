import TensorFiles

/// One pickled object, reading its attributes with errors that say where.
struct PickledObject {
  private let attributes: [String: PickleValue]
  private let name: String
  private let file: String

  init(_ object: PickleObject, name: String, file: String) {
    attributes = Dictionary(
      object.attributes.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
    self.name = name
    self.file = file
  }

  func failure(_ attribute: String, expected: String, found: String) -> StorageError {
    let place = name.isEmpty ? attribute : "\(name): \(attribute)"
    return StorageError(.invalid, "\(place): expected \(expected), found \(found)", file: file)
  }

  func value<Value>(
    _ attribute: String, _ expected: String, _ convert: (PickleValue) throws -> Value?
  ) throws -> Value {
    guard let found = attributes[attribute] else {
      throw failure(attribute, expected: expected, found: "nothing")
    }
    guard let value = try convert(found) else {
      throw failure(attribute, expected: expected, found: found.kindName)
    }
    return value
  }

  func number(_ attribute: String) throws -> Double {
    try value(attribute, "a number") { $0.doubleValue }
  }

  func number(
    _ attribute: String, _ expected: String, in range: ClosedRange<Double>
  ) throws -> Double {
    let number = try number(attribute)
    guard range.contains(number) else {
      throw failure(attribute, expected: expected, found: "\(number)")
    }
    return number
  }

  func integer(_ attribute: String) throws -> Int {
    try value(attribute, "an integer") { $0.intValue.map { Int($0) } }
  }

  func list(_ attribute: String) throws -> [PickleValue] {
    try value(attribute, "a list") { $0.elements }
  }

  /// Absent in the first published files, or `None`: no list.
  func optionalList(_ attribute: String) throws -> [PickleValue] {
    switch attributes[attribute] {
    case nil, .some(.none): []
    default: try list(attribute)
    }
  }

  func optionalText(_ attribute: String) throws -> String? {
    switch attributes[attribute] {
    case nil, .some(.none): nil
    default: try value(attribute, "text or None") { $0.stringValue }
    }
  }

  func optionalBool(_ attribute: String) throws -> Bool? {
    switch attributes[attribute] {
    case nil, .some(.none): nil
    default:
      try value(attribute, "True or False") { if case .bool(let value) = $0 { value } else { nil } }
    }
  }

  func integers(_ attribute: String) throws -> [Int] {
    if let integers = attributes[attribute]?.integers { return integers }
    return try optionalList(attribute).map { element in
      guard let number = element.intValue else {
        throw failure(attribute, expected: "integers", found: element.kindName)
      }
      return Int(number)
    }
  }

  /// `[count]`, or of any length where `count` is `nil`.
  func vector(_ attribute: String, count: Int?) throws -> [Float] {
    let array = try value(attribute, "an array") { $0.arrayValue }
    return try floats(array, attribute, count: count)
  }

  /// Numbers of length 1.
  func unit(
    _ values: [Float], _ attribute: String, isZeroAllowed: Bool
  ) throws -> [Float] {
    let norm = DictionaryValues.norm(values)
    guard abs(norm - 1) <= DictionaryValues.unitTolerance || (isZeroAllowed && norm == 0) else {
      throw failure(attribute, expected: "a direction of length 1", found: "length \(norm)")
    }
    return values
  }

  func floats(_ array: NumPyArray, _ attribute: String, count: Int?) throws -> [Float] {
    guard array.shape.count == 1, count == nil || array.shape[0] == count else {
      let expected = count.map { "\($0) numbers" } ?? "a vector"
      throw failure(attribute, expected: expected, found: "shape \(array.shape)")
    }
    let values = try array.floats()
    if let place = DictionaryWriter.firstNonFinite(values) {
      throw failure(attribute, expected: "finite numbers", found: "\(values[place]) at \(place)")
    }
    return values
  }
}
