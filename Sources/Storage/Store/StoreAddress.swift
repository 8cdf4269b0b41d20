import Foundation
import TensorFiles

/// Where a store is, and which prompt sets of it are meant: `run.epstore`, or `run.epstore#harmful,benign`.
package struct StoreAddress: Sendable, Equatable {
  /// The folder.
  package let url: URL
  /// `nil` for all of them.
  package let sets: [String]?

  /// Reads a path; one that is there as it is spelled is never divided at its `#`.
  ///
  /// - Throws: `invalid` for sets of what is no store, and for a name that is empty.
  package init(_ given: URL) throws {
    let path = given.path(percentEncoded: false)
    guard !FileManager.default.fileExists(atPath: path), let (folder, list) = Self.parts(path)
    else {
      (url, sets) = (given, nil)
      return
    }
    guard FileManager.default.fileExists(atPath: folder) else {
      // What is missed is the store, under the name that it has.
      (url, sets) = (URL(filePath: folder), nil)
      return
    }
    url = URL(filePath: folder)
    guard Self.isFolder(url) else {
      throw StorageError(
        .invalid, "expected a store, which has prompt sets to choose by #, found another file",
        file: url.lastPathComponent)
    }
    sets = try Self.names(list, of: url.lastPathComponent)
  }

  /// The names in a list that somebody wrote.
  ///
  /// - Throws: `invalid` for one that is empty: it would take no document, and say nothing.
  package static func names(_ list: String, of file: String) throws -> [String] {
    let names = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard !names.contains(where: \.isEmpty) else {
      throw StorageError(
        .invalid,
        "expected names of prompt sets such as harmful,benign, found "
          + "'\(TensorFileError.printable(list))'",
        file: file)
    }
    return names
  }

  /// Whether the path is a store's, with sets or without.
  package static func isStore(_ given: URL) -> Bool {
    let path = given.path(percentEncoded: false)
    if !FileManager.default.fileExists(atPath: path), let (folder, _) = parts(path) {
      return isFolder(URL(filePath: folder))
    }
    return isFolder(given)
  }

  private static func isFolder(_ url: URL) -> Bool {
    url.pathExtension == "epstore"
      || FileManager.default.fileExists(
        atPath: url.appending(path: StoreSchema.database).path(percentEncoded: false))
  }

  private static func parts(_ path: String) -> (folder: String, sets: String)? {
    guard let mark = path.lastIndex(of: "#"), mark > path.startIndex else { return nil }
    var list = path[path.index(after: mark)...]
    if list.hasSuffix("/") { list.removeLast() }
    guard !list.contains("/") else { return nil }
    return (String(path[..<mark]), String(list))
  }
}
