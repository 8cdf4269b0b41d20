/// An expression of a template.
indirect enum TemplateExpression: Sendable {
  case none
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case text(MarkedText)
  case name(String)
  case list([TemplateExpression])
  case tuple([TemplateExpression])
  case dict([(TemplateExpression, TemplateExpression)])
  case postfix(TemplateExpression, [TemplatePostfix])
  case negative(TemplateExpression)
  case positive(TemplateExpression)
  case not(TemplateExpression)
  /// From the left, operators of one rank.
  case arithmetic(TemplateExpression, [(TemplateArithmetic, TemplateExpression)])
  case concatenation([TemplateExpression])
  case comparison(TemplateExpression, [(TemplateComparison, TemplateExpression)])
  case and([TemplateExpression])
  case or([TemplateExpression])
  case conditional(
    test: TemplateExpression, then: TemplateExpression, otherwise: TemplateExpression?, line: Int)
}

enum TemplateArithmetic: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case remainder = "%"
  case power = "**"
}

enum TemplateComparison: String, Sendable {
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case isIn = "in"
  case isNotIn = "not in"
}

/// What stands behind an expression and acts on it.
struct TemplatePostfix: Sendable {
  indirect enum Kind: Sendable {
    case attribute(String)
    case item(TemplateExpression)
    case slice(TemplateExpression?, TemplateExpression?, TemplateExpression?)
    case call(TemplateArguments)
    case filter(String, TemplateArguments)
    case test(String, TemplateArguments, isNegated: Bool)
  }

  var kind: Kind
  var line: Int
}

struct TemplateArguments: Sendable {
  var positional: [TemplateExpression] = []
  var keywords: [(String, TemplateExpression)] = []
  /// `*args` or `**kwargs`
  var unpacked: String?
}

indirect enum TemplateTarget: Sendable {
  case name(String)
  case tuple([TemplateTarget])
  case attribute(namespace: String, String)
}

/// Statements with variables of their own.
struct TemplateBody: Sendable {
  /// Its place in `TemplateScopes`.
  var id: Int
  var statements: [TemplateStatement]
}

struct TemplateLoop: Sendable {
  var target: TemplateTarget
  var iterable: TemplateExpression
  var test: TemplateExpression?
  var isRecursive: Bool
  var body: TemplateBody
  var otherwise: TemplateBody?
}

struct TemplateMacroNode: Sendable {
  var name: String
  var parameters: [String]
  /// Of the last parameters.
  var defaults: [TemplateExpression]
  var body: TemplateBody
  /// Names among `caller`, `kwargs` and `varargs` that its body reads.
  var special: Set<String> = []
}

indirect enum TemplateStatement: Sendable {
  case text(MarkedText)
  case print(TemplateExpression, line: Int)
  case choice(
    [(test: TemplateExpression, body: [TemplateStatement])], otherwise: [TemplateStatement],
    line: Int)
  case loop(TemplateLoop, line: Int)
  case set(TemplateTarget, TemplateExpression, line: Int)
  case setBlock(TemplateTarget, filters: [TemplatePostfix], TemplateBody, line: Int)
  case macro(TemplateMacroNode, line: Int)
  case call(TemplateMacroNode, TemplateExpression, line: Int)
  case filterBlock([TemplatePostfix], TemplateBody, line: Int)
  case with([(TemplateTarget, TemplateExpression)], TemplateBody, line: Int)
  /// The mark of what the assistant says; its body counts as it stands.
  case generation(TemplateBody, line: Int)
  case stop(line: Int)
  case proceed(line: Int)
  /// A statement that Jinja knows and that is not done here.
  case unsupported(String, line: Int)
}
