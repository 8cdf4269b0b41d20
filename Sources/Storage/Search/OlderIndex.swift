import Foundation
import GRDB

/// Makes right what the full-text index of a dictionary of version 1 has otherwise.
///
/// That index was SQLite's `unicode61`: it takes a run of 猫在屋顶 for one word, cuts words at the marks of Thai
/// or Devanagari, and keeps full-width letters apart from others. Most documents read alike both ways, and
/// are searched in it. Those that do not are indexed anew, in memory, when the first search comes.
struct OlderIndex {
  /// Per document, whether it is in `index` and not in the file's.
  let isAnew: [Bool]
  let index: DatabaseQueue

  /// - Parameters:
  ///   - isShown: per document, whether a context shows it; others are in no index.
  ///   - found: called with every document that is indexed anew.
  /// - Returns: `nil` where there is none such.
  init?(_ db: Database, isShown: [Bool], found: (Int, [Word]) throws -> Void) throws {
    let older = try OlderTokenizer(db)
    var isAnew = [Bool](repeating: false, count: isShown.count)
    var texts: [(Int, String)] = []
    let rows = try Row.fetchCursor(db, sql: "SELECT id, text FROM document")
    while let row = try rows.next() {
      let id = try row.decode(Int.self, atIndex: 0)
      guard isShown.indices.contains(id), isShown[id] else { continue }
      let text = try row.decode(StoredText.self, atIndex: 1).text
      if Self.readsAlike(text) { continue }
      let words = SearchText.words(of: text)
      if words.map(\.folded) == older.words(of: text) { continue }
      isAnew[id] = true
      texts.append((id, SearchText.indexed(words)))
      try found(id, words)
    }
    if texts.isEmpty { return nil }
    var configuration = Configuration()
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA journal_mode = OFF")
      try db.execute(sql: "PRAGMA temp_store = MEMORY")
    }
    let queue = try DatabaseQueue(configuration: configuration)
    try queue.write { db in
      // Contentless: the words are all that is asked for.
      try db.execute(
        sql: """
          CREATE VIRTUAL TABLE documentText USING fts5 (
            text, content = '', columnsize = 0, tokenize = 'ascii', prefix = '1 2 3')
          """)
      let insert = try db.makeStatement(
        sql: "INSERT INTO documentText (rowid, text) VALUES (?, ?)")
      for (id, text) in texts { try insert.execute(arguments: [id, text]) }
      try db.execute(sql: SearchVocabulary.table)
    }
    self.isAnew = isAnew
    index = queue
  }

  /// Whether the text has only what both ways of reading agree on: ASCII, the signs of Western print, and
  /// the accented letters of its languages.
  static func readsAlike(_ text: String) -> Bool {
    for byte in text.utf8 where byte >= 0x80 {
      return text.unicodeScalars.allSatisfy { scalar in
        switch scalar.value {
        case ..<0x80, 0xC0...0x131, 0x134...0x13E, 0x141...0x148, 0x14A...0x17F, 0x2010...0x2027,
          0x2032...0x203A, 0x20AC:
          true
        default: false
        }
      }
    }
    return true
  }
}

/// The tokenizer of the full-text index of version 1. Lives no longer than the database access that made it.
struct OlderTokenizer {
  private let tokenizer: any FTS5Tokenizer

  init(_ db: Database) throws {
    tokenizer = try db.makeTokenizer(.unicode61(diacritics: .remove))
  }

  /// The folded words of `text` in order.
  func words(of text: String) -> [String] {
    final class Collector {
      var words: [String] = []
    }
    let collector = Collector()
    var text = text
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { bytes in
        guard bytes.count <= CInt.max else { return }
        _ = tokenizer.tokenize(
          context: Unmanaged.passUnretained(collector).toOpaque(), tokenization: .document,
          pText: bytes.baseAddress, nText: CInt(bytes.count),
          tokenCallback: { context, _, token, length, _, _ in
            guard let context, let token else { return 0 }
            let collector = Unmanaged<Collector>.fromOpaque(context).takeUnretainedValue()
            let folded = token.withMemoryRebound(to: UInt8.self, capacity: Int(length)) {
              String(decoding: UnsafeBufferPointer(start: $0, count: Int(length)), as: UTF8.self)
            }
            collector.words.append(folded)
            return 0
          })
      }
    }
    return collector.words
  }
}
