/// Reads the tokens of a template into statements, by the grammar of Jinja.
struct TemplateParser {
  /// Parentheses in parentheses, blocks in blocks.
  static let deepestNesting = 48

  private let tokens: [TemplateLexer.Token]
  private var position = 0
  var nesting = 0
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

  var token: TemplateLexer.Token { tokens[position] }
  var next: TemplateLexer.Token { tokens[min(position + 1, tokens.count - 1)] }
  var line: Int { token.line }

  func failure(_ message: String) -> TemplateError {
    TemplateError(code: .syntax, message: message, line: line)
  }

  func unsupported(_ message: String, line: Int) -> TemplateError {
    TemplateError(code: .unsupported, message: "\(message) is not supported", line: line)
  }

  func unexpected(_ expected: String) -> TemplateError {
    failure("expected \(expected), found \(token.kind.described)")
  }

  mutating func advance() { if position < tokens.count - 1 { position += 1 } }

  func isName(_ name: String) -> Bool { token.kind == .name(name) }
  func isSymbol(_ symbol: String) -> Bool { token.kind == .symbol(symbol) }

  mutating func skip(_ symbol: String) -> Bool {
    guard isSymbol(symbol) else { return false }
    advance()
    return true
  }

  mutating func skipName(_ name: String) -> Bool {
    guard isName(name) else { return false }
    advance()
    return true
  }

  mutating func expect(_ kind: TemplateLexer.Kind) throws {
    guard token.kind == kind else { throw unexpected(kind.described) }
    advance()
  }

  mutating func expectName() throws -> String {
    guard case .name(let name) = token.kind else { throw unexpected("a name") }
    advance()
    return name
  }

  mutating func nested<Result>(
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
  mutating func function(until end: String) throws -> TemplateBody {
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
}
