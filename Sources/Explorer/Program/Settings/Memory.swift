import Foundation
import TensorFiles

/// What the explorer remembers from one session to the next; nothing that anybody would miss.
package struct Memory: Codable, Equatable, Sendable {
  package struct Recent: Codable, Equatable, Sendable {
    package var path: String
    /// Seconds since 1970.
    package var opened: Double

    package init(path: String, opened: Double) { (self.path, self.opened) = (path, opened) }
  }

  /// How the table of regions was left.
  package struct Table: Codable, Equatable, Sendable {
    package var columns: [String]
    package var sort: String
    package var isDescending: Bool

    package init(columns: [String], sort: String, isDescending: Bool) {
      (self.columns, self.sort, self.isDescending) = (columns, sort, isDescending)
    }
  }

  package enum Change: Equatable, Sendable {
    case opened(path: String)
    case tourSeen(version: Int)
    case theme(String)
    case table(Table, kind: String)
  }

  /// The version of the tour that was seen or skipped; 0 for none.
  package var tour = 0
  /// Dictionaries that were opened, the latest first.
  package var recents: [Recent] = []
  package var theme: String?
  /// By kind of dictionary: its positions, and whether a store is beside it. Earlier versions have none.
  package var tables: [String: Table]?

  package init() {}

  package static let recentLimit = 20

  package mutating func apply(_ change: Change, now: Date) {
    switch change {
    case .opened(let path):
      recents.removeAll { $0.path == path }
      recents.insert(Recent(path: path, opened: now.timeIntervalSince1970), at: 0)
      recents.removeLast(max(0, recents.count - Self.recentLimit))
    case .tourSeen(let version): tour = max(tour, version)
    case .theme(let name): theme = name
    case .table(let table, let kind): tables = (tables ?? [:]).merging([kind: table]) { $1 }
    }
  }

  // MARK: - File

  private static let sizeLimit = 1 << 20

  private static func file(in folder: URL) -> URL { folder.appending(path: "memory.json") }

  /// Reads what is remembered; a file that cannot be read counts for none, because nothing in it is worth a question.
  package static func read(from folder: URL) -> Memory {
    let url = file(in: folder)
    guard let data = try? OrdinaryFile.data(url, limit: sizeLimit),
      let memory = try? JSONDecoder().decode(Memory.self, from: data)
    else { return Memory() }
    return memory
  }

  /// Reads anew, because another explorer may have written, changes and writes.
  package static func change(_ change: Change, in folder: URL, now: Date) throws -> Memory {
    var memory = read(from: folder)
    memory.apply(change, now: now)
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try encoder.encode(memory).write(to: file(in: folder), options: .atomic)
    return memory
  }
}
