import Foundation
import Numerics

/// Activations whose documents have a value of some field.
package struct LabelledRows: Sendable {
  /// `[count, D]`.
  package var rows: [Float]
  /// The unit that each row is of, from 0: a row is one, or a document with all its rows.
  package var unitOfRow: [Int] = []
  /// `[units]`, places in `classNames`.
  package var classes: [Int] = []
  /// `[units]`.
  package var groups: [Int] = []
  /// In alphabetical order.
  package var classNames: [String]
  /// The field that groups share, or `document`.
  package var groupName: String

  /// - Parameters:
  ///   - groupBy: a field; `topic` where documents have one and this is `nil`, else every document is a group.
  ///   - pooling: `mean` makes a unit of each document, the others of each row.
  ///   - left: rows that are not taken.
  ///   - classes: leave out rows of any other class.
  /// - Throws: `missing` where no document has the target, with the fields there are, or a class that was asked for;
  ///   `invalidValue` for one class only.
  package init(
    _ activations: ActivationRows, _ fields: DocumentFields, target: String, groupBy: String? = nil,
    classes chosenClasses: [String]? = nil, pooling: DocumentPooling = .token,
    leavingOut left: Set<Int> = []
  ) throws {
    let known = activations.documents.map { fields.fields(of: $0) }
    let values = known.map { $0?[target] }
    let found = Set(values.compactMap { $0 }).sorted()
    if let absent = chosenClasses?.first(where: { !found.contains($0) }), !found.isEmpty {
      throw ExperimentError(
        .missing,
        "expected documents of '\(target.prefix(40))' '\(absent.prefix(40))', found \(found.prefix(8).joined(separator: ", "))",
        file: activations.sourceName)
    }
    let names = found.filter { chosenClasses?.contains($0) ?? true }
    guard !names.isEmpty else {
      throw ExperimentError(
        .missing,
        "expected documents with the field '\(target.prefix(40))', found none (fields: \(fields.names.isEmpty ? "none" : fields.names.sorted().joined(separator: ", ")))",
        file: activations.sourceName)
    }
    guard names.count > 1 else {
      throw ExperimentError(
        .invalidValue,
        "expected at least 2 classes of '\(target.prefix(40))', found only '\(names[0].prefix(40))'",
        file: activations.sourceName)
    }
    try fields.check(target, file: activations.sourceName)
    let number = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    let field =
      groupBy ?? (target != "topic" && known.contains { $0?["topic"] != nil } ? "topic" : nil)
    if let groupBy, !known.contains(where: { $0?[groupBy] != nil }) {
      throw ExperimentError(
        .missing, "expected documents with the field '\(groupBy.prefix(40))', found none",
        file: activations.sourceName)
    }
    var groupNumber: [String: Int] = [:]
    var chosen: [Int] = []
    var unitOfDocument: [Int: Int] = [:]
    for (row, document) in activations.documentOfRow.enumerated()
    where values.indices.contains(Int(document)) && !left.contains(row) {
      let index = Int(document)
      guard let value = values[index], let kind = number[value] else { continue }
      chosen.append(row)
      if pooling == .mean, let unit = unitOfDocument[index] {
        unitOfRow.append(unit)
        continue
      }
      unitOfDocument[index] = classes.count
      unitOfRow.append(classes.count)
      let group = field.flatMap { known[index]?[$0] } ?? "\u{0}\(index)"
      let place = groupNumber[group] ?? groupNumber.count
      groupNumber[group] = place
      classes.append(kind)
      groups.append(place)
    }
    classNames = names
    groupName = field ?? "document"
    rows = activations.rows(at: chosen)
  }
}
