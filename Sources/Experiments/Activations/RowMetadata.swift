import ExemplarPartitioning
import Foundation
import Storage
import TensorFiles

/// A table that says what the rows of an array are: a line a row, in any of the formats of a `TextTable`.
///
/// `text`, `token`, `document` and `position` make contexts of the rows; these, but the text, and all other fields can be
/// asked about in filters. A row without a text has the one that its document has in other rows.
package struct RowMetadata: Sendable {
  package let file: String
  /// In the order in which rows first show them.
  let documents: [String]
  /// `[n]`; −1 for a row without a text.
  let documentOfRow: [Int32]
  package let record: RowRecord
  /// Rows whose token stands nowhere in its text, or at places that nothing tells apart.
  package let unmarked: [TablePlace]

  static let main = ["token", "document", "position", "text"]

  package var count: Int { record.count }

  /// - Throws: `ExperimentError` with the line of what is not understood.
  package init(_ url: URL) throws {
    let table = try ExperimentError.about {
      try TextTable(url, TextTable.Fields(main: Self.main, isOpen: true))
    }
    self = try ExperimentError.about { try RowMetadata(table) }
  }

  init(_ table: TextTable) throws {
    file = table.file
    let rows = try table.rows.map(RowWords.init)
    let texts = try Self.texts(rows)
    var (documents, numbers, owners) = ([String](), [RowDocument: Int32](), [Int32]())
    for (row, text) in zip(rows, texts) {
      guard let text else {
        owners.append(-1)
        continue
      }
      let document = RowDocument(name: row.document, text: text)
      if numbers[document] == nil {
        numbers[document] = Int32(documents.count)
        documents.append(text)
      }
      owners.append(numbers[document] ?? -1)
    }
    (self.documents, documentOfRow) = (documents, owners)
    let tokens = RowTokens.places(rows, documentOfRow: owners, documents: documents)
    unmarked = rows.indices.filter { rows[$0].token != nil && tokens[$0] == nil }.map {
      rows[$0].place
    }
    record = RowRecord(
      positions: rows.map(\.position), tokens: tokens, fields: try Self.fields(table))
  }

  /// The text of each row: its own, its document's, or its token.
  private static func texts(_ rows: [RowWords]) throws -> [String?] {
    var known: [String: Set<String>] = [:]
    for row in rows {
      if let document = row.document, let text = row.text {
        known[document, default: []].insert(text)
      }
    }
    return try rows.map { row in
      if let text = row.text { return text }
      guard let document = row.document, let texts = known[document] else { return row.token }
      guard texts.count == 1 else {
        throw TableError(
          "expected a text: other rows of document \(TensorFileError.printable(document)) have "
            + "\(texts.count) different ones", at: row.place)
      }
      return texts.first
    }
  }

  /// Every field but the text, numbers where all of its values are.
  private static func fields(_ table: TextTable) throws -> [RowRecord.Field] {
    var names: [String] = []
    var seen: Set<String> = []
    var cells = 0
    for row in table.rows {
      cells += row.fields.count
      for name in row.fields.keys.sorted() where name.lowercased() != "text" {
        if seen.insert(name).inserted { names.append(name) }
      }
    }
    // A column has a place for every row, so that fields of a few rows each would take the square of the file.
    guard names.count * table.rows.count <= max(1 << 24, 8 * cells) else {
      throw TableError(
        "expected at most \(1 << 24) places, fields times rows, or an eighth of them with a value; found \(names.count) fields "
          + "in \(table.rows.count) rows, of which a row has \(cells / table.rows.count)",
        at: TablePlace(table.file))
    }
    return try names.sorted().compactMap { name in
      var field = RowRecord.Field(name: name, isText: false)
      var numbers: [String: Int32] = [:]
      field.codes.reserveCapacity(table.rows.count)
      for row in table.rows {
        guard let (value, isNumber) = try word(row, name) else {
          field.codes.append(-1)
          continue
        }
        if !isNumber { field.isText = true }
        let code = numbers[value] ?? Int32(field.values.count)
        if numbers.updateValue(code, forKey: value) == nil { field.values.append(value) }
        field.codes.append(code)
      }
      return field.values.isEmpty ? nil : field
    }
  }

  private static func word(
    _ row: TextTable.Row, _ name: String
  ) throws -> (value: String, isNumber: Bool)? {
    switch row.fields[name] ?? .null {
    case .null: return nil
    case .bool(let value): return ("\(value)", false)
    case .number(let text): return (text, Double(text)?.isFinite == true)
    case .text(let text): return (text, row.isDelimited && Double(text)?.isFinite == true)
    case let value:
      throw row.failure(
        "\(TensorFileError.printable(name)): expected text, a number, true or false, found "
          + value.kind)
    }
  }
}

/// What tells documents apart: rows of one that have windows of their own are shown in them.
private struct RowDocument: Hashable {
  var name: String?
  var text: String
}

/// What a row says of where it was read.
struct RowWords {
  var text: String?
  var token: String?
  var document: String?
  var position: Int?
  var place: TablePlace

  init(_ row: TextTable.Row) throws {
    place = row.place
    text = try Self.text(row, "text")
    token = try Self.text(row, "token")
    document = try PromptFields.name(row, "document", isID: true)
    position = try Self.position(row)
  }

  private static func text(_ row: TextTable.Row, _ field: String) throws -> String? {
    guard let (name, value) = try row.field(field) else { return nil }
    guard case .text(let text) = value else {
      throw row.failure("\(TensorFileError.printable(name)): expected text, found \(value.kind)")
    }
    return text.isEmpty ? nil : text
  }

  private static func position(_ row: TextTable.Row) throws -> Int? {
    guard let (name, value) = try row.field("position") else { return nil }
    let spelled: String
    switch value {
    case .number(let text): spelled = text
    case .text(let text) where row.isDelimited: spelled = text
    default:
      throw row.failure(
        "\(TensorFileError.printable(name)): expected a number, found \(value.kind)")
    }
    // pandas writes whole numbers of a column with gaps as 3.0.
    guard let number = Double(spelled), let position = Int32(exactly: number), position >= 0 else {
      throw row.failure(
        "\(TensorFileError.printable(name)): expected a whole number of 0 or more, found "
          + TensorFileError.printable(spelled))
    }
    return Int(position)
  }
}

/// Finds the tokens of rows in their texts.
enum RowTokens {
  /// As UTF-8 offsets; `nil` where the table leaves it open.
  ///
  /// Rows at positions 0, 1, 2 … whose tokens make up the text from its start lie where they do; any other token lies
  /// where its text has it, if that is one place.
  static func places(
    _ rows: [RowWords], documentOfRow: [Int32], documents: [String]
  ) -> [Range<Int>?] {
    var byDocument: [[Int]] = Array(repeating: [], count: documents.count)
    for (row, document) in documentOfRow.enumerated() where document >= 0 {
      byDocument[Int(document)].append(row)
    }
    var places = [Range<Int>?](repeating: nil, count: rows.count)
    for (document, members) in byDocument.enumerated() {
      let text = Array(documents[document].utf8)
      let run = laidOut(members, rows, text)
      var found: [String: Range<Int>?] = [:]
      for row in members {
        guard let token = rows[row].token else { continue }
        if let position = rows[row].position, let place = run[position] {
          places[row] = place
          continue
        }
        if found[token] == nil {
          found[token] = .some(spellings(of: token).first(giving: { onlyPlace(of: $0, in: text) }))
        }
        places[row] = found[token] ?? nil
      }
    }
    return places
  }

  /// By position, the places of tokens that make up the text one after another; empty where they do not.
  private static func laidOut(
    _ members: [Int], _ rows: [RowWords], _ text: [UInt8]
  ) -> [Int: Range<Int>] {
    var tokens: [Int: String] = [:]
    for row in members {
      guard let position = rows[row].position, let token = rows[row].token else { continue }
      if let other = tokens.updateValue(token, forKey: position), other != token { return [:] }
    }
    var (run, end) = ([Int: Range<Int>](), 0)
    for position in 0..<tokens.count {
      guard let token = tokens[position] else { return [:] }
      let lying = spellings(of: token).first { spelling in
        text[end...].starts(with: spelling)
      }
      guard let lying else { return [:] }
      run[position] = end..<end + lying.count
      end += lying.count
    }
    return run
  }

  /// The token as it is, and as a tokenizer's vocabulary spells a space before it.
  private static func spellings(of token: String) -> [[UInt8]] {
    let plain = token.replacing("Ġ", with: " ").replacing("▁", with: " ").replacing("Ċ", with: "\n")
    let spellings = plain == token ? [token] : [token, plain, String(plain.drop { $0 == " " })]
    return spellings.map { Array($0.utf8) }.filter { !$0.isEmpty }
  }

  private static func onlyPlace(of token: [UInt8], in text: [UInt8]) -> Range<Int>? {
    guard token.count <= text.count else { return nil }
    var found: Range<Int>?
    for start in 0...text.count - token.count where text[start] == token[0] {
      guard text[start..<start + token.count].elementsEqual(token) else { continue }
      if found != nil { return nil }
      found = start..<start + token.count
    }
    return found
  }
}

/// Gives the batches of a file of rows their documents.
struct DescribedRows {
  private let metadata: RowMetadata?
  private var row = 0
  private var documents = 0

  init(_ metadata: RowMetadata?) { self.metadata = metadata }

  mutating func next(_ batch: ActivationBatch) -> ActivationBatch {
    guard let metadata else { return batch }
    var batch = batch
    let rows = row..<row + batch.count
    batch.documentOfRow = Array(metadata.documentOfRow[rows])
    batch.positions = rows.map(Int32.init)
    let last = max(documents, Int((batch.documentOfRow.max() ?? -1) + 1))
    batch.documents = Array(metadata.documents[documents..<last])
    (row, documents) = (rows.upperBound, last)
    return batch
  }
}
