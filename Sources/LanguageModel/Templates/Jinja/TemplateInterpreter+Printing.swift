import Foundation

/// How values become text: Python's `str` and `repr`, and transformers' JSON.
extension TemplateInterpreter {
  func string(_ value: TemplateValue) throws -> MarkedText {
    switch value {
    case .undefined: MarkedText("")
    case .text(let text): text
    default: try represented(value)
    }
  }

  /// `repr`
  func represented(_ value: TemplateValue) throws -> MarkedText {
    switch value {
    case .undefined: return MarkedText("Undefined")
    case .none: return MarkedText("None")
    case .boolean(let flag): return MarkedText(flag ? "True" : "False")
    case .integer(let number): return MarkedText("\(number)")
    case .number(let number): return MarkedText(Self.described(number))
    case .text(let text):
      guard !text.isSafe else { throw unsupported("the representation of a text made by safe") }
      try made(text.count)
      return text.represented
    case .sequence(let sequence): return try deeper { try represented(sequence) }
    case .mapping(let mapping): return try deeper { try represented(mapping) }
    case .namespace, .generator, .loop, .macro, .function, .method:
      throw unsupported("writing out a value of the type \(value.type)")
    }
  }

  private func represented(_ sequence: TemplateSequence) throws -> MarkedText {
    guard sequence.kind == .list || sequence.kind == .tuple else {
      throw unsupported("writing out a \(sequence.kind.rawValue)")
    }
    let items = MarkedText.joined(
      try sequence.items.map { try represented($0) }, by: MarkedText(", "))
    try made(items.count)
    if sequence.kind == .list { return MarkedText("[") + items + MarkedText("]") }
    return MarkedText("(") + items + MarkedText(sequence.items.count == 1 ? ",)" : ")")
  }

  private func represented(_ mapping: TemplateMapping) throws -> MarkedText {
    let items = try zip(mapping.keys, mapping.values).map {
      try represented($0) + MarkedText(": ") + represented($1)
    }
    let inside = MarkedText.joined(items, by: MarkedText(", "))
    try made(inside.count)
    return MarkedText("{") + inside + MarkedText("}")
  }

  /// `repr` of a floating-point number: the shortest that reads back, with an exponent below
  /// 10⁻⁴ and from 10¹⁶.
  static func described(_ number: Double) -> String {
    if number.isNaN { return "nan" }
    if number.isInfinite { return number < 0 ? "-inf" : "inf" }
    if number == 0 { return number.sign == .minus ? "-0.0" : "0.0" }
    let sign = number < 0 ? "-" : ""
    let parts = "\(abs(number))".lowercased().split(separator: "e")
    let mantissa = parts[0].split(separator: ".")
    let fraction = mantissa.count > 1 && mantissa[1] != "0" ? String(mantissa[1]) : ""
    var exponent = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) + mantissa[0].count
    var digits = String(mantissa[0]) + fraction
    while digits.hasPrefix("0"), digits.count > 1 {
      digits.removeFirst()
      exponent -= 1
    }
    while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
    // The number is 0.DIGITS × 10^exponent.
    if exponent - 1 < -4 || exponent - 1 >= 16 {
      let tail = digits.dropFirst()
      let power = abs(exponent - 1)
      return sign + String(digits.prefix(1)) + (tail.isEmpty ? "" : "." + tail) + "e"
        + (exponent - 1 < 0 ? "-" : "+") + (power < 10 ? "0" : "") + "\(power)"
    }
    if exponent <= 0 { return sign + "0." + String(repeating: "0", count: -exponent) + digits }
    if digits.count <= exponent {
      return sign + digits + String(repeating: "0", count: exponent - digits.count) + ".0"
    }
    return sign + digits.prefix(exponent) + "." + digits.dropFirst(exponent)
  }

  // MARK: - JSON

  struct JSONStyle {
    var ascii = false
    var indent: MarkedText?
    var itemSeparator = MarkedText(", ")
    var keySeparator = MarkedText(": ")
    var sortsKeys = false
  }

  /// `json.dumps`
  func json(_ value: TemplateValue, _ style: JSONStyle, level: Int = 0) throws -> MarkedText {
    switch value {
    case .none: return MarkedText("null")
    case .boolean(let flag): return MarkedText(flag ? "true" : "false")
    case .integer(let number): return MarkedText("\(number)")
    case .number(let number): return MarkedText(jsonNumber(number))
    case .text(let text):
      try made(text.count)
      return text.json(ascii: style.ascii)
    case .sequence(let found) where found.kind == .list || found.kind == .tuple:
      let items = try deeper { try found.items.map { try json($0, style, level: level + 1) } }
      return try jsonList(items, "[", "]", style, level)
    case .mapping(let mapping):
      return try deeper { try jsonList(try members(mapping, style, level), "{", "}", style, level) }
    default: throw fail("Object of type \(value.type) is not JSON serializable")
    }
  }

  private func members(
    _ mapping: TemplateMapping, _ style: JSONStyle, _ level: Int
  ) throws -> [MarkedText] {
    var pairs = Array(zip(mapping.keys, mapping.values))
    if style.sortsKeys {
      pairs = try sorted(pairs) { try precedes($0.0, $1.0, orEqual: false) }
    }
    return try pairs.map { key, value in
      let name: MarkedText =
        switch key {
        case .text(let text): text
        case .none: MarkedText("null")
        case .boolean(let flag): MarkedText(flag ? "true" : "false")
        case .integer(let number): MarkedText("\(number)")
        case .number(let number): MarkedText(jsonNumber(number))
        default:
          throw fail("keys must be str, int, float, bool or None, not \(key.type)")
        }
      return name.json(ascii: style.ascii) + style.keySeparator
        + (try json(value, style, level: level + 1))
    }
  }

  private func jsonNumber(_ number: Double) -> String {
    if number.isNaN { return "NaN" }
    if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
    return Self.described(number)
  }

  private func jsonList(
    _ items: [MarkedText], _ opening: String, _ closing: String, _ style: JSONStyle, _ level: Int
  ) throws -> MarkedText {
    if items.isEmpty { return MarkedText(opening + closing) }
    var text = MarkedText(opening)
    if let indent = style.indent {
      try made(indent.count * (level + 1) * items.count)
      let line = MarkedText("\n") + indent.repeated(level + 1)
      text =
        text + line + MarkedText.joined(items, by: style.itemSeparator + line) + MarkedText("\n")
        + indent.repeated(level)
    } else {
      text = text + MarkedText.joined(items, by: style.itemSeparator)
    }
    try made(text.count)
    return text + MarkedText(closing)
  }

  /// A stable sort by a comparison that may fail.
  func sorted<Item>(
    _ items: [Item], _ precedes: (Item, Item) throws -> Bool
  ) throws -> [Item] {
    try spend(items.count)
    guard items.count > 1 else { return items }
    let middle = items.count / 2
    let left = try sorted(Array(items[..<middle]), precedes)
    let right = try sorted(Array(items[middle...]), precedes)
    var result: [Item] = []
    var (i, j) = (0, 0)
    while i < left.count, j < right.count {
      if try precedes(right[j], left[i]) {
        result.append(right[j])
        j += 1
      } else {
        result.append(left[i])
        i += 1
      }
    }
    return result + left[i...] + right[j...]
  }
}

extension MarkedText {
  /// For messages.
  var described: String { represented.string }

  /// Python's `repr`; what stands for a character was written by whom that was.
  var represented: MarkedText {
    let values = values
    let quote: UInt32 = values.contains(0x27) && !values.contains(0x22) ? 0x22 : 0x27
    var result: [UInt32] = [quote]
    for unit in units {
      let mark = unit & Self.mark
      let scalar = Self.scalar(unit)
      func append(_ text: String) { result += text.unicodeScalars.map { $0.value | mark } }
      switch scalar {
      case "\\": append("\\\\")
      case "\n": append("\\n")
      case "\r": append("\\r")
      case "\t": append("\\t")
      case _ where scalar.value == quote: append("\\" + String(scalar))
      case _ where PythonCharacter.isPrintable(scalar): result.append(unit)
      default:
        let (letter, width) =
          scalar.value <= 0xFF ? ("x", 2) : scalar.value <= 0xFFFF ? ("u", 4) : ("U", 8)
        append("\\" + letter + Self.hexadecimal(scalar.value, width))
      }
    }
    return MarkedText(units: result + [quote])
  }

  private static func hexadecimal(_ value: UInt32, _ width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  func json(ascii: Bool) -> MarkedText {
    var result: [UInt32] = [0x22]
    for unit in units {
      let mark = unit & Self.mark
      let scalar = Self.scalar(unit)
      func append(_ text: String) { result += text.unicodeScalars.map { $0.value | mark } }
      switch scalar {
      case "\"": append("\\\"")
      case "\\": append("\\\\")
      case "\n": append("\\n")
      case "\r": append("\\r")
      case "\t": append("\\t")
      case "\u{08}": append("\\b")
      case "\u{0C}": append("\\f")
      case _ where scalar.value < 0x20: append("\\u" + Self.hexadecimal(scalar.value, 4))
      case _ where ascii && scalar.value > 0x7E:
        for code in String(scalar).utf16 { append("\\u" + Self.hexadecimal(UInt32(code), 4)) }
      default: result.append(unit)
      }
    }
    return MarkedText(units: result + [0x22])
  }
}
