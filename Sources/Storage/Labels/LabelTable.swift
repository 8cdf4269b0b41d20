import Foundation
import TensorFiles

/// Labels in the files that people have: our own `labels.jsonl`, what `label`, `regions` and `export` print, CSV with a header,
/// and the explanations that Neuronpedia exports.
///
/// A row says which region it is about by `region`, `id` (as our commands print it) or `index` (as Neuronpedia has it), and
/// has a `label` or `description`, a `note`, `tags` or a star. Neuronpedia's features are taken by their index.
enum LabelTable {
  private static let fields = TextTable.Fields(main: ["region", "id", "index"], isOpen: true)
  private static let contents = [
    "label", "description", "note", "starred", "stars", "tags", "carried",
  ]

  /// The columns of our own sheets, whose fields are marked where they look like formulas. Other sheets are read as they are.
  private static let ownColumns: Set<String> = [
    "region", "label", "note", "tags", "starred", "carried", "author", "date", "identity",
    "evidence",
  ]

  /// - Parameter identity: for rows that name no dictionary; without it they are refused.
  /// - Returns: what the rows say, and how many of them are about a region without saying anything.
  /// - Throws: `damaged`, naming the line.
  static func read(
    _ url: URL, identity: String?
  ) throws -> (lines: [LabelLines.Line], silent: Int) {
    let file = url.lastPathComponent
    do {
      let table = try TextTable(url, fields)
      var source: String?
      let bytes = try? url.resourceValues(forKeys: [.fileSizeKey]).fileSize
      // An empty file is what we write of a dictionary without labels.
      guard !table.rows.isEmpty || bytes == 0 && !isDelimited(url) else {
        throw StorageError(.damaged, "expected at least one label, found none", file: file)
      }
      var silent = 0
      let all = try table.rows.flatMap { row in
        let row = isOwnSheet(row) ? unmarked(row) : row
        if let found = try Self.source(row) {
          guard source == nil || source == found else {
            throw row.failure("expected features of \(source ?? ""), found some of \(found)")
          }
          source = found
        }
        let found = try lines(row, identity)
        if found.isEmpty { silent += 1 }
        return found
      }
      guard !all.isEmpty || table.rows.isEmpty else {
        throw StorageError(
          .damaged,
          "expected at least one label, found none in \(silent) row\(silent == 1 ? "" : "s")",
          file: file)
      }
      return (all, silent)
    } catch let error as TableError {
      if error.message == "cannot be read" {
        let isThere = FileManager.default.fileExists(atPath: url.path(percentEncoded: false))
        throw StorageError(isThere ? .inputOutput : .missing, error.message, file: file)
      }
      let entry = error.place.row.map { "entry \($0): " } ?? ""
      throw StorageError(.damaged, entry + error.message, file: file, line: error.place.line)
    }
  }

  private static func isDelimited(_ url: URL) -> Bool {
    ["csv", "tsv"].contains(url.pathExtension.lowercased())
  }

  private static func isOwnSheet(_ row: TextTable.Row) -> Bool {
    row.isDelimited && ownColumns.isSubset(of: row.fields.keys)
  }

  private static func unmarked(_ row: TextTable.Row) -> TextTable.Row {
    var row = row
    row.fields = row.fields.mapValues { value in
      if case .text(let text) = value { .text(FormulaMark.unmarked(text)) } else { value }
    }
    return row
  }

  /// Which autoencoder Neuronpedia's features are of.
  private static func source(_ row: TextTable.Row) throws -> String? {
    guard let model = try text(row, "modelid"), let layer = try text(row, "layer") else {
      return nil
    }
    return TensorFileError.printable("\(model)/\(layer)")
  }

  private static func lines(_ row: TextTable.Row, _ given: String?) throws -> [LabelLines.Line] {
    let (key, region) = try region(row)
    guard let identity = try text(row, "identity") ?? given else {
      throw row.failure("names no dictionary")
    }
    var date = Date(timeIntervalSince1970: 0)
    if let text = try text(row, "date") {
      guard let parsed = Timestamp.date(text) else {
        throw row.failure(
          "expected a date such as 2026-01-31T12:00:00.000Z, found '\(text.prefix(40))'")
      }
      date = parsed
    }
    let author = try text(row, "author") ?? text(row, "explanationmodelname")
    var evidence = try list(row, "evidence") ?? []
    if let source = try source(row) {
      let method = try text(row, "typename").map { " \($0)" } ?? ""
      evidence.append("neuronpedia \(source)/\(region)\(method)")
    }
    func line(_ field: AnnotationField, _ text: String?) -> LabelLines.Line {
      LabelLines.Line(
        identity: identity, region: region, field: field,
        content: Annotation(text: text, author: author, date: date, evidence: evidence),
        number: row.place.line ?? row.number, isEntry: row.place.line == nil)
    }
    let known = row.fields.keys.map { $0.lowercased() }
    guard contents.contains(where: known.contains) else {
      throw row.failure(
        "expected a region (an integer) and a label (text); the fields: \(row.fieldNames)")
    }
    var found: [LabelLines.Line] = []
    let (label, description) = (try text(row, "label"), try text(row, "description"))
    if let label, let description, label != description {
      throw row.failure("label and description say different things")
    }
    if let label = label ?? description {
      let isBlank = label.allSatisfy(\.isWhitespace)
      guard !isBlank || row.isDelimited else {
        throw row.failure("expected a label, found an empty one")
      }
      let origin = try text(row, "origin") ?? text(row, "labelorigin")
      let field = origin == AnnotationField.carried.rawValue ? AnnotationField.carried : .label
      if !isBlank { found.append(line(field, label)) }
    }
    if let note = try text(row, "note") { found.append(line(.note, note)) }
    if let carried = try text(row, "carried") { found.append(line(.carried, carried)) }
    if let tags = try list(row, "tags"), !tags.isEmpty {
      found.append(line(.tags, TagList.text(tags)))
    }
    if let star = try star(row, isOwn: key == "region") {
      found.append(line(.star, star ? "" : nil))
    }
    // In our own file a label of null was taken away; where every region is listed, it has none.
    if found.isEmpty, key == "region", !row.isDelimited {
      let field = ["note", "carried", "tags"].first { row.fields.keys.contains($0) }
      found = [line(field.flatMap(AnnotationField.init) ?? .label, nil)]
    }
    return found
  }

  /// The region, and the name of the field that says so.
  private static func region(_ row: TextTable.Row) throws -> (key: String, region: Int) {
    let index = try row.field("index")
    // Neuronpedia's ids are those of explanations.
    let id = try index != nil && source(row) != nil ? nil : row.field("id")
    let region = try row.field("region")
    guard let (key, value) = region ?? id ?? index else {
      throw row.failure("expected a region (an integer) and a label (text)")
    }
    guard let number = integer(value), number >= 0 else {
      throw row.failure("expected \(key) to be an integer from 0, found another")
    }
    if region == nil, let id, let index, integer(index.value) != number {
      throw row.failure("both \(id.name) and \(index.name) may be the region; region says which is")
    }
    if let region, let id, let other = integer(id.value), other != number {
      throw row.failure("\(region.name) says \(number), and \(id.name) \(other)")
    }
    return (key, number)
  }

  private static func star(_ row: TextTable.Row, isOwn: Bool) throws -> Bool? {
    guard let (name, value) = try row.field("starred") ?? row.field("stars") else { return nil }
    let isStarred: Bool
    switch value {
    case .bool(let value): isStarred = value
    case .number(let spelled), .text(let spelled):
      guard let known = ["0": false, "1": true, "false": false, "true": true][spelled.lowercased()]
      else { fallthrough }
      isStarred = known
    default: throw row.failure("\(TensorFileError.printable(name)): expected 0 or 1")
    }
    // A list of all regions says of most that they have none.
    return isStarred || isOwn && !row.isDelimited ? isStarred : nil
  }

  private static func text(_ row: TextTable.Row, _ name: String) throws -> String? {
    guard let (name, value) = try row.field(name) else { return nil }
    guard case .text(let text) = value else {
      throw row.failure("\(TensorFileError.printable(name)): expected text, found \(value.kind)")
    }
    return text.isEmpty && row.isDelimited ? nil : text
  }

  private static func list(_ row: TextTable.Row, _ name: String) throws -> [String]? {
    guard let (name, value) = try row.field(name) else { return nil }
    if case .text(let text) = value, row.isDelimited { return TagList.tags(text) }
    guard case .list(let values) = value else {
      throw row.failure("\(TensorFileError.printable(name)): expected a list, found \(value.kind)")
    }
    return try values.map { value in
      guard case .text(let text) = value else {
        throw row.failure("\(TensorFileError.printable(name)): expected texts, found \(value.kind)")
      }
      return text
    }
  }

  private static func integer(_ value: TableValue) -> Int? {
    switch value {
    // pandas makes whole numbers of a column with gaps into 3.0.
    case .number(let spelled), .text(let spelled):
      Int(spelled) ?? Double(spelled).flatMap { Int(exactly: $0) }
    default: nil
    }
  }
}
