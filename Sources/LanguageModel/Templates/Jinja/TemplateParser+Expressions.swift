extension TemplateParser {
  func isTupleEnd(_ end: String?) -> Bool {
    switch token.kind {
    case .variableEnd, .blockEnd, .symbol(")"): true
    case .name(let name): name == end
    default: false
    }
  }

  mutating func tuple(
    allowsConditions: Bool = true, end: String? = nil, inParentheses: Bool = false
  ) throws -> TemplateExpression {
    var parts: [TemplateExpression] = []
    var isTuple = false
    while true {
      if !parts.isEmpty { try expect(.symbol(",")) }
      if isTupleEnd(end) { break }
      parts.append(allowsConditions ? try expression() : try or())
      guard isSymbol(",") else { break }
      isTuple = true
    }
    if !isTuple {
      if let only = parts.first { return only }
      guard inParentheses else { throw unexpected("an expression") }
    }
    return .tuple(parts)
  }

  mutating func expression() throws -> TemplateExpression {
    try nested { try $0.condition() }
  }

  private mutating func condition() throws -> TemplateExpression {
    var value = try or()
    var depth = nesting
    while isName("if") {
      let line = line
      advance()
      let test = try or()
      let otherwise = skipName("else") ? try expression() : nil
      value = .conditional(test: test, then: value, otherwise: otherwise, line: line)
      depth += 1
      guard depth < Self.deepestNesting else { throw failure("too many conditions") }
    }
    return value
  }

  mutating func or() throws -> TemplateExpression {
    var parts = [try and()]
    while skipName("or") { parts.append(try and()) }
    return parts.count == 1 ? parts[0] : .or(parts)
  }

  mutating func and() throws -> TemplateExpression {
    var parts = [try not()]
    while skipName("and") { parts.append(try not()) }
    return parts.count == 1 ? parts[0] : .and(parts)
  }

  mutating func not() throws -> TemplateExpression {
    guard skipName("not") else { return try comparison() }
    return .not(try nested { try $0.not() })
  }

  private mutating func comparison() throws -> TemplateExpression {
    let first = try sum()
    var rest: [(TemplateComparison, TemplateExpression)] = []
    while true {
      if case .symbol(let symbol) = token.kind, let kind = TemplateComparison(rawValue: symbol) {
        advance()
        rest.append((kind, try sum()))
      } else if skipName("in") {
        rest.append((.isIn, try sum()))
      } else if isName("not"), next.kind == .name("in") {
        advance()
        advance()
        rest.append((.isNotIn, try sum()))
      } else {
        return rest.isEmpty ? first : .comparison(first, rest)
      }
    }
  }

  private mutating func chain(
    _ symbols: Set<String>, _ operand: (inout TemplateParser) throws -> TemplateExpression
  ) throws -> TemplateExpression {
    let first = try operand(&self)
    var rest: [(TemplateArithmetic, TemplateExpression)] = []
    while case .symbol(let symbol) = token.kind, symbols.contains(symbol),
      let kind = TemplateArithmetic(rawValue: symbol)
    {
      advance()
      rest.append((kind, try operand(&self)))
    }
    return rest.isEmpty ? first : .arithmetic(first, rest)
  }

  private mutating func sum() throws -> TemplateExpression {
    try chain(["+", "-"]) { try $0.concatenation() }
  }

  private mutating func concatenation() throws -> TemplateExpression {
    var parts = [try product()]
    while skip("~") { parts.append(try product()) }
    return parts.count == 1 ? parts[0] : .concatenation(parts)
  }

  private mutating func product() throws -> TemplateExpression {
    try chain(["*", "/", "//", "%"]) { parser in
      try parser.chain(["**"]) { try $0.unary(takesFilters: true) }
    }
  }

  private mutating func unary(takesFilters: Bool) throws -> TemplateExpression {
    var node: TemplateExpression
    if skip("-") {
      node = .negative(try nested { try $0.unary(takesFilters: false) })
    } else if skip("+") {
      node = .positive(try nested { try $0.unary(takesFilters: false) })
    } else {
      node = try primary()
    }
    var postfixes: [TemplatePostfix] = []
    try readPostfixes(into: &postfixes)
    if takesFilters { try readFilters(into: &postfixes) }
    if !postfixes.isEmpty { node = .postfix(node, postfixes) }
    return node
  }

  private mutating func primary() throws -> TemplateExpression {
    switch token.kind {
    case .name(let name):
      advance()
      switch name {
      case "true", "True": return .boolean(true)
      case "false", "False": return .boolean(false)
      case "none", "None": return .none
      default: return .name(name)
      }
    case .text(var text):
      advance()
      while case .text(let more) = token.kind {
        text += more
        advance()
      }
      return .text(MarkedText(text))
    case .integer(let value):
      advance()
      return .integer(value)
    case .number(let value):
      advance()
      return .number(value)
    case .symbol("("):
      advance()
      let inside = try tuple(inParentheses: true)
      try expect(.symbol(")"))
      return inside
    case .symbol("["):
      advance()
      var items: [TemplateExpression] = []
      while !isSymbol("]") {
        if !items.isEmpty { try expect(.symbol(",")) }
        if isSymbol("]") { break }
        items.append(try expression())
      }
      advance()
      return .list(items)
    case .symbol("{"):
      advance()
      var items: [(TemplateExpression, TemplateExpression)] = []
      while !isSymbol("}") {
        if !items.isEmpty { try expect(.symbol(",")) }
        if isSymbol("}") { break }
        let key = try expression()
        try expect(.symbol(":"))
        items.append((key, try expression()))
      }
      advance()
      return .dict(items)
    default:
      throw failure("unexpected \(token.kind.described)")
    }
  }

  /// `.name`, `[item]` and `(arguments)`.
  private mutating func readPostfixes(into postfixes: inout [TemplatePostfix]) throws {
    while true {
      let line = line
      if skip(".") {
        switch token.kind {
        case .name(let name): postfixes.append(.init(kind: .attribute(name), line: line))
        case .integer(let index):
          postfixes.append(.init(kind: .item(.integer(index)), line: line))
        default: throw unexpected("a name or a number")
        }
        advance()
      } else if skip("[") {
        postfixes.append(.init(kind: try subscription(line), line: line))
      } else if isSymbol("(") {
        postfixes.append(.init(kind: .call(try arguments()), line: line))
      } else {
        return
      }
    }
  }

  private mutating func readFilters(into postfixes: inout [TemplatePostfix]) throws {
    while true {
      if isSymbol("|") {
        postfixes += try filters(beginsInline: false)
      } else if isName("is") {
        let line = line
        advance()
        postfixes.append(.init(kind: try test(), line: line))
      } else if isSymbol("(") {
        let line = line
        postfixes.append(.init(kind: .call(try arguments()), line: line))
      } else {
        return
      }
    }
  }

  private mutating func subscription(_ line: Int) throws -> TemplatePostfix.Kind {
    var parts: [TemplatePostfix.Kind] = []
    while !isSymbol("]") {
      if !parts.isEmpty { try expect(.symbol(",")) }
      parts.append(try subscriptPart())
    }
    advance()
    if parts.count == 1 { return parts[0] }
    let items = parts.compactMap { part -> TemplateExpression? in
      if case .item(let item) = part { item } else { nil }
    }
    guard items.count == parts.count else {
      throw unsupported("a slice of several parts", line: line)
    }
    return .item(.tuple(items))
  }

  private mutating func subscriptPart() throws -> TemplatePostfix.Kind {
    var bounds: [TemplateExpression?] = []
    if skip(":") {
      bounds.append(nil)
    } else {
      let item = try expression()
      guard skip(":") else { return .item(item) }
      bounds.append(item)
    }
    func isEnd(_ parser: TemplateParser) -> Bool { parser.isSymbol("]") || parser.isSymbol(",") }
    bounds.append(isSymbol(":") || isEnd(self) ? nil : try expression())
    if skip(":") {
      bounds.append(isEnd(self) ? nil : try expression())
    } else {
      bounds.append(nil)
    }
    return .slice(bounds[0], bounds[1], bounds[2])
  }

  private mutating func arguments() throws -> TemplateArguments {
    try expect(.symbol("("))
    var arguments = TemplateArguments()
    var needsComma = false
    while !isSymbol(")") {
      if needsComma {
        try expect(.symbol(","))
        if isSymbol(")") { break }
      }
      if skip("*") {
        arguments.unpacked = "*"
        _ = try expression()
      } else if skip("**") {
        arguments.unpacked = "**"
        _ = try expression()
      } else if case .name(let name) = token.kind, next.kind == .symbol("=") {
        advance()
        advance()
        arguments.keywords.append((name, try expression()))
      } else {
        guard arguments.keywords.isEmpty, arguments.unpacked == nil else {
          throw failure("invalid syntax for function call expression")
        }
        arguments.positional.append(try expression())
      }
      needsComma = true
    }
    advance()
    guard Set(arguments.keywords.map(\.0)).count == arguments.keywords.count else {
      throw failure("a keyword argument is there twice")
    }
    return arguments
  }

  private mutating func dottedName() throws -> String {
    var name = try expectName()
    while skip(".") { name += "." + (try expectName()) }
    return name
  }

  mutating func filters(beginsInline: Bool) throws -> [TemplatePostfix] {
    var postfixes: [TemplatePostfix] = []
    var isInline = beginsInline
    while isInline || skip("|") {
      isInline = false
      let line = line
      let name = try dottedName()
      let arguments = isSymbol("(") ? try arguments() : TemplateArguments()
      postfixes.append(.init(kind: .filter(name, arguments), line: line))
    }
    return postfixes
  }

  mutating func test() throws -> TemplatePostfix.Kind {
    let isNegated = skipName("not")
    let name = try dottedName()
    if isSymbol("(") { return .test(name, try arguments(), isNegated: isNegated) }
    let hasArgument =
      switch token.kind {
      case .name(let name): !["else", "or", "and"].contains(name)
      case .text, .integer, .number, .symbol("["), .symbol("{"): true
      default: false
      }
    guard hasArgument else { return .test(name, TemplateArguments(), isNegated: isNegated) }
    if isName("is") { throw failure("You cannot chain multiple tests with is") }
    let operand = try nested { parser in
      var node = try parser.primary()
      var postfixes: [TemplatePostfix] = []
      try parser.readPostfixes(into: &postfixes)
      if !postfixes.isEmpty { node = .postfix(node, postfixes) }
      return node
    }
    return .test(name, TemplateArguments(positional: [operand]), isNegated: isNegated)
  }
}
