import Foundation

/// A table of texts in any of the files that people keep them in: JSON Lines, a JSON array, an object that holds one, CSV,
/// TSV, Parquet, and what of those is packed with gzip.
package struct TextTable: Sendable {
  package struct Row: Sendable {
    package var fields: [String: TableValue]
    /// The line in JSON Lines, the place in a table of another format; from 1.
    package var number: Int
    package var place: TablePlace
    /// Whether an empty field may stand for none.
    package var isDelimited = false

    /// A field by its name, whose letters may be of either case; `nil` where it is absent or null.
    ///
    /// - Throws: where several are spelled so, and none exactly.
    package func field(_ name: String) throws -> (name: String, value: TableValue)? {
      if let value = fields[name] { return value == .null ? nil : (name, value) }
      let found = fields.filter { $0.key.lowercased() == name && $0.value != .null }
      guard found.count < 2 else {
        throw failure(
          "expected one \(name), found \(found.keys.sorted().map(TensorFileError.printable).joined(separator: " and "))"
        )
      }
      return found.first.map { ($0.key, $0.value) }
    }

    package func failure(_ message: String) -> TableError { TableError(message, at: place) }

    /// The names of its fields for messages.
    package var fieldNames: String {
      let names = fields.keys.sorted().prefix(12).map { TensorFileError.printable($0) }
      return names.isEmpty ? "none" : names.joined(separator: ", ")
    }
  }

  /// What is looked for in a table.
  package struct Fields: Sendable {
    /// A row has one of these, in small letters; JSON's entries that are mere text become the last of them.
    package var main: [String]
    /// It may have these too.
    package var other: [String]

    /// Whether all others are read as well.
    package var isOpen: Bool

    package init(main: [String], other: [String] = [], isOpen: Bool = false) {
      (self.main, self.other, self.isOpen) = (main, other, isOpen)
    }

    func isMain(_ name: String) -> Bool { main.contains(name) || main.contains(name.lowercased()) }

    fileprivate func isWanted(_ name: String) -> Bool {
      isOpen || isMain(name) || other.contains(name.lowercased())
    }
  }

  package let rows: [Row]
  package let file: String
  /// The file's name without what says its format.
  package let name: String

  /// What a packed file may come to.
  private static let largestText = 1 << 30

  /// - Throws: `TableError`.
  package init(_ url: URL, _ fields: Fields) throws {
    let file = url.lastPathComponent
    let place = TablePlace(file)
    let map: MappedFile
    do {
      map = try MappedFile(url)
    } catch let error as TensorFileError {
      let isThere = error.message.contains("is not an ordinary file")
      throw TableError(isThere ? "is not an ordinary file" : "cannot be read", at: place)
    }
    let mark = map.withBytes(0..<min(4, map.byteCount)) { Array($0) }
    guard !mark.elementsEqual("PARE".utf8) else {
      throw TableError("an encrypted Parquet file is not read", at: place)
    }
    if mark.elementsEqual("PAR1".utf8) {
      self.init(try Self.parquet(url, fields), file)
    } else {
      try self.init(map.withBytes(0..<map.byteCount) { Array($0) }, file: file, fields)
    }
  }

  package init(_ bytes: [UInt8], file: String, _ fields: Fields) throws {
    var bytes = bytes
    var name = file
    if Gzip.isGzip(bytes) {
      do {
        let most = min(Self.largestText, Inflation.most(from: bytes.count))
        bytes = try bytes.withUnsafeBytes { try Gzip.expand($0, limit: most) }
      } catch let error as TensorFileError {
        throw TableError(error.message, at: TablePlace(file))
      }
      if name.lowercased().hasSuffix(".gz") { name = String(name.dropLast(3)) }
    }
    self.init(try Self.text(bytes, file, named: name, fields), file)
  }

  private init(_ rows: [Row], _ file: String) {
    (self.rows, self.file) = (rows, file)
    let url = URL(filePath: file)
    name =
      (url.pathExtension.lowercased() == "gz" ? url.deletingPathExtension() : url)
      .deletingPathExtension().lastPathComponent
  }

  private static func text(
    _ bytes: [UInt8], _ file: String, named name: String, _ fields: Fields
  ) throws -> [Row] {
    if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) {
      throw TableError("expected UTF-8 text, found UTF-16", at: TablePlace(file))
    }
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    switch URL(filePath: name).pathExtension.lowercased() {
    case "csv": return try delimited(text, file, by: try delimiter(of: text, file, fields), fields)
    case "tsv", "tab": return try delimited(text, file, by: UInt8(ascii: "\t"), fields)
    default: break
    }
    let lines = Lines(text)
    guard let first = lines.first(where: { !$0.isBlank }) else { return [] }
    let mark = first.bytes.first { $0 != 0x20 && $0 != 0x09 }
    if mark == UInt8(ascii: "[") { return try whole(text, file, fields) }
    guard mark == UInt8(ascii: "{") || mark == UInt8(ascii: "\"") else {
      throw TableError(
        "expected JSON Lines, a JSON array or Parquet, or a name that ends in .csv or .tsv",
        at: TablePlace(file, line: first.number))
    }
    let hasMore = lines.contains { $0.number > first.number && !$0.isBlank }
    let begun = try? JSONTree.parse(first.bytes)
    // One object over many lines, or the whole of a file in one.
    if begun == nil, hasMore, let rows = try object(text, first, file, fields) { return rows }
    if case .object(let only) = begun, !hasMore {
      return try rows(of: only, file, line: first.number, fields)
    }
    return try lines.filter { !$0.isBlank }.map { line in
      let place = TablePlace(file, line: line.number)
      do {
        return try row(try JSONTree.parse(line.bytes), number: line.number, place, fields)
      } catch let failure as JSONTree.Failure {
        throw TableError("expected a JSON object: \(failure.message)", at: place)
      }
    }
  }

  // MARK: - JSON

  private static func row(
    _ value: TableValue, number: Int, _ place: TablePlace, _ fields: Fields
  ) throws -> Row {
    switch value {
    case .object(let values): return Row(fields: values, number: number, place: place)
    case .text:
      return Row(fields: [fields.main.last ?? "text": value], number: number, place: place)
    default: throw TableError("expected a JSON object, found \(value.kind)", at: place)
    }
  }

  private static func whole(
    _ text: ArraySlice<UInt8>, _ file: String, _ fields: Fields
  ) throws -> [Row] {
    let value: TableValue
    do {
      value = try JSONTree.parse(text)
    } catch let failure as JSONTree.Failure {
      throw TableError(
        "not JSON: \(failure.message)",
        at: TablePlace(file, line: Lines.number(of: failure.offset, in: text)))
    }
    guard case .list(let entries) = value else {
      throw TableError("expected a JSON array, found \(value.kind)", at: TablePlace(file))
    }
    return try rows(entries, file, fields)
  }

  private static func rows(
    _ entries: [TableValue], _ file: String, _ fields: Fields
  ) throws -> [Row] {
    try entries.enumerated().map { index, entry in
      try row(entry, number: index + 1, TablePlace(file, row: index + 1), fields)
    }
  }

  /// `nil` where the text is no single object, but lines of which the first is wrong.
  private static func object(
    _ text: ArraySlice<UInt8>, _ first: Lines.Line, _ file: String, _ fields: Fields
  ) throws -> [Row]? {
    do {
      guard case .object(let only) = try JSONTree.parse(text) else { return nil }
      return try rows(of: only, file, line: first.number, fields)
    } catch let failure as JSONTree.Failure {
      let line = Lines.number(of: failure.offset, in: text)
      guard first.bytes.filter({ $0 != 0x20 && $0 != 0x09 }).count == 1, line > first.number else {
        return nil
      }
      throw TableError("not JSON: \(failure.message)", at: TablePlace(file, line: line))
    }
  }

  /// The rows of a file that is one object: its columns, the entries of the array that it holds, or itself.
  private static func rows(
    of object: [String: TableValue], _ file: String, line: Int, _ fields: Fields
  ) throws -> [Row] {
    if object.keys.contains(where: fields.isMain) {
      if let rows = try columns(object, file, fields) { return rows }
    } else if let rows = try split(object, file) ?? held(by: object, file, fields) {
      return rows
    }
    return [Row(fields: object, number: 1, place: TablePlace(file, line: line))]
  }

  /// The rows of columns by name, as `datasets` and pandas write a whole table; `nil` where no column is there.
  private static func columns(
    _ object: [String: TableValue], _ file: String, _ fields: Fields
  ) throws -> [Row]? {
    let columns = object.compactMapValues { column($0) }
    guard columns.keys.contains(where: fields.isMain) else { return nil }
    let wanted = object.filter { fields.isWanted($0.key) && $0.value != .null }.keys.sorted()
    if let other = wanted.first(where: { columns[$0] == nil }) {
      let name = columns.keys.filter(fields.isMain).sorted()[0]
      throw TableError(
        "\(TensorFileError.printable(name)) is a column, and \(TensorFileError.printable(other)) is none",
        at: TablePlace(file))
    }
    let counts = wanted.map { columns[$0]?.count ?? 0 }
    guard let count = counts.first, counts.allSatisfy({ $0 == count }) else {
      let found = zip(wanted, counts).map { "\($1) of \(TensorFileError.printable($0))" }
      throw TableError(
        "expected columns of one length, found \(found.joined(separator: ", "))",
        at: TablePlace(file))
    }
    let kept = columns.filter { $0.value.count == count }
    return (0..<count).map { index in
      Row(
        fields: kept.mapValues { $0[index] }, number: index + 1,
        place: TablePlace(file, row: index + 1))
    }
  }

  /// The values of a column: a list, of which objects are the turns of one conversation and no column, or an object that
  /// counts its values from "0", as pandas does.
  private static func column(_ value: TableValue) -> [TableValue]? {
    switch value {
    case .list(let values):
      let isConversation = values.contains { if case .object = $0 { true } else { false } }
      return isConversation || values.isEmpty ? nil : values
    case .object(let values) where !values.isEmpty:
      let ordered = (0..<values.count).compactMap { values["\($0)"] }
      return ordered.count == values.count ? ordered : nil
    default: return nil
    }
  }

  /// The rows of `columns` and `data`, as pandas writes them with `orient="split"`; `nil` where these are not there.
  private static func split(_ object: [String: TableValue], _ file: String) throws -> [Row]? {
    guard case .list(let columns)? = object["columns"], case .list(let data)? = object["data"],
      data.contains(where: { if case .list = $0 { true } else { false } })
    else { return nil }
    let names = columns.compactMap { if case .text(let name) = $0 { name } else { nil } }
    guard names.count == columns.count, Set(names).count == names.count else {
      throw TableError("columns: expected different names", at: TablePlace(file))
    }
    return try data.enumerated().map { index, entry in
      let place = TablePlace(file, row: index + 1)
      guard case .list(let values) = entry, values.count == names.count else {
        throw TableError("expected \(names.count) values, one a column", at: place)
      }
      return Row(
        fields: Dictionary(uniqueKeysWithValues: zip(names, values)), number: index + 1,
        place: place)
    }
  }

  /// The entries of the one array that an object holds; arrays of numbers may lie beside one of objects. `nil` where it holds
  /// none.
  private static func held(
    by object: [String: TableValue], _ file: String, _ fields: Fields
  ) throws -> [Row]? {
    let arrays = object.compactMap { name, value -> (name: String, entries: [TableValue])? in
      guard case .list(let entries) = value, !entries.isEmpty else { return nil }
      return (name, entries)
    }
    var candidates = arrays.filter {
      if case .object = $0.entries[0] {
        true
      } else if case .text = $0.entries[0] {
        true
      } else {
        false
      }
    }
    // What stands beside texts may belong to them.
    if candidates.count == 1, case .text = candidates[0].entries[0] { candidates = arrays }
    guard candidates.count < 2 else {
      let names = candidates.map(\.name).sorted().map { TensorFileError.printable($0) }
      throw TableError(
        "expected an object that holds one array, found \(names.joined(separator: ", "))",
        at: TablePlace(file))
    }
    return try candidates.first.map { try rows($0.entries, file, fields) }
  }

  // MARK: - CSV

  /// A comma, unless a semicolon or a tab alone makes fields of the header that are looked for.
  private static func delimiter(
    of text: ArraySlice<UInt8>, _ file: String, _ fields: Fields
  ) throws -> UInt8 {
    var found: [(delimiter: UInt8, names: [String])] = []
    for delimiter in ",;\t".utf8 {
      var reader = DelimitedText(text, delimiter: delimiter, file: file)
      guard let names = (try? reader.next())?.fields,
        names.contains(where: { fields.isMain(trimmed($0)) })
      else { continue }
      if !found.contains(where: { $0.names == names }) { found.append((delimiter, names)) }
    }
    guard found.count < 2 else {
      throw TableError(
        "the header can be read with more than one delimiter; expected commas, or .tsv with tabs",
        at: TablePlace(file, line: 1))
    }
    return found.first?.delimiter ?? UInt8(ascii: ",")
  }

  private static func trimmed(_ name: String) -> String {
    name.trimmingCharacters(in: .whitespaces)
  }

  private static func delimited(
    _ text: ArraySlice<UInt8>, _ file: String, by delimiter: UInt8, _ fields: Fields
  ) throws -> [Row] {
    var reader = DelimitedText(text, delimiter: delimiter, file: file)
    guard let header = try reader.next() else { return [] }
    let names = header.fields.map(trimmed)
    guard names.contains(where: fields.isMain) else {
      let found = names.prefix(12).map { TensorFileError.printable($0) }.joined(separator: ", ")
      throw TableError(
        "expected a header with \(Self.choice(fields.main)), found \(found)",
        at: TablePlace(file, line: header.line))
    }
    for (index, name) in names.enumerated() where !name.isEmpty && names[..<index].contains(name) {
      throw TableError(
        "the header has \(TensorFileError.printable(name)) twice",
        at: TablePlace(file, line: header.line))
    }
    var rows: [Row] = []
    while let record = try reader.next() {
      guard record.fields.count == names.count else {
        throw TableError(
          "expected \(names.count) fields as in the header, found \(record.fields.count)",
          at: TablePlace(file, line: record.line))
      }
      var values: [String: TableValue] = [:]
      for (name, field) in zip(names, record.fields) where !name.isEmpty {
        values[name] = field.isEmpty ? .null : .text(field)
      }
      rows.append(
        Row(
          fields: values, number: rows.count + 1, place: TablePlace(file, line: record.line),
          isDelimited: true))
    }
    return rows
  }

  /// `a, b or c`
  package static func choice(_ names: [String]) -> String {
    guard names.count > 1, let last = names.last else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " or " + last
  }

  // MARK: - Parquet

  private static func parquet(_ url: URL, _ fields: Fields) throws -> [Row] {
    let name = url.lastPathComponent
    do {
      let file = try ParquetFile(url)
      guard Set(file.columnNames).count == file.columnNames.count else {
        throw TableError("expected columns of different names", at: TablePlace(name))
      }
      var rows = (0..<file.rowCount).map { index in
        // Names of columns that are not read stand in messages.
        Row(fields: [:], number: index + 1, place: TablePlace(name, row: index + 1))
      }
      for column in file.columnNames {
        guard fields.isWanted(column) else { continue }
        for (row, value) in try file.values(column).enumerated() {
          rows[row].fields[column] = TableValue(value)
        }
      }
      guard file.columnNames.contains(where: fields.isMain) || file.rowCount == 0 else {
        let found = file.columnNames.prefix(12).map { TensorFileError.printable($0) }
        throw TableError(
          "expected a column \(choice(fields.main)), found \(found.joined(separator: ", "))",
          at: TablePlace(name))
      }
      return rows
    } catch let error as TensorFileError {
      throw TableError("\(error)", at: TablePlace(name))
    }
  }
}

/// The lines of a text, which end in LF, CR LF or CR.
struct Lines: Sequence, IteratorProtocol {
  struct Line {
    var bytes: ArraySlice<UInt8>
    /// From 1.
    var number: Int

    var isBlank: Bool { bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 } }
  }

  private var rest: ArraySlice<UInt8>
  private var number = 0
  private var isDone = false

  init(_ text: ArraySlice<UInt8>) { rest = text }

  mutating func next() -> Line? {
    guard !isDone else { return nil }
    number += 1
    guard let end = rest.firstIndex(where: { $0 == 10 || $0 == 13 }) else {
      isDone = true
      return rest.isEmpty ? nil : Line(bytes: rest, number: number)
    }
    let line = Line(bytes: rest[..<end], number: number)
    let isPair = rest[end] == 13 && end + 1 < rest.endIndex && rest[end + 1] == 10
    rest = rest[(end + (isPair ? 2 : 1))...]
    return line
  }

  /// The line that a byte is in.
  static func number(of offset: Int, in text: ArraySlice<UInt8>) -> Int {
    var number = 1
    for index in text.startIndex..<Swift.min(offset, text.endIndex) {
      let isPair = text[index] == 13 && index + 1 < text.endIndex && text[index + 1] == 10
      if text[index] == 10 || text[index] == 13 && !isPair { number += 1 }
    }
    return number
  }
}
