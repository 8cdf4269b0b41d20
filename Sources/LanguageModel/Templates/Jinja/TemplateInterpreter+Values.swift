import Foundation

/// What Python's operators do with values.
extension TemplateInterpreter {
  func isTrue(_ value: TemplateValue) throws -> Bool {
    switch value {
    case .undefined, .none: false
    case .boolean(let flag): flag
    case .integer(let number): number != 0
    case .number(let number): number != 0
    case .text(let text): !text.isEmpty
    case .sequence(let sequence): !sequence.items.isEmpty
    case .mapping(let mapping): !mapping.keys.isEmpty
    case .namespace, .generator, .loop, .macro, .function, .method: true
    }
  }

  func key(_ value: TemplateValue) throws -> TemplateKey {
    switch value {
    case .undefined: .undefined
    case .none: .none
    case .boolean(let flag): .integer(flag ? 1 : 0)
    case .integer(let number): .integer(number)
    case .number(let number): Int(exactly: number).map(TemplateKey.integer) ?? .number(number)
    case .text(let text): .text(text)
    case .sequence(let sequence) where sequence.kind == .tuple:
      .tuple(try sequence.items.map { try key($0) })
    case .sequence, .mapping: throw fail("unhashable type: '\(value.type)'")
    default: throw unsupported("a key of the type \(value.type)")
    }
  }

  // MARK: - Iterating

  typealias Pull = () throws -> TemplateValue?

  /// Its values one after another, and their count where it is known.
  func iterator(_ value: TemplateValue) throws -> (Pull, Int?) {
    func over(_ items: [TemplateValue]) -> (Pull, Int?) {
      var index = 0
      return (
        { [self] in
          guard index < items.count else { return nil }
          try spend()
          defer { index += 1 }
          return items[index]
        }, items.count
      )
    }
    switch value {
    case .undefined: return over([])
    case .text(let text):
      try spend(text.count)
      return over(text.units.map { .text(MarkedText(units: [$0])) })
    case .sequence(let sequence): return over(sequence.items)
    case .mapping(let mapping): return over(mapping.keys)
    case .generator(let generator):
      return (
        { [self] in
          try deeper { try generator.next() }
        }, nil
      )
    case .loop: throw unsupported("iterating over loop")
    default: throw fail("'\(value.type)' object is not iterable")
    }
  }

  func list(_ value: TemplateValue) throws -> [TemplateValue] {
    if case .sequence(let sequence) = value {
      try spend(sequence.items.count)
      return sequence.items
    }
    let (pull, _) = try iterator(value)
    var items: [TemplateValue] = []
    while let item = try pull() { items.append(item) }
    return items
  }

  /// `len`
  func count(_ value: TemplateValue) throws -> Int {
    switch value {
    case .undefined: 0
    case .text(let text): text.count
    case .sequence(let sequence): sequence.items.count
    case .mapping(let mapping): mapping.keys.count
    case .loop(let loop): try loop.length()
    default: throw fail("object of type '\(value.type)' has no len()")
    }
  }

  // MARK: - Items

  private func missing(_ value: TemplateValue, _ name: String) -> TemplateValue {
    .undefined("'\(value.type) object' has no attribute '\(name)'")
  }

  /// Python's attributes that are not done here, so that they are never taken for absent.
  private static let unsupportedAttributes: [String: Set<String>] = [
    "int": [
      "real", "imag", "numerator", "denominator", "bit_length", "bit_count", "to_bytes",
      "from_bytes", "conjugate", "as_integer_ratio", "is_integer",
    ],
    "float": ["real", "imag", "conjugate", "as_integer_ratio", "is_integer", "hex", "fromhex"],
    "list": [
      "append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort",
    ],
    "dict": ["clear", "fromkeys", "pop", "popitem", "setdefault", "update"],
    "range": ["start", "stop", "step"],
    "generator": [
      "close", "send", "throw", "gi_code", "gi_frame", "gi_running", "gi_suspended", "gi_yieldfrom",
    ],
  ]

  private static let attributes: [String: Set<String>] = [
    "list": ["copy", "count", "index"], "tuple": ["count", "index"], "range": ["count", "index"],
    "dict": ["copy", "get", "items", "keys", "values"], "str": textMethods,
  ]

  /// The attribute that Python finds, before any item is looked for.
  private func pythonAttribute(_ value: TemplateValue, _ name: String) throws -> TemplateValue? {
    let isInternal = name.hasPrefix("__") && name.hasSuffix("__")
    switch value {
    case .undefined(let message):
      if isInternal { return nil }
      throw undefined(message)
    case .namespace(let namespace): return namespace.values[name]
    case .loop(let loop):
      if let found = try attribute(of: loop, name) { return found }
    case .sequence(let found) where found.isGroup && name == "grouper": return found.items[0]
    case .sequence(let found) where found.isGroup && name == "list": return found.items[1]
    case .macro(let macro):
      if name == "name" { return .text(macro.node.name) }
      throw unsupported("the attribute \(name) of a macro")
    case .function, .method: throw unsupported("the attribute \(name) of a function")
    default: break
    }
    if isInternal {
      throw fail("access to attribute '\(name)' of '\(value.type)' object is unsafe.")
    }
    let type = value.type == "bool" ? "int" : value.type
    let isView = if case .sequence(let found) = value { found.kind.isView } else { false }
    if Self.unsupportedAttributes[type]?.contains(name) == true
      || isView && ["mapping", "isdisjoint"].contains(name)
      || type == "str" && Self.unsupportedTextMethods.contains(name)
    {
      throw unsupported("\(value.type).\(name)")
    }
    return Self.attributes[type]?.contains(name) == true
      ? .method(TemplateMethod(value, name)) : nil
  }

  private func attribute(of loop: TemplateLoopState, _ name: String) throws -> TemplateValue? {
    switch name {
    case "index": .integer(loop.index0 + 1)
    case "index0": .integer(loop.index0)
    case "revindex": .integer(try loop.length() - loop.index0)
    case "revindex0": .integer(try loop.length() - loop.index0 - 1)
    case "first": .boolean(loop.index0 == 0)
    case "last": .boolean(try loop.peek() == nil)
    case "length": .integer(try loop.length())
    case "depth": .integer(loop.depth0 + 1)
    case "depth0": .integer(loop.depth0)
    case "previtem":
      loop.index0 == 0
        ? .undefined("there is no previous item")
        : loop.before ?? .undefined("there is no previous item")
    case "nextitem": try loop.peek() ?? .undefined("there is no next item")
    case "cycle", "changed": .method(TemplateMethod(.loop(loop), name))
    default: nil
    }
  }

  /// `value.name`: an attribute, or else an item.
  func attribute(_ value: TemplateValue, _ name: String) throws -> TemplateValue {
    if case .mapping(let mapping) = value, name.hasPrefix("__"),
      let found = mapping[.text(MarkedText(name))]
    {
      return found
    }
    if let found = try pythonAttribute(value, name) { return found }
    if case .mapping(let mapping) = value, let found = mapping[.text(MarkedText(name))] {
      return found
    }
    return missing(value, name)
  }

  /// `value[index]`: an item, or else an attribute.
  func item(_ value: TemplateValue, _ index: TemplateValue) throws -> TemplateValue {
    if case .undefined(let message) = value { throw undefined(message) }
    switch value {
    case .mapping(let mapping):
      switch index {
      case .sequence(let found) where found.kind != .tuple: break
      case .mapping: break
      default: if let found = mapping[try key(index)] { return found }
      }
    case .text(let text):
      if let place = integer(index).flatMap({ place($0, text.count) }) {
        return .text(MarkedText(units: [text.units[place]]))
      }
    case .sequence(let sequence) where !sequence.kind.isView:
      if let place = integer(index).flatMap({ place($0, sequence.items.count) }) {
        return sequence.items[place]
      }
    default: break
    }
    if case .text(let name) = index {
      return try pythonAttribute(value, name.string) ?? missing(value, name.string)
    }
    return .undefined("\(value.type) object has no element \(try represented(index).string)")
  }

  private func place(_ index: Int, _ count: Int) -> Int? {
    let place = index < 0 ? index + count : index
    return (0..<count).contains(place) ? place : nil
  }

  func slice(
    _ value: TemplateValue, _ start: TemplateValue?, _ end: TemplateValue?, _ step: TemplateValue?
  ) throws -> TemplateValue {
    func bound(_ value: TemplateValue?) throws -> Int? {
      guard let value else { return nil }
      if case .none = value { return nil }
      guard let index = integer(value) else {
        throw fail("slice indices must be integers or None or have an __index__ method")
      }
      return index
    }
    let count: Int
    switch value {
    case .undefined(let message): throw undefined(message)
    case .text(let text): count = text.count
    case .sequence(let sequence) where !sequence.kind.isView: count = sequence.items.count
    default: throw fail("'\(value.type)' object is not subscriptable")
    }
    let step = try bound(step) ?? 1
    guard step != 0 else { throw fail("slice step cannot be zero") }
    guard step.magnitude <= UInt(Int32.max) else {
      throw unsupported("a slice's step beyond 32 bits")
    }
    let (lowest, highest) = step < 0 ? (-1, count - 1) : (0, count)
    func clipped(_ index: Int?, _ fallback: Int) -> Int {
      guard let index else { return fallback }
      let moved = index < 0 ? index &+ count : index
      return min(max(moved, lowest), highest)
    }
    let first = clipped(try bound(start), step < 0 ? highest : lowest)
    let last = clipped(try bound(end), step < 0 ? lowest : highest)
    let places = Array(stride(from: first, to: last, by: step))
    switch value {
    case .text(let text): return try made(MarkedText(units: places.map { text.units[$0] }))
    case .sequence(let found): return try sequence(found.kind, places.map { found.items[$0] })
    default: return value
    }
  }
}
