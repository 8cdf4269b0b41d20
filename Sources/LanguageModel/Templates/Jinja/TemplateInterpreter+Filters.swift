import Foundation

/// Filters.
extension TemplateInterpreter {
  /// Filters that Jinja has and that are not done here.
  static let unsupportedFilters: Set<String> = [
    "attr", "center", "filesizeformat", "forceescape", "format", "groupby", "pprint", "random",
    "slice", "striptags", "truncate", "urlencode", "urlize", "wordcount", "wordwrap", "xmlattr",
  ]
  static let supportedFilters: Set<String> = [
    "abs", "batch", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first",
    "float", "indent", "int", "items", "join", "last", "length", "list", "lower", "map", "max",
    "min", "reject", "rejectattr", "replace", "reverse", "round", "safe", "select", "selectattr",
    "sort", "string", "sum", "title", "tojson", "trim", "unique", "upper",
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

  private func isNone(_ value: TemplateValue) -> Bool {
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

  // MARK: - Of sequences

  enum PathPart {
    case name(String)
    case index(Int)
  }

  /// `a.0.b`
  func path(_ attribute: TemplateValue) throws -> [PathPart] {
    switch attribute {
    case .none: return []
    case .text(let text):
      return text.string.split(separator: ".", omittingEmptySubsequences: false).map {
        let isNumber = !$0.isEmpty && $0.unicodeScalars.allSatisfy(PythonCharacter.isDigit)
        return isNumber ? Int($0).map(PathPart.index) ?? .name(String($0)) : .name(String($0))
      }
    default: return [.index(try integer(attribute, "attribute", default: 0))]
    }
  }

  func follow(
    _ value: TemplateValue, _ parts: [PathPart], default fallback: TemplateValue? = nil
  ) throws -> TemplateValue {
    var value = value
    for part in parts {
      switch part {
      case .name(let name): value = try item(value, .text(name))
      case .index(let index): value = try item(value, .integer(index))
      }
      if let fallback, case .undefined = value { value = fallback }
    }
    return value
  }

  private func folded(_ value: TemplateValue) -> TemplateValue {
    if case .text(let text) = value { .text(text.lowercased()) } else { value }
  }

  private func keyed(
    _ caseSensitive: TemplateValue?, _ attribute: TemplateValue?
  ) throws -> (TemplateValue) throws -> TemplateValue {
    let parts = try path(attribute ?? .none)
    let isSensitive = try caseSensitive.map { try isTrue($0) } ?? false
    return { [self] value in
      let found = try follow(value, parts)
      try spend()
      return isSensitive ? found : folded(found)
    }
  }

  private func listFilter(
    _ name: String, _ value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    switch name {
    case "map": return try mapped(value, arguments)
    case "select", "reject", "selectattr", "rejectattr":
      return try selected(name, value, arguments)
    case "unique":
      let values = try bind(arguments, name, ["case_sensitive", "attribute"])
      let getter = try keyed(values[0], values[1])
      var seen: Set<TemplateKey> = []
      let (pull, _) = try iterator(value)
      return try generator(of: value) { [self] in
        while let item = try pull() {
          if seen.insert(try key(try getter(item))).inserted { return item }
        }
        return nil
      }
    case "batch":
      let values = try bind(arguments, name, ["linecount", "fill_with"], required: 1)
      let size = try integer(values[0], name, default: 1)
      guard size > 0 else { throw unsupported("batch of less than one") }
      let (pull, _) = try iterator(value)
      return try generator(of: value) { [self] in
        var part: [TemplateValue] = []
        while part.count < size, let item = try pull() { part.append(item) }
        if part.isEmpty { return nil }
        if let fill = values[1], !isNone(fill) {
          try spend(size - part.count)
          part += [TemplateValue](repeating: fill, count: size - part.count)
        }
        return try sequence(.list, part)
      }
    case "sort":
      let values = try bind(arguments, name, ["reverse", "case_sensitive", "attribute"])
      return try sorted(
        try list(value), values[2], isReversed: try values[0].map { try isTrue($0) } ?? false,
        values[1])
    case "dictsort":
      let values = try bind(arguments, name, ["case_sensitive", "by", "reverse"])
      guard case .mapping(let mapping) = value else {
        throw fail("'\(value.type)' object has no attribute 'items'")
      }
      let by = try string(values[1] ?? .text("key")).string
      guard by == "key" || by == "value" else {
        throw fail("You can only sort by either \"key\" or \"value\"")
      }
      return try sorted(
        try items(mapping), .integer(by == "key" ? 0 : 1),
        isReversed: try values[2].map { try isTrue($0) } ?? false, values[0])
    case "min", "max":
      let values = try bind(arguments, name, ["case_sensitive", "attribute"])
      return try extreme(name, value, try keyed(values[0], values[1]))
    case "sum":
      let values = try bind(arguments, name, ["attribute", "start"])
      let parts = try path(values[0] ?? .none)
      var total = values[1] ?? .integer(0)
      if case .text = total { throw fail("sum() can't sum strings [use ''.join(seq) instead]") }
      for item in try list(value) {
        total = try arithmetic(.add, total, try follow(item, parts))
      }
      return total
    default:
      _ = try bind(arguments, name, [])
      return try simpleListFilter(name, value)
    }
  }

  private func simpleListFilter(
    _ name: String, _ value: TemplateValue
  ) throws -> TemplateValue {
    switch name {
    case "list": return try sequence(.list, try list(value))
    case "items":
      if case .undefined = value { return .generator(TemplateGenerator([])) }
      guard case .mapping(let mapping) = value else {
        throw fail("Can only get item pairs from a mapping.")
      }
      return .generator(TemplateGenerator(try items(mapping)))
    case "first":
      return try iterator(value).0() ?? .undefined("No first item, sequence was empty.")
    case "last":
      switch value {
      case .generator: throw fail("'generator' object is not reversible")
      // Python reverses by length and index, of which an undefined value has but the length.
      case .undefined: return .undefined("No last item, sequence was empty.")
      default: return try list(value).last ?? .undefined("No last item, sequence was empty.")
      }
    default:
      if case .text(let text) = value {
        guard !text.isSafe else { throw unsupported("reverse with a text made by safe") }
        return try made(MarkedText(units: text.units.reversed()))
      }
      let items = Array(try list(value).reversed())
      if case .generator = value { return try sequence(.list, items) }
      return .generator(TemplateGenerator(items))
    }
  }

  private func sorted(
    _ items: [TemplateValue], _ attribute: TemplateValue?, isReversed: Bool,
    _ caseSensitive: TemplateValue?
  ) throws -> TemplateValue {
    var paths: [[PathPart]] = []
    if case .text(let text)? = attribute {
      paths = try text.split(by: MarkedText(","), atMost: -1).map { try path(.text($0)) }
    } else {
      paths = [try path(attribute ?? .none)]
    }
    let isSensitive = try caseSensitive.map { try isTrue($0) } ?? false
    let keys = try items.map { item in
      TemplateValue.list(
        try paths.map {
          let found = try follow(item, $0)
          return isSensitive ? found : folded(found)
        })
    }
    // Reversed and reversed again, as Python keeps equal items in their order.
    let order = isReversed ? Array(items.indices.reversed()) : Array(items.indices)
    var places = try sorted(order) { try precedes(keys[$0], keys[$1], orEqual: false) }
    if isReversed { places.reverse() }
    return try sequence(.list, places.map { items[$0] })
  }

  private func extreme(
    _ name: String, _ value: TemplateValue,
    _ getter: (TemplateValue) throws -> TemplateValue
  ) throws -> TemplateValue {
    let items = try list(value)
    guard var best = items.first else {
      return .undefined("No aggregated item, sequence was empty.")
    }
    var bestKey = try getter(best)
    for item in items.dropFirst() {
      let key = try getter(item)
      let isBetter =
        name == "min"
        ? try precedes(key, bestKey, .less, orEqual: false)
        : try precedes(bestKey, key, .greater, orEqual: false)
      if isBetter { (best, bestKey) = (item, key) }
    }
    return best
  }

  private func mapped(
    _ value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    var transform: ((TemplateValue) throws -> TemplateValue)?
    func prepared() throws -> (TemplateValue) throws -> TemplateValue {
      if let transform { return transform }
      let made: (TemplateValue) throws -> TemplateValue
      if arguments.positional.isEmpty,
        let attribute = arguments.keywords.first(where: { $0.0 == "attribute" })
      {
        if let other = arguments.keywords.first(where: { !["attribute", "default"].contains($0.0) })
        {
          throw fail("Unexpected keyword argument '\(other.0)'")
        }
        let parts = try path(attribute.1)
        let fallback = arguments.keywords.first { $0.0 == "default" }?.1
        made = { [self] in
          try follow($0, parts, default: fallback.flatMap { isNone($0) ? nil : $0 })
        }
      } else {
        guard case .text(let name)? = arguments.positional.first else {
          throw fail("map requires a filter argument")
        }
        var rest = arguments
        rest.positional.removeFirst()
        made = { [self] in try filter(name.string, $0, rest) }
      }
      transform = made
      return made
    }
    return try lazily(value) { [self] pull in
      let transform = try prepared()
      guard let item = try pull() else { return nil }
      try spend()
      return try transform(item)
    }
  }

  /// What gives nothing at all for what counts as false, and is not looked at before it is read.
  private func lazily(
    _ value: TemplateValue, _ next: @escaping (Pull) throws -> TemplateValue?
  ) throws -> TemplateValue {
    var pull: Pull?
    return try generator(of: value) { [self] in
      if pull == nil { pull = try isTrue(value) ? try iterator(value).0 : { nil } }
      return try pull.flatMap { pull in
        if !(try isTrue(value)) { return nil }
        return try next(pull)
      }
    }
  }

  private func selected(
    _ name: String, _ value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    let isAttribute = name.hasSuffix("attr")
    let isWanted = name.hasPrefix("select")
    var condition: ((TemplateValue) throws -> Bool)?
    func prepared() throws -> (TemplateValue) throws -> Bool {
      if let condition { return condition }
      var rest = arguments
      var parts: [PathPart] = []
      if isAttribute {
        guard !rest.positional.isEmpty else { throw fail("Missing parameter for attribute name") }
        parts = try path(rest.positional.removeFirst())
      }
      let made: (TemplateValue) throws -> Bool
      if rest.positional.isEmpty {
        made = { [self] in try isTrue(try follow($0, parts)) }
      } else {
        let testName = try string(rest.positional.removeFirst()).string
        made = { [self] in try test(testName, try follow($0, parts), rest) }
      }
      condition = made
      return made
    }
    return try lazily(value) { [self] pull in
      let condition = try prepared()
      while let item = try pull() {
        try spend()
        if try condition(item) == isWanted { return item }
      }
      return nil
    }
  }

  // MARK: - Of numbers

  private func numberFilter(
    _ name: String, _ value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    switch name {
    case "abs":
      _ = try bind(arguments, name, [])
      if case .undefined(let message) = value { throw undefined(message) }
      if case .number(let number) = value { return .number(abs(number)) }
      guard let number = integer(value) else {
        throw fail("bad operand type for abs(): '\(value.type)'")
      }
      return number < 0 ? try negated(.integer(number)) : .integer(number)
    case "int":
      let values = try bind(arguments, name, ["default", "base"])
      if let base = values[1], integer(base) != 10 { throw unsupported("int with a base") }
      return try int(value, default: values[0] ?? .integer(0))
    case "float":
      let values = try bind(arguments, name, ["default"])
      switch value {
      case .undefined(let message): throw undefined(message)
      case .number: return value
      case .text(let text):
        guard let number = Self.float(text.string) else { return values[0] ?? .number(0) }
        return .number(number)
      default:
        guard let number = integer(value) else { return values[0] ?? .number(0) }
        return .number(Double(number))
      }
    default: return try rounded(value, arguments)
    }
  }

  private static func trimmed(_ text: String) -> String {
    MarkedText(text).stripped().string
  }

  private static func withoutUnderscores(_ text: String) -> String? {
    guard text.contains("_") else { return text }
    let scalars = Array(text.unicodeScalars)
    for (index, scalar) in scalars.enumerated() where scalar == "_" {
      guard index > 0, index + 1 < scalars.count, ("0"..."9").contains(scalars[index - 1]),
        ("0"..."9").contains(scalars[index + 1])
      else { return nil }
    }
    return text.filter { $0 != "_" }
  }

  /// `float(text)`
  static func float(_ text: String) -> Double? {
    guard let text = withoutUnderscores(trimmed(text)), !text.isEmpty else { return nil }
    let lower = text.lowercased()
    let unsigned = lower.drop { $0 == "+" || $0 == "-" }
    guard lower.count - unsigned.count <= 1 else { return nil }
    if ["inf", "infinity", "nan"].contains(String(unsigned)) {
      let value = unsigned == "nan" ? Double.nan : .infinity
      return lower.hasPrefix("-") ? -value : value
    }
    guard unsigned.allSatisfy({ "0123456789.e+-".contains($0) }) else { return nil }
    var plain = String(unsigned)
    if plain.hasPrefix(".") { plain = "0" + plain }
    plain = plain.replacing(".e", with: ".0e")
    if plain.hasSuffix(".") { plain += "0" }
    return Double(plain).map { lower.hasPrefix("-") ? -$0 : $0 }
  }

  private func int(_ value: TemplateValue, default fallback: TemplateValue) throws -> TemplateValue
  {
    func whole(_ number: Double) throws -> TemplateValue {
      guard number.isFinite else { return fallback }
      guard let result = Int(exactly: number.rounded(.towardZero)) else {
        throw unsupported("a number beyond 64 bits")
      }
      return .integer(result)
    }
    switch value {
    case .undefined(let message): throw undefined(message)
    case .number(let number):
      guard !number.isInfinite else { throw fail("cannot convert float infinity to integer") }
      return try whole(number)
    case .text(let text):
      let plain = Self.trimmed(text.string)
      let digits = plain.drop { $0 == "+" || $0 == "-" }
      if plain.count - digits.count <= 1, !digits.isEmpty,
        let clean = Self.withoutUnderscores(String(digits)),
        clean.unicodeScalars.allSatisfy({ ("0"..."9").contains($0) })
      {
        guard let number = Int(clean) else { throw unsupported("a number beyond 64 bits") }
        return .integer(plain.hasPrefix("-") ? -number : number)
      }
      guard let number = Self.float(plain) else { return fallback }
      return try whole(number)
    default: return integer(value).map(TemplateValue.integer) ?? fallback
    }
  }

  private func rounded(
    _ value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    let values = try bind(arguments, "round", ["precision", "method"])
    let precision = try integer(values[0], "round", default: 0)
    let method = try string(values[1] ?? .text("common")).string
    guard ["common", "ceil", "floor"].contains(method) else {
      throw fail("method must be common, ceil or floor")
    }
    if case .undefined(let message) = value { throw undefined(message) }
    guard (0...15).contains(precision) else { throw unsupported("round to \(precision) digits") }
    if let number = integer(value) {
      // Python rounds an integer to an integer, by the common method.
      if method == "common" { return .integer(number) }
      return .number(Double(number))
    }
    guard case .number(let number) = value else {
      throw fail("type \(value.type) doesn't define __round__ method")
    }
    guard number.isFinite else { throw unsupported("round of a number that is not finite") }
    let scale = pow(10.0, Double(precision))
    switch method {
    // By way of an integer, which has no negative zero.
    case "ceil": return .number(((number * scale).rounded(.up) + 0) / scale)
    case "floor": return .number(((number * scale).rounded(.down) + 0) / scale)
    default:
      // By its decimal digits, as Python rounds; half to even among the exact value's digits.
      guard let result = Double(String(format: "%.\(precision)f", number)) else {
        throw unsupported("round of this number")
      }
      return .number(result)
    }
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
