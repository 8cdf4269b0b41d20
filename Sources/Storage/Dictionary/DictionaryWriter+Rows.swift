import ExemplarPartitioning
import Foundation
import GRDB

extension DictionaryWriter {
  /// - Throws: `invalid` where the record is not of the rows that the contexts are of.
  static func check(
    _ rows: RowRecord, of dictionary: ExemplarDictionary, name: String
  ) throws {
    func refuse(_ message: String) -> StorageError { StorageError(.invalid, message, file: name) }
    guard rows.tokens.count == rows.count, rows.fields.allSatisfy({ $0.codes.count == rows.count })
    else { throw refuse("expected a value a row for each of \(rows.count) rows") }
    for field in rows.fields
    where field.codes.contains(where: { $0 < -1 || Int($0) >= field.values.count }) {
      throw refuse("a row's \(field.name) is none of its \(field.values.count) values")
    }
    for (id, region) in dictionary.regions.enumerated() {
      for context in region.closest + region.farthest {
        guard (0..<rows.count).contains(context.position) else {
          throw refuse(
            "region \(id): expected rows below \(rows.count), found \(context.position)")
        }
        guard let token = rows.tokens[context.position] else { continue }
        let text = context.document.map { dictionary.documents[$0] } ?? ""
        guard token.lowerBound >= 0, token.upperBound <= text.utf8.count else {
          throw refuse("row \(context.position): its token lies outside its text")
        }
      }
    }
  }

  /// Writes which row each context is of, and what is known of every row.
  static func insertRows(_ regions: [Region], _ rows: RowRecord, _ db: Database) throws {
    for statement in DictionarySchema.rowStatements { try db.execute(sql: statement) }
    let insert = try db.makeStatement(sql: "INSERT INTO contextRow VALUES (?, ?, ?, ?, ?, ?)")
    for (id, region) in regions.enumerated() {
      for (kind, contexts) in [region.closest, region.farthest].enumerated() {
        for (rank, context) in contexts.enumerated() {
          let token = rows.tokens[context.position]
          try insert.execute(arguments: [
            id, kind, rank, context.position, token?.lowerBound, token?.upperBound,
          ])
        }
      }
    }
    let field = try db.makeStatement(sql: "INSERT INTO rowField VALUES (?, ?, ?, ?, ?)")
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    for (id, value) in rows.fields.enumerated() {
      try field.execute(arguments: [
        id, StoredText(value.name), value.isText, try encoder.encode(value.values),
        Data(IntegerList.encode(value.codes.map(Int.init))),
      ])
    }
  }
}
