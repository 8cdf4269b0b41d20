import Foundation
import Storage
import TensorFiles

/// Cells kept beside a store, so that a grid that was stopped goes on, and another one that shares a cell does not repeat it.
///
/// One line of JSON a cell, under a hash of all that it depends on; one that a kill cut short is passed over.
package struct GridJournal {
  private struct Line: Codable {
    var key: String
    var cell: RefusalGrid.Cell
  }

  private let url: URL
  private var known: [String: RefusalGrid.Cell] = [:]

  /// The name within its folder.
  package static let file = "grid.jsonl"

  package init(folder: URL) {
    url = folder.appending(path: Self.file)
    guard let data = try? OrdinaryFile.data(url, limit: 1 << 28) else { return }
    let decoder = JSONDecoder()
    for line in data.split(separator: UInt8(ascii: "\n")) {
      guard let line = try? decoder.decode(Line.self, from: Data(line)) else { continue }
      known[line.key] = line.cell
    }
  }

  package subscript(key: String) -> RefusalGrid.Cell? { known[key] }

  mutating func append(_ cell: RefusalGrid.Cell, under key: String) throws {
    known[key] = cell
    try JournalLines.append(Line(key: key, cell: cell), to: url)
  }

  /// Everything that a cell depends on besides the code.
  static func key(
    _ setup: AblationSetup, _ directions: AblationDirections, of subject: AblationSubject,
    modelIdentity: String?
  ) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    var hash = SHA256()
    let material = subject.material
    let parts = [
      "exemplar.grid.1", subject.identity, material.storeID ?? material.name,
      modelIdentity ?? "no model", material.classifier.name,
      String(decoding: try encoder.encode(setup), as: UTF8.self),
      "\(directions.target.regions)", "\(directions.target.null)",
      "\(material.prompts.map { "\($0.id) \($0.outcome?.rawValue ?? "—")" })",
    ]
    hash.update(parts.joined(separator: "\n"))
    for rows in [directions.subspace.rows, directions.nullSubspace?.rows ?? []] {
      rows.withUnsafeBytes { hash.update($0) }
    }
    return hash.hexDigest()
  }
}
