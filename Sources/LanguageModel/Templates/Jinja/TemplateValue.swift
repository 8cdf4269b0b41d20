/// A value while a template runs, with the meaning that Python gives it.
enum TemplateValue {
  /// With what is said when it is used.
  case undefined(String)
  case none
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case text(MarkedText)
  case sequence(TemplateSequence)
  case mapping(TemplateMapping)
  case namespace(TemplateNamespace)
  /// What filters such as `select` give: read once, and true even when empty.
  case generator(TemplateGenerator)
  case loop(TemplateLoopState)
  case macro(TemplateMacro)
  /// A function that templates find by its name.
  case function(String)
  case method(TemplateMethod)

  static func text(_ text: String) -> TemplateValue { .text(MarkedText(text)) }
  static func list(_ items: [TemplateValue]) -> TemplateValue {
    .sequence(TemplateSequence(.list, items))
  }
  static func tuple(_ items: [TemplateValue]) -> TemplateValue {
    .sequence(TemplateSequence(.tuple, items))
  }

  /// How Python names its type.
  var type: String {
    switch self {
    case .undefined: "Undefined"
    case .none: "NoneType"
    case .boolean: "bool"
    case .integer: "int"
    case .number: "float"
    case .text: "str"
    case .sequence(let sequence): sequence.kind.rawValue
    case .mapping: "dict"
    case .namespace: "jinja2.utils.Namespace"
    case .generator: "generator"
    case .loop: "jinja2.runtime.LoopContext"
    case .macro: "jinja2.runtime.Macro"
    case .function: "function"
    case .method: "builtin_function_or_method"
    }
  }

  /// How deep values lie in this one; bounded, so that no walk through a value runs out of stack.
  var depth: Int {
    switch self {
    case .sequence(let sequence): sequence.depth
    case .mapping(let mapping): mapping.depth
    case .generator(let generator): generator.depth
    case .method(let method): method.receiver.depth
    default: 0
    }
  }
}

final class TemplateSequence {
  enum Kind: String {
    case list, tuple, range
    case keys = "dict_keys"
    case values = "dict_values"
    case items = "dict_items"

    var isView: Bool { self == .keys || self == .values || self == .items }
  }

  let kind: Kind
  let items: [TemplateValue]
  let depth: Int
  /// Of `groupby`: its two items have the names `grouper` and `list`.
  let isGroup: Bool

  init(_ kind: Kind, _ items: [TemplateValue], isGroup: Bool = false) {
    (self.kind, self.items, self.isGroup) = (kind, items, isGroup)
    depth = 1 + items.reduce(0) { max($0, $1.depth) }
  }
}

/// What Python compares when it looks a key up.
enum TemplateKey: Hashable {
  case none, undefined
  case integer(Int)
  case number(Double)
  case text(MarkedText)
  case tuple([TemplateKey])
}

final class TemplateMapping {
  private(set) var keys: [TemplateValue] = []
  private(set) var values: [TemplateValue] = []
  private var index: [TemplateKey: Int] = [:]
  private(set) var depth = 1

  init() {}

  /// For keys that are texts of the template's own.
  convenience init(_ pairs: [(String, TemplateValue)]) {
    self.init()
    for (key, value) in pairs { set(.text(MarkedText(key)), key: .text(key), value) }
  }

  func set(_ key: TemplateKey, key value: TemplateValue, _ item: TemplateValue) {
    depth = max(depth, 1 + max(value.depth, item.depth))
    if let place = index[key] {
      values[place] = item
    } else {
      index[key] = keys.count
      keys.append(value)
      values.append(item)
    }
  }

  subscript(key: TemplateKey) -> TemplateValue? { index[key].map { values[$0] } }
}

final class TemplateNamespace {
  var names: [String] = []
  var values: [String: TemplateValue] = [:]
}

final class TemplateGenerator {
  let depth: Int
  let next: () throws -> TemplateValue?

  init(depth: Int, _ next: @escaping () throws -> TemplateValue?) {
    (self.depth, self.next) = (depth, next)
  }

  convenience init(_ items: [TemplateValue]) {
    var index = 0
    self.init(depth: items.reduce(0) { max($0, $1.depth) }) {
      guard index < items.count else { return nil }
      defer { index += 1 }
      return items[index]
    }
  }
}

/// The variable `loop`.
final class TemplateLoopState {
  private var pull: () throws -> TemplateValue?
  private var known: Int?
  private var after: [TemplateValue] = []
  private var isPeeked = false
  private(set) var index0 = -1
  private(set) var current: TemplateValue?
  private(set) var before: TemplateValue?
  var lastChanged: [TemplateValue]?
  let depth0: Int
  /// Writes the body for other items, in a loop that is marked as recursive.
  var recurse: ((TemplateValue) throws -> TemplateValue)?

  /// - Parameter count: of what has one from the beginning.
  init(count: Int?, depth0: Int, _ pull: @escaping () throws -> TemplateValue?) {
    (known, self.depth0, self.pull) = (count, depth0, pull)
  }

  func peek() throws -> TemplateValue? {
    if !isPeeked {
      if let value = try pull() { after = [value] }
      isPeeked = true
    }
    return after.first
  }

  func advance() throws -> TemplateValue? {
    guard let value = isPeeked ? after.first : try pull() else { return nil }
    after.removeAll()
    isPeeked = false
    index0 += 1
    before = current
    current = value
    return value
  }

  func length() throws -> Int {
    if let known { return known }
    var rest: [TemplateValue] = []
    while let value = try pull() { rest.append(value) }
    let count = rest.count + index0 + 1 + after.count
    var index = 0
    pull = {
      guard index < rest.count else { return nil }
      defer { index += 1 }
      return rest[index]
    }
    known = count
    return count
  }
}

final class TemplateMacro {
  let node: TemplateMacroNode
  let scope: TemplateScope

  init(_ node: TemplateMacroNode, _ scope: TemplateScope) {
    (self.node, self.scope) = (node, scope)
  }
}

struct TemplateMethod {
  indirect enum Receiver { case value(TemplateValue) }

  private let box: Receiver
  let name: String

  init(_ receiver: TemplateValue, _ name: String) {
    (box, self.name) = (.value(receiver), name)
  }

  var receiver: TemplateValue { if case .value(let value) = box { value } else { .none } }
}

/// The variables of a body.
final class TemplateScope {
  let parent: TemplateScope?
  /// `nil` for a name that is hidden until it is assigned.
  var variables: [String: TemplateValue?] = [:]

  init(_ parent: TemplateScope?) { self.parent = parent }

  /// The value, `.some(nil)` for a hidden name, `nil` for one that is not here.
  func find(_ name: String) -> TemplateValue?? {
    var scope: TemplateScope? = self
    while let current = scope {
      if let value = current.variables[name] { return .some(value) }
      scope = current.parent
    }
    return nil
  }
}

/// Arguments of a call, evaluated.
struct TemplateCallArguments {
  var positional: [TemplateValue] = []
  var keywords: [(String, TemplateValue)] = []
}
