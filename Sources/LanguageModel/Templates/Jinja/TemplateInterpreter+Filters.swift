import Foundation

/// Filters.
extension TemplateInterpreter {
  /// Filters that Jinja has and that are not done here.
  static let unsupportedFilters: Set<String> = [
    "attr", "filesizeformat", "forceescape", "pprint", "random", "striptags", "urlencode",
    "urlize", "wordwrap", "xmlattr",
  ]
  static let supportedFilters: Set<String> = [
    "abs", "batch", "capitalize", "center", "count", "d", "default", "dictsort", "e", "escape",
    "first", "float", "format", "groupby", "indent", "int", "items", "join", "last", "length",
    "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace", "reverse", "round",
    "safe", "select", "selectattr", "slice", "sort", "string", "sum", "title", "tojson", "trim",
    "truncate", "unique", "upper", "wordcount",
  ]

  func filter(
    _ name: String, _ value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    guard Self.supportedFilters.contains(name) else {
      if Self.unsupportedFilters.contains(name) { throw unsupported("the filter \(name)") }
      throw fail("No filter named '\(name)'.")
    }
    return try deeper {
      switch name {
      case "trim", "upper", "lower", "title", "capitalize", "replace", "indent", "string", "safe",
        "e", "escape", "join", "tojson":
        return try textFilter(name, value, arguments)
      case "map", "select", "reject", "selectattr", "rejectattr", "unique", "batch", "items",
        "list", "reverse", "sort", "dictsort", "first", "last", "min", "max", "sum":
        return try listFilter(name, value, arguments)
      case "format", "center", "truncate", "wordcount":
        return try layoutFilter(name, value, arguments)
      case "groupby": return try grouped(value, arguments)
      case "slice": return try sliced(value, arguments)
      case "length", "count":
        _ = try bind(arguments, name, [])
        return .integer(try count(value))
      case "d", "default":
        let values = try bind(arguments, name, ["default_value", "boolean"])
        let fallback = values[0] ?? .text("")
        if case .undefined = value { return fallback }
        if let flag = values[1], try isTrue(flag), !(try isTrue(value)) { return fallback }
        return value
      default: return try numberFilter(name, value, arguments)
      }
    }
  }

  /// `soft_str`
  private func soft(_ value: TemplateValue, _ what: String) throws -> MarkedText {
    try plainText(.text(try string(value)), what)
  }

  private func textFilter(
    _ name: String, _ value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    switch name {
    case "trim":
      let values = try bind(arguments, name, ["chars"])
      return try stripped(try soft(value, name), values[0], left: true, right: true)
    case "replace":
      let values = try bind(arguments, name, ["old", "new", "count"], required: 2)
      let limit =
        if case .some(.none) = values[2] { -1 } else { try integer(values[2], name, default: -1) }
      return try replaced(
        try string(value), try string(values[0] ?? .none), try string(values[1] ?? .none), limit)
    case "indent": return try indented(value, arguments)
    case "join":
      let values = try bind(arguments, name, ["d", "attribute"])
      var items = try list(value)
      if let attribute = values[1], !isNone(attribute) {
        let parts = try path(attribute)
        items = try items.map { try follow($0, parts) }
      }
      return try joined(try items.map { try string($0) }, by: try string(values[0] ?? .text("")))
    case "tojson": return try json(value, arguments)
    default: break
    }
    _ = try bind(arguments, name, [])
    switch name {
    case "string": return .text(try string(value))
    case "safe":
      var text = try string(value)
      text.isSafe = true
      return .text(text)
    case "e", "escape":
      var text = try string(value)
      if text.isSafe { return .text(text) }
      text = text.escaped
      text.isSafe = true
      return try made(text)
    default: break
    }
    let text = try soft(value, name)
    switch name {
    case "upper": return try made(text.uppercased())
    case "lower": return try made(text.lowercased())
    case "capitalize": return try made(text.capitalized())
    default: return try made(text.titledByWords)
    }
  }

  func isNone(_ value: TemplateValue) -> Bool {
    if case .none = value { true } else { false }
  }

  private func indented(
    _ value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    let values = try bind(arguments, "indent", ["width", "first", "blank"])
    let text = try plainText(value, "indent")
    let width: MarkedText
    if case .text(let given)? = values[0] {
      width = given
    } else {
      let count = max(0, try integer(values[0], "indent", default: 4))
      try made(count)
      width = MarkedText(" ").repeated(count)
    }
    let first = try values[1].map { try isTrue($0) } ?? false
    let blank = try values[2].map { try isTrue($0) } ?? false
    let lines = (text + MarkedText("\n")).lines(keepingEnds: false)
    try made(width.count * lines.count)
    var result = first ? width : MarkedText("")
    for (index, line) in lines.enumerated() {
      if index > 0 {
        result = MarkedText(units: result.units + [0x0A])
        if blank || !line.isEmpty { result.units += width.units }
      }
      result.units += line.units
    }
    return try made(result)
  }

  private func json(
    _ value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    let values = try bind(
      arguments, "tojson", ["ensure_ascii", "indent", "separators", "sort_keys"])
    var style = JSONStyle()
    style.ascii = try values[0].map { try isTrue($0) } ?? false
    switch values[1] {
    case nil, .some(.none): break
    case .some(.text(let text)): style.indent = text
    case .some(let number):
      let count = max(0, try integer(number, "tojson", default: 0))
      try made(count)
      style.indent = MarkedText(" ").repeated(count)
    }
    if style.indent != nil { style.itemSeparator = MarkedText(",") }
    if let separators = values[2], !isNone(separators) {
      let parts = try list(separators)
      guard parts.count == 2 else { throw fail("tojson: expected two separators") }
      style.itemSeparator = try plainText(parts[0], "tojson")
      style.keySeparator = try plainText(parts[1], "tojson")
    }
    style.sortsKeys = try values[3].map { try isTrue($0) } ?? false
    return .text(try json(value, style))
  }
}

extension MarkedText {
  /// As Markup escapes.
  var escaped: MarkedText {
    var result: [UInt32] = []
    for unit in units {
      let replacement: String? =
        switch Self.plain(unit) {
        case 0x26: "&amp;"
        case 0x3C: "&lt;"
        case 0x3E: "&gt;"
        case 0x22: "&#34;"
        case 0x27: "&#39;"
        default: nil
        }
      if let replacement {
        result += replacement.unicodeScalars.map { $0.value | (unit & Self.mark) }
      } else {
        result.append(unit)
      }
    }
    return MarkedText(units: result)
  }

  /// Jinja's `title`: words begin behind blanks and `-({[<`.
  var titledByWords: MarkedText {
    func isBorder(_ unit: UInt32) -> Bool {
      PythonCharacter.isSpace(unit) || [0x2D, 0x28, 0x7B, 0x5B, 0x3C].contains(Self.plain(unit))
    }
    var result: [UInt32] = []
    var start = 0
    while start < count {
      var end = start + 1
      while end < count, isBorder(units[end]) == isBorder(units[start]) { end += 1 }
      result += slice(start..<start + 1).uppercased().units
      result += slice(start + 1..<end).lowercased().units
      start = end
    }
    return MarkedText(units: result)
  }
}
