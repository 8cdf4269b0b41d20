/// One value of a Parquet column.
package enum ParquetValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case text(String)
  case list([ParquetValue])
  case structure([String: ParquetValue])
}

/// A column of a Parquet table, or what a column of lists or structures is made of.
struct ParquetNode: Sendable {
  enum Repetition: Int, Sendable {
    case required, optional, repeated
  }

  var name: String
  var repetition: Repetition
  /// Whether it stands for a list, whose elements lie in a repeated child.
  var isList: Bool
  var children: [ParquetNode]
  /// Of a node without children: its place among the columns of a row group.
  var leaf: Int?

  /// The structures in one another that a table may have.
  private static let maximumDepth = 32

  /// The columns at the top level, and the leaves below them in the order of the file.
  static func tree(
    _ schema: [ThriftValue]
  ) throws -> (columns: [ParquetNode], leaves: [ParquetLeaf]) {
    var rest = schema.dropFirst()
    var leaves: [ParquetLeaf] = []
    var columns: [ParquetNode] = []
    while !rest.isEmpty { columns.append(try node(&rest, &leaves, [])) }
    let stated = schema.first?[5]?.integer ?? columns.count
    guard stated == columns.count else {
      throw TensorFileError(
        .malformedHeader, "the footer: expected \(stated) columns, found \(columns.count)")
    }
    return (columns, leaves)
  }

  private static func node(
    _ rest: inout ArraySlice<ThriftValue>, _ leaves: inout [ParquetLeaf], _ path: [ParquetLeaf.Step]
  ) throws -> ParquetNode {
    guard let element = rest.popFirst(), path.count < maximumDepth,
      let repetition = Repetition(rawValue: element[3]?.integer ?? 0)
    else {
      throw TensorFileError(
        .malformedHeader,
        "the footer: expected columns of at most \(maximumDepth) structures in one another")
    }
    let name = element[4]?.text ?? ""
    let path = path + [ParquetLeaf.Step(name: name, repetition: repetition)]
    let count = element[5]?.integer ?? 0
    guard count > 0 else {
      guard let type = element[1]?.integer else {
        throw TensorFileError(
          .malformedHeader, "expected a column with a type in the footer", tensor: name)
      }
      leaves.append(
        ParquetLeaf(
          path: path, type: type, length: element[2]?.integer ?? 0,
          meaning: ParquetLeaf.Meaning(element, type: type)))
      return ParquetNode(
        name: name, repetition: repetition, isList: false, children: [], leaf: leaves.count - 1)
    }
    guard count <= rest.count else {
      throw TensorFileError(
        .malformedHeader, "the footer: expected \(count) columns, found \(rest.count)",
        tensor: name)
    }
    var children: [ParquetNode] = []
    for _ in 0..<count { children.append(try node(&rest, &leaves, path)) }
    return ParquetNode(
      name: name, repetition: repetition,
      isList: element[6]?.integer == 3 || element[10]?[3] != nil, children: children, leaf: nil)
  }

  /// The leaves below, or itself.
  var leaves: [Int] { leaf.map { [$0] } ?? children.flatMap(\.leaves) }
}

/// A node without children: where values are stored.
struct ParquetLeaf: Sendable {
  struct Step: Sendable {
    var name: String
    var repetition: ParquetNode.Repetition
  }

  /// What the stored numbers or bytes stand for.
  enum Meaning: Sendable, Equatable {
    case number, unsigned, text, half
    /// Something that is not read, by name.
    case other(String)

    init(_ element: ThriftValue, type: Int) {
      let logical = element[10]
      if logical?[5] != nil || element[6]?.integer == 5 {
        self = .other("decimal numbers")
      } else if logical?[6] != nil || element[6]?.integer == 6 {
        self = .other("dates")
      } else if logical?[7] != nil || logical?[8] != nil
        || (7...10).contains(element[6]?.integer ?? 0)
      {
        self = .other("times")
      } else if let integer = logical?[10] {
        self = integer[2]?.bool == false ? .unsigned : .number
      } else if (11...14).contains(element[6]?.integer ?? 0) {
        self = .unsigned
      } else if type == 6 {
        self = logical?[13] != nil || element[6]?.integer == 20 ? .other("BSON") : .text
      } else if type == 7 {
        self = logical?[15] != nil ? .half : .other("bytes of a fixed length")
      } else if type == 3 {
        self = .other("times of 96 bits")
      } else {
        self = (0...7).contains(type) ? .number : .other("type \(type) of the format")
      }
    }
  }

  var path: [Step]
  /// As numbered by the format.
  var type: Int
  /// Of a value of type 7.
  var length: Int
  var meaning: Meaning

  var name: String { path.map(\.name).joined(separator: ".") }
  /// The largest definition and repetition level.
  var definition: Int { path.count { $0.repetition != .required } }
  var repetition: Int { path.count { $0.repetition == .repeated } }
}
