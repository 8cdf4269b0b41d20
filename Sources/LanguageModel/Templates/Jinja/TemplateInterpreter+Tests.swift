/// Tests, the words behind `is`.
extension TemplateInterpreter {
  static let supportedTests: Set<String> = [
    "defined", "undefined", "none", "string", "mapping", "iterable", "sequence", "number",
    "integer", "float", "boolean", "true", "false", "callable", "odd", "even", "divisibleby",
    "lower", "upper", "sameas", "in", "filter", "test", "escaped", "eq", "equalto", "==", "ne",
    "!=", "lt", "lessthan", "<", "le", "<=", "gt", "greaterthan", ">", "ge", ">=",
  ]

  func test(
    _ name: String, _ value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> Bool {
    guard Self.supportedTests.contains(name) else { throw fail("No test named '\(name)'.") }
    let takesOne =
      [
        "divisibleby", "sameas", "in", "eq", "equalto", "==", "ne", "!=", "lt", "lessthan", "<",
        "le", "<=", "gt", "greaterthan", ">", "ge", ">=",
      ].contains(name)
    guard arguments.keywords.isEmpty, arguments.positional.count == (takesOne ? 1 : 0) else {
      throw fail("the test \(name) takes \(takesOne ? "one argument" : "no argument")")
    }
    if takesOne { return try relation(name, value, arguments.positional[0]) }
    switch (name, value) {
    case ("defined", .undefined): return false
    case ("defined", _): return true
    case ("undefined", .undefined): return true
    case ("none", .none): return true
    case ("string", .text): return true
    case ("mapping", .mapping): return true
    case ("number", .boolean), ("number", .integer), ("number", .number): return true
    case ("integer", .integer), ("float", .number), ("boolean", .boolean): return true
    case ("true", .boolean(let flag)): return flag
    case ("false", .boolean(let flag)): return !flag
    case ("callable", .macro), ("callable", .function), ("callable", .method): return true
    case ("callable", .undefined), ("callable", .loop): return true
    case ("escaped", .text(let text)): return text.isSafe
    case ("iterable", .undefined), ("iterable", .text), ("iterable", .sequence),
      ("iterable", .mapping), ("iterable", .generator), ("iterable", .loop):
      return true
    case ("sequence", .undefined), ("sequence", .text), ("sequence", .mapping): return true
    case ("sequence", .sequence(let found)): return !found.kind.isView
    case ("odd", _), ("even", _):
      let remainder = try arithmetic(.remainder, value, .integer(2))
      return try equal(remainder, .integer(name == "odd" ? 1 : 0))
    case ("lower", _), ("upper", _):
      return Self.isCase(
        try string(value).units.map(MarkedText.scalar), lower: name == "lower")
    case ("filter", .text(let text)):
      return Self.supportedFilters.union(Self.unsupportedFilters).contains(text.string)
    case ("test", .text(let text)): return Self.supportedTests.contains(text.string)
    default: return false
    }
  }

  private func relation(
    _ name: String, _ value: TemplateValue, _ other: TemplateValue
  ) throws -> Bool {
    switch name {
    case "eq", "equalto", "==": return try equal(value, other)
    case "ne", "!=": return !(try equal(value, other))
    case "lt", "lessthan", "<": return try compare(.less, value, other)
    case "le", "<=": return try compare(.lessOrEqual, value, other)
    case "gt", "greaterthan", ">": return try compare(.greater, value, other)
    case "ge", ">=": return try compare(.greaterOrEqual, value, other)
    case "in": return try contains(other, value)
    case "divisibleby":
      return try equal(try arithmetic(.remainder, value, other), .integer(0))
    default:
      switch (value, other) {
      case (.none, .none): return true
      case (.boolean(let a), .boolean(let b)): return a == b
      case (.none, _), (_, .none), (.boolean, _), (_, .boolean): return false
      default: throw unsupported("sameas of a \(value.type)")
      }
    }
  }
}
