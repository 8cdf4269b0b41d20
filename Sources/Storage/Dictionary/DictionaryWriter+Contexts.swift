import ExemplarPartitioning
import Foundation
import GRDB

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

  static func insertContexts(
    _ regions: [Region], _ rows: RowRecord?, _ db: Database
  ) throws -> ContextColumns {
    let insert = try db.makeStatement(sql: "INSERT INTO context VALUES (?, ?, ?, ?, ?, ?)")
    var columns = ContextColumns()
    for (id, region) in regions.enumerated() {
      for (kind, contexts) in [region.closest, region.farthest].enumerated() {
        for (rank, context) in contexts.enumerated() {
          try insert.execute(arguments: [
            id, kind, rank, context.distance, context.document,
            rows?.positions[context.position] ?? context.position,
          ])
          guard let document = context.document else { continue }
          columns.regions.append(Int32(id * 2 + kind))
          columns.documents.append(Int32(document))
          columns.positions.append(context.position)
          columns.tokens.append(rows?.tokens[context.position])
        }
      }
    }
    return columns
  }

  private static func token(at position: Int, _ ends: [Int32]?) -> Range<Int>? {
    guard let ends, ends.indices.contains(position) else { return nil }
    return (position == 0 ? 0 : Int(ends[position - 1]))..<Int(ends[position])
  }

  static func insertDocuments(
    _ dictionary: ExemplarDictionary, tokenEnds: [[Int32]?]?, _ contexts: ContextColumns,
    _ db: Database
  ) throws {
    var shownBy = [[Int32]](repeating: [], count: dictionary.documents.count)
    for (context, document) in contexts.documents.enumerated() {
      shownBy[Int(document)].append(Int32(context))
    }
    let insert = try db.makeStatement(sql: "INSERT INTO document VALUES (?, ?, ?)")
    let index = try db.makeStatement(sql: "INSERT INTO documentText (rowid, text) VALUES (?, ?)")
    var wordNumbers: [String: Int32] = [:]
    var contextWords = [Int32](repeating: -1, count: contexts.documents.count)
    for (id, text) in dictionary.documents.enumerated() {
      let ends = tokenEnds?[id]
      try insert.execute(arguments: [
        id, StoredText(text), ends.map { Data(IntegerList.encode($0.map(Int.init))) },
      ])
      guard !shownBy[id].isEmpty else { continue }
      let words = SearchText.words(of: text)
      try index.execute(arguments: [id, SearchText.indexed(words)])
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
