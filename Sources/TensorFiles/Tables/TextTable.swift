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

    package func failure(_ message: String, remedy: Remedy? = nil) -> TableError {
      TableError(message, at: place, remedy: remedy)
    }

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
    /// Whether `main` is spelled as a file has it, large and small letters told apart.
    package var isExact: Bool

    package init(
      main: [String], other: [String] = [], isOpen: Bool = false, isExact: Bool = false
    ) {
      (self.main, self.other) = (main, other)
      (self.isOpen, self.isExact) = (isOpen, isExact)
    }

    func isMain(_ name: String) -> Bool {
      main.contains(name) || !isExact && main.contains(name.lowercased())
    }

    func isWanted(_ name: String) -> Bool {
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

  static func text(
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
      } catch let failure as JSONText.Failure {
        throw TableError("expected a JSON object: \(failure.message)", at: place)
      }
    }
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
    var seen: Set<String> = []
    for name in names where !name.isEmpty && !seen.insert(name).inserted {
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
      // Before anything is unpacked that nobody asked for.
      guard file.columnNames.contains(where: fields.isMain) || file.rowCount == 0 else {
        let found = file.columnNames.prefix(12).map { TensorFileError.printable($0) }
        throw TableError(
          "expected a column \(choice(fields.main)), found \(found.joined(separator: ", "))",
          at: TablePlace(name))
      }
      let wanted = file.columnNames.filter(fields.isWanted)
      try file.checkSize(of: wanted)
      var rows = (0..<file.rowCount).map { index in
        // Names of columns that are not read stand in messages.
        Row(fields: [:], number: index + 1, place: TablePlace(name, row: index + 1))
      }
      for column in wanted {
        for (row, value) in try file.values(column).enumerated() {
          rows[row].fields[column] = TableValue(value)
        }
      }
      return rows
    } catch let error as TensorFileError {
      throw TableError("\(error)", at: TablePlace(name))
    }
  }
}
