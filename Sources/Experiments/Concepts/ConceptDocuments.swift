import Foundation
import Storage

/// Finds the rows of labelled texts among documents.
///
/// A document that was captured for the concept files carries the example's own id, and exactly the rows that are scored.
/// Any other is known by its whole text; or, where it is a chat turn, by what its user and its assistant said: then the tokens
/// from the first of the one to the last of the other count, and what the template writes before and after does not.
package struct ConceptDocuments: Sendable {
  package struct Found: Sendable, Equatable {
    package var rows: [Int]
    /// Whether the template's tokens around the text could be left out.
    package var isBounded: Bool
  }

  private let rows: ActivationRows
  private let rowsOfDocument: [[Int]]
  private var documentOfID: [String: Int] = [:]
  private var documentOfText: [String: Int] = [:]
  private var documentsOfTurn: [String: [Int]] = [:]
  private let ends: [[Int32]?]?

  /// - Parameters:
  ///   - ids: of the documents, in the order of the rows' own.
  ///   - ends: the UTF-8 offset in each document after each of its tokens.
  package init(_ rows: ActivationRows, ids: [String] = [], ends: [[Int32]?]? = nil) {
    self.rows = rows
    self.ends = ends
    var rowsOfDocument = [[Int]](repeating: [], count: rows.documents.count)
    for (row, document) in rows.documentOfRow.enumerated()
    where rowsOfDocument.indices.contains(Int(document)) {
      rowsOfDocument[Int(document)].append(row)
    }
    self.rowsOfDocument = rowsOfDocument
    for (index, id) in ids.enumerated() where rows.documents.indices.contains(index) {
      documentOfID[id] = index
    }
    for (index, text) in rows.documents.enumerated() {
      documentOfText[text] = documentOfText[text] ?? index
      for turn in Set(Self.turns(text)) { documentsOfTurn[turn, default: []].append(index) }
    }
  }

  /// What stands between the marks of a rendered chat template, and each of its lines.
  private static func turns(_ text: String) -> [String] {
    guard text.contains("<") || text.contains("[") else { return [] }
    var result: [String] = []
    for part in text.split(whereSeparator: { $0 == "<" || $0 == "[" }) {
      let body =
        part.split(maxSplits: 1, whereSeparator: { $0 == ">" || $0 == "]" }).last
        .map(String.init) ?? String(part)
      let lines = body.split(separator: "\n", maxSplits: 1)
      result.append(trimmed(body))
      if lines.count == 2 { result.append(trimmed(String(lines[1]))) }
    }
    return result.filter { !$0.isEmpty }
  }

  private static func trimmed(_ text: String) -> String {
    text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// The rows that an example is scored by; `nil` where no document is its text, or it has no rows.
  ///
  /// - Throws: `missing` where the documents have its input alone.
  package func rows(of example: ConceptExample, file: String) throws -> Found? {
    if let index = documentOfID[example.documentID], !rowsOfDocument[index].isEmpty {
      return Found(rows: rowsOfDocument[index], isBounded: true)
    }
    if let index = documentOfText[example.text], !rowsOfDocument[index].isEmpty {
      return Found(rows: rowsOfDocument[index], isBounded: true)
    }
    let parts = [example.input ?? example.text, example.output].compactMap { $0 }
    for index in documentsOfTurn[Self.trimmed(parts[0])] ?? [] where !rowsOfDocument[index].isEmpty
    {
      guard let span = span(of: parts, in: rows.documents[index]) else { continue }
      guard let ends = ends.flatMap({ $0.indices.contains(index) ? $0[index] : nil }) else {
        return Found(rows: rowsOfDocument[index], isBounded: false)
      }
      let own = rowsOfDocument[index].filter { row in
        let position = Int(rows.positions[row])
        guard ends.indices.contains(position) else { return false }
        let start = position == 0 ? 0 : Int(ends[position - 1])
        return Int(ends[position]) > span.lowerBound && start < span.upperBound
      }
      if !own.isEmpty { return Found(rows: own, isBounded: true) }
    }
    if let input = example.input, example.output != nil,
      documentOfText[input] != nil || documentsOfTurn[Self.trimmed(input)] != nil
    {
      throw ExperimentError(
        .missing,
        "expected documents with the output after the input of '\(example.concept.prefix(60))', found the input alone",
        file: file, remedy: "exemplar capture \(.concepts) reads both")
    }
    return nil
  }

  /// The UTF-8 range from the first part to the last, in a document that has them in this order.
  private func span(of parts: [String], in document: String) -> Range<Int>? {
    var (start, end): (String.Index?, String.Index) = (nil, document.startIndex)
    for part in parts {
      guard let range = document.range(of: Self.trimmed(part), range: end..<document.endIndex)
      else { return nil }
      start = start ?? range.lowerBound
      end = range.upperBound
    }
    guard let start else { return nil }
    let utf8 = document.utf8
    return utf8.distance(
      from: utf8.startIndex, to: start)..<utf8.distance(
        from: utf8.startIndex, to: end)
  }
}
