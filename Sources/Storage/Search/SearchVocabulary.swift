import GRDB

/// The distinct words of a full-text index, for finding those with a piece inside.
struct SearchVocabulary {
  static let table = "CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, documentText, row)"
  /// Makes the table in a database that is only read: nothing is written anywhere, also not beside the
  /// temporary files of others.
  static let preparing = ["PRAGMA temp_store = MEMORY", table]

  private var bytes: [UInt8] = []
  /// Where each word ends in `bytes`.
  private var ends: [Int] = []
  private var documentCounts: [Int] = []

  init(_ db: Database) throws {
    let rows = try Row.fetchCursor(db, sql: "SELECT term, doc FROM temp.vocabulary")
    while let row = try rows.next() {
      // A term of a damaged index need not be UTF-8.
      bytes += try row.decode(String?.self, atIndex: 0)?.utf8 ?? "".utf8
      ends.append(bytes.count)
      documentCounts.append(try row.decode(Int.self, atIndex: 1))
    }
  }

  /// The words that end in `piece`, or have it anywhere; batches of few documents together, and words of
  /// many by themselves, because to merge lists costs their product.
  func batches(with piece: String, anywhere: Bool) -> [[String]] {
    let piece = Array(piece.utf8)
    guard let first = piece.first else { return [] }
    var batches: [[String]] = []
    var open: [String] = []
    var start = 0
    bytes.withUnsafeBufferPointer { bytes in
      func hasPiece(at place: Int) -> Bool {
        for offset in piece.indices where bytes[place + offset] != piece[offset] { return false }
        return true
      }
      for (word, end) in ends.enumerated() {
        defer { start = end }
        guard end - start >= piece.count else { continue }
        let last = end - piece.count
        let isFound =
          anywhere
          ? (start...last).contains { bytes[$0] == first && hasPiece(at: $0) } : hasPiece(at: last)
        guard isFound else { continue }
        let text = String(decoding: bytes[start..<end], as: UTF8.self)
        if documentCounts[word] > 256 {
          batches.append([text])
        } else {
          open.append(text)
          if open.count == 64 {
            batches.append(open)
            open = []
          }
        }
      }
    }
    return open.isEmpty ? batches : batches + [open]
  }
}

/// Asks a full-text index for the documents that have a phrase.
struct SearchIndex {
  let db: Database
  let vocabulary: SearchVocabulary?

  func documents(with phrase: Phrase, found: (Int) -> Void) throws {
    guard let first = phrase.words.first else { return }
    let rest = phrase.words.dropFirst()
    let isPrefix = phrase.isPrefix
    guard phrase.isSuffix, let vocabulary else {
      return try documents(matching: Self.expression(phrase.words, isPrefix), found)
    }
    // Where the phrase is one word that may go on, the words found are whole.
    let isOneOpen = rest.isEmpty && isPrefix
    for words in vocabulary.batches(with: first, anywhere: isOneOpen) {
      let phrases = words.map { Self.expression([$0] + rest, isPrefix && !isOneOpen) }
      try documents(matching: phrases.joined(separator: " OR "), found)
    }
  }

  /// Words have neither quotes nor spaces.
  private static func expression(_ words: some Sequence<String>, _ isPrefix: Bool) -> String {
    "\"\(words.joined(separator: " "))\"\(isPrefix ? " *" : "")"
  }

  private func documents(matching expression: String, _ found: (Int) -> Void) throws {
    let statement = try db.cachedStatement(
      sql: "SELECT rowid FROM documentText WHERE documentText MATCH ?")
    let rows = try Int.fetchCursor(statement, arguments: [expression])
    while let document = try rows.next() { found(document) }
  }
}
