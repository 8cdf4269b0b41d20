/// What stands inside a tag.
extension TemplateLexer {
  private static let symbols = [
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}",
    ">", "<", "=", ".", ":", "|", ",", ";",
  ]

  mutating func readCode(isBlock: Bool) throws {
    var open: [String] = []
    while position < source.count {
      if open.isEmpty,
        let end = isBlock ? blockEnd(at: position) : variableEnd(at: position)
      {
        add(isBlock ? .blockEnd : .variableEnd)
        isLineStart = source[end - 1] == "\n"
        move(to: end)
        return
      }
      let current = source[position]
      if PythonCharacter.isSpace(current.value) {
        move(to: skippingSpace(position))
      } else if try readNumber() || readName() || readText() {
        continue
      } else if let symbol = Self.symbols.first(where: { has($0, at: position) }) {
        switch symbol {
        case "{": open.append("}")
        case "(": open.append(")")
        case "[": open.append("]")
        case "}", ")", "]":
          guard let expected = open.popLast() else { throw failure("unexpected '\(symbol)'") }
          guard expected == symbol else {
            throw failure("unexpected '\(symbol)', expected '\(expected)'")
          }
        default: break
        }
        add(.symbol(symbol))
        move(to: position + symbol.unicodeScalars.count)
      } else {
        throw failure("unexpected character \(MarkedText(String(current)).described)")
      }
    }
    throw failure("the template ends inside a tag")
  }

  private func isDecimal(_ index: Int) -> Bool {
    scalar(index).map { ("0"..."9").contains($0) } ?? false
  }

  /// Digits with single `_` between them; the end, or `nil` where there are none.
  private func digits(_ index: Int, _ isDigit: (Unicode.Scalar) -> Bool) -> Int? {
    func holds(_ index: Int) -> Bool { scalar(index).map(isDigit) ?? false }
    guard holds(index) else { return nil }
    var end = index + 1
    while true {
      if holds(end) {
        end += 1
      } else if scalar(end) == "_", holds(end + 1) {
        end += 2
      } else {
        return end
      }
    }
  }

  private func plainText(_ range: Range<Int>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: source[range].filter { $0 != "_" })
    return String(view)
  }

  private mutating func readNumber() throws -> Bool {
    guard isDecimal(position) else { return false }
    let isDigit = { (scalar: Unicode.Scalar) in ("0"..."9").contains(scalar) }
    // A number with a point or an exponent; not behind a point (`x.0.1`).
    if scalar(position - 1) != ".", let whole = digits(position, isDigit) {
      var end = whole
      var isFloat = false
      if scalar(end) == ".", let fraction = digits(end + 1, isDigit) {
        end = fraction
        isFloat = true
      }
      if scalar(end) == "e" || scalar(end) == "E" {
        let sign = scalar(end + 1) == "+" || scalar(end + 1) == "-" ? 1 : 0
        if let exponent = digits(end + 1 + sign, isDigit) {
          end = exponent
          isFloat = true
        }
      }
      if isFloat {
        guard let value = Double(plainText(position..<end)) else {
          throw failure("not a number: \(plainText(position..<end))")
        }
        add(.number(value))
        move(to: end)
        return true
      }
    }
    let radix: Int? =
      if scalar(position) == "0" {
        switch scalar(position + 1) {
        case "x", "X": 16
        case "o", "O": 8
        case "b", "B": 2
        default: nil
        }
      } else {
        nil
      }
    if let radix {
      let start = position + (scalar(position + 2) == "_" ? 3 : 2)
      if let end = digits(
        start, { Character($0).hexDigitValue.map { $0 < radix } ?? false })
      {
        return try addInteger(plainText(start..<end), radix: radix, end: end)
      }
    }
    let end =
      scalar(position) == "0"
      ? digits(position) { $0 == "0" } : digits(position, isDigit)
    guard let end else { return false }
    return try addInteger(plainText(position..<end), radix: 10, end: end)
  }

  private mutating func addInteger(_ text: String, radix: Int, end: Int) throws -> Bool {
    guard let value = Int(text, radix: radix) else {
      throw TemplateError(
        code: .unsupported, message: "the number \(text.prefix(40)) is too large", line: line)
    }
    add(.integer(value))
    move(to: end)
    return true
  }

  private mutating func readName() throws -> Bool {
    func isWord(_ index: Int) -> Bool {
      scalar(index).map {
        $0 == "_" || PythonCharacter.isAlphabetic($0) || PythonCharacter.isNumeric($0)
          || $0.properties.isXIDContinue
      } ?? false
    }
    guard isWord(position) else { return false }
    var end = position
    while isWord(end) { end += 1 }
    guard source[position] == "_" || source[position].properties.isXIDStart,
      source[position..<end].allSatisfy({ $0 == "_" || $0.properties.isXIDContinue })
    else { throw failure("Invalid character in identifier") }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: source[position..<end])
    add(.name(String(view)))
    move(to: end)
    return true
  }

  private mutating func readText() throws -> Bool {
    let quote = source[position]
    guard quote == "'" || quote == "\"" else { return false }
    var end = position + 1
    while end < source.count, source[end] != quote { end += source[end] == "\\" ? 2 : 1 }
    guard end < source.count else { throw failure("a string is not closed") }
    add(.text(try unescaped(position + 1..<end)))
    move(to: end + 1)
    return true
  }

  /// Python's `unicode-escape` on a text whose characters beyond ASCII were first written as
  /// escapes, which is how Jinja reads its strings.
  private func unescaped(_ range: Range<Int>) throws -> String {
    var ascii: [UInt8] = []
    for scalar in source[range] {
      if scalar.isASCII {
        ascii.append(UInt8(scalar.value))
        continue
      }
      let (letter, width) =
        scalar.value <= 0xFF ? ("x", 2) : scalar.value <= 0xFFFF ? ("u", 4) : ("U", 8)
      let digits = String(scalar.value, radix: 16)
      ascii += Array(
        ("\\" + letter + String(repeating: "0", count: width - digits.count) + digits).utf8)
    }
    var result = String.UnicodeScalarView()
    var index = 0
    while index < ascii.count {
      guard ascii[index] == UInt8(ascii: "\\"), index + 1 < ascii.count else {
        result.append(Unicode.Scalar(ascii[index]))
        index += 1
        continue
      }
      let kind = Unicode.Scalar(ascii[index + 1])
      index += 2
      switch kind {
      case "\n": break
      case "\\", "'", "\"": result.append(kind)
      case "a": result.append("\u{07}")
      case "b": result.append("\u{08}")
      case "f": result.append("\u{0C}")
      case "n": result.append("\n")
      case "r": result.append("\r")
      case "t": result.append("\t")
      case "v": result.append("\u{0B}")
      case "0"..."7":
        var value = UInt32(kind.value - 0x30)
        var count = 1
        while count < 3, index < ascii.count, (0x30...0x37).contains(ascii[index]) {
          value = value * 8 + UInt32(ascii[index] - 0x30)
          (index, count) = (index + 1, count + 1)
        }
        result.append(Unicode.Scalar(value) ?? "\u{FFFD}")
      case "x", "u", "U":
        let width = kind == "x" ? 2 : kind == "u" ? 4 : 8
        guard index + width <= ascii.count,
          let value = UInt32(
            String(decoding: ascii[index..<index + width], as: UTF8.self), radix: 16),
          ascii[index] != UInt8(ascii: "+")
        else { throw failure("a broken \\\(kind) escape in a string") }
        guard let scalar = Unicode.Scalar(value) else {
          throw failure("half of a surrogate pair in a string")
        }
        result.append(scalar)
        index += width
      case "N":
        throw TemplateError(
          code: .unsupported, message: "a character by its name (\\N{…}) is not supported",
          line: line)
      default:
        result.append("\\")
        result.append(kind)
      }
    }
    return String(result)
  }
}
