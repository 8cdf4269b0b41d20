import Foundation

/// The methods of texts.
extension TemplateInterpreter {
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

  func call(
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
