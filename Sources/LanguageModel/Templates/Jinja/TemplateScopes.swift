/// Which names a body hides from the beginning.
///
/// Jinja decides where a name is looked up before anything runs: a body that assigns a name before
/// it mentions it otherwise has a variable of its own, which is undefined until then, whatever the
/// name means outside of the conversation's own variables. This follows Jinja's `idtracking`.
struct TemplateScopes: Sendable {
  /// By the body's id.
  private(set) var hidden: [Int: [String]] = [:]

  init(_ root: TemplateBody) {
    analyze(root, Symbols(parent: nil))
  }

  private struct Frame {
    var refs: Set<String> = []
    var undefined: Set<String> = []
    var stores: Set<String> = []
  }

  private final class Symbols {
    let parent: Symbols?
    var frame = Frame()

    init(parent: Symbols?) { self.parent = parent }

    func finds(_ name: String) -> Bool {
      frame.refs.contains(name) || parent?.finds(name) ?? false
    }

    func store(_ name: String) {
      frame.stores.insert(name)
      guard frame.refs.insert(name).inserted else { return }
      if parent?.finds(name) != true { frame.undefined.insert(name) }
    }

    func declare(_ name: String) {
      frame.stores.insert(name)
      frame.refs.insert(name)
      frame.undefined.remove(name)
    }

    func load(_ name: String) {
      if !finds(name) { frame.refs.insert(name) }
    }

    func merge(_ branches: [Frame]) {
      let stored = branches.reduce(into: Set<String>()) { $0.formUnion($1.stores) }
        .subtracting(frame.stores)
      for branch in branches {
        for name in branch.refs {
          if branch.undefined.contains(name) {
            frame.undefined.insert(name)
          } else {
            frame.undefined.remove(name)
          }
        }
        frame.refs.formUnion(branch.refs)
        frame.stores.formUnion(branch.stores)
      }
      frame.undefined.subtract(stored)
    }
  }

  private mutating func analyze(_ body: TemplateBody, _ symbols: Symbols) {
    for statement in body.statements { visit(statement, symbols) }
    if !symbols.frame.undefined.isEmpty { hidden[body.id] = symbols.frame.undefined.sorted() }
    for statement in body.statements { descend(statement, symbols) }
  }

  private func visit(_ target: TemplateTarget, _ symbols: Symbols, declares: Bool = false) {
    switch target {
    case .name(let name): declares ? symbols.declare(name) : symbols.store(name)
    case .tuple(let parts): for part in parts { visit(part, symbols, declares: declares) }
    case .attribute(let namespace, _): symbols.load(namespace)
    }
  }

  private func visit(_ expression: TemplateExpression, _ symbols: Symbols) {
    TemplateNames.visit(expression) { symbols.load($0) }
  }

  private func visit(_ statement: TemplateStatement, _ symbols: Symbols) {
    switch statement {
    case .text, .stop, .proceed, .unsupported, .generation: break
    case .print(let expression, _): visit(expression, symbols)
    case .choice(let branches, let otherwise, _):
      visit(branches[0].test, symbols)
      let original = symbols.frame
      func inner(_ work: () -> Void) -> Frame {
        symbols.frame = original
        work()
        defer { symbols.frame = original }
        return symbols.frame
      }
      let body = inner { for statement in branches[0].body { visit(statement, symbols) } }
      let others = inner {
        for branch in branches.dropFirst() {
          visit(.choice([branch], otherwise: [], line: 0), symbols)
        }
      }
      let rest = inner { for statement in otherwise { visit(statement, symbols) } }
      symbols.merge([body, others, rest])
    case .loop(let loop, _): visit(loop.iterable, symbols)
    case .set(let target, let value, _):
      visit(value, symbols)
      visit(target, symbols)
    case .setBlock(let target, _, _, _): visit(target, symbols)
    case .macro(let macro, _): symbols.store(macro.name)
    case .call(_, let call, _): visit(call, symbols)
    case .filterBlock(let filters, _, _):
      TemplateNames.visit(filters) { symbols.load($0) }
    case .with(let pairs, _, _): for (_, value) in pairs { visit(value, symbols) }
    }
  }

  private mutating func descend(_ statement: TemplateStatement, _ symbols: Symbols) {
    let inner = Symbols(parent: symbols)
    switch statement {
    case .text, .stop, .proceed, .unsupported, .print, .set: break
    case .generation(let body, _), .setBlock(_, _, let body, _), .filterBlock(_, let body, _):
      analyze(body, inner)
    case .choice(let branches, let otherwise, _):
      for statement in branches.flatMap(\.body) + otherwise { descend(statement, symbols) }
    case .loop(let loop, _):
      inner.declare("loop")
      visit(loop.target, inner, declares: true)
      analyze(loop.body, inner)
      if let otherwise = loop.otherwise { analyze(otherwise, Symbols(parent: symbols)) }
    case .macro(let macro, _), .call(let macro, _, _):
      for parameter in macro.parameters { inner.declare(parameter) }
      for value in macro.defaults { visit(value, inner) }
      for name in macro.special { inner.declare(name) }
      analyze(macro.body, inner)
    case .with(let pairs, let body, _):
      for (target, _) in pairs { visit(target, inner, declares: true) }
      analyze(body, inner)
    }
  }
}

/// The names that expressions read.
enum TemplateNames {
  static func visit(_ expression: TemplateExpression, _ found: (String) -> Void) {
    switch expression {
    case .none, .boolean, .integer, .number, .text: break
    case .name(let name): found(name)
    case .list(let items), .tuple(let items), .concatenation(let items), .and(let items),
      .or(let items):
      for item in items { visit(item, found) }
    case .dict(let items):
      for (key, value) in items {
        visit(key, found)
        visit(value, found)
      }
    case .postfix(let base, let postfixes):
      visit(base, found)
      visit(postfixes, found)
    case .negative(let inner), .positive(let inner), .not(let inner): visit(inner, found)
    case .arithmetic(let first, let rest):
      visit(first, found)
      for (_, value) in rest { visit(value, found) }
    case .comparison(let first, let rest):
      visit(first, found)
      for (_, value) in rest { visit(value, found) }
    case .conditional(let test, let then, let otherwise, _):
      visit(test, found)
      visit(then, found)
      if let otherwise { visit(otherwise, found) }
    }
  }

  static func visit(_ postfixes: [TemplatePostfix], _ found: (String) -> Void) {
    for postfix in postfixes {
      switch postfix.kind {
      case .attribute: break
      case .item(let item): visit(item, found)
      case .slice(let start, let end, let step):
        for bound in [start, end, step].compactMap({ $0 }) { visit(bound, found) }
      case .call(let arguments), .filter(_, let arguments), .test(_, let arguments, _):
        for value in arguments.positional { visit(value, found) }
        for (_, value) in arguments.keywords { visit(value, found) }
      }
    }
  }

  static func visit(_ statement: TemplateStatement, _ found: (String) -> Void) {
    func all(_ body: TemplateBody) { for statement in body.statements { visit(statement, found) } }
    switch statement {
    case .text, .stop, .proceed, .unsupported: break
    case .print(let value, _), .set(_, let value, _): visit(value, found)
    case .choice(let branches, let otherwise, _):
      for branch in branches {
        visit(branch.test, found)
        for statement in branch.body { visit(statement, found) }
      }
      for statement in otherwise { visit(statement, found) }
    case .loop(let loop, _):
      visit(loop.iterable, found)
      if let test = loop.test { visit(test, found) }
      all(loop.body)
      if let otherwise = loop.otherwise { all(otherwise) }
    case .setBlock(_, let filters, let body, _), .filterBlock(let filters, let body, _):
      visit(filters, found)
      all(body)
    case .macro(let macro, _):
      for value in macro.defaults { visit(value, found) }
      all(macro.body)
    case .call(let macro, let call, _):
      visit(call, found)
      for value in macro.defaults { visit(value, found) }
      all(macro.body)
    case .with(let pairs, let body, _):
      for (_, value) in pairs { visit(value, found) }
      all(body)
    case .generation(let body, _): all(body)
    }
  }

  /// Of the names that mean something in a macro, those that its body reads.
  static func special(in macro: TemplateMacroNode) -> Set<String> {
    var names: Set<String> = []
    for statement in macro.body.statements { visit(statement) { names.insert($0) } }
    return names.intersection(["caller", "kwargs", "varargs"]).subtracting(macro.parameters)
  }
}
