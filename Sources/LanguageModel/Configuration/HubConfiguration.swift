import Foundation
import TensorFiles

/// A `config.json` of the hub, read key by key with errors that name the key.
package struct HubConfiguration: Sendable {
  /// A JSON value, as far as configurations use them.
  enum Value: Equatable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([Value])
    case object(Members)

    fileprivate init(_ value: JSONDocument.Value, _ document: JSONDocument) {
      func text(_ text: JSONDocument.Text) -> String {
        String(decoding: document.bytes(of: text), as: UTF8.self)
      }
      switch value {
      case .null: self = .null
      case .boolean(let value): self = .bool(value)
      case .integer(let value): self = .number(Double(value))
      case .number(let value): self = .number(value)
      case .string(let value): self = .string(text(value))
      case .array(let values): self = .array(values.map { Value($0, document) })
      case .object(let list):
        var members = Members()
        for member in list { members[text(member.key)] = Value(member.value, document) }
        self = .object(members)
      }
    }

    fileprivate var kind: String {
      switch self {
      case .null: "null"
      case .bool(let value): "\(value)"
      case .number(let value): "\(value)"
      case .string(let value): "\"\(ModelError.printable(value))\""
      case .array: "a list"
      case .object: "an object"
      }
    }
  }

  /// The members of an object in the file's order; of a name given twice the last value counts, at
  /// the place of the first, as in Python.
  struct Members: Equatable, Sendable {
    private(set) var names: [String] = []
    private var values: [String: Value] = [:]

    var isEmpty: Bool { names.isEmpty }

    func without(_ name: String) -> Members {
      var rest = Members()
      for other in names where other != name { rest[other] = values[other] }
      return rest
    }

    subscript(name: String) -> Value? {
      get { values[name] }
      set {
        if values.updateValue(newValue ?? .null, forKey: name) == nil { names.append(name) }
      }
    }
  }

  let values: Members
  let name: String

  /// - Throws: `ModelError.notFound` without the file, `malformedConfiguration` where it is not a
  ///   JSON object.
  package init(_ url: URL) throws {
    let name = ModelError.printable(url.lastPathComponent)
    let file: MappedFile
    do {
      file = try MappedFile(url)
    } catch let error as TensorFileError {
      throw ModelError(.notFound, error.description)
    }
    // Real ones have a few kilobytes; a parser need not be trusted with more.
    guard file.byteCount <= 1 << 24 else {
      throw ModelError(
        .malformedConfiguration, "\(name): expected at most 16 MB, found \(file.byteCount) bytes")
    }
    let bytes = file.withBytes(0..<file.byteCount) { [UInt8]($0) }
    guard let document = try? JSONDocument(bytes),
      case .object(let members) = Value(document.root, document)
    else { throw ModelError(.malformedConfiguration, "\(name): expected a JSON object") }
    values = members
    self.name = name
  }

  init(_ values: Members, name: String) {
    self.values = values
    self.name = name
  }

  /// The value under `key`; `null` counts as absent.
  private func value(_ key: String) -> Value? {
    switch values[key] {
    case nil, .null: nil
    case let value: value
    }
  }

  func string(_ key: String) throws -> String? {
    guard let value = value(key) else { return nil }
    guard case .string(let string) = value else { throw wrong(key, "a string", value) }
    return string
  }

  func bool(_ key: String) throws -> Bool? {
    guard let value = value(key) else { return nil }
    guard case .bool(let bool) = value else { throw wrong(key, "true or false", value) }
    return bool
  }

  func float(_ key: String) throws -> Float? {
    guard let value = value(key) else { return nil }
    guard case .number(let number) = value else { throw wrong(key, "a number", value) }
    return Float(number)
  }

  func double(_ key: String) throws -> Double? {
    guard let value = value(key) else { return nil }
    guard case .number(let number) = value else { throw wrong(key, "a number", value) }
    return number
  }

  func integer(_ key: String) throws -> Int? {
    guard let value = value(key) else { return nil }
    guard case .number(let number) = value, let integer = Int(exactly: number) else {
      throw wrong(key, "an integer", value)
    }
    return integer
  }

  /// An integer that has to be there, under the first of `keys` that is.
  func requiredInteger(_ keys: String...) throws -> Int {
    for key in keys {
      if let integer = try integer(key) { return integer }
    }
    throw ModelError(.malformedConfiguration, "\(name): \(keys[0]) is missing")
  }

  func strings(_ key: String) throws -> [String]? {
    guard let value = value(key) else { return nil }
    guard case .array(let list) = value else { throw wrong(key, "a list of strings", value) }
    return try list.map {
      guard case .string(let string) = $0 else { throw wrong(key, "a list of strings", value) }
      return string
    }
  }

  /// One integer or a list of them.
  func integers(_ key: String) throws -> [Int]? {
    guard let value = value(key) else { return nil }
    let list = if case .array(let list) = value { list } else { [value] }
    return try list.map {
      guard case .number(let number) = $0, let integer = Int(exactly: number) else {
        throw wrong(key, "an integer or a list of them", value)
      }
      return integer
    }
  }

  func object(_ key: String) throws -> HubConfiguration? {
    guard let value = value(key) else { return nil }
    guard case .object(let members) = value else { throw wrong(key, "an object", value) }
    return HubConfiguration(members, name: "\(name): \(key)")
  }

  /// Numbers by name in the file's order, for an object whose keys are patterns.
  func numbers(_ key: String) throws -> [(name: String, value: Double)] {
    guard let object = try object(key) else { return [] }
    return try object.keys.map {
      guard let value = object.values[$0], case .number(let number) = value else {
        throw object.wrong($0, "a number", object.values[$0] ?? .null)
      }
      return ($0, number)
    }
  }

  /// The names of its members in the file's order.
  var keys: [String] { values.names }

  /// Every member, each of which must be a string.
  func allStrings() throws -> [String: String] {
    var result: [String: String] = [:]
    for key in keys {
      guard let value = values[key], case .string(let string) = value else {
        throw wrong(key, "a string", values[key] ?? .null)
      }
      result[key] = string
    }
    return result
  }

  /// Whether `key` is there and is neither `null`, `false`, empty nor zero.
  func isSet(_ key: String) -> Bool {
    switch value(key) {
    case nil, .bool(false), .number(0), .string(""), .array([]): false
    case .object(let members): !members.isEmpty
    default: true
    }
  }

  /// Whether the file has `key`, be it as `null`: what is left out has the library's standard, and
  /// `null` may be another value.
  func has(_ key: String) -> Bool { values[key] != nil }

  /// A switch that is on where it is left out; `null` is off, as in Python.
  func isOn(_ key: String) throws -> Bool { try bool(key) ?? !has(key) }

  /// The value under `key`, be it `null`.
  func member(_ key: String) -> Value? { values[key] }

  func isNull(_ key: String) -> Bool { values[key] == .null }

  func isFalse(_ key: String) -> Bool { values[key] == .bool(false) }

  /// Whether `key` is there and neither `neutral`, `null`, `false`, empty or zero.
  func isSetToOther(than neutral: Double, _ key: String) -> Bool {
    isSet(key) && value(key) != .number(neutral)
  }

  private func wrong(_ key: String, _ expected: String, _ found: Value) -> ModelError {
    ModelError(
      .malformedConfiguration,
      "\(name): expected \(ModelError.printable(key)) to be \(expected), found \(found.kind)")
  }
}

// MARK: - What several families share

extension HubConfiguration {
  /// The half precision that the weights are said to be stored in, as one of rotary frequencies.
  var halfPrecision: RotaryEmbedding.Precision? {
    guard let type = try? string("dtype") ?? string("torch_dtype"),
      let precision = RotaryEmbedding.Precision(rawValue: type), precision != .float32
    else { return nil }
    return precision
  }

  /// The activation under the first of `keys` that is there.
  func activation(
    _ keys: String..., standard: TransformerConfiguration.Activation
  ) throws -> TransformerConfiguration.Activation {
    for key in keys {
      switch try string(key) {
      case nil: continue
      case "silu", "swish": return .silu
      case "gelu": return .gelu
      case "gelu_new", "gelu_pytorch_tanh", "gelu_fast": return .geluTanh
      case let other?:
        throw ModelError(
          .unsupported,
          "\(name): the activation \(ModelError.printable(other)) is not implemented; those known "
            + "are silu, gelu, gelu_new, gelu_pytorch_tanh, gelu_fast")
      }
    }
    return standard
  }

  /// The window of every layer, from `layer_types` where it is there, else from `isSliding`.
  func slidingWindows(
    layers: Int, window: Int?, isSliding: (Int) -> Bool
  ) throws -> [Int?] {
    let types = try strings("layer_types")
    return try (0..<max(0, min(layers, 1 << 12))).map { layer in
      guard let types else { return isSliding(layer) ? window : nil }
      guard types.count == layers else {
        throw ModelError(
          .malformedConfiguration,
          "\(name): expected layer_types to list \(layers) layers, found \(types.count)")
      }
      switch types[layer] {
      case "full_attention": return nil
      case "sliding_attention":
        guard let window else {
          throw ModelError(
            .malformedConfiguration,
            "\(name): layer_types has layers of sliding_attention, but no sliding_window is in use")
        }
        return window
      case let other:
        throw ModelError(
          .unsupported, "\(name): layers of \(ModelError.printable(other)) are not implemented")
      }
    }
  }
}
