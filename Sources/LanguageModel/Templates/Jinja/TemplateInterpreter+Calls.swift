import Foundation

/// Functions, and the methods of texts, lists and dicts.
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

  private func call(
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

  private func call(
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

  private func call(
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

  static let textMethods: Set<String> = [
    "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "startswith", "endswith",
    "replace", "upper", "lower", "title", "capitalize", "swapcase", "find", "rfind", "index",
    "rindex", "count", "join", "isdigit", "isalpha", "isalnum", "isspace", "isupper", "islower",
    "isnumeric", "isdecimal", "isascii", "partition", "rpartition", "removeprefix", "removesuffix",
    "ljust", "rjust", "zfill", "center",
  ]

  static let unsupportedTextMethods: Set<String> = [
    "casefold", "encode", "expandtabs", "format", "format_map", "isidentifier",
    "isprintable", "istitle", "maketrans", "translate",
  ]

  private func call(
    _ text: MarkedText, _ name: String, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    if !["split", "rsplit", "splitlines"].contains(name), let keyword = arguments.keywords.first {
      throw fail("str.\(name)() takes no keyword arguments, found \(keyword.0)")
    }
    switch name {
    case "strip", "lstrip", "rstrip":
      let characters = try bind(arguments, name, ["chars"])[0]
      return try stripped(text, characters, left: name != "rstrip", right: name != "lstrip")
    case "split", "rsplit": return try split(text, name, arguments)
    case "splitlines":
      let keeps = try bind(arguments, name, ["keepends"])[0].map { try isTrue($0) } ?? false
      return try sequence(.list, text.lines(keepingEnds: keeps).map(TemplateValue.text))
    case "startswith", "endswith": return try affix(text, name, arguments)
    case "replace":
      let values = try bind(arguments, name, ["old", "new", "count"], required: 2)
      return try replaced(
        text, try plainText(values[0] ?? .none, name), try plainText(values[1] ?? .none, name),
        try integer(values[2], name, default: -1))
    case "find", "rfind", "index", "rindex", "count": return try search(text, name, arguments)
    case "join":
      let items = try list(try bind(arguments, name, ["items"], required: 1)[0] ?? .none)
      return try joined(try items.map { try plainText($0, "sequence item") }, by: text)
    case "partition", "rpartition":
      let separator = try plainText(
        try bind(arguments, name, ["sep"], required: 1)[0] ?? .none, name)
      guard !separator.isEmpty else { throw fail("empty separator") }
      let place =
        name == "partition" ? text.firstIndex(of: separator) : text.lastIndex(of: separator)
      let none = MarkedText("")
      guard let place else {
        return .tuple(
          (name == "partition" ? [text, none, none] : [none, none, text]).map(TemplateValue.text))
      }
      return .tuple([
        .text(text.slice(0..<place)), .text(separator),
        .text(text.slice(place + separator.count..<text.count)),
      ])
    case "removeprefix", "removesuffix":
      let part = try plainText(try bind(arguments, name, ["part"], required: 1)[0] ?? .none, name)
      if name == "removeprefix" {
        return .text(
          text.matches(part, at: 0) ? text.slice(part.count..<text.count) : text)
      }
      return .text(
        !part.isEmpty && text.matches(part, at: text.count - part.count)
          ? text.slice(0..<text.count - part.count) : text)
    case "center":
      guard arguments.positional.count == 1 else {
        throw unsupported("\(name) with a character to fill with")
      }
      return try centered(text, try integer(arguments.positional[0], name, default: 0))
    case "ljust", "rjust", "zfill": return try padded(text, name, arguments)
    default:
      _ = try bind(arguments, name, [])
      return try simple(text, name)
    }
  }

  private func simple(_ text: MarkedText, _ name: String) throws -> TemplateValue {
    let scalars = text.units.map(MarkedText.scalar)
    func all(_ test: (Unicode.Scalar) -> Bool) -> TemplateValue {
      .boolean(!scalars.isEmpty && scalars.allSatisfy(test))
    }
    switch name {
    case "upper": return try made(text.uppercased())
    case "lower": return try made(text.lowercased())
    case "title": return try made(text.titlecased())
    case "capitalize": return try made(text.capitalized())
    case "isdigit": return all(PythonCharacter.isDigit)
    case "isdecimal": return all(PythonCharacter.isDecimal)
    case "isnumeric": return all(PythonCharacter.isNumeric)
    case "isalpha": return all(PythonCharacter.isAlphabetic)
    case "isalnum":
      return all { PythonCharacter.isAlphabetic($0) || PythonCharacter.isNumeric($0) }
    case "isspace": return all { PythonCharacter.isSpace($0.value) }
    case "isascii": return .boolean(scalars.allSatisfy(\.isASCII))
    case "islower": return .boolean(Self.isCase(scalars, lower: true))
    case "isupper": return .boolean(Self.isCase(scalars, lower: false))
    default: throw unsupported("str.\(name)")
    }
  }

  static func isCase(_ scalars: [Unicode.Scalar], lower: Bool) -> Bool {
    var isCased = false
    for scalar in scalars {
      let properties = scalar.properties
      if (lower ? properties.isUppercase : properties.isLowercase)
        || properties.generalCategory == .titlecaseLetter
      {
        return false
      }
      if lower ? properties.isLowercase : properties.isUppercase { isCased = true }
    }
    return isCased
  }

  func stripped(
    _ text: MarkedText, _ characters: TemplateValue?, left: Bool, right: Bool
  ) throws -> TemplateValue {
    switch characters {
    case nil, .some(.none): return try made(text.stripped(left: left, right: right))
    case .some(let value):
      let set = Set(try plainText(value, "strip").values)
      try spend(set.count)
      return try made(
        text.stripped({ set.contains(MarkedText.plain($0)) }, left: left, right: right))
    }
  }

  private func split(
    _ text: MarkedText, _ name: String, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    let values = try bind(arguments, name, ["sep", "maxsplit"])
    let limit = try integer(values[1], name, default: -1)
    try made(text.count)
    let parts: [MarkedText]
    switch values[0] {
    case nil, .some(.none):
      parts = name == "split" ? text.words(atMost: limit) : text.wordsFromRight(atMost: limit)
    case .some(let value):
      let separator = try plainText(value, name)
      guard !separator.isEmpty else { throw fail("empty separator") }
      parts =
        name == "split"
        ? text.split(by: separator, atMost: limit)
        : text.splitFromRight(by: separator, atMost: limit)
    }
    return try sequence(.list, parts.map(TemplateValue.text))
  }

  private func affix(
    _ text: MarkedText, _ name: String, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    guard arguments.positional.count == 1 else {
      throw unsupported("\(name) with a start or an end")
    }
    var parts = [arguments.positional[0]]
    if case .sequence(let found) = parts[0], found.kind == .tuple { parts = found.items }
    for part in parts {
      let part = try plainText(part, name)
      if text.matches(part, at: name == "startswith" ? 0 : text.count - part.count) {
        return .boolean(true)
      }
    }
    return .boolean(false)
  }

  private func search(
    _ text: MarkedText, _ name: String, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    guard arguments.positional.count == 1 else {
      throw unsupported("\(name) with a start or an end")
    }
    let part = try plainText(arguments.positional[0], name)
    try spend(text.count / 16)
    if name == "count" {
      return .integer(
        part.isEmpty ? text.count + 1 : text.split(by: part, atMost: -1).count - 1)
    }
    let isFirst = name == "find" || name == "index"
    if let place = isFirst ? text.firstIndex(of: part) : text.lastIndex(of: part) {
      return .integer(place)
    }
    guard name.hasSuffix("find") else { throw fail("substring not found") }
    return .integer(-1)
  }

  private func padded(
    _ text: MarkedText, _ name: String, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    guard arguments.positional.count == 1 else {
      throw unsupported("\(name) with a character to fill with")
    }
    let width = try integer(arguments.positional[0], name, default: 0)
    let missing = max(0, width.subtractingReportingOverflow(text.count).partialValue)
    guard width > text.count else { return .text(text) }
    try made(missing)
    let isSigned = text.units.first.map { [0x2B, 0x2D].contains(MarkedText.plain($0)) } ?? false
    switch name {
    case "ljust": return .text(text + MarkedText(" ").repeated(missing))
    case "rjust": return .text(MarkedText(" ").repeated(missing) + text)
    default:
      let zeros = MarkedText("0").repeated(missing)
      guard isSigned else { return .text(zeros + text) }
      return .text(text.slice(0..<1) + zeros + text.slice(1..<text.count))
    }
  }

  func replaced(
    _ text: MarkedText, _ old: MarkedText, _ new: MarkedText, _ limit: Int
  ) throws -> TemplateValue {
    // Before it is made: how often at most, times how much more.
    let places = old.isEmpty ? text.count + 1 : text.split(by: old, atMost: -1).count - 1
    try spend(text.count / 16 + 1)
    let (growth, isTooLarge) = places.multipliedReportingOverflow(by: new.count)
    try made(isTooLarge ? Int.max / 2 : growth)
    return try made(text.replacing(old, with: new, atMost: limit))
  }

  func joined(_ parts: [MarkedText], by separator: MarkedText) throws -> TemplateValue {
    try made(parts.reduce(0) { $0 + $1.count } + separator.count * max(0, parts.count - 1))
    return .text(MarkedText.joined(parts, by: separator))
  }
}
