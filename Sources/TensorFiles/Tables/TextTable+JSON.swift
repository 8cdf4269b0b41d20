extension TextTable {
  static func row(
    _ value: TableValue, number: Int, _ place: TablePlace, _ fields: Fields
  ) throws -> Row {
    switch value {
    case .object(let values): return Row(fields: values, number: number, place: place)
    case .text:
      return Row(fields: [fields.main.last ?? "text": value], number: number, place: place)
    default: throw TableError("expected a JSON object, found \(value.kind)", at: place)
    }
  }

  static func whole(
    _ text: ArraySlice<UInt8>, _ file: String, _ fields: Fields
  ) throws -> [Row] {
    let value: TableValue
    do {
      value = try JSONTree.parse(text)
    } catch let failure as JSONText.Failure {
      throw TableError(
        "not JSON: \(failure.message)",
        at: TablePlace(file, line: Lines.number(of: failure.offset, in: text)))
    }
    guard case .list(let entries) = value else {
      throw TableError("expected a JSON array, found \(value.kind)", at: TablePlace(file))
    }
    return try rows(entries, file, fields)
  }

  static func rows(
    _ entries: [TableValue], _ file: String, _ fields: Fields
  ) throws -> [Row] {
    try entries.enumerated().map { index, entry in
      try row(entry, number: index + 1, TablePlace(file, row: index + 1), fields)
    }
  }

  /// `nil` where the text is no single object, but lines of which the first is wrong.
  static func object(
    _ text: ArraySlice<UInt8>, _ first: Lines.Line, _ file: String, _ fields: Fields
  ) throws -> [Row]? {
    do {
      guard case .object(let only) = try JSONTree.parse(text) else { return nil }
      return try rows(of: only, file, line: first.number, fields)
    } catch let failure as JSONText.Failure {
      let line = Lines.number(of: failure.offset, in: text)
      guard first.bytes.filter({ $0 != 0x20 && $0 != 0x09 }).count == 1, line > first.number else {
        return nil
      }
      throw TableError("not JSON: \(failure.message)", at: TablePlace(file, line: line))
    }
  }

  /// The rows of a file that is one object: its columns, the entries of the array that it holds, or itself.
  static func rows(
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
  static func columns(
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
  static func column(_ value: TableValue) -> [TableValue]? {
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
}
