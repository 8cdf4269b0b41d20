/// What to look for: words, "phrases", prefix*, *inside*, AND, OR, NOT and parentheses, over labels,
/// contexts and activating words. In scripts without spaces a word is found wherever it stands.
///
/// Words side by side must all be there. `NOT` binds tighter than `AND`, that tighter than `OR`;
/// only capitals make an operator. `label:`, `context:` and `token:` before a word or phrase look
/// in one field, and so does the name of a field of the dictionary's rows, as `animal:` or `row.animal:`. Case, the accents of Latin letters and punctuation do not matter; emoji do. Operators of other searches (`-word`,
/// `+word`, `^word`, `NEAR`) are mistakes. `AND` and `NOT` speak of the region
/// as a whole: both words may stand in different contexts of it (those with both come first).
package struct SearchQuery: Sendable, Equatable, CustomStringConvertible {
  package enum Field: String, Sendable, CaseIterable {
    case label, context
    /// The words that a context's activating token is part of.
    case token
    /// What a table says of the rows of the members, under names of its own.
    case row

    /// Those that a query names by what they are.
    package static let named: [Field] = [.label, .context, .token]
  }

  /// A word or phrase.
  struct Term: Sendable, Hashable {
    var text: String
    /// Whether the last word may go on.
    var isPrefix: Bool
    /// Whether the first word may have begun before.
    var isSuffix = false
    /// `nil` for all fields.
    var field: Field?
    /// Which field of the rows it is looked for in alone.
    var row: String?
    /// Where it begins in the query, in characters from 1.
    var column: Int
  }

  indirect enum Node: Sendable, Equatable {
    case term(Term)
    case and([Node])
    case or([Node])
    case not(Node)
  }

  /// A query that cannot be understood, and where.
  package struct SyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
    package var message: String
    /// In characters, from 1.
    package var column: Int
    package var description: String { "column \(column): \(message)" }
  }

  let root: Node

  /// Reads a finished query.
  ///
  /// - Parameter rows: the fields of the rows, which may be named.
  /// - Throws: `SyntaxError`, also for a query without a letter or digit to look for.
  package init(_ text: String, rows: [RowFieldName] = []) throws {
    var parser = SearchQueryParser(text, rows: rows, isTyping: false)
    guard let root = try parser.parse() else {
      throw SyntaxError(message: "expected a word to look for", column: 1)
    }
    self.root = root
  }

  /// Reads a query that is still being typed: the last word may go on, an open quote or
  /// parenthesis counts as closed, an operator without its right side is left out.
  ///
  /// - Returns: `nil` where there is nothing to look for yet.
  package init?(typing text: String, rows: [RowFieldName] = []) {
    var parser = SearchQueryParser(text, rows: rows, isTyping: true)
    guard let root = try? parser.parse() else { return nil }
    self.root = root
  }

  /// The query with all that was left unsaid: parentheses, quotes and operators.
  package var description: String {
    func text(_ node: Node) -> String {
      switch node {
      case .term(let term):
        (term.row.map { "row.\($0):" } ?? term.field.map { "\($0.rawValue):" } ?? "")
          + (term.isSuffix ? "*" : "")
          + "\"\(term.text)\""
          + (term.isPrefix ? "*" : "")
      case .and(let nodes): "(\(nodes.map(text).joined(separator: " AND ")))"
      case .or(let nodes): "(\(nodes.map(text).joined(separator: " OR ")))"
      case .not(let node): "NOT \(text(node))"
      }
    }
    return text(root)
  }

  /// Whether a word of it may have begun before, so that it takes the list of all words to answer.
  var needsVocabulary: Bool {
    func needs(_ node: Node) -> Bool {
      switch node {
      case .term(let term): term.isSuffix
      case .and(let nodes), .or(let nodes): nodes.contains(where: needs)
      case .not(let node): needs(node)
      }
    }
    return needs(root)
  }

  /// Whether something is looked for in one field alone.
  package func asks(about field: Field) -> Bool { shownTerms.contains { $0.field == field } }

  /// The terms that a match may show, left to right; not those under `NOT`.
  var shownTerms: [Term] {
    func terms(_ node: Node) -> [Term] {
      switch node {
      case .term(let term): [term]
      case .and(let nodes), .or(let nodes): nodes.flatMap(terms)
      case .not: []
      }
    }
    return terms(root)
  }
}
