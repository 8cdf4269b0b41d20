import Foundation

/// Where an open notebook lies, to be seen whether it still does.
///
/// What is written goes to the file that was opened, whatever lies at its path by then: one that was deleted or moved
/// takes labels as before, and nobody finds them again.
struct NotebookPlace: Sendable {
  enum Finding {
    case same
    /// Deleted or moved.
    case gone
    /// What SQLite keeps beside it is no longer what this process writes to.
    case companions
    case replaced
  }

  private static let suffixes = ["-wal", "-shm"]

  let path: String
  /// Where the path leads, by symbolic links.
  private let target: String
  private let file: FileIdentity?
  /// `nil` where there was none, as without a write-ahead log.
  private let companions: [FileIdentity?]

  /// Of a notebook that was just opened.
  init(_ url: URL) {
    path = SQLitePath.plain(url)
    target = SQLitePath.target(of: path)
    file = FileIdentity(path: path)
    companions = Self.suffixes.map { [target] in FileIdentity(path: target + $0) }
  }

  func look() -> Finding {
    guard let found = FileIdentity(path: path) else { return .gone }
    guard found == file else { return .replaced }
    for (suffix, companion) in zip(Self.suffixes, companions) where companion != nil {
      guard FileIdentity(path: target + suffix) == companion else { return .companions }
    }
    return .same
  }

  /// Removes what SQLite keeps beside the open file from beside the one that took its place, whose own it would be taken for.
  func removeCompanions() {
    let target = SQLitePath.target(of: path)
    for (suffix, companion) in zip(Self.suffixes, companions)
    where companion != nil && FileIdentity(path: target + suffix) == companion {
      unlink(target + suffix)
    }
  }
}
