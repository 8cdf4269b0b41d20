import Foundation
import TensorFiles

/// What may stand in a hub's names.
package enum HubName {
  /// `OWNER/NAME` or `NAME`, by the rules of the Hugging Face libraries.
  package static func isRepository(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return (1...2).contains(parts.count) && text.utf8.count <= 200
      && !text.contains("--") && !text.contains("..") && !text.hasSuffix(".git")
      && parts.allSatisfy { part in
        part.wholeMatch(of: /[A-Za-z0-9_](?:[A-Za-z0-9_.\-]{0,94}[A-Za-z0-9_])?/) != nil
      }
  }

  /// A branch, a tag or a commit; of a name with slashes each part is one.
  package static func isRevision(_ text: String) -> Bool { isPath(text) && !text.hasPrefix("-") }

  package static func isCommit(_ text: String) -> Bool {
    HubHash.isHexadecimal(text, count: 40)
  }

  /// A path within a repository that stays within its folder.
  package static func isPath(_ path: String) -> Bool {
    guard !path.isEmpty, path.utf8.count <= 1024 else { return false }
    return path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
      !part.isEmpty && part != "." && part != ".." && part.utf8.count <= 255
        && part.unicodeScalars.allSatisfy {
          $0 != "\\" && $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value)
        }
    }
  }

  /// As one part of an address.
  package static func quoted(_ text: String) -> String {
    text.utf8.map { byte in
      let scalar = Unicode.Scalar(byte)
      let isPlain =
        scalar.isASCII
        && (CharacterSet.alphanumerics.contains(scalar) || "-_.~".unicodeScalars.contains(scalar))
      let digits = String(byte, radix: 16, uppercase: true)
      return isPlain ? String(scalar) : "%" + (byte < 16 ? "0" : "") + digits
    }.joined()
  }
}

/// One repository in the hub cache, laid out as the Hugging Face libraries do, so that they find what is here and the
/// other way about.
///
/// `blobs/HASH` hold what was fetched, `snapshots/COMMIT/PATH` are links to them, `refs/main` names a commit. A blob is
/// `HASH.incomplete` while it is fetched, under a lock that they take too.
package struct HubCache: Sendable {
  package let root: URL
  package let folder: URL

  package init(root: URL, kind: HubPlace.Kind, repository: String) {
    self.root = root
    folder = root.appending(
      path: HubPlace.folder(kind, repository), directoryHint: .isDirectory)
  }

  package func blob(_ hash: HubHash) -> URL { folder.appending(path: "blobs/\(hash.text)") }
  package func incomplete(_ hash: HubHash) -> URL {
    folder.appending(path: "blobs/\(hash.text).incomplete")
  }
  package func pointer(_ commit: String, _ path: String) -> URL {
    folder.appending(path: "snapshots/\(commit)/\(path)")
  }

  /// Whether the file is there whole: of that size, under the name of its hash.
  package func has(_ hash: HubHash, bytes: Int) -> Bool { FileState(blob(hash))?.size == bytes }

  /// Makes the folders, and says to backup programs that this is a cache.
  package func prepare(_ path: String, commit: String, hash: HubHash) throws {
    for url in [blob(hash), pointer(commit, path), lockPlace(hash)] {
      try make(url.deletingLastPathComponent())
    }
    let tag = root.appending(path: "CACHEDIR.TAG")
    if FileState(tag) == nil {
      try? Data(
        "Signature: 8a477f597d28d172789f06886806bc55\n# Files that can be fetched again.\n".utf8
      ).write(to: tag)
    }
  }

  /// Moves a blob that was fetched under its own name, where it is whole from then on.
  package func install(_ hash: HubHash) throws {
    let from = incomplete(hash).path(percentEncoded: false)
    let descriptor = open(from, O_RDONLY | O_CLOEXEC)
    if descriptor >= 0 {
      fsync(descriptor)
      close(descriptor)
    }
    guard rename(from, blob(hash).path(percentEncoded: false)) == 0 else {
      throw StorageError(errno: errno, "cannot be put in place", file: hash.text)
    }
  }

  /// Makes a snapshot's name of a blob.
  package func link(_ path: String, commit: String, to hash: HubHash) throws {
    let pointer = pointer(commit, path)
    let name = pointer.lastPathComponent
    let up = String(repeating: "../", count: path.split(separator: "/").count + 1)
    let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
    let temporary = pointer.deletingLastPathComponent().appending(path: ".\(suffix).partial")
      .path(percentEncoded: false)
    guard symlink("\(up)blobs/\(hash.text)", temporary) == 0 else {
      // A file system without links: the file itself takes its place, as the libraries do it.
      let made = errno
      guard made == EPERM || made == ENOTSUP || made == EOPNOTSUPP,
        Foundation.rename(
          blob(hash).path(percentEncoded: false), pointer.path(percentEncoded: false)) == 0
      else { throw StorageError(errno: made, "cannot be linked", file: name) }
      return
    }
    guard Foundation.rename(temporary, pointer.path(percentEncoded: false)) == 0 else {
      let error = StorageError(errno: errno, "cannot be linked", file: name)
      unlink(temporary)
      throw error
    }
  }

  /// Has a branch or tag name a commit.
  package func record(_ revision: String, commit: String) throws {
    guard revision != commit else { return }
    let file = folder.appending(path: "refs/\(revision)")
    try make(file.deletingLastPathComponent())
    do {
      try Data(commit.utf8).write(to: file, options: .atomic)
    } catch {
      throw StorageError(.readOnly, "refs/\(revision) cannot be written", file: "hub cache")
    }
  }

  private func make(_ folder: URL) throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      let free = DiskSpace.free(at: folder)
      throw StorageError(
        free == 0 ? .full : .readOnly, "the folder cannot be made", file: folder.lastPathComponent)
    }
  }

  // MARK: - Locks

  private func lockPlace(_ hash: HubHash) -> URL {
    root.appending(path: ".locks/\(folder.lastPathComponent)/\(hash.text).lock")
  }

  /// Runs `body` while no other process fetches the same blob.
  ///
  /// - Parameter waiting: called while another does; what it throws ends the wait.
  package func locked<R>(
    _ hash: HubHash, waiting: () throws -> Void, _ body: () throws -> R
  ) throws -> R {
    let descriptor = open(
      lockPlace(hash).path(percentEncoded: false), O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw StorageError(errno: errno, "the lock cannot be made", file: hash.text)
    }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      // Where a file system has no locks there is nobody to wait for.
      guard errno == EWOULDBLOCK else { break }
      try waiting()
      usleep(200_000)
    }
    return try body()
  }
}
