import Storage

/// A region that a query found, under the keys by which it is printed.
package struct SearchRecord: Encodable, Sendable {
  var id: Int
  var label: String?
  var score: Double
  var field: String
  var snippet: String
  /// UTF-8 offsets in the snippet.
  var matches: [[Int]]
  /// Where a whole store was looked through, and how many of its positions.
  @IfAny var store: String?
  @IfAny var searched: Int?

  package init(_ hit: SearchHit, in index: StoreIndex?) {
    (id, label, score) = (hit.region, hit.label, hit.score)
    (field, snippet) = (hit.field.rawValue, hit.snippet)
    matches = hit.matches.map { [$0.lowerBound, $0.upperBound] }
    (store, searched) = (index?.store.name, index?.count)
  }
}
