import Foundation

extension TemplateInterpreter {
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
    case (.remainder, .text(let text), _): return try formatted(text, b)
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
}
