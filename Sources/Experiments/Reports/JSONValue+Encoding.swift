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
    case let value as any (BinaryInteger & Encodable): self = .encoded("\(value)")
    // By its ends, as every command prints it.
    case let value as ConfidenceInterval: self = .interval(value)
    default: return nil
    }
  }
}

/// What is being encoded, filled in by the containers that were given for it.
private final class EncodedNode {
  private enum Content {
    case value(JSONValue)
    case object([(String, EncodedNode)])
    case array([EncodedNode])
  }

  private var content = Content.value(.null)

  var json: JSONValue {
    switch content {
    case .value(let value): value
    case .object(let entries): .object(entries.map { ($0, $1.json) })
    case .array(let nodes): .array(nodes.map(\.json))
    }
  }

  var count: Int { if case .array(let nodes) = content { nodes.count } else { 0 } }

  func set(_ value: some Encodable) {
    if let scalar = JSONValue(scalar: value) {
      content = .value(scalar)
    } else {
      // Nothing here throws, and a record that did would have no encoding.
      try? value.encode(to: NodeEncoder(node: self))
    }
  }

  func makeObject() {
    if case .object = content { return }
    content = .object([])
  }

  func makeArray() {
    if case .array = content { return }
    content = .array([])
  }

  func child(_ key: String) -> EncodedNode {
    let node = EncodedNode()
    if case .object(let entries) = content { content = .object(entries + [(key, node)]) }
    return node
  }

  func child() -> EncodedNode {
    let node = EncodedNode()
    if case .array(let nodes) = content { content = .array(nodes + [node]) }
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
    node.child(key.stringValue).set(value)
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
