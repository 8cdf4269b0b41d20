import Foundation
import GRDB
import Synchronization

/// Finds regions by every document and token of a store, in the way that dictionaries find them by the contexts they kept.
package final class StoreSearcher: Sendable {
  private let state: Mutex<SearchState>
  private let file: String

  /// - Parameters:
  ///   - contexts: a region, a document of the store and a token position each, those of a region together and the ones that
  ///     show it best first.
  /// - Complexity: O(bytes of the documents + contexts), in memory.
  package init(
    _ store: StoreFile, contexts: [(region: Int32, document: Int32, position: Int32)],
    regionCount: Int
  ) throws {
    file = store.name
    var configuration = Configuration()
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA journal_mode = OFF")
      try db.execute(sql: "PRAGMA temp_store = MEMORY")
    }
    let queue = try DatabaseQueue(configuration: configuration)
    var shownBy = [[Int32]](repeating: [], count: store.documentCount)
    for (index, context) in contexts.enumerated() {
      shownBy[Int(context.document)].append(Int32(index))
    }
    var words: [String] = []
    var numbers: [String: Int32] = [:]
    var contextWords = [Int32](repeating: -1, count: contexts.count)
    try queue.write { db in
      try db.execute(sql: "CREATE TABLE document (id INTEGER PRIMARY KEY, text NOT NULL)")
      try db.execute(
        sql: """
          CREATE VIRTUAL TABLE documentText USING fts5 (
            text, content = '', columnsize = 0, tokenize = 'ascii', prefix = '1 2 3')
          """)
      let insert = try db.makeStatement(sql: "INSERT INTO document VALUES (?, ?)")
      let index = try db.makeStatement(
        sql: "INSERT INTO documentText (rowid, text) VALUES (?, ?)")
      for start in stride(from: 0, to: store.documentCount, by: 256) {
        let range = start..<min(start + 256, store.documentCount)
        for document in try store.documents(range) where !shownBy[document.index].isEmpty {
          let found = SearchText.words(of: document.text)
          try insert.execute(arguments: [document.index, StoredText(document.text)])
          try index.execute(arguments: [document.index, SearchText.indexed(found)])
          guard let ends = try store.tokens(of: document).ends else { continue }
          for context in shownBy[document.index] {
            let position = Int(contexts[Int(context)].position)
            guard ends.indices.contains(position) else { continue }
            let token = Int(position == 0 ? 0 : ends[position - 1])..<Int(ends[position])
            guard let name = found.name(ofToken: token) else { continue }
            let number = numbers[name] ?? Int32(words.count)
            if numbers[name] == nil {
              numbers[name] = number
              words.append(name)
            }
            contextWords[Int(context)] = number
          }
        }
      }
      try db.execute(sql: SearchVocabulary.table)
    }
    state = Mutex(
      SearchState(
        queue,
        contexts: (
          contexts.map { $0.region * 2 }, contexts.map(\.document), contextWords
        ), words: words, documentCount: store.documentCount, regionCount: regionCount))
  }

  /// As ``DictionaryFile/searchAll(_:explaining:labels:)``.
  package func searchAll(
    _ query: SearchQuery, explaining limit: Int, labels: [Int: String]
  ) throws -> SearchResult {
    try search(query, labels) { Array($0.prefix(limit)) }
  }

  /// As ``DictionaryFile/hits(for:in:labels:)``.
  package func hits(
    for query: SearchQuery, in regions: [Int], labels: [Int: String]
  ) throws -> [SearchHit] {
    try search(query, labels) { found in
      let found = Set(found)
      return regions.filter(found.contains)
    }.hits
  }

  private func search(
    _ query: SearchQuery, _ labels: [Int: String], explained: ([Int]) -> [Int]
  ) throws -> SearchResult {
    try state.withLock { state in
      try StorageError.about(file) {
        let connection = state.connection
        return try connection.read { db in
          try state.search(query, labels: labels, explained: explained, db)
        }
      }
    }
  }
}
