import Foundation

extension TemplateInterpreter {
  /// The numbers behind booleans, integers and floating-point numbers.
  enum Number {
    case integer(Int)
    case number(Double)

    var double: Double {
      switch self {
      case .integer(let value): Double(value)
      case .number(let value): value
      }
    }
  }

  func number(_ value: TemplateValue) -> Number? {
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
}
