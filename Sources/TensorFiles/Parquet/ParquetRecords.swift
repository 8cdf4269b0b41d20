/// The values of a leaf as they are stored: one entry a value, or a place where there is none.
struct ParquetEntries {
  /// Up to where on its path each entry is there; empty where every one is there.
  var definitions: [UInt32] = []
  /// At which list on its path each entry goes on; empty without lists.
  var repetitions: [UInt32] = []
  /// One an entry.
  var values: [ParquetValue] = []
}

/// Puts rows together from their leaves.
///
/// - Source: the Parquet format, "Nested Encoding" and "Logical types: lists".
enum ParquetRecords {
  /// The rows as one leaf knows them: all the way from the top, with nothing beside it.
  static func rows(
    _ entries: ParquetEntries, _ leaf: ParquetLeaf, count: Int
  ) throws -> [ParquetValue] {
    if leaf.path.count == 1, leaf.repetition == 0 { return entries.values }
    let reader = Reader(entries: entries, leaf: leaf)
    var rows: [ParquetValue] = []
    for range in reader.parts(0..<entries.values.count, level: 0) {
      rows.append(reader.value(at: 0, range, definition: 0, repetition: 0))
    }
    guard rows.count == count else {
      throw TensorFileError(
        .malformedHeader, "expected \(count) rows, found \(rows.count)", tensor: leaf.name)
    }
    return rows
  }

  private struct Reader {
    let entries: ParquetEntries
    let leaf: ParquetLeaf

    /// The entries dealt to the elements of the list at `level`.
    func parts(_ range: Range<Int>, level: Int) -> [Range<Int>] {
      guard !range.isEmpty else { return [] }
      guard !entries.repetitions.isEmpty else {
        return range.map { $0..<$0 + 1 }
      }
      var result: [Range<Int>] = []
      var start = range.lowerBound
      for index in range.dropFirst() where entries.repetitions[index] <= level {
        result.append(start..<index)
        start = index
      }
      return result + [start..<range.upperBound]
    }

    func value(
      at depth: Int, _ range: Range<Int>, definition: Int, repetition: Int
    ) -> ParquetValue {
      let isThere =
        entries.definitions.isEmpty || Int(entries.definitions[range.lowerBound]) > definition
      switch leaf.path[depth].repetition {
      case .required:
        return inner(at: depth, range, definition: definition, repetition: repetition)
      case .optional:
        guard isThere else { return .null }
        return inner(at: depth, range, definition: definition + 1, repetition: repetition)
      case .repeated:
        guard isThere else { return .list([]) }
        return .list(
          parts(range, level: repetition + 1).map {
            inner(at: depth, $0, definition: definition + 1, repetition: repetition + 1)
          })
      }
    }

    private func inner(
      at depth: Int, _ range: Range<Int>, definition: Int, repetition: Int
    ) -> ParquetValue {
      guard depth + 1 < leaf.path.count else { return entries.values[range.lowerBound] }
      return .structure([
        leaf.path[depth + 1].name: value(
          at: depth + 1, range, definition: definition, repetition: repetition)
      ])
    }
  }

  /// Puts what two leaves know of the same rows together.
  static func merge(
    _ left: [ParquetValue], _ right: [ParquetValue], _ column: String
  ) throws -> [ParquetValue] {
    guard left.count == right.count else { throw disagreement(column) }
    return try zip(left, right).map { try merge($0, $1, column) }
  }

  private static func merge(
    _ left: ParquetValue, _ right: ParquetValue, _ column: String
  ) throws -> ParquetValue {
    switch (left, right) {
    case (.null, .null): .null
    case (.list(let left), .list(let right)): .list(try merge(left, right, column))
    case (.structure(let left), .structure(let right)):
      .structure(try left.merging(right) { try merge($0, $1, column) })
    default: throw disagreement(column)
    }
  }

  private static func disagreement(_ column: String) -> TensorFileError {
    TensorFileError(
      .malformedHeader, "its parts disagree about where there are values", tensor: column)
  }

  /// Leaves out the structures that only hold a list's elements.
  static func collapse(_ value: ParquetValue, _ node: ParquetNode) -> ParquetValue {
    guard node.leaf == nil else { return value }
    if node.repetition == .repeated, case .list(let elements) = value {
      return .list(elements.map { collapseOne($0, node) })
    }
    return collapseOne(value, node)
  }

  private static func collapseOne(_ value: ParquetValue, _ node: ParquetNode) -> ParquetValue {
    guard case .structure(let fields) = value else { return value }
    guard node.isList, node.children.count == 1, node.children[0].repetition == .repeated else {
      return .structure(
        node.children.reduce(into: [:]) { result, child in
          result[child.name] = fields[child.name].map { collapse($0, child) } ?? .null
        })
    }
    let repeated = node.children[0]
    guard case .list(let elements) = fields[repeated.name] else { return value }
    // Older writers leave out one of the two levels between a list and its elements.
    let isElement =
      repeated.children.count != 1 || repeated.name == "array"
      || repeated.name == node.name + "_tuple"
    guard !isElement else {
      return .list(repeated.leaf == nil ? elements.map { collapseOne($0, repeated) } : elements)
    }
    let element = repeated.children[0]
    return .list(
      elements.map { one in
        guard case .structure(let fields) = one else { return one }
        return fields[element.name].map { collapse($0, element) } ?? .null
      })
  }
}
