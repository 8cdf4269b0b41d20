import Numerics

extension JSONValue {
  /// A record as JSON, its keys in the order in which it names them; what is `nil`, or no number, is null.
  package init(encoding value: some Encodable) {
    let node = EncodedNode()
    node.set(value)
    self = node.json
  }

  /// The keys and values of an object; none of anything else.
  package var entries: [(String, JSONValue)] {
    if case .object(let entries) = self { entries } else { [] }
  }

  /// A value that has no parts of its own to encode.
  fileprivate init?(scalar value: some Encodable) {
    switch value {
    case let value as Bool: self = .bool(value)
    case let value as String: self = .string(value)
    case let value as Double: self = .number(value)
    case let value as Float: self = .number(Double(value))
    case let value as Int: self = .integer(value)
    case let value as any (BinaryInteger & Encodable): self = .encoded("\(value)")
    // By its ends, as every command prints it.
    case let value as ConfidenceInterval: self = .interval(value)
    default: return nil
    }
  }
}

extension JSONValue: Encodable {
  /// As a part of a record whose keys are data, such as what a file has recorded.
  ///
  /// - Throws: `EncodingError` into anything but a `JSONValue`.
  package func encode(to encoder: any Encoder) throws {
    guard let encoder = encoder as? NodeEncoder else {
      throw EncodingError.invalidValue(
        self, .init(codingPath: encoder.codingPath, debugDescription: "expected a record's own"))
    }
    encoder.node.take(self)
  }
}

/// A part whose key is there only where it is: what was not asked for has no key.
@propertyWrapper package struct IfAny<Value: Encodable>: Encodable {
  package var wrappedValue: Value?

  package init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }
  package func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

/// A record whose keys stand among those of the record that it is a part of.
@propertyWrapper package struct Inline<Value: Encodable>: Encodable {
  package var wrappedValue: Value

  package init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
  package func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

extension IfAny: Sendable where Value: Sendable {}
extension Inline: Sendable where Value: Sendable {}

/// An object whose keys are data, in the order given: conditions, roles.
package struct OrderedFields<Value: Encodable>: Encodable {
  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  package var fields: [(String, Value)]

  package init(_ fields: [(String, Value)]) { self.fields = fields }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for (key, value) in fields { try container.encode(value, forKey: Key(stringValue: key)) }
  }
}

extension OrderedFields: Sendable where Value: Sendable {}

/// What a container has to know of a part before it makes a key for it.
private protocol Placed: Encodable {
  var isThere: Bool { get }
  var isInline: Bool { get }
}

extension IfAny: Placed {
  fileprivate var isThere: Bool { wrappedValue != nil }
  fileprivate var isInline: Bool { false }
}

extension Inline: Placed {
  fileprivate var isThere: Bool { true }
  fileprivate var isInline: Bool { true }
}

/// What is being encoded, filled in by the containers that were given for it.
private final class EncodedNode {
  private enum Shape { case value, object, array }

  private var shape = Shape.value
  private var value = JSONValue.null
  private var entries: [(String, EncodedNode)] = []
  private var items: [EncodedNode] = []

  var json: JSONValue {
    switch shape {
    case .value: value
    case .object: .object(entries.map { ($0, $1.json) })
    case .array: .array(items.map(\.json))
    }
  }

  var count: Int { items.count }

  func set(_ value: some Encodable) {
    if let scalar = JSONValue(scalar: value) {
      self.value = scalar
    } else {
      // Nothing here throws, and a record that did would have no encoding.
      try? value.encode(to: NodeEncoder(node: self))
    }
  }

  func take(_ json: JSONValue) {
    guard case .object(let entries) = json else {
      value = json
      return
    }
    makeObject()
    for (key, value) in entries { child(key).take(value) }
  }

  func makeObject() { shape = .object }
  func makeArray() { shape = .array }

  func child(_ key: String) -> EncodedNode {
    let node = EncodedNode()
    entries.append((key, node))
    return node
  }

  func child() -> EncodedNode {
    let node = EncodedNode()
    items.append(node)
    return node
  }
}

private struct NodeEncoder: Encoder, SingleValueEncodingContainer {
  let node: EncodedNode
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    node.makeObject()
    return KeyedEncodingContainer(Keyed<Key>(node: node))
  }
  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.makeArray()
    return Unkeyed(node: node)
  }
  func singleValueContainer() -> any SingleValueEncodingContainer { self }

  mutating func encodeNil() {}
  mutating func encode<T: Encodable>(_ value: T) { node.set(value) }
}

private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: EncodedNode
  var codingPath: [any CodingKey] { [] }

  mutating func encodeNil(forKey key: Key) { _ = node.child(key.stringValue) }
  mutating func encode<T: Encodable>(_ value: T, forKey key: Key) {
    guard let placed = value as? any Placed else {
      node.child(key.stringValue).set(value)
      return
    }
    guard placed.isThere else { return }
    (placed.isInline ? node : node.child(key.stringValue)).set(value)
  }
  // A key stays where there is nothing: whoever reads the numbers finds every one of them.
  mutating func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) { set(value, key) }
  mutating func encodeIfPresent(_ value: Bool?, forKey key: Key) { set(value, key) }
  mutating func encodeIfPresent(_ value: String?, forKey key: Key) { set(value, key) }
  mutating func encodeIfPresent(_ value: Double?, forKey key: Key) { set(value, key) }
  mutating func encodeIfPresent(_ value: Float?, forKey key: Key) { set(value, key) }
  mutating func encodeIfPresent(_ value: Int?, forKey key: Key) { set(value, key) }
  mutating func encodeIfPresent(_ value: UInt64?, forKey key: Key) { set(value, key) }

  private func set(_ value: (some Encodable)?, _ key: Key) {
    let child = node.child(key.stringValue)
    if let value { child.set(value) }
  }
  mutating func nestedContainer<NestedKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    NodeEncoder(node: node.child(key.stringValue)).container(keyedBy: type)
  }
  mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    NodeEncoder(node: node.child(key.stringValue)).unkeyedContainer()
  }
  mutating func superEncoder() -> any Encoder { NodeEncoder(node: node.child("super")) }
  mutating func superEncoder(forKey key: Key) -> any Encoder {
    NodeEncoder(node: node.child(key.stringValue))
  }
}

private struct Unkeyed: UnkeyedEncodingContainer {
  let node: EncodedNode
  var codingPath: [any CodingKey] { [] }
  var count: Int { node.count }

  mutating func encodeNil() { _ = node.child() }
  mutating func encode<T: Encodable>(_ value: T) { node.child().set(value) }
  mutating func nestedContainer<NestedKey>(
    keyedBy type: NestedKey.Type
  ) -> KeyedEncodingContainer<NestedKey> {
    NodeEncoder(node: node.child()).container(keyedBy: type)
  }
  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    NodeEncoder(node: node.child()).unkeyedContainer()
  }
  mutating func superEncoder() -> any Encoder { NodeEncoder(node: node.child()) }
}
