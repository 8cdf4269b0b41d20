extension DictionaryFile {
  /// The regions whose labels or contexts match, best first; equal scores in order of id.
  ///
  /// The first search reads what all of them share; searches wait for one another.
  /// - Parameter labels: the labels as they stand now, by region; `nil` for those inside the folder.
  /// - Complexity: O(documents that match a term + contexts · terms).
  package func search(
    _ query: SearchQuery, limit: Int, labels: [Int: String]? = nil
  ) throws -> [SearchHit] {
    try searchAll(query, explaining: limit, labels: labels).hits
  }

  /// Every region that matches, with the hits of the first `limit`: a snippet costs more than a match.
  package func searchAll(
    _ query: SearchQuery, explaining limit: Int, labels: [Int: String]? = nil
  ) throws -> SearchResult {
    try searcher.search(query, labels: labels ?? ownLabels(), rows: countedRowFields) {
      Array($0.prefix(limit))
    }
  }

  /// Why each of `regions` that matches does, in the order given.
  package func hits(
    for query: SearchQuery, in regions: [Int], labels: [Int: String]? = nil
  ) throws -> [SearchHit] {
    try searcher.search(query, labels: labels ?? ownLabels(), rows: countedRowFields) { found in
      let found = Set(found)
      return regions.filter(found.contains)
    }.hits
  }

  /// Where the words and phrases of `query` stand in each of `texts`, as UTF-8 offsets, ascending.
  package func matches(
    of query: SearchQuery, in texts: [String]
  ) throws -> [[Range<Int>]] {
    let phrases = query.shownTerms.filter { ![.label, .row].contains($0.field) }
      .flatMap(Phrase.spellings)
    return texts.map { Phrase.joinedRanges(of: phrases, in: $0) }
  }
}
