import Foundation
import GRDB
import TensorFiles

extension StoreFile {
  /// Documents in the order of the capture.
  ///
  /// - Precondition: `range` lies within `0..<documentCount`.
  package func documents(_ range: Range<Int>) throws -> [StoreDocument] {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= documentCount,
      "expected documents within 0..<\(documentCount), got \(range)")
    return try fetch("id >= ? AND id < ?", [range.lowerBound, range.upperBound])
  }

  /// Every document of the sets that are taken.
  package func documents() throws -> [StoreDocument] {
    takenSets == nil ? try allDocuments() : try documents(at: indices(of: nil))
  }

  /// Every document, those of sets that are not taken too.
  func allDocuments() throws -> [StoreDocument] { try documents(0..<documentCount) }

  /// As ``documents()``, by their numbers.
  package func documentsByIndex() throws -> [Int: StoreDocument] {
    Dictionary(try documents().map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The documents of the given numbers, in their order.
  ///
  /// - Precondition: every number lies within `0..<documentCount`, and none comes twice.
  package func documents(at indices: [Int]) throws -> [StoreDocument] {
    precondition(
      indices.allSatisfy { (0..<documentCount).contains($0) },
      "expected documents within 0..<\(documentCount)")
    let list = indices.map(String.init).joined(separator: ",")
    let found = try fetch("id IN (\(list))", [])
    let byIndex = Dictionary(found.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
    return try indices.map { index in
      guard let document = byIndex[index] else { throw damaged("document \(index) is not there") }
      return document
    }
  }

  /// The numbers of the documents of some sets, in the order of the capture; of all without any.
  ///
  /// - Parameter split: takes the documents of this split alone.
  /// - Throws: `invalid` for a set, or a split of those sets, that the store lacks, with those it has.
  package func indices(ofSets sets: [String]?, split: String? = nil) throws -> [Int] {
    let indices = try indices(of: sets)
    guard let split else { return indices }
    let splits = try splits()
    let taken = indices.filter { splits[$0] == split }
    guard taken.isEmpty else { return taken }
    let known = indices.compactMap { splits[$0] }
    throw StorageError.unknownSplit(split, of: Set(known), inSets: sets != nil, file: name)
  }

  /// The split of every document that has one, by its number.
  package func splits() throws -> [Int: String] {
    try read { db in
      try Row.fetchAll(db, sql: "SELECT id, split FROM document WHERE split IS NOT NULL")
        .reduce(into: [:]) { splits, row in
          splits[try row.decode(Int.self, atIndex: 0)] =
            try row.decode(StoredText.self, atIndex: 1).text
        }
    }
  }

  private func indices(of sets: [String]?) throws -> [Int] {
    guard let sets = sets ?? takenSets else { return Array(0..<documentCount) }
    try checkSets(sets)
    let wanted = Set(sets)
    return try read { db in
      try Row.fetchAll(db, sql: "SELECT id, promptSet FROM document ORDER BY id").compactMap {
        wanted.contains(try $0.decode(StoredText.self, atIndex: 1).text)
          ? try $0.decode(Int.self, atIndex: 0) : nil
      }
    }
  }

  /// - Throws: `invalid` for a set that it lacks, or that is not taken, with those there are.
  func checkSets(_ sets: [String]) throws {
    let known = try self.sets().map(\.name)
    let offered = known.filter { takenSets?.contains($0) ?? true }
    guard let unknown = sets.first(where: { !offered.contains($0) }) else { return }
    throw StorageError.unknownSet(
      unknown, of: sets == takenSets ? known : offered, file: url.lastPathComponent)
  }

  /// Every document of the sets named, in the order of the capture.
  package func documents(ofSets sets: [String]) throws -> [StoreDocument] {
    try documents(at: indices(ofSets: sets))
  }

  /// The document with a prompt's own id; `nil` without one.
  package func document(id: String) throws -> StoreDocument? {
    try fetch("name = ?", [id]).first
  }

  /// The document that a row belongs to.
  package func document(atRow row: Int) throws -> StoreDocument? {
    guard (0..<rowCount).contains(row) else { return nil }
    return try fetch("firstRow <= ? AND firstRow + rowCount > ?", [row, row]).first
  }

  /// The prompt sets in the order of their first documents, with the number of their documents.
  package func sets() throws -> [(name: String, documents: Int)] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: "SELECT promptSet, count(*) FROM document GROUP BY promptSet ORDER BY min(id)"
      ).map { (try $0.decode(String.self, atIndex: 0), try $0.decode(Int.self, atIndex: 1)) }
    }
  }

  /// The tokens of a document.
  ///
  /// - Throws: `damaged` where their number or order is not what the document says.
  package func tokens(of document: StoreDocument) throws -> StoreTokens {
    let row = try read { db in
      try Row.fetchOne(
        db, sql: "SELECT tokens, tokenEnds FROM document WHERE id = ?", arguments: [document.index])
    }
    guard let row else { throw damaged("document \(document.index) is not there") }
    let ids = try integers(row, 0, count: document.tokenCount, of: "tokens of \(document.index)")
    let ends = try integers(row, 1, count: document.tokenCount, of: "ends of \(document.index)")
    if let ids, ids.contains(where: { $0 < 0 }) {
      throw damaged("document \(document.index): a token id is negative")
    }
    if let ends {
      let ascends = zip(ends, ends.dropFirst()).allSatisfy { $0 <= $1 }
      guard ascends, ends.first ?? 0 >= 0, Int(ends.last ?? 0) <= document.text.utf8.count else {
        throw damaged(
          "document \(document.index): expected token ends that ascend to "
            + "\(document.text.utf8.count)")
      }
    }
    return StoreTokens(
      ids: ids, ends: ends, template: try templatePositions(of: [document])[document.index])
  }

  /// The positions of the tokens that nobody said, by number of the document, for those that say so: the template's own
  /// and the tokenizer's.
  ///
  /// - Throws: `damaged` for positions that do not ascend within the document.
  package func templatePositions(of documents: [StoreDocument]) throws -> [Int: [Int32]] {
    guard hasTemplateTable else { return [:] }
    let most = 4096
    guard documents.count <= most else {
      var found: [Int: [Int32]] = [:]
      for start in stride(from: 0, to: documents.count, by: most) {
        let part = Array(documents[start..<min(start + most, documents.count)])
        found.merge(try templatePositions(of: part)) { first, _ in first }
      }
      return found
    }
    let counts = Dictionary(
      documents.map { ($0.index, $0.tokenCount) }, uniquingKeysWith: { first, _ in first })
    let list = documents.map { String($0.index) }.joined(separator: ",")
    return try read { db in
      try Row.fetchAll(
        db,
        sql:
          "SELECT document, positions FROM \(StoreSchema.templateTable) WHERE document IN (\(list))"
      ).reduce(into: [:]) { found, row in
        let index = try row.decode(Int.self, atIndex: 0)
        let positions = try integers(row, 1, count: nil, of: "template tokens of \(index)") ?? []
        guard let count = counts[index], positions.first ?? 0 >= 0,
          positions.last ?? 0 <= max(0, count - 1),
          zip(positions, positions.dropFirst()).allSatisfy({ $0 < $1 })
        else {
          throw damaged("document \(index): its template tokens do not ascend within it")
        }
        found[index] = positions
      }
    }
  }

  /// The continuations of every document of the sets that are taken, by document and condition.
  package func continuations() throws -> [StoreContinuation] {
    let all = try fetchContinuations("1", [])
    guard takenSets != nil else { return all }
    let taken = Set(try indices(of: nil))
    return all.filter { taken.contains($0.document) }
  }

  func allContinuations() throws -> [StoreContinuation] { try fetchContinuations("1", []) }

  /// The continuations of one document.
  package func continuations(of document: Int) throws -> [StoreContinuation] {
    try fetchContinuations("document = ?", [document])
  }

  private func fetch(_ condition: String, _ arguments: StatementArguments) throws
    -> [StoreDocument]
  {
    let rows = rowCount
    return try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT id, name, kind, promptSet, split, category, topic, prompt, text, firstRow,
            firstPosition, rowCount, tokenCount
          FROM document WHERE \(condition) ORDER BY id
          """, arguments: arguments
      ).map { row in
        func text(_ column: Int) throws -> String? {
          try row.decode(StoredText?.self, atIndex: column)?.text
        }
        let document = StoreDocument(
          index: try row.decode(Int.self, atIndex: 0),
          id: try row.decode(StoredText.self, atIndex: 1).text,
          kind: try row.decode(Int.self, atIndex: 2) == 0 ? .prompt : .text,
          set: try row.decode(StoredText.self, atIndex: 3).text, split: try text(4),
          category: try text(5), topic: try text(6),
          prompt: try row.decode(StoredText.self, atIndex: 7).text,
          text: try row.decode(StoredText.self, atIndex: 8).text,
          firstRow: try row.decode(Int.self, atIndex: 9),
          firstPosition: try row.decode(Int.self, atIndex: 10),
          rowCount: try row.decode(Int.self, atIndex: 11),
          tokenCount: try row.decode(Int.self, atIndex: 12))
        guard document.firstRow >= 0, document.rowCount >= 0, document.firstRow <= rows,
          document.rowCount <= rows - document.firstRow, document.firstPosition >= 0,
          document.tokenCount >= document.rowCount, document.tokenCount <= Int(Int32.max),
          document.firstPosition <= document.tokenCount - document.rowCount
        else {
          throw damaged("document \(document.index): its rows and tokens do not fit the store")
        }
        return document
      }
    }
  }

  private func fetchContinuations(
    _ condition: String, _ arguments: StatementArguments
  ) throws -> [StoreContinuation] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT document, condition, text, tokens, ending, outcome, classifier, phrase,
            phraseStart, phraseEnd
          FROM continuation WHERE \(condition) ORDER BY document, condition
          """, arguments: arguments
      ).map { row in
        let document = try row.decode(Int.self, atIndex: 0)
        let text = try row.decode(StoredText.self, atIndex: 2).text
        guard (0..<documentCount).contains(document) else {
          throw damaged("a continuation is of document \(document), which is not there")
        }
        return StoreContinuation(
          document: document, condition: try row.decode(StoredText.self, atIndex: 1).text,
          text: text,
          tokens: try integers(row, 3, count: nil, of: "continuation of \(document)"),
          ending: try row.decode(StoredText.self, atIndex: 4).text,
          verdict: try verdict(row, textCount: text.utf8.count, document: document))
      }
    }
  }

  private func verdict(_ row: Row, textCount: Int, document: Int) throws -> StoreVerdict? {
    guard let name = try row.decode(StoredText?.self, atIndex: 5)?.text else { return nil }
    guard let outcome = Outcome(rawValue: name) else {
      throw damaged("document \(document): \(TensorFileError.printable(name)) is no outcome")
    }
    var range: Range<Int>?
    if let start = try row.decode(Int?.self, atIndex: 8),
      let end = try row.decode(Int?.self, atIndex: 9)
    {
      guard start >= 0, start <= end, end <= textCount else {
        throw damaged("document \(document): a phrase lies outside its continuation")
      }
      range = start..<end
    }
    return StoreVerdict(
      outcome: outcome,
      classifier: try row.decode(StoredText?.self, atIndex: 6)?.text ?? "",
      phrase: try row.decode(StoredText?.self, atIndex: 7)?.text, phraseRange: range)
  }

  private func integers(
    _ row: Row, _ column: Int, count: Int?, of what: String
  ) throws -> [Int32]? {
    guard let data = try row.decode(Data?.self, atIndex: column) else { return nil }
    guard let numbers = data.withUnsafeBytes({ IntegerList.decode($0) }),
      numbers.count == count ?? numbers.count
    else {
      throw damaged("\(what): expected \(count.map(String.init) ?? "some") numbers, found others")
    }
    return try numbers.map {
      guard let number = Int32(exactly: $0) else { throw damaged("\(what): \($0) is too large") }
      return number
    }
  }
}

extension StorageError {
  /// Of documents none of which is of a set that was asked for.
  package static func unknownSet(
    _ set: String, of known: [String], file: String
  ) -> StorageError {
    StorageError(
      .invalid,
      "has no set \(TensorFileError.printable(set)); it has "
        + known.map(TensorFileError.printable).joined(separator: ", "), file: file)
  }

  /// Likewise of a split.
  package static func unknownSplit(
    _ split: String, of known: Set<String>, inSets: Bool, file: String
  ) -> StorageError {
    StorageError(
      .invalid,
      "has no document of split \(TensorFileError.printable(split))"
        + (inSets ? " in these sets" : "") + "; it has "
        + (known.isEmpty
          ? "no splits"
          : known.sorted().map { TensorFileError.printable($0) }.joined(separator: ", ")),
      file: file)
  }
}
