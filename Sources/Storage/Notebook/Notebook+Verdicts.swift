import Foundation
import GRDB

extension Notebook {
  /// Records a person's verdict on a continuation, or takes it away where `outcome` is `nil`.
  ///
  /// One that agrees with the classifier is worth recording: agreement is counted from it. What is
  /// there already is not written again, and nothing earlier is ever overwritten.
  ///
  /// - Parameter seen: the classifier's name and verdict at the time.
  package func setVerdict(
    _ outcome: Outcome?, on key: ContinuationKey,
    seen: (classifier: String, outcome: Outcome)? = nil, author: String? = nil,
    note: String? = nil, at date: Date = Date()
  ) throws {
    let verdict = PersonalVerdict(
      key: key, outcome: outcome, author: author, date: date, classifier: seen?.classifier,
      classified: seen?.outcome, note: note)
    try write { db in
      let before = try Self.verdicts(of: key, db).last
      guard before?.outcome != outcome || (before != nil && before?.note != note) else { return }
      try Self.insert(verdict, db)
    }
  }

  /// The verdicts that stand, of one store or of all, by store, document and condition.
  package func verdicts(ofStore store: String? = nil) throws -> [PersonalVerdict] {
    try latestVerdicts(ofStore: store).filter { $0.outcome != nil }
  }

  private func latestVerdicts(ofStore store: String?) throws -> [PersonalVerdict] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT * FROM verdict WHERE id IN (
            SELECT max(id) FROM verdict WHERE store = ?1 OR ?1 IS NULL
            GROUP BY store, document, condition, textHash)
          ORDER BY store, document, condition, textHash
          """, arguments: [store]
      ).map(Self.verdict)
    }
  }

  static func verdicts(of key: ContinuationKey, _ db: Database) throws -> [PersonalVerdict] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT * FROM verdict
        WHERE store = ? AND document = ? AND condition = ? AND textHash = ? ORDER BY id
        """, arguments: [key.store, StoredText(key.document), key.condition, key.textHash]
    ).map(verdict)
  }

  static func insert(_ verdict: PersonalVerdict, _ db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO verdict
          (store, document, condition, textHash, outcome, author, date, classifier, classified, note)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        verdict.key.store, StoredText(verdict.key.document), verdict.key.condition,
        verdict.key.textHash, verdict.outcome?.rawValue, verdict.author.map(StoredText.init),
        Timestamp.text(verdict.date), verdict.classifier, verdict.classified?.rawValue,
        verdict.note.map(StoredText.init),
      ])
  }

  static func verdict(_ row: Row) throws -> PersonalVerdict {
    func outcome(_ column: String) throws -> Outcome? {
      guard let text = try row.decode(String?.self, forColumn: column) else { return nil }
      guard let outcome = Outcome(rawValue: text) else {
        throw StorageError(.damaged, "a verdict cannot be read", file: "notebook")
      }
      return outcome
    }
    func text(_ column: String) throws -> String? {
      try row.decode(StoredText?.self, forColumn: column)?.text
    }
    return PersonalVerdict(
      key: ContinuationKey(
        store: try row.decode(forColumn: "store"), document: try text("document") ?? "",
        condition: try row.decode(forColumn: "condition"),
        textHash: try row.decode(forColumn: "textHash")),
      outcome: try outcome("outcome"), author: try text("author"),
      date: Timestamp.date(try row.decode(forColumn: "date")) ?? .distantPast,
      classifier: try row.decode(forColumn: "classifier"), classified: try outcome("classified"),
      note: try text("note"))
  }
}
