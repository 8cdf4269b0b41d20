/// Recursive descent over the tokens of a query.
struct SearchQueryParser {
  private enum Token: Equatable {
    case open, close, and, or, not
    case term(SearchQuery.Term)
  }

  private struct Placed {
    var token: Token
    var column: Int
  }

  private typealias Node = SearchQuery.Node

  /// Deeper nesting is nobody's query, and would be the parser's stack.
  private static let deepestNesting = 64
  private static let longest = 1000

  private let text: [Character]
  /// The fields of the rows by the prefixes that name them; what a region is asked about itself goes first.
  private let rows: [(prefix: [Character], name: String)]
  private let isTyping: Bool
  private var tokens: [Placed] = []
  private var next = 0
  private var depth = 0

  init(_ text: String, rows: [RowFieldName], isTyping: Bool) {
    self.text = Array(text)
    self.rows = rows.flatMap { row in
      let own = SearchQuery.Field.named.contains { $0.rawValue == row.name } ? [] : [row.name]
      return (own + ["row.\(row.name)"]).map { (Array($0 + ":"), row.name) }
    }
    self.isTyping = isTyping
  }

  /// - Returns: `nil` for a query without terms.
  mutating func parse() throws -> SearchQuery.Node? {
    guard text.count <= Self.longest else {
      throw error("longer than \(Self.longest) characters", Self.longest + 1)
    }
    try tokenise()
    if isTyping { tidy() }
    guard !tokens.isEmpty else { return nil }
    let node = try alternatives()
    guard next == tokens.count else {
      throw error("unexpected ')' without its '('", tokens[next].column)
    }
    return node
  }

  // MARK: - Tokens

  private mutating func tokenise() throws {
    var index = 0
    while index < text.count {
      let column = index + 1
      switch text[index] {
      case "(":
        tokens.append(Placed(token: .open, column: column))
        index += 1
      case ")":
        tokens.append(Placed(token: .close, column: column))
        index += 1
      case let character where character.isWhitespace:
        index += 1
      default:
        index = try term(from: index)
      }
    }
  }

  /// Reads a word, operator or phrase, with its field before and its star behind.
  private mutating func term(from start: Int) throws -> Int {
    var index = start
    var field: SearchQuery.Field?
    for candidate in SearchQuery.Field.named {
      let prefix = Array(candidate.rawValue + ":")
      if text[start...].starts(with: prefix) {
        field = candidate
        index += prefix.count
      }
    }
    let row = rows.filter { text[start...].starts(with: $0.prefix) }.max {
      $0.prefix.count < $1.prefix.count
    }
    if field == nil, let row {
      field = .row
      index += row.prefix.count
    }
    // A star before a word: it may have begun before.
    let stars = text[index...].prefix { $0 == "*" }.count
    let isSuffix =
      stars > 0 && index + stars < text.count
      && !text[index + stars].isWhitespace && !"()".contains(text[index + stars])
    if isSuffix { index += stars }
    let isQuoted = index < text.count && text[index] == "\""
    var words: String
    if isQuoted {
      let end = text[(index + 1)...].firstIndex(of: "\"")
      guard end != nil || isTyping else {
        throw error("the quote is never closed", index + 1)
      }
      words = String(text[(index + 1)..<(end ?? text.count)])
      index = (end ?? text.count) + (end == nil ? 0 : 1)
    } else {
      let end = text[index...].firstIndex { $0.isWhitespace || "()\"*".contains($0) } ?? text.count
      words = String(text[index..<end])
      index = end
    }
    var isPrefix = false
    while index < text.count, text[index] == "*" {
      isPrefix = true
      index += 1
    }
    if isPrefix, !isTyping, index < text.count, !text[index].isWhitespace,
      !"()".contains(text[index])
    {
      throw error("expected a space behind the star: it stands before or behind a word", index + 1)
    }
    // The word under the cursor: nothing after it yet says that it is whole.
    if isTyping, index == text.count, !isPrefix { isPrefix = !isQuoted || text.last != "\"" }
    if isTyping, isQuoted, index == text.count, words.last?.isWhitespace == true {
      isPrefix = false
    }

    if !isQuoted { try refuseOperators(words, at: start, next: index) }
    if field == nil, !isQuoted, !isSuffix, let keyword = Self.operators[words] {
      tokens.append(Placed(token: keyword, column: start + 1))
      return index
    }
    let isSearchable = words.unicodeScalars.contains {
      SearchText.isSearchable($0) || Pictures.isPicture($0)
    }
    guard isSearchable else {
      // A stray dash or dot among words is no mistake worth stopping for; a lone star is, and so is a
      // sign that nothing is found by.
      let isMistake = isPrefix || isSuffix || isQuoted || field != nil
      let isSign = words.unicodeScalars.contains { $0.value > 0xFF && $0.properties.isEmoji }
      guard !isTyping, isMistake || isSign else { return index }
      throw error("expected a letter or digit to look for", start + 1)
    }
    let term = SearchQuery.Term(
      text: words.replacing("\0", with: " "), isPrefix: isPrefix, isSuffix: isSuffix,
      field: field, row: field == .row ? row?.name : nil, column: start + 1)
    tokens.append(Placed(token: .term(term), column: start + 1))
    return index
  }

  /// Signs that leave out, demand, anchor or weigh words elsewhere: passed over, the answer would be to another question.
  private func refuseOperators(_ words: String, at start: Int, next: Int) throws {
    let hint = "quotes make it text"
    let parts = words.split(separator: "/", maxSplits: 1)
    let isDistance = parts.count == 2 && !parts[1].isEmpty && parts[1].allSatisfy(\.isNumber)
    if words == "NEAR" && next < text.count && text[next] == "("
      || parts.first == "NEAR" && isDistance
    {
      throw error(
        "NEAR is not understood; words side by side must all be there, \(hint)", start + 1)
    }
    if ["|", "||"].contains(words) {
      throw error("'\(words)' is not understood; OR takes either, \(hint)", start + 1)
    }
    if ["&&", "!"].contains(words) {
      throw error("'\(words)' is not understood; AND and NOT are, \(hint)", start + 1)
    }
    func isWord(_ character: Character) -> Bool {
      character.unicodeScalars.contains { SearchText.isSearchable($0) || Pictures.isPicture($0) }
    }
    if let sign = words.first(where: { !"[{'«“‘".contains($0) }), "-+^!~".contains(sign),
      words.contains(where: isWord)
    {
      let other = "-!".contains(sign) ? "NOT leaves out" : "words are looked for as they are"
      throw error("'\(sign)' before a word is not understood; \(other), \(hint)", start + 1)
    }
    if let last = words.last(where: { !$0.isNumber && $0 != "." }), "^~".contains(last),
      words.contains(where: isWord)
    {
      throw error("'\(last)' behind a word is not understood; \(hint)", start + 1)
    }
  }

  private static let operators: [String: Token] = ["AND": .and, "OR": .or, "NOT": .not]

  /// Makes a query in the making whole: no operator without its operands, no parenthesis without
  /// its other half.
  private mutating func tidy() {
    var changed = true
    while changed {
      changed = false
      var kept: [Placed] = []
      var open = 0
      for (index, placed) in tokens.enumerated() {
        let before = kept.last?.token
        let after = index + 1 < tokens.count ? tokens[index + 1].token : nil
        let startsOperand = after == .open || after == .not || isTerm(after)
        switch placed.token {
        case .and, .or:
          guard let before, before == .close || isTerm(before), startsOperand else {
            changed = true
            continue
          }
        case .not:
          guard startsOperand else {
            changed = true
            continue
          }
        case .open:
          guard startsOperand else {
            changed = true
            continue
          }
          open += 1
        case .close:
          guard open > 0, before == .close || isTerm(before) else {
            changed = true
            continue
          }
          open -= 1
        case .term: break
        }
        kept.append(placed)
      }
      tokens = kept
      if !changed {
        tokens += (0..<open).map { _ in Placed(token: .close, column: text.count + 1) }
      }
    }
  }

  private func isTerm(_ token: Token?) -> Bool {
    if case .term = token { true } else { false }
  }

  // MARK: - Grammar

  private mutating func alternatives() throws -> SearchQuery.Node {
    var nodes = [try conjunction()]
    while accept(.or) { nodes.append(try conjunction()) }
    return nodes.count == 1 ? nodes[0] : .or(nodes)
  }

  private mutating func conjunction() throws -> SearchQuery.Node {
    var nodes = [try operand()]
    while next < tokens.count {
      if accept(.and) {
        nodes.append(try operand())
        continue
      }
      switch tokens[next].token {
      case .term, .open, .not: nodes.append(try operand())
      default: return nodes.count == 1 ? nodes[0] : .and(nodes)
      }
    }
    return nodes.count == 1 ? nodes[0] : .and(nodes)
  }

  private mutating func operand() throws -> SearchQuery.Node {
    guard next < tokens.count else {
      let last = tokens[tokens.count - 1]
      throw error("expected a word after \(name(last.token))", text.count + 1)
    }
    let placed = tokens[next]
    next += 1
    switch placed.token {
    case .term(let term): return .term(term)
    case .not: return .not(try nested(placed.column) { try $0.operand() })
    case .open:
      let node = try nested(placed.column) { try $0.alternatives() }
      guard accept(.close) else { throw error("the '(' is never closed", placed.column) }
      return node
    case .close: throw error("expected a word before ')'", placed.column)
    case .and, .or:
      throw error("expected a word before \(name(placed.token))", placed.column)
    }
  }

  private mutating func nested(
    _ column: Int, _ body: (inout SearchQueryParser) throws -> SearchQuery.Node
  ) throws -> SearchQuery.Node {
    guard depth < Self.deepestNesting else {
      throw error("more than \(Self.deepestNesting) levels deep", column)
    }
    depth += 1
    defer { depth -= 1 }
    return try body(&self)
  }

  private mutating func accept(_ token: Token) -> Bool {
    guard next < tokens.count, tokens[next].token == token else { return false }
    next += 1
    return true
  }

  private func name(_ token: Token) -> String {
    switch token {
    case .open: "'('"
    case .close: "')'"
    case .and: "AND"
    case .or: "OR"
    case .not: "NOT"
    case .term(let term): "'\(term.text)'"
    }
  }

  private func error(_ message: String, _ column: Int) -> SearchQuery.SyntaxError {
    SearchQuery.SyntaxError(message: message, column: column)
  }
}
