import Foundation
import Storage

/// Cells kept beside a store, so that a grid that was stopped goes on, and another one that shares a cell does not repeat it.
///
/// One line of JSON a cell, under a hash of all that it depends on and with one of its own; one that a kill cut short or that was
/// damaged since is passed over.
package struct GridJournal {
  private struct Line: Codable {
    var key: String
    var cell: RefusalGrid.Cell
    /// Of the cell as it was written; `nil` in lines of earlier versions.
    var sha256: String?

    init(key: String, cell: RefusalGrid.Cell) throws {
      (self.key, self.cell) = (key, cell)
      sha256 = try Self.hash(of: cell)
    }

    /// Whether no bit of the cell flipped since: another figure would read like any other.
    var isSound: Bool { sha256 == nil || sha256 == (try? Self.hash(of: cell)) }

    private static func hash(of cell: RefusalGrid.Cell) throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      return SHA256.hexDigest(of: try encoder.encode(cell))
    }
  }

  private let url: URL
  private var known: [String: RefusalGrid.Cell] = [:]

  /// The name within its folder.
  package static let file = "grid.jsonl"

  /// - Throws: `wrongKind` where something other than a file stands there.
  package init(folder: URL) throws {
    url = folder.appending(path: Self.file)
    for line in try JournalLines.read(Line.self, of: url) where line.isSound {
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
