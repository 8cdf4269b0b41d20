extension TemplateInterpreter {
  func lookUp(_ name: String, _ scope: TemplateScope) throws -> TemplateValue {
    if let found = scope.find(name) { return found ?? .undefined("'\(name)' is undefined") }
    if let value = variables[name] { return value }
    if Self.functions.contains(name) { return .function(name) }
    if name == "self" { throw unsupported("the variable self") }
    return .undefined("'\(name)' is undefined")
  }

  func evaluate(_ expression: TemplateExpression, _ scope: TemplateScope) throws -> TemplateValue {
    switch expression {
    case .none: return .none
    case .boolean(let value): return .boolean(value)
    case .integer(let value): return .integer(value)
    case .number(let value): return .number(value)
    case .text(let text): return .text(text)
    case .name(let name):
      try spend()
      return try lookUp(name, scope)
    default: return try deeper { try evaluateCompound(expression, scope) }
    }
  }

  private func evaluateCompound(
    _ expression: TemplateExpression, _ scope: TemplateScope
  ) throws -> TemplateValue {
    switch expression {
    case .none, .boolean, .integer, .number, .text, .name: return .none
    case .list(let items):
      return try sequence(.list, try items.map { try evaluate($0, scope) })
    case .tuple(let items):
      return try sequence(.tuple, try items.map { try evaluate($0, scope) })
    case .dict(let pairs):
      let mapping = TemplateMapping()
      for (key, value) in pairs {
        let keyValue = try evaluate(key, scope)
        mapping.set(try self.key(keyValue), key: keyValue, try evaluate(value, scope))
      }
      return try checkedDepth(.mapping(mapping))
    case .postfix(let base, let postfixes):
      return try apply(postfixes, to: try evaluate(base, scope), scope)
    case .negative(let inner): return try negated(try evaluate(inner, scope))
    case .positive(let inner): return try positive(try evaluate(inner, scope))
    case .not(let inner): return .boolean(!(try isTrue(try evaluate(inner, scope))))
    case .arithmetic(let first, let rest):
      var value = try evaluate(first, scope)
      for (kind, operand) in rest {
        value = try arithmetic(kind, value, try evaluate(operand, scope))
      }
      return value
    case .concatenation(let parts):
      let texts = try parts.map { try string(try evaluate($0, scope)) }
      return try made(MarkedText.joined(texts, by: MarkedText("")))
    case .comparison(let first, let rest): return try compared(first, rest, scope)
    case .and(let parts):
      var value = TemplateValue.none
      for part in parts {
        value = try evaluate(part, scope)
        if !(try isTrue(value)) { break }
      }
      return value
    case .or(let parts):
      var value = TemplateValue.none
      for part in parts {
        value = try evaluate(part, scope)
        if try isTrue(value) { break }
      }
      return value
    case .conditional(let test, let then, let otherwise, let line):
      if try isTrue(try evaluate(test, scope)) { return try evaluate(then, scope) }
      if let otherwise { return try evaluate(otherwise, scope) }
      return .undefined(
        "the inline if-expression on line \(line) evaluated to false and no else section was defined."
      )
    }
  }

  private func compared(
    _ first: TemplateExpression, _ rest: [(TemplateComparison, TemplateExpression)],
    _ scope: TemplateScope
  ) throws -> TemplateValue {
    var left = try evaluate(first, scope)
    for (kind, operand) in rest {
      let right = try evaluate(operand, scope)
      guard try compare(kind, left, right) else { return .boolean(false) }
      left = right
    }
    return .boolean(true)
  }

  func evaluate(
    _ arguments: TemplateArguments, _ scope: TemplateScope
  ) throws -> TemplateCallArguments {
    if let unpacked = arguments.unpacked { throw unsupported("an argument with \(unpacked)") }
    return TemplateCallArguments(
      positional: try arguments.positional.map { try evaluate($0, scope) },
      keywords: try arguments.keywords.map { ($0.0, try evaluate($0.1, scope)) })
  }

  func apply(
    _ postfixes: [TemplatePostfix], to value: TemplateValue, _ scope: TemplateScope
  ) throws -> TemplateValue {
    var value = value
    for postfix in postfixes {
      line = postfix.line
      try spend()
      switch postfix.kind {
      case .attribute(let name): value = try attribute(value, name)
      case .item(let item):
        let index = try evaluate(item, scope)
        line = postfix.line
        value = try self.item(value, index)
      case .slice(let start, let end, let step):
        value = try slice(
          value, try start.map { try evaluate($0, scope) }, try end.map { try evaluate($0, scope) },
          try step.map { try evaluate($0, scope) })
      case .call(let arguments):
        let values = try evaluate(arguments, scope)
        line = postfix.line
        value = try call(value, values)
      case .filter(let name, let arguments):
        let values = try evaluate(arguments, scope)
        line = postfix.line
        value = try filter(name, value, values)
      case .test(let name, let arguments, let isNegated):
        let values = try evaluate(arguments, scope)
        line = postfix.line
        value = .boolean(try test(name, value, values) != isNegated)
      }
    }
    return value
  }
}
