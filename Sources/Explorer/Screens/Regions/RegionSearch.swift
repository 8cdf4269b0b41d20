import Storage

/// A search of the open dictionary: what was typed, and the last answer there was to it.
package struct RegionSearch: Equatable, Sendable {
  package var text: String
  /// What is being looked for; `nil` where the text is no query (yet).
  package var query: SearchQuery?
  package var problem: SearchQuery.SyntaxError?
  /// The answer to the query, or to an earlier one until its own has come.
  package private(set) var result: SearchResult?
  package private(set) var answeredQuery: SearchQuery?
  /// The labels that the answer was found in.
  package var answeredLabels: [Int: String] = [:]
  package private(set) var milliseconds = 0.0
  /// The hits of the result, by region.
  package private(set) var hits: [Int: SearchHit] = [:]
  /// The region that was selected before.
  package var origin: Int?
  /// The fields of the dictionary's rows, which a search may name.
  private let rows: [RowFieldName]

  package init(origin: Int?, rows: [RowFieldName]) {
    text = ""
    (self.origin, self.rows) = (origin, rows)
  }

  /// Reads the text anew, as it is while being typed.
  package mutating func type(_ text: String) {
    self.text = text
    query = SearchQuery(typing: text, rows: rows)
    problem = Self.problem(in: text, rows)
  }

  package mutating func answer(
    _ result: SearchResult, to query: SearchQuery, milliseconds: Double
  ) {
    self.result = result
    self.milliseconds = milliseconds
    answeredQuery = query
    hits = Dictionary(result.hits.map { ($0.region, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// What is wrong with a query and stays wrong however it goes on.
  private static func problem(
    in text: String, _ rows: [RowFieldName]
  ) -> SearchQuery.SyntaxError? {
    guard text.contains(where: { !$0.isWhitespace }) else { return nil }
    do throws(any Error) {
      _ = try SearchQuery(text, rows: rows)
      return nil
    } catch let error as SearchQuery.SyntaxError {
      let isUnfinished = continuations(of: text).contains {
        (try? SearchQuery($0, rows: rows)) != nil
      }
      return isUnfinished ? nil : error
    } catch {
      return nil
    }
  }

  /// Ways in which a query may go on: a word, the end of a quote, the parentheses that are open.
  private static func continuations(of text: String) -> [String] {
    let open = max(0, text.count { $0 == "(" } - text.count { $0 == ")" })
    let closing = String(repeating: ")", count: min(open, 64))
    return ["", "x", " x", "\"", "x\""].map { text + $0 + closing }
  }
}
