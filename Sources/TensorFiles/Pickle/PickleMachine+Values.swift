extension PickleMachine {
  /// The finished value of the pickle, converted from the machine's tables.
  mutating func value(of slot: Slot) throws -> PickleValue {
    stringValues = strings.map { .string($0) }
    strings = []
    return try convert(slot, depth: 0).value
  }

  /// Converts one slot; a node is converted once and shared from then on.
  private mutating func convert(
    _ slot: Slot, depth: Int
  ) throws -> (value: PickleValue, weight: Weight) {
    switch slot {
    case .none: return (.none, 1)
    case .bool(let value): return (.bool(value), 1)
    case .int(let value): return (.int(value), 1)
    case .float(let value): return (.float(value), 1)
    case .string(let index):
      return (index < stringValues.count ? stringValues[index] : .string(strings[index]), 1)
    case .released: throw PickleHanding.SharedPart()
    case .global:
      throw TensorFileError(.unsupportedType, "a bare class or function among the values")
    case .node(let index):
      if case .finished(let value, let weight) = nodes[index] { return (value, weight) }
      let node = nodes[index]
      if let open, index <= open.node { try checkPlain(node) }
      nodes[index] = .busy
      let (value, weight) = try convert(node, depth: depth)
      nodes[index] = .finished(value, weight: weight)
      return (value, weight)
    }
  }

  private mutating func convert(
    _ node: Node, depth: Int
  ) throws -> (value: PickleValue, weight: Weight) {
    guard depth < Pickle.deepestNesting else {
      throw TensorFileError(
        .malformedHeader, "the pickle nests deeper than \(Pickle.deepestNesting) levels")
    }
    switch node {
    case .busy:
      throw TensorFileError(.malformedHeader, "the pickle contains a value that contains itself")
    case .finished(let value, let weight): return (value, weight)
    case .handed(let number): return (.handed(number), 1)
    case .bytes(let range):
      // Several nodes may stand for the same bytes.
      try spend(range.count)
      return (.bytes([UInt8](bytes[range])), 1)
    case .ownedBytes(let bytes): return (.bytes(bytes), 1)
    case .dtype, .unbuiltArray:
      throw TensorFileError(
        .unsupportedType, "a NumPy type, or an array without its state, among the values")
    case .tuple(let range):
      let (values, weight) = try convert(tupleItems[range], depth: depth)
      return (.tuple(values), weight)
    case .list(let container):
      let (elements, weight) = try convert(take(container), depth: depth)
      return (.list(elements), weight)
    case .set(let container):
      let (elements, weight) = try convert(take(container), depth: depth)
      if let integers = elements.integers {
        try checkDistinct(integers)
      } else {
        try checkDistinct(elements.values, "set")
      }
      return (.set(elements), weight)
    case .dictionary(let container):
      let (values, weight) = try convert(take(container).slots[...], depth: depth)
      let entries = stride(from: 0, to: values.count, by: 2).map {
        PickleEntry(key: values[$0], value: values[$0 + 1])
      }
      try checkDistinct(entries.map(\.key), "dictionary")
      return (.dictionary(entries), weight)
    case .objectArray(let type, let shape, let isFortranOrder, let content, let offset):
      let (list, weight) = try convert(content, depth: depth + 1)
      guard case .list(let objects) = list else {
        throw TensorFileError(
          .malformedHeader, "expected a list for an array of objects", byteOffset: offset)
      }
      let array = try NumPyArray(
        type: type, shape: shape, isFortranOrder: isFortranOrder, objects: objects.values,
        byteOffset: offset)
      return (.array(array), weight)
    case .instance(let index, let state):
      try LongWork.check()
      let (attributes, weight) = try convert(attributes: state, depth: depth + 1)
      let (module, name) = PickleGlobal.classes[Int(index)]
      return (.object(PickleObject(module: module, name: name, attributes: attributes)), weight)
    }
  }

  /// The elements of a container, which the table need not keep any longer.
  private mutating func take(_ container: Int) -> Container {
    var items = Container()
    swap(&items, &containers[container])
    return items
  }

  private mutating func convert(
    _ container: Container, depth: Int
  ) throws -> (elements: PickleElements, weight: Weight) {
    guard container.slots.isEmpty else {
      let (values, weight) = try convert(container.slots[...], depth: depth)
      return (PickleElements(values), weight)
    }
    guard container.count < largestWeight else { throw expandsTooFar() }
    return (PickleElements(integers: container.integers), Weight(1 + container.count))
  }

  private mutating func convert(
    _ slots: ArraySlice<Slot>, depth: Int
  ) throws -> (values: [PickleValue], weight: Weight) {
    var values: [PickleValue] = []
    values.reserveCapacity(slots.count)
    var total = 1
    for slot in slots {
      let (value, weight) = try convert(slot, depth: depth + 1)
      values.append(value)
      total += Int(weight)
      guard total <= largestWeight else { throw expandsTooFar() }
    }
    return (values, Weight(total))
  }

  /// From an instance's state: a dictionary, nothing, or the pair of these that a class with
  /// slots has.
  mutating func convert(
    attributes state: Slot?, depth: Int
  ) throws -> (attributes: [PickleObject.Attribute], weight: Weight) {
    guard let state else { return ([], 1) }
    let (value, weight) = try convert(state, depth: depth)
    let parts: [PickleValue] = if case .tuple(let parts) = value { parts } else { [value] }
    var attributes: [PickleObject.Attribute] = []
    for part in parts where part != .none {
      guard case .dictionary(let entries) = part else {
        throw TensorFileError(
          .malformedHeader, "expected an object's attributes, found \(part.kindName)")
      }
      // Each of the instances that share a state has them over again; one of its own takes three bytes of the file each.
      try spend(4 * entries.count)
      for entry in entries {
        guard case .string(let name) = entry.key else {
          throw TensorFileError(
            .malformedHeader, "expected an attribute's name, found \(entry.key.kindName)")
        }
        attributes.append(.init(name: name, value: entry.value))
      }
    }
    if parts.count > 1 { try checkDistinct(attributes.map { .string($0.name) }, "object") }
    return (attributes, weight)
  }

  /// Of numbers in ascending order, as Python writes those of most sets, none needs to be looked up.
  private func checkDistinct(_ integers: [Int]) throws {
    guard !zip(integers, integers.dropFirst()).allSatisfy(<) else { return }
    guard Set(integers).count == integers.count else { throw Self.sameKeyTwice("set") }
  }

  private static func sameKeyTwice(_ what: String) -> TensorFileError {
    TensorFileError(.malformedHeader, "a \(what) with the same key twice")
  }

  private mutating func checkDistinct(_ keys: [PickleValue], _ what: String) throws {
    var seen = Set<PickleValue>(minimumCapacity: keys.count)
    for key in keys {
      guard let size = key.keySize else {
        throw TensorFileError(.malformedHeader, "a \(what) with \(key.kindName) as a key")
      }
      // A long key costs its file once and a hash for every use.
      try spend(size / 4)
      guard seen.insert(key).inserted else { throw Self.sameKeyTwice(what) }
    }
  }
}
