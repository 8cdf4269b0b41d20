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

  // MARK: - Comparing

  /// The numbers behind booleans, integers and floating-point numbers.
  private enum Number {
    case integer(Int)
    case number(Double)

    var double: Double {
      switch self {
      case .integer(let value): Double(value)
      case .number(let value): value
      }
    }
  }

  private func number(_ value: TemplateValue) -> Number? {
    switch value {
    case .boolean(let flag): .integer(flag ? 1 : 0)
    case .integer(let number): .integer(number)
    case .number(let number): .number(number)
    default: nil
    }
  }

  func integer(_ value: TemplateValue) -> Int? {
    if case .integer(let number)? = number(value) { number } else { nil }
  }

  private func equal(_ a: Number, _ b: Number) -> Bool {
    switch (a, b) {
    case (.integer(let a), .integer(let b)): a == b
    case (.number(let a), .number(let b)): a == b
    case (.integer(let a), .number(let b)), (.number(let b), .integer(let a)):
      Int(exactly: b) == a
    }
  }

  func equal(_ a: TemplateValue, _ b: TemplateValue) throws -> Bool {
    try spend()
    if let a = number(a), let b = number(b) { return equal(a, b) }
    switch (a, b) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.text(let a), .text(let b)):
      try spend(min(a.count, b.count) / 16)
      return a == b
    case (.sequence(let a), .sequence(let b)):
      if a === b { return true }
      guard !a.kind.isView, !b.kind.isView else {
        throw unsupported("comparing \(a.kind.rawValue)")
      }
      guard a.kind == b.kind, a.items.count == b.items.count else { return false }
      for (one, other) in zip(a.items, b.items) where !(try equal(one, other)) { return false }
      return true
    case (.mapping(let a), .mapping(let b)):
      guard a.keys.count == b.keys.count else { return false }
      for (key, value) in zip(a.keys, a.values) {
        guard let other = b[try self.key(key)], try equal(value, other) else { return false }
      }
      return true
    case (.namespace(let a), .namespace(let b)): return a === b
    case (.generator(let a), .generator(let b)): return a === b
    case (.loop(let a), .loop(let b)): return a === b
    case (.macro(let a), .macro(let b)): return a === b
    case (.function(let a), .function(let b)): return a == b
    case (.method, .method): throw unsupported("comparing methods")
    default: return false
    }
  }

  func compare(
    _ kind: TemplateComparison, _ a: TemplateValue, _ b: TemplateValue
  ) throws -> Bool {
    switch kind {
    case .equal: try equal(a, b)
    case .notEqual: !(try equal(a, b))
    case .isIn: try contains(b, a)
    case .isNotIn: !(try contains(b, a))
    case .less: try precedes(a, b, kind, orEqual: false)
    case .lessOrEqual: try precedes(a, b, kind, orEqual: true)
    case .greater: try precedes(b, a, kind, orEqual: false)
    case .greaterOrEqual: try precedes(b, a, kind, orEqual: true)
    }
  }

  /// `a < b`, or `a <= b`.
  func precedes(
    _ a: TemplateValue, _ b: TemplateValue, _ kind: TemplateComparison = .less, orEqual: Bool
  ) throws -> Bool {
    try spend()
    if let a = number(a), let b = number(b) {
      if case .integer(let a) = a, case .integer(let b) = b { return orEqual ? a <= b : a < b }
      return orEqual ? a.double <= b.double : a.double < b.double
    }
    switch (a, b) {
    case (.undefined(let message), _), (_, .undefined(let message)): throw undefined(message)
    case (.text(let a), .text(let b)):
      return orEqual ? !MarkedText.precedes(b, a) : MarkedText.precedes(a, b)
    case (.sequence(let a), .sequence(let b))
    where a.kind == b.kind && (a.kind == .list || a.kind == .tuple):
      for (one, other) in zip(a.items, b.items) where !(try equal(one, other)) {
        return try precedes(one, other, kind, orEqual: orEqual)
      }
      return orEqual ? a.items.count <= b.items.count : a.items.count < b.items.count
    default:
      let isTurned = kind == .greater || kind == .greaterOrEqual
      throw fail(
        "'\(kind.rawValue)' not supported between instances of '\((isTurned ? b : a).type)' and "
          + "'\((isTurned ? a : b).type)'")
    }
  }

  func contains(_ container: TemplateValue, _ item: TemplateValue) throws -> Bool {
    switch container {
    case .undefined: return false
    case .text(let text):
      guard case .text(let part) = item else {
        throw fail("'in <string>' requires string as left operand, not \(item.type)")
      }
      try spend(text.count / 16)
      return text.firstIndex(of: part) != nil
    case .mapping(let mapping): return mapping[try key(item)] != nil
    case .sequence, .generator:
      let (pull, _) = try iterator(container)
      while let value = try pull() {
        if try equal(value, item) { return true }
      }
      return false
    default: throw fail("argument of type '\(container.type)' is not iterable")
    }
  }

  // MARK: - Arithmetic

  func negated(_ value: TemplateValue) throws -> TemplateValue {
    if case .undefined(let message) = value { throw undefined(message) }
    switch number(value) {
    case .integer(let number)?:
      guard number != Int.min else { throw unsupported("a number beyond 64 bits") }
      return .integer(-number)
    case .number(let number)?: return .number(-number)
    case nil: throw fail("bad operand type for unary -: '\(value.type)'")
    }
  }

  func positive(_ value: TemplateValue) throws -> TemplateValue {
    if case .undefined(let message) = value { throw undefined(message) }
    switch number(value) {
    case .integer(let number)?: return .integer(number)
    case .number(let number)?: return .number(number)
    case nil: throw fail("bad operand type for unary +: '\(value.type)'")
    }
  }

  func arithmetic(
    _ kind: TemplateArithmetic, _ a: TemplateValue, _ b: TemplateValue
  ) throws -> TemplateValue {
    try spend()
    if let a = number(a), let b = number(b) { return try arithmetic(kind, a, b) }
    switch (kind, a, b) {
    case (.remainder, .text, _): throw unsupported("formatting a text with %")
    case (_, .undefined(let message), _), (_, _, .undefined(let message)):
      throw undefined(message)
    case (.add, .text(let a), .text(let b)):
      guard !a.isSafe, !b.isSafe else { throw unsupported("+ with a text made by safe or escape") }
      return try made(a + b)
    case (.add, .sequence(let a), .sequence(let b))
    where a.kind == b.kind && (a.kind == .list || a.kind == .tuple):
      return try sequence(a.kind, a.items + b.items)
    case (.multiply, _, _):
      if let value = try repeated(a, b) ?? repeated(b, a) { return value }
    default: break
    }
    throw fail(
      "unsupported operand type(s) for \(kind.rawValue): '\(a.type)' and '\(b.type)'")
  }

  private func repeated(_ value: TemplateValue, _ times: TemplateValue) throws -> TemplateValue? {
    guard let times = integer(times).map({ max(0, $0) }) else { return nil }
    switch value {
    case .text(let text):
      let (count, isTooLarge) = text.count.multipliedReportingOverflow(by: times)
      try made(isTooLarge ? Int.max / 2 : count)
      guard !text.isSafe else { throw unsupported("* with a text made by safe or escape") }
      return .text(text.repeated(times))
    case .sequence(let found) where found.kind == .list || found.kind == .tuple:
      let (count, isTooLarge) = found.items.count.multipliedReportingOverflow(by: times)
      try spend(isTooLarge ? Int.max / 2 : count)
      return .sequence(
        TemplateSequence(
          found.kind, (0..<(found.items.isEmpty ? 0 : times)).flatMap { _ in found.items }))
    default: return nil
    }
  }

  private func arithmetic(
    _ kind: TemplateArithmetic, _ a: Number, _ b: Number
  ) throws -> TemplateValue {
    if case .integer(let a) = a, case .integer(let b) = b, kind != .divide {
      return try arithmetic(kind, a, b)
    }
    let (a, b) = (a.double, b.double)
    switch kind {
    case .add: return .number(a + b)
    case .subtract: return .number(a - b)
    case .multiply: return .number(a * b)
    case .divide:
      guard b != 0 else { throw fail("division by zero") }
      return .number(a / b)
    case .floorDivide, .remainder:
      guard b != 0 else { throw fail("division by zero") }
      var remainder = fmod(a, b)
      if remainder != 0, (remainder < 0) != (b < 0) { remainder += b }
      if kind == .remainder {
        return .number(remainder == 0 ? (b < 0 ? -0.0 : 0) : remainder)
      }
      let quotient = (a - remainder) / b
      // Of what is nothing, Python gives the sign of the plain division.
      if quotient == 0 { return .number((a / b).sign == .minus ? -0.0 : 0) }
      var whole = quotient.rounded(.down)
      if quotient - whole > 0.5 { whole += 1 }
      return .number(whole)
    case .power:
      let result = pow(a, b)
      guard result.isFinite || a.isInfinite || b.isInfinite, !result.isNaN else {
        throw unsupported("a power outside of the floating-point numbers")
      }
      return .number(result)
    }
  }

  private func arithmetic(_ kind: TemplateArithmetic, _ a: Int, _ b: Int) throws -> TemplateValue {
    func checked(_ result: (partialValue: Int, overflow: Bool)) throws -> TemplateValue {
      guard !result.overflow else { throw unsupported("a number beyond 64 bits") }
      return .integer(result.partialValue)
    }
    switch kind {
    case .add: return try checked(a.addingReportingOverflow(b))
    case .subtract: return try checked(a.subtractingReportingOverflow(b))
    case .multiply: return try checked(a.multipliedReportingOverflow(by: b))
    case .divide: return .none
    case .floorDivide, .remainder:
      guard b != 0 else { throw fail("integer division or modulo by zero") }
      guard b != -1 else { return kind == .remainder ? .integer(0) : try negated(.integer(a)) }
      let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
      let isTurned = remainder != 0 && (remainder < 0) != (b < 0)
      return .integer(
        kind == .remainder
          ? (isTurned ? remainder + b : remainder) : (isTurned ? quotient - 1 : quotient))
    case .power:
      guard b >= 0 else {
        guard a != 0 else { throw fail("0.0 cannot be raised to a negative power") }
        return .number(pow(Double(a), Double(b)))
      }
      if a == 0 || a == 1 { return .integer(b == 0 ? 1 : a) }
      if a == -1 { return .integer(b % 2 == 0 ? 1 : -1) }
      var result = TemplateValue.integer(1)
      for _ in 0..<b {
        guard case .integer(let value) = result else { break }
        result = try checked(value.multipliedReportingOverflow(by: a))
      }
      return result
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
