/// Reads the tokens of a template into statements, by the grammar of Jinja.
struct TemplateParser {
  /// Parentheses in parentheses, blocks in blocks.
  static let deepestNesting = 48

  private let tokens: [TemplateLexer.Token]
  private var position = 0
  private var nesting = 0
  private var bodyCount = 0
  /// Whether `break` and `continue` have a loop to act on, for each function being read.
  private var loops = [0]

  private init(_ tokens: [TemplateLexer.Token]) { self.tokens = tokens }

  static func body(_ text: String) throws -> TemplateBody {
    var parser = TemplateParser(try TemplateLexer.tokens(text))
    let statements = try parser.statements(until: [])
    return parser.newBody(statements)
  }

  // MARK: - Tokens

  private var token: TemplateLexer.Token { tokens[position] }
  private var next: TemplateLexer.Token { tokens[min(position + 1, tokens.count - 1)] }
  private var line: Int { token.line }

  private func failure(_ message: String) -> TemplateError {
    TemplateError(code: .syntax, message: message, line: line)
  }

  private func unsupported(_ message: String, line: Int) -> TemplateError {
    TemplateError(code: .unsupported, message: "\(message) is not supported", line: line)
  }

  private func unexpected(_ expected: String) -> TemplateError {
    failure("expected \(expected), found \(token.kind.described)")
  }

  private mutating func advance() { if position < tokens.count - 1 { position += 1 } }

  private func isName(_ name: String) -> Bool { token.kind == .name(name) }
  private func isSymbol(_ symbol: String) -> Bool { token.kind == .symbol(symbol) }

  private mutating func skip(_ symbol: String) -> Bool {
    guard isSymbol(symbol) else { return false }
    advance()
    return true
  }

  private mutating func skipName(_ name: String) -> Bool {
    guard isName(name) else { return false }
    advance()
    return true
  }

  private mutating func expect(_ kind: TemplateLexer.Kind) throws {
    guard token.kind == kind else { throw unexpected(kind.described) }
    advance()
  }

  private mutating func expectName() throws -> String {
    guard case .name(let name) = token.kind else { throw unexpected("a name") }
    advance()
    return name
  }

  private mutating func nested<Result>(
    _ read: (inout TemplateParser) throws -> Result
  ) throws -> Result {
    guard nesting < Self.deepestNesting else {
      throw TemplateError(
        code: .exhausted, message: "nested more than \(Self.deepestNesting) deep", line: line)
    }
    nesting += 1
    defer { nesting -= 1 }
    return try read(&self)
  }

  private mutating func newBody(_ statements: [TemplateStatement]) -> TemplateBody {
    bodyCount += 1
    return TemplateBody(id: bodyCount - 1, statements: statements)
  }

  // MARK: - Statements

  /// Up to a tag of these names, which is the current token then.
  private mutating func statements(until ends: Set<String>) throws -> [TemplateStatement] {
    var statements: [TemplateStatement] = []
    while true {
      switch token.kind {
      case .data(let text):
        advance()
        statements.append(.text(MarkedText(text)))
      case .variableBegin:
        advance()
        let line = line
        statements.append(.print(try tuple(), line: line))
        try expect(.variableEnd)
      case .blockBegin:
        advance()
        guard case .name(let name) = token.kind else { throw unexpected("a tag's name") }
        if ends.contains(name) { return statements }
        statements.append(try nested { try $0.statement(name) })
        try expect(.blockEnd)
      case .end:
        guard ends.isEmpty else {
          throw failure("the template ends before \(ends.sorted().joined(separator: " or "))")
        }
        return statements
      default: throw unexpected("a statement")
      }
    }
  }

  private mutating func block(until ends: Set<String>) throws -> [TemplateStatement] {
    _ = skip(":")
    try expect(.blockEnd)
    return try statements(until: ends)
  }

  private mutating func body(until end: String) throws -> TemplateBody {
    let statements = try block(until: [end])
    advance()
    return newBody(statements)
  }

  /// A body that is a function of its own, so that no loop outside it can be left from it.
  private mutating func function(until end: String) throws -> TemplateBody {
    loops.append(0)
    defer { loops.removeLast() }
    return try body(until: end)
  }

  private mutating func statement(_ name: String) throws -> TemplateStatement {
    let line = line
    advance()
    switch name {
    case "for": return .loop(try loop(), line: line)
    case "if": return try choice(line)
    case "set":
      let target = try target(allowsAttributes: true)
      if skip("=") { return .set(target, try tuple(), line: line) }
      let filters = try filters(beginsInline: false)
      return .setBlock(target, filters: filters, try body(until: "endset"), line: line)
    case "macro":
      var node = try signature(named: try expectName())
      node.body = try function(until: "endmacro")
      node.special = TemplateNames.special(in: node)
      return .macro(node, line: line)
    case "call":
      var node = isSymbol("(") ? try signature(named: "caller") : emptySignature("caller")
      let call = try expression()
      guard case .postfix(_, let postfixes) = call, case .call? = postfixes.last?.kind else {
        throw failure("expected call")
      }
      node.body = try function(until: "endcall")
      node.special = TemplateNames.special(in: node)
      return .call(node, call, line: line)
    case "filter":
      let filters = try filters(beginsInline: true)
      return .filterBlock(filters, try body(until: "endfilter"), line: line)
    case "with":
      var pairs: [(TemplateTarget, TemplateExpression)] = []
      while token.kind != .blockEnd {
        if !pairs.isEmpty { try expect(.symbol(",")) }
        let target = try target(allowsAttributes: false)
        try expect(.symbol("="))
        pairs.append((target, try expression()))
      }
      return .with(pairs, try body(until: "endwith"), line: line)
    case "generation": return .generation(try function(until: "endgeneration"), line: line)
    case "break", "continue":
      guard loops.last != 0 else { throw failure("'\(name)' outside loop") }
      return name == "break" ? .stop(line: line) : .proceed(line: line)
    case "print":
      throw unsupported("the statement print", line: line)
    case "autoescape", "block":
      while token.kind != .blockEnd, token.kind != .end { advance() }
      _ = try body(until: "end\(name)")
      if name == "block", case .name = token.kind { advance() }
      return .unsupported(name, line: line)
    case "extends", "include", "import", "from":
      while token.kind != .blockEnd, token.kind != .end { advance() }
      return .unsupported(name, line: line)
    default:
      throw TemplateError(
        code: .syntax, message: "unknown tag '\(MarkedText(name).described)'", line: line)
    }
  }

  private mutating func loop() throws -> TemplateLoop {
    let target = try target(allowsAttributes: false, end: "in")
    guard skipName("in") else { throw unexpected("in") }
    let iterable = try tuple(allowsConditions: false, end: "recursive")
    let test = skipName("if") ? try expression() : nil
    let isRecursive = skipName("recursive")
    loops[loops.count - 1] += 1
    let inside = try block(until: ["endfor", "else"])
    loops[loops.count - 1] -= 1
    var node = TemplateLoop(
      target: target, iterable: iterable, test: test, isRecursive: isRecursive,
      body: newBody(inside))
    let hasElse = isName("else")
    advance()
    if hasElse { node.otherwise = try body(until: "endfor") }
    return node
  }

  private mutating func choice(_ line: Int) throws -> TemplateStatement {
    var branches: [(test: TemplateExpression, body: [TemplateStatement])] = []
    while true {
      let test = try tuple(allowsConditions: false)
      branches.append((test, try block(until: ["elif", "else", "endif"])))
      if skipName("elif") { continue }
      if skipName("else") {
        let otherwise = try block(until: ["endif"])
        advance()
        return .choice(branches, otherwise: otherwise, line: line)
      }
      advance()
      return .choice(branches, otherwise: [], line: line)
    }
  }

  private func emptySignature(_ name: String) -> TemplateMacroNode {
    TemplateMacroNode(
      name: name, parameters: [], defaults: [], body: TemplateBody(id: 0, statements: []))
  }

  private mutating func signature(named name: String) throws -> TemplateMacroNode {
    var node = emptySignature(name)
    try expect(.symbol("("))
    while !isSymbol(")") {
      if !node.parameters.isEmpty { try expect(.symbol(",")) }
      let parameter = try expectName()
      guard !node.parameters.contains(parameter) else {
        throw failure("the parameter \(parameter) is there twice")
      }
      if skip("=") {
        node.defaults.append(try expression())
      } else if !node.defaults.isEmpty {
        throw failure("non-default argument follows default argument")
      }
      node.parameters.append(parameter)
    }
    advance()
    return node
  }

  private mutating func target(
    allowsAttributes: Bool, end: String? = nil
  ) throws -> TemplateTarget {
    var parts: [TemplateTarget] = []
    var isTuple = false
    while true {
      if !parts.isEmpty { try expect(.symbol(",")) }
      if isTupleEnd(end) { break }
      parts.append(try primaryTarget(allowsAttributes: allowsAttributes))
      guard isSymbol(",") else { break }
      isTuple = true
    }
    guard isTuple || parts.count == 1 else { throw unexpected("a name") }
    return isTuple ? .tuple(parts) : parts[0]
  }

  private mutating func primaryTarget(allowsAttributes: Bool) throws -> TemplateTarget {
    if skip("(") {
      var parts: [TemplateTarget] = []
      var isTuple = false
      while !isSymbol(")") {
        parts.append(try nested { try $0.primaryTarget(allowsAttributes: allowsAttributes) })
        guard skip(",") else { break }
        isTuple = true
      }
      try expect(.symbol(")"))
      return isTuple || parts.isEmpty ? .tuple(parts) : parts[0]
    }
    let name = try expectName()
    guard !["true", "false", "none", "True", "False", "None"].contains(name) else {
      throw failure("can't assign to \(name)")
    }
    if allowsAttributes, skip(".") {
      return .attribute(namespace: name, try expectName())
    }
    guard name != "loop" || loops.last == 0 else {
      throw failure("Can't assign to special loop variable in for-loop target")
    }
    return .name(name)
  }

  // MARK: - Expressions

  private func isTupleEnd(_ end: String?) -> Bool {
    switch token.kind {
    case .variableEnd, .blockEnd, .symbol(")"): true
    case .name(let name): name == end
    default: false
    }
  }

  private mutating func tuple(
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

  private mutating func expression() throws -> TemplateExpression {
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

  private mutating func or() throws -> TemplateExpression {
    var parts = [try and()]
    while skipName("or") { parts.append(try and()) }
    return parts.count == 1 ? parts[0] : .or(parts)
  }

  private mutating func and() throws -> TemplateExpression {
    var parts = [try not()]
    while skipName("and") { parts.append(try not()) }
    return parts.count == 1 ? parts[0] : .and(parts)
  }

  private mutating func not() throws -> TemplateExpression {
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

  private mutating func filters(beginsInline: Bool) throws -> [TemplatePostfix] {
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

  private mutating func test() throws -> TemplatePostfix.Kind {
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
