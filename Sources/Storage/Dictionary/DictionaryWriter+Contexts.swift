import ExemplarPartitioning
import Foundation
import GRDB
import TensorFiles

extension DictionaryWriter {
  /// The contexts that have a document, as columns.
  struct ContextColumns {
    /// Twice the region, plus 1 in farthest contexts.
    var regions: [Int32] = []
    var documents: [Int32] = []
    var positions: [Int] = []
    /// The token of each that a table of rows gives.
    var tokens: [Range<Int>?] = []
  }

  /// Puts regions into their tables, one after the other.
  final class RegionRows {
    private let region: Statement
    private let membership: Statement
    private let context: Statement
    private let rows: RowRecord?
    private(set) var contexts = ContextColumns()

    /// - Parameter rows: what is known of the rows that contexts are of.
    init(_ db: Database, rows: RowRecord? = nil) throws {
      self.rows = rows
      region = try db.makeStatement(sql: "INSERT INTO region VALUES (?, ?, ?, ?, ?, ?, ?)")
      membership = try db.makeStatement(sql: "INSERT INTO membership VALUES (?, ?, ?)")
      context = try db.makeStatement(sql: "INSERT INTO context VALUES (?, ?, ?, ?, ?, ?)")
    }

    func insert(_ value: Region, id: Int) throws {
      try region.execute(arguments: [
        id, value.memberCount, value.coherence, value.sumDistance, value.sumSquaredDistance,
        value.batches.first, value.label.map(StoredText.init),
      ])
      try membership.execute(arguments: [
        id, Data(IntegerList.encode(value.batches)), Data(IntegerList.encode(value.members)),
      ])
      for (kind, list) in [value.closest, value.farthest].enumerated() {
        for (rank, entry) in list.enumerated() {
          try context.insert { row in
            row.bind(id, to: 1)
            row.bind(kind, to: 2)
            row.bind(rank, to: 3)
            row.bind(entry.distance, to: 4)
            row.bind(entry.document, to: 5)
            row.bind(rows?.positions[entry.position] ?? entry.position, to: 6)
          }
          guard let document = entry.document else { continue }
          contexts.regions.append(Int32(id * 2 + kind))
          contexts.documents.append(Int32(document))
          contexts.positions.append(entry.position)
          contexts.tokens.append(rows?.tokens[entry.position])
        }
      }
    }
  }

  /// Puts texts into the index, one after the other.
  final class IndexRows {
    private let db: Database
    private let statement: Statement

    /// Words are gathered in memory up to here before they are merged into what is written: one merge of much costs
    /// less than many of little.
    private static let gathered = 1 << 25

    init(_ db: Database) throws {
      self.db = db
      try db.execute(
        sql: "INSERT INTO documentText (documentText, rank) VALUES ('hashsize', ?)",
        arguments: [Self.gathered])
      statement = try db.makeStatement(
        sql: "INSERT INTO documentText (rowid, text) VALUES (?, ?)")
    }

    /// - Parameter text: as ``SearchText`` gives it.
    func insert(_ text: String, id: Int) throws {
      try statement.execute(arguments: [id, text])
    }

    func finish() throws {
      try db.execute(sql: "INSERT INTO documentText (documentText) VALUES ('optimize')")
      // How it was made is nothing that its readers need.
      try db.execute(sql: "DELETE FROM documentText_config WHERE k = 'hashsize'")
    }
  }

  private static func token(at position: Int, _ ends: [Int32]?) -> Range<Int>? {
    guard let ends, ends.indices.contains(position) else { return nil }
    return (position == 0 ? 0 : Int(ends[position - 1]))..<Int(ends[position])
  }

  static func insertDocuments(
    _ documents: [String], tokenEnds: [[Int32]?]?, _ contexts: ContextColumns,
    isIndexed: Bool = false, _ db: Database
  ) throws {
    var shownBy = [[Int32]](repeating: [], count: documents.count)
    for (context, document) in contexts.documents.enumerated() {
      shownBy[Int(document)].append(Int32(context))
    }
    let insert = try db.makeStatement(sql: "INSERT INTO document VALUES (?, ?, ?)")
    let index = isIndexed ? nil : try IndexRows(db)
    var wordNumbers: [String: Int32] = [:]
    var contextWords = [Int32](repeating: -1, count: contexts.documents.count)
    for (id, text) in documents.enumerated() {
      try LongWork.check()
      let ends = tokenEnds?[id]
      try insert.execute(arguments: [
        id, StoredText(text), ends.map { Data(IntegerList.encode($0.map(Int.init))) },
      ])
      guard !shownBy[id].isEmpty, index != nil || ends != nil else { continue }
      let words = SearchText.words(of: text)
      try index?.insert(SearchText.indexed(words), id: id)
      for context in shownBy[id] {
        guard
          let token = contexts.tokens[Int(context)]
            ?? token(at: contexts.positions[Int(context)], ends)
        else { continue }
        guard let name = words.name(ofToken: token) else { continue }
        let number = wordNumbers[name] ?? Int32(wordNumbers.count)
        wordNumbers[name] = number
        contextWords[Int(context)] = number
      }
    }
    try index?.finish()
    let insertWord = try db.makeStatement(sql: "INSERT INTO word VALUES (?, ?)")
    for (word, number) in wordNumbers.sorted(by: { $0.value < $1.value }) {
      try insertWord.execute(arguments: [number, word])
    }
    for (name, numbers) in [
      ("document", contexts.documents), ("region", contexts.regions), ("word", contextWords),
    ] {
      try db.execute(
        sql: "INSERT INTO posting VALUES (?, ?)",
        arguments: [name, numbers.withUnsafeBytes { Data($0) }])
    }
  }
}
