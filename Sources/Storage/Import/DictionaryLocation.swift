import ExemplarPartitioning
import Foundation
import TensorFiles

/// Opens whatever a user may name where a dictionary is wanted.
package enum DictionaryLocation {
  /// Opens an `.epdict` folder, or a reference pickle by way of the cache.
  ///
  /// - Parameters:
  ///   - cache: where imported pickles are kept, `$XDG_CACHE_HOME/exemplar` by default.
  ///   - hook: the hook of a dictionary that records none.
  /// - Throws: `invalid`, naming both, where it records another hook.
  package static func open(
    _ url: URL, cache: URL? = nil, hook: String? = nil
  ) throws -> DictionaryFile {
    var isFolder: ObjCBool = false
    let path = url.path(percentEncoded: false)
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw StorageError(.missing, "no such file or folder", file: url.lastPathComponent)
    }
    guard !isFolder.boolValue else { return try DictionaryFile(url, hook: hook) }
    let bytes = try MappedFile(url)
    let isPickle = bytes.withBytes(0..<min(1, bytes.byteCount)) { $0.first == 0x80 }
    guard isPickle || ["pkl", "pickle"].contains(url.pathExtension.lowercased()) else {
      throw StorageError(
        .wrongKind, "expected an .epdict folder or a pickled dictionary (.pkl)",
        file: url.lastPathComponent)
    }
    return try openPickle(url, cache: cache ?? UserFolders.cache(), hook: hook)
  }

  /// Goes up when importing a pickle gives another dictionary than before, so that cached ones are
  /// not taken for it.
  private static let importVersion = 4

  private static func openPickle(_ url: URL, cache: URL, hook: String?) throws -> DictionaryFile {
    let source = try PickleImport(url)
    let cache = cache.appending(path: "imported-\(importVersion)")
    // What lies beside the pickle, and where it was fetched from, is part of what is imported.
    let others = [
      source.provenance.metadataHash, source.provenance.repository, source.provenance.revision,
    ]
    let mark = SHA256.hexDigest(of: others.map { $0 ?? "" }.joined(separator: "\n")).prefix(16)
    let cached = cache.appending(
      path: "\(try source.hash)-\(mark).epdict", directoryHint: .isDirectory)
    // A copy that is cut short or of another version is made again.
    if (try? DictionaryFile(cached)) != nil {
      return try DictionaryFile(cached, name: url.lastPathComponent, hook: hook)
    }
    do {
      try source.write(to: cached, overwrite: true, makesFolder: true) { _, _ in
        try LongWork.check()
      }
    } catch let error as StorageError where error.code == .exists {
      // Another process has just imported the same pickle.
    }
    return try DictionaryFile(cached, name: url.lastPathComponent, hook: hook)
  }
}
