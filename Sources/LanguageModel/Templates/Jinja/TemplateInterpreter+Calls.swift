import Foundation

/// Functions, and the methods of lists and dicts.
extension TemplateInterpreter {
  /// What Jinja and transformers put beside the conversation.
  static let functions: Set<String> = [
    "range", "dict", "namespace", "raise_exception", "strftime_now", "lipsum", "cycler", "joiner",
  ]

  /// Fits arguments to parameters.
  func bind(
    _ arguments: TemplateCallArguments, _ name: String, _ parameters: [String], required: Int = 0
  ) throws -> [TemplateValue?] {
    guard arguments.positional.count <= parameters.count else {
      throw fail(
        "\(name) takes at most \(parameters.count) arguments, \(arguments.positional.count) given")
    }
    var values = [TemplateValue?](repeating: nil, count: parameters.count)
    for (index, value) in arguments.positional.enumerated() { values[index] = value }
    for (keyword, value) in arguments.keywords {
      guard let index = parameters.firstIndex(of: keyword) else {
        throw fail("\(name) got an unexpected keyword argument '\(keyword)'")
      }
      guard values[index] == nil else {
        throw fail("\(name) got multiple values for argument '\(keyword)'")
      }
      values[index] = value
    }
    for index in 0..<required where values[index] == nil {
      throw fail("\(name) is missing its argument '\(parameters[index])'")
    }
    return values
  }

  func integer(_ value: TemplateValue?, _ what: String, default fallback: Int) throws -> Int {
    guard let value else { return fallback }
    if case .undefined(let message) = value { throw undefined(message) }
    guard let number = integer(value) else {
      throw fail("\(what): '\(value.type)' object cannot be interpreted as an integer")
    }
    return number
  }

  /// A text that operations may change; what `safe` made escapes what it meets.
  func plainText(_ value: TemplateValue, _ what: String) throws -> MarkedText {
    guard case .text(let text) = value else {
      throw fail("\(what): expected a text, found \(value.type)")
    }
    guard !text.isSafe else { throw unsupported("\(what) with a text made by safe or escape") }
    return text
  }

  func call(_ callee: TemplateValue, _ arguments: TemplateCallArguments) throws -> TemplateValue {
    try deeper {
      switch callee {
      case .undefined(let message): throw undefined(message)
      case .macro(let macro): return try call(macro, arguments)
      case .function(let name): return try callFunction(name, arguments)
      case .method(let method): return try call(method, arguments)
      case .loop(let loop):
        guard let recurse = loop.recurse else {
          throw fail("The loop must have the 'recursive' marker to be called recursively.")
        }
        return try recurse(try bind(arguments, "loop", ["iterable"], required: 1)[0] ?? .none)
      default: throw fail("'\(callee.type)' object is not callable")
      }
    }
  }

  private func callFunction(
    _ name: String, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    switch name {
    case "range":
      guard arguments.keywords.isEmpty, (1...3).contains(arguments.positional.count) else {
        throw fail("range expected 1 to 3 arguments")
      }
      let numbers = try arguments.positional.map { try integer($0, "range", default: 0) }
      let (start, end) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
      let step = numbers.count == 3 ? numbers[2] : 1
      guard step != 0 else { throw fail("range() arg 3 must not be zero") }
      let limit = 100_000
      let bound = Int(Int32.max)
      guard [start, end, step].allSatisfy({ abs($0 / 2) < bound }) else {
        throw unsupported("a range beyond 32 bits")
      }
      let places = stride(from: start, to: end, by: step)
      let count = max(0, (end - start + step + (step > 0 ? -1 : 1)) / step)
      guard count <= limit else {
        throw fail("Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).")
      }
      return try sequence(.range, places.map(TemplateValue.integer))
    case "dict": return .mapping(try mapping(arguments))
    case "namespace":
      let source = try mapping(arguments)
      let namespace = newNamespace()
      for (key, value) in zip(source.keys, source.values) {
        guard case .text(let name) = key else { throw unsupported("a name that is no text") }
        namespace.names.append(name.string)
        namespace.values[name.string] = value
      }
      return .namespace(namespace)
    case "raise_exception":
      let values = try bind(arguments, name, ["message"], required: 1)
      throw TemplateError(
        code: .refused, message: try string(values[0] ?? .none).string, line: line)
    case "strftime_now":
      let values = try bind(arguments, name, ["format"], required: 1)
      return .text(try today().formatted(try plainText(values[0] ?? .none, name), self))
    default: throw unsupported("the function \(name)")
    }
  }

  private func mapping(_ arguments: TemplateCallArguments) throws -> TemplateMapping {
    guard arguments.positional.count <= 1 else {
      throw fail("dict expected at most 1 argument, got \(arguments.positional.count)")
    }
    let result = TemplateMapping()
    if let first = arguments.positional.first {
      if case .mapping(let source) = first {
        for (key, value) in zip(source.keys, source.values) {
          result.set(try self.key(key), key: key, value)
        }
      } else {
        for pair in try list(first) {
          let parts = try list(pair)
          guard parts.count == 2 else {
            throw fail(
              "dictionary update sequence element has length \(parts.count); 2 is required")
          }
          result.set(try key(parts[0]), key: parts[0], parts[1])
        }
      }
    }
    for (name, value) in arguments.keywords {
      result.set(.text(MarkedText(name)), key: .text(name), value)
    }
    try spend(result.keys.count)
    _ = try checkedDepth(.mapping(result))
    return result
  }

  // MARK: - Methods

  func call(
    _ method: TemplateMethod, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    switch method.receiver {
    case .text(let text):
      guard !text.isSafe else { throw unsupported("a method of a text made by safe or escape") }
      try spend(text.count / 16)
      return try call(text, method.name, arguments)
    case .mapping(let mapping): return try call(mapping, method.name, arguments)
    case .sequence(let found): return try call(found, method.name, arguments)
    case .loop(let loop):
      guard arguments.keywords.isEmpty else { throw fail("\(method.name) takes no keywords") }
      if method.name == "cycle" {
        guard !arguments.positional.isEmpty else { throw fail("no items for cycling given") }
        return arguments.positional[loop.index0 % arguments.positional.count]
      }
      if let last = loop.lastChanged, last.count == arguments.positional.count {
        var isSame = true
        for (a, b) in zip(last, arguments.positional) where !(try equal(a, b)) { isSame = false }
        if isSame { return .boolean(false) }
      }
      loop.lastChanged = arguments.positional
      return .boolean(true)
    default: throw unsupported("\(method.receiver.type).\(method.name)")
    }
  }

  func call(
    _ mapping: TemplateMapping, _ name: String, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    guard arguments.keywords.isEmpty else {
      throw fail("dict.\(name)() takes no keyword arguments")
    }
    if name == "get" {
      let values = try bind(arguments, "get", ["key", "default"], required: 1)
      return mapping[try key(values[0] ?? .none)] ?? values[1] ?? .none
    }
    _ = try bind(arguments, "dict.\(name)()", [])
    switch name {
    case "keys": return try sequence(.keys, mapping.keys)
    case "values": return try sequence(.values, mapping.values)
    case "items": return try sequence(.items, try items(mapping))
    default:
      let copy = TemplateMapping()
      for (key, value) in zip(mapping.keys, mapping.values) {
        copy.set(try self.key(key), key: key, value)
      }
      return .mapping(copy)
    }
  }

  func items(_ mapping: TemplateMapping) throws -> [TemplateValue] {
    try spend(mapping.keys.count)
    return zip(mapping.keys, mapping.values).map { .tuple([$0, $1]) }
  }

  func call(
    _ found: TemplateSequence, _ name: String, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    switch name {
    case "copy":
      _ = try bind(arguments, name, [])
      return .sequence(found)
    case "count":
      let value = try bind(arguments, name, ["value"], required: 1)[0] ?? .none
      return .integer(try found.items.count { try equal($0, value) })
    default:
      guard arguments.positional.count == 1, arguments.keywords.isEmpty else {
        throw unsupported("index with a start or an end")
      }
      for (index, item) in found.items.enumerated() where try equal(item, arguments.positional[0]) {
        return .integer(index)
      }
      throw fail(
        "\(try represented(arguments.positional[0]).string) is not in \(found.kind.rawValue)")
    }
  }
}
