import Foundation

/// Python's `%` on texts, and the filters that lay texts out.
extension TemplateInterpreter {
  func layoutFilter(
    _ name: String, _ value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    switch name {
    case "format":
      guard arguments.positional.isEmpty || arguments.keywords.isEmpty else {
        throw fail("can't handle positional and keyword arguments at the same time")
      }
      let text = try plainText(.text(try string(value)), name)
      guard arguments.keywords.isEmpty else {
        let named = TemplateMapping(arguments.keywords)
        _ = try checkedDepth(.mapping(named))
        return try formatted(text, .mapping(named))
      }
      return try formatted(text, .tuple(arguments.positional))
    case "center":
      let values = try bind(arguments, name, ["width"])
      return try centered(
        try plainText(.text(try string(value)), name), try integer(values[0], name, default: 80))
    case "wordcount":
      _ = try bind(arguments, name, [])
      let text = try string(value)
      try spend(text.count / 16)
      return .integer(text.wordCount)
    default: return try truncated(value, arguments)
    }
  }

  func centered(_ text: MarkedText, _ width: Int) throws -> TemplateValue {
    guard width > text.count else { return .text(text) }
    let missing = width - text.count
    try made(width)
    let left = missing / 2 + (missing & width & 1)
    let blank = MarkedText(" ")
    return .text(blank.repeated(left) + text + blank.repeated(missing - left))
  }

  private func truncated(
    _ value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    let values = try bind(arguments, "truncate", ["length", "killwords", "end", "leeway"])
    let length = try integer(values[0], "truncate", default: 255)
    let killsWords = try values[1].map { try isTrue($0) } ?? false
    let end = try plainText(values[2] ?? .text("..."), "truncate")
    let leeway: Int
    switch values[3] {
    case nil, .some(.none): leeway = 5
    case .some(let given): leeway = try integer(given, "truncate", default: 5)
    }
    guard length >= end.count else {
      throw fail("expected length >= \(end.count), got \(length)")
    }
    guard leeway >= 0 else { throw fail("expected leeway >= 0, got \(leeway)") }
    if case .undefined = value { return value }
    guard case .text(let text) = value else {
      throw unsupported("truncate of a value of the type \(value.type)")
    }
    let (most, isBeyond) = length.addingReportingOverflow(leeway)
    guard !isBeyond, text.count > most else { return value }
    guard !text.isSafe else { throw unsupported("truncate with a text made by safe or escape") }
    let kept = text.slice(0..<length - end.count)
    if killsWords { return try made(kept + end) }
    let place = kept.lastIndex(of: MarkedText(" "))
    return try made(kept.slice(0..<(place ?? kept.count)) + end)
  }

  // MARK: - %

  /// `text % value`
  func formatted(_ text: MarkedText, _ value: TemplateValue) throws -> TemplateValue {
    guard !text.isSafe else { throw unsupported("% with a text made by safe or escape") }
    var arguments = FormatArguments(value)
    var result: [UInt32] = []
    var index = 0
    while index < text.count {
      guard MarkedText.plain(text.units[index]) == 0x25 else {
        result.append(text.units[index])
        index += 1
        continue
      }
      index += 1
      try spend()
      let field = try field(of: text, at: &index, &arguments)
      let piece = try self.piece(field, &arguments, percent: text.units[index - 1])
      try made(piece.count)
      result += piece.units
    }
    guard arguments.isUsedUp else {
      throw fail("not all arguments converted during string formatting")
    }
    return try made(MarkedText(units: result))
  }

  private struct Field {
    var flags: Set<Character> = []
    var width = 0
    var precision: Int?
    var type: Character = "s"
  }

  /// What is still to be written.
  private struct FormatArguments {
    private let whole: TemplateValue
    private var items: [TemplateValue]?
    private var single: TemplateValue?
    private var next = 0

    init(_ value: TemplateValue) {
      whole = value
      if case .sequence(let found) = value, found.kind == .tuple {
        items = found.items
      } else {
        single = value
      }
    }

    /// Lists, mappings and undefined values need not be written.
    private var isMapping: Bool {
      switch whole {
      case .mapping, .undefined: true
      case .sequence(let found): found.kind == .list || found.kind == .range
      default: false
      }
    }

    var isUsedUp: Bool { isMapping || (items.map { next >= $0.count } ?? (next > 0)) }

    mutating func take() -> TemplateValue? {
      defer { next += 1 }
      if let items { return next < items.count ? items[next] : nil }
      return next == 0 ? single : nil
    }

    var mapping: TemplateMapping? { if case .mapping(let found) = whole { found } else { nil } }

    mutating func choose(_ value: TemplateValue) {
      (items, single, next) = (nil, value, 0)
    }
  }

  private func taken(_ arguments: inout FormatArguments) throws -> TemplateValue {
    guard let value = arguments.take() else {
      throw fail("not enough arguments for format string")
    }
    return value
  }

  private func field(
    of text: MarkedText, at index: inout Int, _ arguments: inout FormatArguments
  ) throws -> Field {
    var field = Field()
    func peek() -> Character? {
      index < text.count ? Character(MarkedText.scalar(text.units[index])) : nil
    }
    func number() throws -> Int {
      var value = 0
      while let digit = peek(), digit.isASCII, let found = digit.wholeNumberValue {
        value = value * 10 + found
        guard value <= 1_000_000 else { throw unsupported("a format wider than 1000000") }
        index += 1
      }
      return value
    }
    if peek() == "(" {
      let start = index + 1
      var open = 1
      index += 1
      while open > 0 {
        guard let next = peek() else { throw fail("incomplete format key") }
        open += next == "(" ? 1 : next == ")" ? -1 : 0
        index += 1
      }
      let name = text.slice(start..<index - 1)
      guard let mapping = arguments.mapping else { throw fail("format requires a mapping") }
      guard let value = mapping[.text(name)] else { throw fail("no key '\(name.string)'") }
      arguments.choose(value)
    }
    while let flag = peek(), "-+ #0".contains(flag) {
      field.flags.insert(flag)
      index += 1
    }
    if peek() == "*" { throw unsupported("* in a format") }
    field.width = try number()
    if peek() == "." {
      index += 1
      if peek() == "*" { throw unsupported("* in a format") }
      field.precision = try number()
    }
    if let size = peek(), "hlL".contains(size) { index += 1 }
    guard let type = peek() else { throw fail("incomplete format") }
    field.type = type
    index += 1
    return field
  }

  private func piece(
    _ field: Field, _ arguments: inout FormatArguments, percent: UInt32
  ) throws -> MarkedText {
    var body: MarkedText
    var sign = ""
    switch field.type {
    case "%": return MarkedText(units: [percent])
    case "s", "r":
      let value = try taken(&arguments)
      body = field.type == "s" ? try string(value) : try represented(value)
      body.isSafe = false
      if let most = field.precision, most < body.count { body = body.slice(0..<most) }
      return try padded(body, "", field, zero: false)
    case "c":
      let value = try taken(&arguments)
      if case .text(let text) = value, text.count == 1 {
        body = MarkedText(units: text.units)
      } else if let code = integer(value),
        let scalar = UInt32(exactly: code).flatMap(
          Unicode.Scalar.init)
      {
        body = MarkedText(units: [scalar.value])
      } else {
        throw fail("%c requires int or char")
      }
      return try padded(body, "", field, zero: false)
    case "d", "i", "u", "x", "X", "o":
      guard !field.flags.contains("#") else { throw unsupported("# in a format") }
      let whole = try whole(try taken(&arguments), field.type)
      var digits = String(
        whole.magnitude,
        radix: field.type == "o" ? 8 : "xX".contains(field.type) ? 16 : 10,
        uppercase: field.type == "X")
      sign = whole < 0 ? "-" : ""
      if let least = field.precision, least > digits.count {
        try made(least)
        digits = String(repeating: "0", count: least - digits.count) + digits
      }
      body = MarkedText(digits)
    case "e", "E", "f", "F", "g", "G":
      guard !field.flags.contains("#") else { throw unsupported("# in a format") }
      let value = try taken(&arguments)
      if case .undefined(let message) = value { throw undefined(message) }
      guard let number = number(value)?.double else {
        throw fail("must be real number, not \(value.type)")
      }
      let precision = field.precision ?? 6
      guard number.isFinite, precision <= 60 else {
        throw unsupported("formatting such a number with %\(field.type)")
      }
      sign = number.sign == .minus ? "-" : ""
      body = MarkedText(String(format: "%.\(precision)\(field.type)", number.magnitude))
    default: throw unsupported("the format %\(MarkedText(String(field.type)).described)")
    }
    if sign.isEmpty {
      sign = field.flags.contains("+") ? "+" : field.flags.contains(" ") ? " " : ""
    }
    return try padded(body, sign, field, zero: field.flags.contains("0"))
  }

  private func whole(_ value: TemplateValue, _ type: Character) throws -> Int {
    if case .undefined(let message) = value { throw undefined(message) }
    if let number = integer(value) { return number }
    guard case .number(let number) = value, "diu".contains(type) else {
      throw fail(
        "%\(type) format: a\("diu".contains(type) ? " real number" : "n integer") is required, not \(value.type)"
      )
    }
    guard let whole = Int(exactly: number.rounded(.towardZero)) else {
      throw unsupported("a number beyond 64 bits")
    }
    return whole
  }

  private func padded(
    _ body: MarkedText, _ sign: String, _ field: Field, zero: Bool
  ) throws -> MarkedText {
    let missing = field.width - body.count - sign.count
    let plain = MarkedText(sign) + body
    guard missing > 0 else { return plain }
    try made(missing)
    if field.flags.contains("-") { return plain + MarkedText(" ").repeated(missing) }
    guard zero else { return MarkedText(" ").repeated(missing) + plain }
    return MarkedText(sign) + MarkedText("0").repeated(missing) + body
  }

  // MARK: - Groups

  /// Items of equal keys, in the order of the keys.
  func grouped(
    _ value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    let values = try bind(
      arguments, "groupby", ["attribute", "default", "case_sensitive"], required: 1)
    let parts = try path(values[0] ?? .none)
    let fallback = values[1].flatMap { isNone($0) ? nil : $0 }
    let isSensitive = try values[2].map { try isTrue($0) } ?? false
    let items = try list(value)
    let keys = try items.map { try follow($0, parts, default: fallback) }
    let compared = keys.map { key -> TemplateValue in
      if !isSensitive, case .text(let text) = key { return .text(text.lowercased()) }
      return key
    }
    let order = try sorted(Array(items.indices)) {
      try precedes(compared[$0], compared[$1], orEqual: false)
    }
    var groups: [[Int]] = []
    for place in order {
      try spend()
      if let last = groups.last?.first, try equal(compared[last], compared[place]) {
        groups[groups.count - 1].append(place)
      } else {
        groups.append([place])
      }
    }
    return try sequence(
      .list,
      try groups.map { group in
        let members = try sequence(.list, group.map { items[$0] })
        return try checkedDepth(
          .sequence(TemplateSequence(.tuple, [keys[group[0]], members], isGroup: true)))
      })
  }

  /// Columns of a list, which differ by one in length at most.
  func sliced(
    _ value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    let values = try bind(arguments, "slice", ["slices", "fill_with"], required: 1)
    let fill = values[1].flatMap { isNone($0) ? nil : $0 }
    var prepared: ([TemplateValue], Int)?
    var number = 0
    var offset = 0
    return try generator(of: value) { [self] in
      let (items, count) =
        try prepared ?? (try list(value), try integer(values[0], "slice", default: 1))
      prepared = (items, count)
      guard count != 0 else { throw fail("integer division or modulo by zero") }
      guard number < count else { return nil }
      let (size, extra) = items.count.quotientAndRemainder(dividingBy: count)
      let start = offset + number * size
      if number < extra { offset += 1 }
      var part = Array(items[start..<offset + (number + 1) * size])
      if let fill, number >= extra { part.append(fill) }
      number += 1
      return try sequence(.list, part)
    }
  }
}

extension MarkedText {
  /// How often `\w+` is found.
  fileprivate var wordCount: Int {
    var count = 0
    var isInside = false
    for unit in units {
      let scalar = Self.scalar(unit)
      let isWord =
        scalar == "_" || PythonCharacter.isAlphabetic(scalar) || PythonCharacter.isNumeric(scalar)
      if isWord, !isInside { count += 1 }
      isInside = isWord
    }
    return count
  }
}
