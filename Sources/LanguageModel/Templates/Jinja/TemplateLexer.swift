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

  let source: [Unicode.Scalar]
  var position = 0
  var line = 1
  var isLineStart = true
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

  func failure(_ message: String) -> TemplateError {
    TemplateError(code: .syntax, message: message, line: line)
  }

  mutating func add(_ kind: Kind) { tokens.append(Token(kind: kind, line: line)) }

  func scalar(_ index: Int) -> Unicode.Scalar? {
    index >= 0 && index < source.count ? source[index] : nil
  }

  func has(_ text: String, at index: Int) -> Bool {
    var index = index
    for scalar in text.unicodeScalars {
      guard self.scalar(index) == scalar else { return false }
      index += 1
    }
    return true
  }

  func isSpace(_ index: Int) -> Bool {
    scalar(index).map { PythonCharacter.isSpace($0.value) } ?? false
  }

  func skippingSpace(_ index: Int) -> Int {
    var index = index
    while isSpace(index) { index += 1 }
    return index
  }

  mutating func move(to end: Int) {
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

  func blockEnd(at index: Int) -> Int? {
    if has("+%}", at: index) { return index + 3 }
    if has("-%}", at: index) { return skippingSpace(index + 3) }
    if has("%}", at: index) { return has("\n", at: index + 2) ? index + 3 : index + 2 }
    return nil
  }

  func variableEnd(at index: Int) -> Int? {
    if has("-}}", at: index) { return skippingSpace(index + 3) }
    return has("}}", at: index) ? index + 2 : nil
  }
}
