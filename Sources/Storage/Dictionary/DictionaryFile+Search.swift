extension DictionaryFile {
  /// The regions whose labels or contexts match, best first; equal scores in order of id.
  ///
  /// The first search reads what all of them share; searches wait for one another.
  /// - Parameter labels: the labels as they stand now, by region, as ``LabelView/texts`` has them;
  ///   `nil` for those inside the folder.
  /// - Complexity: O(documents that match a term + contexts · terms).
  package func search(
    _ query: SearchQuery, limit: Int, labels: [Int: String]? = nil
  ) throws -> [SearchHit] {
    try searcher.search(query, limit: limit, labels: labels ?? ownLabels())
  }
}
