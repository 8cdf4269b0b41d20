import Foundation
import GRDB
import Synchronization

/// One region that a query found.
package struct SearchHit: Sendable, Equatable {
  package var region: Int
  package var label: String?
  /// Higher is better; comparable within one search only.
  package var score: Double
  /// Where the snippet comes from.
  package var field: SearchQuery.Field
  /// The label, or a piece of the best matching context, as it was captured.
  package var snippet: String
  /// What matched, as UTF-8 offsets in `snippet`, ascending.
  package var matches: [Range<Int>]

  package init(
    region: Int, label: String?, score: Double, field: SearchQuery.Field, snippet: String,
    matches: [Range<Int>]
  ) {
    self.region = region
    self.label = label
    self.score = score
    self.field = field
    self.snippet = snippet
    self.matches = matches
  }
}

/// What a search looked through, beside the labels.
package enum SearchScope: Sendable, Equatable {
  case storedContexts
  /// Every context of a store: `the store's 4,232 tokens`.
  case store(String)

  package var words: String {
    switch self {
    case .storedContexts: "in kept contexts"
    case .store(let what): "in \(what)"
    }
  }
}

/// Everything that a query found, and the reasons for the best of it.
package struct SearchResult: Sendable, Equatable {
  package var scope = SearchScope.storedContexts
  /// The regions that match, best first; equal scores in order of id.
  package var regions: [Int]
  /// Why the first of them match, in the same order.
  package var hits: [SearchHit]

  package init(regions: [Int], hits: [SearchHit]) {
    self.regions = regions
    self.hits = hits
  }
}

/// Finds regions by what their labels and contexts say.
///
/// The full-text index is over documents, so that a phrase cannot run from one context into the
/// next and a text that many regions share is indexed once. Which regions show a document comes
/// from two packed columns that fit in memory; a query is combined over whole regions.
///
/// Scores are BM25 with contexts in the place of words: a term counts `idf · n / (n + 2)`, where n
/// is the number of a region's contexts that have it (boundary contexts half, contexts whose
/// activating word it is double) and idf is over regions. In a label it counts
/// `idf · (1 + share of the label's words)`, which no number of contexts reaches.
final class DictionarySearcher: Sendable {
  private let database: URL
  private let file: String
  private let regionCount: Int
  private let version: Int
  private let state = Mutex<SearchState?>(nil)

  /// - Parameter version: the database's; see ``DictionarySchema/version``.
  init(database: URL, file: String, regionCount: Int, version: Int) {
    self.database = database
    self.file = file
    self.regionCount = regionCount
    self.version = version
  }

  /// What `query` finds, with the hits of the regions that `explained` picks from those found.
  ///
  /// - Parameter rows: what the rows are described by; asked for once.
  func search(
    _ query: SearchQuery, labels: [Int: String], rows: () throws -> RowFields,
    explained: ([Int]) -> [Int]
  ) throws -> SearchResult {
    try state.withLock { state in
      try StorageError.about(file) {
        var current =
          try state
          ?? SearchState(
            try DatabaseQueue.immutable(database, preparing: SearchVocabulary.preparing),
            file: file,
            regionCount: regionCount, version: version)
        state = nil
        defer { state = current }
        if current.rows == nil { current.rows = RowSearch(try rows()) }
        return try current.connection.read { db in
          try current.search(query, labels: labels, explained: explained, db)
        }
      }
    }
  }
}

/// What a searcher keeps between searches.
struct SearchState {
  let connection: DatabaseQueue
  let regionCount: Int
  /// The region of each context that has a document, and whether it is a boundary context.
  let regions: [Int32]
  let documents: [Int32]
  /// Index of the context's activating words among `words`, or −1.
  private(set) var contextWords: [Int32]
  /// Folded words that contexts activate on; keys are indices.
  private(set) var words: PhraseIndex
  private(set) var wordCount: Int
  let documentCount: Int
  /// What the file's own index has otherwise; `nil` for nothing.
  private var older: OlderIndex?
  private let hasOlderIndex: Bool
  private var vocabulary: SearchVocabulary?
  private var olderVocabulary: SearchVocabulary?
  private(set) var labels: [Int: String] = [:]
  private var labelIndex = PhraseIndex()
  /// Per region how many contexts it has, where those are all there are rather than some that were kept: what counts then
  /// is the share of them that matches too.
  let sizes: [Int32]?
  /// What is said of the rows; `nil` where that was not read.
  var rows: RowSearch?

  /// Of contexts that are all held, with an index that was made of them.
  init(
    _ connection: DatabaseQueue, contexts: (regions: [Int32], documents: [Int32], words: [Int32]),
    words: [String], documentCount: Int, regionCount: Int
  ) {
    (self.connection, self.documentCount, self.regionCount) = (
      connection, documentCount, regionCount
    )
    (regions, documents, contextWords) = contexts
    (self.words, wordCount, hasOlderIndex) = (PhraseIndex(), words.count, false)
    for (index, text) in words.enumerated() {
      self.words.set(folded: text.split(separator: " ").map(String.init), for: index)
    }
    var sizes = [Int32](repeating: 0, count: regionCount)
    for region in regions { sizes[Int(region >> 1)] += 1 }
    self.sizes = sizes
  }

  init(_ connection: DatabaseQueue, file: String, regionCount: Int, version: Int) throws {
    self.connection = connection
    self.regionCount = regionCount
    hasOlderIndex = version < 2
    sizes = nil
    func damaged(_ message: String) -> StorageError {
      StorageError(.damaged, message, file: file)
    }
    func posting(_ name: String, _ db: Database) throws -> [Int32] {
      guard
        let data = try Data.fetchOne(
          db, sql: "SELECT data FROM posting WHERE name = ?", arguments: [name]),
        data.count.isMultiple(of: 4)
      else { throw damaged("posting \(name) is not there") }
      return data.withUnsafeBytes { bytes in
        (0..<bytes.count / 4).map {
          Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self))
        }
      }
    }
    let loaded = try connection.read { db in
      let texts = try String.fetchAll(db, sql: "SELECT text FROM word ORDER BY id")
      var words = PhraseIndex()
      for (index, text) in texts.enumerated() {
        words.set(folded: text.split(separator: " ").map(String.init), for: index)
      }
      // Numbered from 0 without a gap, so that a count says how much memory is right.
      let last = try Int.fetchOne(db, sql: "SELECT max(id) FROM document") ?? -1
      let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM document") ?? 0
      guard last < count else { throw damaged("of \(count) documents one has the number \(last)") }
      return (
        regions: try posting("region", db), documents: try posting("document", db),
        contextWords: try posting("word", db), words: words, wordCount: texts.count,
        documentCount: last + 1
      )
    }
    regions = loaded.regions
    documents = loaded.documents
    contextWords = loaded.contextWords
    words = loaded.words
    wordCount = loaded.wordCount
    documentCount = loaded.documentCount
    guard regions.count == documents.count, contextWords.count == documents.count else {
      throw damaged("postings are of \(regions.count), \(documents.count), \(contextWords.count)")
    }
    guard regions.allSatisfy({ $0 >= 0 && Int($0 >> 1) < regionCount }),
      documents.allSatisfy({ $0 >= 0 && Int($0) < loaded.documentCount })
    else { throw damaged("a posting points to a region or document that is not there") }
    guard contextWords.allSatisfy({ $0 >= -1 && Int($0) < loaded.wordCount }) else {
      throw damaged("a posting points to a word that is not there")
    }
    if hasOlderIndex { try connection.read { try indexAnew($0, file: file) } }
  }

  /// The documents that a context shows.
  var shownDocuments: [Bool] {
    var isShown = [Bool](repeating: false, count: documentCount)
    for document in documents { isShown[Int(document)] = true }
    return isShown
  }

  /// Indexes what the older index has otherwise, and names its activating words.
  private mutating func indexAnew(_ db: Database, file: String) throws {
    let isShown = shownDocuments
    var wordsOf: [Int: [Word]] = [:]
    older = try OlderIndex(db, isShown: isShown) { wordsOf[$0] = $1 }
    guard older != nil else { return }
    var ends: [Int: [Int]] = [:]
    let statement = try db.makeStatement(sql: "SELECT tokenEnds FROM document WHERE id = ?")
    for document in wordsOf.keys {
      let data = try Data.fetchOne(statement, arguments: [document])
      ends[document] = data?.withUnsafeBytes { IntegerList.decode($0) }
    }
    var numbers: [String: Int32] = [:]
    var context = 0
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT document, position FROM context WHERE document IS NOT NULL
        ORDER BY region, kind, rank
        """)
    while let row = try rows.next() {
      defer { context += 1 }
      let document = try row.decode(Int.self, atIndex: 0)
      guard documents.indices.contains(context), Int(documents[context]) == document else {
        throw StorageError(
          .damaged, "posting document is not that of the contexts", file: file)
      }
      guard let text = wordsOf[document] else { continue }
      contextWords[context] = -1
      let position = try row.decode(Int.self, atIndex: 1)
      guard let ends = ends[document], ends.indices.contains(position) else { continue }
      let start = position == 0 ? 0 : ends[position - 1]
      guard start >= 0, start < ends[position],
        let name = text.name(ofToken: start..<ends[position])
      else { continue }
      let number = numbers[name] ?? Int32(wordCount)
      if numbers[name] == nil {
        numbers[name] = number
        words.set(folded: name.split(separator: " ").map(String.init), for: wordCount)
        wordCount += 1
      }
      contextWords[context] = number
    }
  }

  /// Marks the documents that have the phrase.
  func documents(with phrase: Phrase, _ db: Database) throws -> [Bool] {
    var isFound = [Bool](repeating: false, count: documentCount)
    let main = SearchIndex(db: db, vocabulary: vocabulary)
    guard hasOlderIndex else {
      try main.documents(with: phrase) { if isFound.indices.contains($0) { isFound[$0] = true } }
      return isFound
    }
    // A word that the older tokenizer takes for another is in none of the documents that read alike.
    let isReadAlike =
      try OlderTokenizer(db).words(of: phrase.words.joined(separator: " ")) == phrase.words
    if isReadAlike {
      try main.documents(with: phrase) {
        if isFound.indices.contains($0), older?.isAnew[$0] != true { isFound[$0] = true }
      }
    }
    try older?.index.read { db in
      try SearchIndex(db: db, vocabulary: olderVocabulary).documents(with: phrase) {
        if isFound.indices.contains($0) { isFound[$0] = true }
      }
    }
    return isFound
  }

  mutating func search(
    _ query: SearchQuery, labels: [Int: String], explained: ([Int]) -> [Int], _ db: Database
  ) throws -> SearchResult {
    refresh(labels)
    if query.needsVocabulary, vocabulary == nil {
      vocabulary = try SearchVocabulary(db)
      olderVocabulary = try older?.index.read { try SearchVocabulary($0) }
    }
    var evaluation = SearchEvaluation(state: self, labelIndex: labelIndex)
    let result = try evaluation.evaluate(query.root, db)
    let regions = result.regions()
    let hits = try explained(regions).map { region in
      try evaluation.hit(region, score: result.scores[region], label: labels[region], query, db)
    }
    return SearchResult(regions: regions, hits: hits)
  }

  /// Reads the labels that changed since the last search.
  private mutating func refresh(_ new: [Int: String]) {
    guard labels != new else { return }
    for region in labels.keys where new[region] == nil { labelIndex.set(nil, for: region) }
    for (region, text) in new where labels[region] != text { labelIndex.set(text, for: region) }
    labels = new
  }
}
