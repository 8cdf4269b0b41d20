/// Cuts a template into tokens by the rules of Jinja, set as transformers sets it: the line break
/// after a block goes, and so do blanks between a line's beginning and a block.
struct TemplateLexer {
  enum Kind: Equatable, Sendable {
    case data(String)
    case name(String)
    case text(String)
    case integer(Int)
    case number(Double)
    case symbol(String)
    case variableBegin, variableEnd, blockBegin, blockEnd, end

    var described: String {
      switch self {
      case .data: "template text"
      case .name(let name): name
      case .text: "a string"
      case .integer, .number: "a number"
      case .symbol(let symbol): symbol
      case .variableBegin: "{{"
      case .variableEnd: "}}"
      case .blockBegin: "{%"
      case .blockEnd: "%}"
      case .end: "the end of the template"
      }
    }
  }

  struct Token: Sendable {
    var kind: Kind
    var line: Int
  }

  static let mostBytes = 1 << 20

  private let source: [Unicode.Scalar]
  private var position = 0
  private var line = 1
  private var isLineStart = true
  private var tokens: [Token] = []

  private init(_ scalars: [Unicode.Scalar]) { source = scalars }

  static func tokens(_ text: String) throws -> [Token] {
    guard text.utf8.count <= mostBytes else {
      throw TemplateError(
        code: .exhausted, message: "expected at most \(mostBytes) bytes, found \(text.utf8.count)",
        line: 1)
    }
    var scalars: [Unicode.Scalar] = []
    scalars.reserveCapacity(text.unicodeScalars.count)
    for scalar in text.unicodeScalars {
      if scalar == "\n", scalars.last == "\r" {
        scalars[scalars.count - 1] = "\n"
        continue
      }
      if scalars.last == "\r" { scalars[scalars.count - 1] = "\n" }
      scalars.append(scalar)
    }
    if scalars.last == "\r" { scalars[scalars.count - 1] = "\n" }
    if scalars.last == "\n" { scalars.removeLast() }
    var lexer = TemplateLexer(scalars)
    try lexer.readAll()
    return lexer.tokens
  }

  private func failure(_ message: String) -> TemplateError {
    TemplateError(code: .syntax, message: message, line: line)
  }

  private mutating func add(_ kind: Kind) { tokens.append(Token(kind: kind, line: line)) }

  private func scalar(_ index: Int) -> Unicode.Scalar? {
    index >= 0 && index < source.count ? source[index] : nil
  }

  private func has(_ text: String, at index: Int) -> Bool {
    var index = index
    for scalar in text.unicodeScalars {
      guard self.scalar(index) == scalar else { return false }
      index += 1
    }
    return true
  }

  private func isSpace(_ index: Int) -> Bool {
    scalar(index).map { PythonCharacter.isSpace($0.value) } ?? false
  }

  private func skippingSpace(_ index: Int) -> Int {
    var index = index
    while isSpace(index) { index += 1 }
    return index
  }

  private mutating func move(to end: Int) {
    for scalar in source[position..<end] where scalar == "\n" { line += 1 }
    position = end
  }

  // MARK: - Between tags

  private mutating func readAll() throws {
    while position < source.count {
      var start = position
      while start < source.count,
        !(source[start] == "{" && ["{", "%", "#"].contains(scalar(start + 1)))
      { start += 1 }
      guard start < source.count else {
        addData(position..<source.count)
        move(to: source.count)
        break
      }
      let kind = source[start + 1]
      if kind == "%", let raw = rawBeginning(start) {
        addText(upTo: start, sign: scalar(start + 2), isVariable: false)
        isLineStart = source[raw - 1] == "\n"
        move(to: raw)
        try readRaw()
        continue
      }
      addText(upTo: start, sign: scalar(start + 2), isVariable: kind == "{")
      move(to: start)
      var inside = start + 2
      if let sign = scalar(inside), sign == "-" || sign == "+" { inside += 1 }
      switch kind {
      case "#": try skipComment(from: inside)
      case "{":
        add(.variableBegin)
        move(to: inside)
        try readCode(isBlock: false)
      default:
        add(.blockBegin)
        move(to: inside)
        try readCode(isBlock: true)
      }
    }
    add(.end)
  }

  private mutating func addData(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: source[range])
    add(.data(String(view)))
  }

  /// The text before a tag, with the blanks that the tag takes off.
  private mutating func addText(upTo start: Int, sign: Unicode.Scalar?, isVariable: Bool) {
    var end = start
    if sign == "-" {
      while end > position, isSpace(end - 1) { end -= 1 }
    } else if sign != "+", !isVariable {
      var lineStart = start
      while lineStart > position, source[lineStart - 1] != "\n" { lineStart -= 1 }
      if lineStart > position || isLineStart,
        source[lineStart..<start].allSatisfy({ PythonCharacter.isSpace($0.value) })
      {
        end = lineStart
      }
    }
    addData(position..<end)
    move(to: start)
  }

  /// The end of `{% raw %}` where that is what begins here.
  private func rawBeginning(_ start: Int) -> Int? {
    var index = start + 2
    if let sign = scalar(index), sign == "-" || sign == "+" { index += 1 }
    index = skippingSpace(index)
    guard has("raw", at: index) else { return nil }
    index = skippingSpace(index + 3)
    if has("-%}", at: index) { return skippingSpace(index + 3) }
    return has("%}", at: index) ? index + 2 : nil
  }

  private mutating func readRaw() throws {
    var start = position
    while start < source.count {
      if has("{%", at: start) {
        var index = start + 2
        let sign = scalar(index)
        if sign == "-" || sign == "+" { index += 1 }
        index = skippingSpace(index)
        if has("endraw", at: index), let end = blockEnd(at: skippingSpace(index + 6)) {
          addText(upTo: start, sign: sign, isVariable: false)
          isLineStart = source[end - 1] == "\n"
          move(to: end)
          return
        }
      }
      start += 1
    }
    throw failure("Missing end of raw directive")
  }

  private mutating func skipComment(from start: Int) throws {
    var index = start
    while index < source.count {
      var end: Int?
      if has("+#}", at: index) {
        end = index + 3
      } else if has("-#}", at: index) {
        end = skippingSpace(index + 3)
      } else if has("#}", at: index) {
        end = has("\n", at: index + 2) ? index + 3 : index + 2
      }
      if let end {
        isLineStart = source[end - 1] == "\n"
        move(to: end)
        return
      }
      index += 1
    }
    throw failure("Missing end of comment tag")
  }

  private func blockEnd(at index: Int) -> Int? {
    if has("+%}", at: index) { return index + 3 }
    if has("-%}", at: index) { return skippingSpace(index + 3) }
    if has("%}", at: index) { return has("\n", at: index + 2) ? index + 3 : index + 2 }
    return nil
  }

  private func variableEnd(at index: Int) -> Int? {
    if has("-}}", at: index) { return skippingSpace(index + 3) }
    return has("}}", at: index) ? index + 2 : nil
  }

  // MARK: - Inside a tag

  private static let symbols = [
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}",
    ">", "<", "=", ".", ":", "|", ",", ";",
  ]

  private mutating func readCode(isBlock: Bool) throws {
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
