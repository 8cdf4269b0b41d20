import Foundation
import TensorFiles

/// Hashes of large files, cached in the user's cache folder: weights of gigabytes are hashed once.
///
/// A cached hash counts while path, device, inode, size and both times of the file are what they were; a file that changed
/// a moment ago is hashed again, since its times may not tell the next change apart. Without a cache folder that can
/// be written, files are hashed each time.
package struct HashCache {
  private let folder: URL?
  private let smallest: Int

  /// Smaller files are hashed sooner than looked up.
  package static let smallestFile = 1 << 22
  /// No time of a file system is coarser, in seconds.
  private static let coarsestTime = 3.0

  package init(
    folder: URL? = try? UserFolders.cache().appending(path: "hashes-1"),
    smallest: Int = smallestFile
  ) {
    self.folder = folder
    self.smallest = smallest
  }

  package func hash(of url: URL, now: Date = Date()) throws -> String {
    let file = try MappedFile(url)
    guard file.byteCount >= smallest, let folder, let state = FileState(url) else {
      return SHA256.hexDigest(of: file)
    }
    let path = url.resolvingSymlinksInPath().absoluteURL.path(percentEncoded: false)
    let entry = folder.appending(path: SHA256.hexDigest(of: path))
    if let cached = Self.read(entry), cached.state == state.text { return cached.hash }
    let hash = SHA256.hexDigest(of: file)
    // Not cached where the file was written to meanwhile, or may be again within the same tick of its times.
    guard FileState(url) == state,
      now.timeIntervalSince1970 - state.changed > Self.coarsestTime
    else { return hash }
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try? Data("\(state.text)\n\(hash)\n".utf8).write(to: entry, options: .atomic)
    return hash
  }

  private static func read(_ entry: URL) -> (state: String, hash: String)? {
    guard let data = try? OrdinaryFile.data(entry, limit: 1023) else { return nil }
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    guard lines.count == 2, lines[1].utf8.count == 64, lines[1].allSatisfy(\.isHexDigit) else {
      return nil
    }
    return (lines[0], lines[1])
  }
}
