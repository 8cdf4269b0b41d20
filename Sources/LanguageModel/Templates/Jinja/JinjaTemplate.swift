import Foundation

/// A chat template, read and ready to be rendered.
///
/// The part of Jinja that chat templates use, set up as transformers sets it up; what is beyond it
/// is an error that names the construct and its line when it is reached. Nothing but the
/// template's own values can be reached from it, and its steps, its text and the depth of its
/// calls are bounded.
struct JinjaTemplate: Sendable {
  private let body: TemplateBody
  private let scopes: TemplateScopes

  /// - Throws: `TemplateError`.
  init(_ source: String) throws {
    let (body, scopes) = try onDeepStack {
      let body = try TemplateParser.body(source)
      try TemplateNameCheck.check(body)
      return (body, TemplateScopes(body))
    }
    (self.body, self.scopes) = (body, scopes)
  }

  struct Rendering: Sendable {
    var text: MarkedText
    /// Whether the template asked for the date.
    var usesDate: Bool
  }

  /// - Parameters:
  ///   - input: about how much there is to render, in characters; the bounds grow with it.
  ///   - variables: made where they are used, since values do not leave the run.
  func render(
    date: TemplateDate?, messages: Int, input: Int,
    _ variables: @escaping @Sendable () -> [String: TemplateValue]
  ) throws -> Rendering {
    let (body, scopes) = (body, scopes)
    return try onDeepStack {
      let interpreter = TemplateInterpreter(
        scopes: scopes, variables: variables(), date: date,
        steps: 1_000_000 + 20_000 * messages + 8 * input, units: 4_000_000 + 64 * input)
      let text = try interpreter.run(body)
      return Rendering(text: text, usesDate: interpreter.usesDate)
    }
  }
}

/// Written by one thread, then read by the one that waited for it.
private final class DeepResult<Value>: @unchecked Sendable {
  var result: Swift.Result<Value, any Error>?
}

/// Runs on a stack that the bounds on nesting fit, whatever thread asks.
private func onDeepStack<Result: Sendable>(
  _ work: @escaping @Sendable () throws -> Result
) throws -> Result {
  let box = DeepResult<Result>()
  let done = DispatchSemaphore(value: 0)
  let thread = Thread {
    box.result = Swift.Result { try work() }
    done.signal()
  }
  thread.stackSize = 64 << 20
  thread.start()
  done.wait()
  guard let result = box.result else {
    throw TemplateError(code: .failed, message: "the template did not run", line: 1)
  }
  return try result.get()
}

/// Filters and tests that nobody has are an error before anything is rendered, but for those that
/// stand in a branch, as Jinja has it.
enum TemplateNameCheck {
  static func check(_ body: TemplateBody) throws { try check(body.statements, isSoft: false) }

  private static func check(_ statements: [TemplateStatement], isSoft: Bool) throws {
    for statement in statements { try check(statement, isSoft: isSoft) }
  }

  private static func check(_ statement: TemplateStatement, isSoft: Bool) throws {
    switch statement {
    case .text, .stop, .proceed, .unsupported: break
    case .print(let value, _), .set(_, let value, _): try check(value, isSoft)
    case .choice(let branches, let otherwise, _):
      for branch in branches {
        try check(branch.test, true)
        try check(branch.body, isSoft: true)
      }
      try check(otherwise, isSoft: true)
    case .loop(let loop, _):
      try check(loop.iterable, isSoft)
      if let test = loop.test { try check(test, false) }
      try check(loop.body.statements, isSoft: false)
      if let otherwise = loop.otherwise { try check(otherwise.statements, isSoft: false) }
    case .setBlock(_, let filters, let body, _), .filterBlock(let filters, let body, _):
      try check(filters, false)
      try check(body.statements, isSoft: false)
    case .macro(let macro, _):
      for value in macro.defaults { try check(value, false) }
      try check(macro.body.statements, isSoft: false)
    case .call(let macro, let call, _):
      try check(call, isSoft)
      try check(macro.body.statements, isSoft: false)
    case .with(let pairs, let body, _):
      for (_, value) in pairs { try check(value, isSoft) }
      try check(body.statements, isSoft: false)
    case .generation(let body, _): try check(body.statements, isSoft: false)
    }
  }

  private static func check(_ expression: TemplateExpression, _ isSoft: Bool) throws {
    switch expression {
    case .none, .boolean, .integer, .number, .text, .name: break
    case .list(let items), .tuple(let items), .concatenation(let items), .and(let items),
      .or(let items):
      for item in items { try check(item, isSoft) }
    case .dict(let items):
      for (key, value) in items {
        try check(key, isSoft)
        try check(value, isSoft)
      }
    case .postfix(let base, let postfixes):
      try check(base, isSoft)
      try check(postfixes, isSoft)
    case .negative(let inner), .positive(let inner), .not(let inner): try check(inner, isSoft)
    case .arithmetic(let first, let rest):
      try check(first, isSoft)
      for (_, value) in rest { try check(value, isSoft) }
    case .comparison(let first, let rest):
      try check(first, isSoft)
      for (_, value) in rest { try check(value, isSoft) }
    case .conditional(let test, let then, let otherwise, _):
      try check(test, true)
      try check(then, true)
      if let otherwise { try check(otherwise, true) }
    }
  }

  private static func check(_ postfixes: [TemplatePostfix], _ isSoft: Bool) throws {
    for postfix in postfixes {
      func fail(_ kind: String, _ name: String) -> TemplateError {
        TemplateError(
          code: .syntax, message: "No \(kind) named \(MarkedText(name).described).",
          line: postfix.line)
      }
      var inside: [TemplateExpression] = []
      switch postfix.kind {
      case .attribute: break
      case .item(let item): inside = [item]
      case .slice(let start, let end, let step): inside = [start, end, step].compactMap { $0 }
      case .call(let arguments): inside = arguments.positional + arguments.keywords.map(\.1)
      case .filter(let name, let arguments):
        inside = arguments.positional + arguments.keywords.map(\.1)
        if !isSoft, !TemplateInterpreter.supportedFilters.contains(name),
          !TemplateInterpreter.unsupportedFilters.contains(name)
        {
          throw fail("filter", name)
        }
      case .test(let name, let arguments, _):
        inside = arguments.positional + arguments.keywords.map(\.1)
        if !isSoft, !TemplateInterpreter.supportedTests.contains(name) { throw fail("test", name) }
      }
      for value in inside { try check(value, isSoft) }
    }
  }
}
