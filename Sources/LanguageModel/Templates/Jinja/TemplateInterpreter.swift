/// Runs a template, within bounds.
final class TemplateInterpreter {
  /// Calls and values inside calls and values.
  static let deepestCalls = 220
  static let deepestValue = 64

  let scopes: TemplateScopes
  let variables: [String: TemplateValue]
  let date: TemplateDate?
  var line = 1
  private(set) var usesDate = false
  private var stepsLeft: Int
  private var unitsLeft: Int
  private var depth = 0
  private var output: [UInt32] = []
  /// Emptied at the end, since they may hold each other.
  private var allScopes: [TemplateScope] = []
  private var allNamespaces: [TemplateNamespace] = []

  init(
    scopes: TemplateScopes, variables: [String: TemplateValue], date: TemplateDate?, steps: Int,
    units: Int
  ) {
    (self.scopes, self.variables, self.date) = (scopes, variables, date)
    (stepsLeft, unitsLeft) = (steps, units)
  }

  func run(_ body: TemplateBody) throws -> MarkedText {
    defer {
      for scope in allScopes { scope.variables = [:] }
      for namespace in allNamespaces { namespace.values = [:] }
    }
    let scope = newScope(nil, body)
    _ = try execute(body.statements, scope)
    return MarkedText(units: output)
  }

  // MARK: - Bounds

  func fail(_ message: String) -> TemplateError {
    TemplateError(code: .failed, message: message, line: line)
  }

  func unsupported(_ construct: String) -> TemplateError {
    TemplateError(code: .unsupported, message: "\(construct) is not supported", line: line)
  }

  func undefined(_ message: String) -> TemplateError { fail(message) }

  func spend(_ steps: Int = 1) throws {
    stepsLeft -= steps
    guard stepsLeft >= 0 else {
      throw TemplateError(
        code: .exhausted, message: "the template takes too many steps", line: line)
    }
  }

  /// Accounts for text that comes into being.
  func made(_ units: Int) throws {
    unitsLeft -= units
    guard unitsLeft >= 0 else {
      throw TemplateError(
        code: .exhausted, message: "the template writes too much text", line: line)
    }
  }

  func made(_ text: MarkedText) throws -> TemplateValue {
    try made(text.count)
    return .text(text)
  }

  func deeper<Result>(_ work: () throws -> Result) throws -> Result {
    try spend()
    guard depth < Self.deepestCalls else {
      throw TemplateError(
        code: .exhausted, message: "calls are nested more than \(Self.deepestCalls) deep",
        line: line)
    }
    depth += 1
    defer { depth -= 1 }
    return try work()
  }

  func checkedDepth(_ value: TemplateValue) throws -> TemplateValue {
    guard value.depth <= Self.deepestValue else {
      throw TemplateError(
        code: .exhausted, message: "values are nested more than \(Self.deepestValue) deep",
        line: line)
    }
    return value
  }

  func sequence(_ kind: TemplateSequence.Kind, _ items: [TemplateValue]) throws -> TemplateValue {
    try spend(items.count)
    return try checkedDepth(.sequence(TemplateSequence(kind, items)))
  }

  func generator(
    of source: TemplateValue, _ next: @escaping () throws -> TemplateValue?
  ) throws -> TemplateValue {
    try checkedDepth(.generator(TemplateGenerator(depth: source.depth + 1, next)))
  }

  func newNamespace() -> TemplateNamespace {
    let namespace = TemplateNamespace()
    allNamespaces.append(namespace)
    return namespace
  }

  func newScope(_ parent: TemplateScope?, _ body: TemplateBody) -> TemplateScope {
    let scope = TemplateScope(parent)
    for name in scopes.hidden[body.id] ?? [] { scope.variables[name] = .some(nil) }
    return scope
  }

  func today() throws -> TemplateDate {
    usesDate = true
    guard let date else { throw unsupported("a date, where none is given,") }
    return date
  }

  // MARK: - Statements

  private enum Flow { case normal, stop, proceed }

  private func write(_ text: MarkedText) throws {
    try made(text.count)
    output += text.units
  }

  private func execute(_ statements: [TemplateStatement], _ scope: TemplateScope) throws -> Flow {
    for statement in statements {
      let flow = try deeper { try execute(statement, scope) }
      if flow != .normal { return flow }
    }
    return .normal
  }

  private func execute(_ statement: TemplateStatement, _ scope: TemplateScope) throws -> Flow {
    switch statement {
    case .text(let text): try write(text)
    case .print(let expression, let line):
      self.line = line
      try write(try string(try evaluate(expression, scope)))
    case .choice(let branches, let otherwise, let line):
      self.line = line
      for branch in branches where try isTrue(try evaluate(branch.test, scope)) {
        return try execute(branch.body, scope)
      }
      return try execute(otherwise, scope)
    case .loop(let loop, let line):
      self.line = line
      return try execute(loop, scope)
    case .set(let target, let value, let line):
      self.line = line
      try assign(try evaluate(value, scope), to: target, scope)
    case .setBlock(let target, let filters, let body, let line):
      return try executeSetBlock(target, filters, body, line, scope)
    case .macro(let node, let line):
      self.line = line
      define(node, in: scope)
    case .call(let node, let call, let line):
      self.line = line
      try executeCall(node, call, scope)
    case .filterBlock(let filters, let body, let line):
      let (text, flow) = try captured(body, newScope(scope, body))
      guard flow == .normal else { return flow }
      self.line = line
      let result = try apply(filters, to: .text(text), scope)
      // What Jinja joins afterwards has to be text.
      guard case .text(let text) = result else {
        throw fail("expected str instance, \(result.type) found")
      }
      try write(text)
    case .with(let pairs, let body, let line):
      self.line = line
      let inner = newScope(scope, body)
      for (target, value) in pairs { try assign(try evaluate(value, scope), to: target, inner) }
      return try execute(body.statements, inner)
    case .generation(let body, _):
      try write(try captured(body, newScope(scope, body)).0)
    case .stop: return .stop
    case .proceed: return .proceed
    case .unsupported(let name, let line):
      self.line = line
      throw unsupported("the statement \(name)")
    }
    return .normal
  }

  private func executeSetBlock(
    _ target: TemplateTarget, _ filters: [TemplatePostfix], _ body: TemplateBody, _ line: Int,
    _ scope: TemplateScope
  ) throws -> Flow {
    let (text, flow) = try captured(body, newScope(scope, body))
    guard flow == .normal else { return flow }
    self.line = line
    try assign(try apply(filters, to: .text(text), scope), to: target, scope)
    return .normal
  }

  private func captured(
    _ body: TemplateBody, _ scope: TemplateScope
  ) throws -> (MarkedText, Flow) {
    let outer = output
    output = []
    defer { output = outer }
    let flow = try execute(body.statements, scope)
    return (MarkedText(units: output), flow)
  }

  private func define(_ node: TemplateMacroNode, in scope: TemplateScope) {
    allScopes.append(scope)
    scope.variables[node.name] = .some(.macro(TemplateMacro(node, scope)))
  }

  private func executeCall(
    _ node: TemplateMacroNode, _ call: TemplateExpression, _ scope: TemplateScope
  ) throws {
    guard case .postfix(let base, let postfixes) = call, let last = postfixes.last,
      case .call(let arguments) = last.kind
    else { throw fail("expected call") }
    let callee = try apply(Array(postfixes.dropLast()), to: try evaluate(base, scope), scope)
    var values = try evaluate(arguments, scope)
    allScopes.append(scope)
    values.keywords.append(("caller", .macro(TemplateMacro(node, scope))))
    line = last.line
    try write(try string(try self.call(callee, values)))
  }

  private func execute(_ loop: TemplateLoop, _ scope: TemplateScope) throws -> Flow {
    if loop.isRecursive { allScopes.append(scope) }
    return try execute(loop, scope, over: try evaluate(loop.iterable, scope), depth0: 0)
  }

  /// What a recursive loop writes for other items.
  private func written(
    _ loop: TemplateLoop, _ scope: TemplateScope, over iterable: TemplateValue, depth0: Int
  ) throws -> TemplateValue {
    let (outer, line) = (output, line)
    output = []
    defer { (output, self.line) = (outer, line) }
    _ = try execute(loop, scope, over: iterable, depth0: depth0)
    return .text(MarkedText(units: output))
  }

  private func execute(
    _ loop: TemplateLoop, _ scope: TemplateScope, over iterable: TemplateValue, depth0: Int
  ) throws -> Flow {
    let (pull, count) = try iterator(iterable)
    let state: TemplateLoopState
    if let test = loop.test {
      state = TemplateLoopState(count: nil, depth0: depth0) { [self] in
        while let value = try pull() {
          let inner = TemplateScope(scope)
          try assign(value, to: loop.target, inner)
          if try isTrue(try evaluate(test, inner)) { return value }
        }
        return nil
      }
    } else {
      state = TemplateLoopState(count: count, depth0: depth0, pull)
    }
    if loop.isRecursive {
      state.recurse = { [self] in try written(loop, scope, over: $0, depth0: depth0 + 1) }
    }
    let line = line
    var isWithoutRound = true
    rounds: while true {
      self.line = line
      guard let value = try state.advance() else { break }
      let inner = newScope(scope, loop.body)
      inner.variables["loop"] = .some(.loop(state))
      try assign(value, to: loop.target, inner)
      switch try execute(loop.body.statements, inner) {
      case .normal: isWithoutRound = false
      case .proceed: break
      case .stop: break rounds
      }
    }
    guard isWithoutRound, let otherwise = loop.otherwise else { return .normal }
    return try execute(otherwise.statements, newScope(scope, otherwise))
  }

  private func assign(
    _ value: TemplateValue, to target: TemplateTarget, _ scope: TemplateScope
  ) throws {
    switch target {
    case .name(let name): scope.variables[name] = .some(value)
    case .attribute(let name, let attribute):
      guard case .namespace(let namespace) = try lookUp(name, scope) else {
        throw fail("cannot assign attribute on non-namespace object")
      }
      if namespace.values.updateValue(value, forKey: attribute) == nil {
        namespace.names.append(attribute)
      }
    case .tuple(let parts):
      let items = try list(value)
      guard items.count == parts.count else {
        throw fail(
          items.count < parts.count
            ? "not enough values to unpack (expected \(parts.count), got \(items.count))"
            : "too many values to unpack (expected \(parts.count))")
      }
      for (part, item) in zip(parts, items) { try assign(item, to: part, scope) }
    }
  }

  // MARK: - Macros

  func call(_ macro: TemplateMacro, _ arguments: TemplateCallArguments) throws -> TemplateValue {
    let node = macro.node
    guard node.special.isDisjoint(with: ["kwargs", "varargs"]),
      !node.parameters.contains("caller")
    else { throw unsupported("a macro that reads its arguments by kwargs, varargs or caller") }
    guard arguments.positional.count <= node.parameters.count else {
      throw fail(
        "macro '\(node.name)' takes not more than \(node.parameters.count) argument(s)")
    }
    var keywords = arguments.keywords
    let scope = newScope(macro.scope, node.body)
    func take(_ name: String) -> TemplateValue? {
      keywords.firstIndex { $0.0 == name }.map { keywords.remove(at: $0).1 }
    }
    let given = node.parameters.enumerated().map { index, name in
      index < arguments.positional.count ? arguments.positional[index] : take(name)
    }
    if node.special.contains("caller") {
      scope.variables["caller"] = .some(take("caller") ?? .undefined("No caller defined"))
    }
    if let extra = keywords.first {
      throw fail("macro '\(node.name)' takes no keyword argument '\(extra.0)'")
    }
    let line = line
    let firstDefault = node.parameters.count - node.defaults.count
    for (index, name) in node.parameters.enumerated() {
      if let value = given[index] {
        scope.variables[name] = .some(value)
      } else if index >= firstDefault {
        scope.variables[name] = .some(try evaluate(node.defaults[index - firstDefault], scope))
      } else {
        scope.variables[name] = .some(.undefined("parameter '\(name)' was not provided"))
      }
    }
    let (text, _) = try captured(node.body, scope)
    self.line = line
    return .text(text)
  }
}
