import Foundation
import TensorFiles

/// A folder that appears under its name whole, or not at all.
///
/// It is filled as a hidden neighbour (`.NAME.PID-HOST-RANDOM.partial`), which `commit()` syncs and renames
/// into place. A folder that was there before stays until that moment and is removed after it. A
/// value that goes away uncommitted removes the neighbour; what a process that died left is removed by the next that
/// writes a folder beside it, under whatever name. Not for use from two threads.
package final class FolderOutput {
  /// Where the folder will be, with symbolic links resolved.
  package let target: URL
  /// Where to write its files.
  package let url: URL
  private let replacing: Bool
  private var isOpen = true
  /// A lock on the neighbour, which ends with its owner.
  private var lock: Int32 = -1

  /// - Parameter replaceable: names the ordinary files that the folder being replaced may hold;
  ///   one with anything else in it is not ours to remove.
  package init(_ target: URL, overwrite: Bool, replaceable: Set<String>) throws {
    let target = target.resolvingSymlinksInPath()
    let name = target.lastPathComponent
    var status = stat()
    replacing = lstat(target.path(percentEncoded: false), &status) == 0
    if replacing {
      guard overwrite else { throw StorageError(.exists, "exists already", file: name) }
      guard status.st_mode & S_IFMT == S_IFDIR,
        let found = try? FileManager.default.contentsOfDirectory(
          atPath: target.path(percentEncoded: false)), Set(found).isSubset(of: replaceable)
      else {
        throw StorageError(
          .wrongKind,
          "holds more than \(replaceable.sorted().joined(separator: ", ")), so it is not replaced",
          file: name)
      }
    }
    self.target = target
    let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
    url = target.deletingLastPathComponent().appending(
      path: ".\(name).\(ProcessOwner.mark)-\(suffix).partial", directoryHint: .isDirectory)
    Self.removeLeftovers(in: target.deletingLastPathComponent())
    guard mkdir(url.path(percentEncoded: false), 0o777) == 0 else {
      throw StorageError(errno: errno, "cannot be created", file: name)
    }
    lock = open(url.path(percentEncoded: false), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if lock >= 0 { flock(lock, LOCK_EX | LOCK_NB) }
  }

  deinit {
    discard()
    if lock >= 0 { close(lock) }
  }

  // MARK: - What others left

  /// Removes what processes of this host left in a folder when they died.
  ///
  /// The process must be gone and its lock too: a number may be another process's in another container.
  static func removeLeftovers(in folder: URL) {
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)))
      ?? []
    for name in names where name.hasPrefix(".") && name.hasSuffix(".partial") {
      // `.NAME.PID-HOST-RANDOM.partial`: the name may have dots of its own.
      let parts = name.dropFirst().dropLast(".partial".count).split(
        separator: ".", omittingEmptySubsequences: false)
      guard parts.count > 1, let owner = parts.last, let end = owner.lastIndex(of: "-"),
        ProcessOwner.isGone(owner[..<end])
      else { continue }
      let url = folder.appending(path: name, directoryHint: .isDirectory)
      // A symbolic link of such a name is nobody's leftover.
      let descriptor = open(
        url.path(percentEncoded: false), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      defer { close(descriptor) }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else { continue }
      try? FileManager.default.removeItem(at: url)
    }
  }

  // MARK: - Ending

  /// Makes the folder durable under its own name.
  package func commit() throws {
    let name = target.lastPathComponent
    let files = try FileManager.default.contentsOfDirectory(
      at: url, includingPropertiesForKeys: nil)
    for file in files { try Self.sync(file, name: name) }
    try Self.sync(url, name: name)
    let from = url.path(percentEncoded: false)
    let to = target.path(percentEncoded: false)
    // Renaming onto a folder fails unless that folder is empty, so nothing can be lost here.
    if !replacing {
      guard rename(from, to) == 0 else {
        throw [EEXIST, ENOTEMPTY].contains(errno)
          ? StorageError(.exists, "another process has put it there meanwhile", file: name)
          : StorageError(errno: errno, "cannot be put in place", file: name)
      }
    } else if !Self.exchange(from, to) {
      let aside = from + ".replaced"
      guard rename(to, aside) == 0, rename(from, to) == 0 else {
        let error = StorageError(errno: errno, "cannot be put in place", file: name)
        rename(aside, to)
        throw error
      }
      // As after an exchange, the hidden name then holds what was replaced.
      rename(aside, from)
    }
    try? Self.sync(target.deletingLastPathComponent(), name: name)
    if replacing { discard() }
    isOpen = false
  }

  /// Removes what was written; the target is as it was.
  package func discard() {
    guard isOpen else { return }
    isOpen = false
    try? FileManager.default.removeItem(at: url)
  }

  /// Swaps two names in one step, where the kernel and the file system can.
  ///
  /// Swift's Glibc module leaves `renameat2` out, which is no reason for a C target.
  private static func exchange(_ first: String, _ second: String) -> Bool {
    typealias Rename =
      @convention(c) (
        Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32
      ) -> Int32
    guard let symbol = dlsym(nil, "renameat2") else { return false }
    let exchangeFlag: UInt32 = 1 << 1
    return unsafeBitCast(symbol, to: Rename.self)(AT_FDCWD, first, AT_FDCWD, second, exchangeFlag)
      == 0
  }

  private static func sync(_ url: URL, name: String) throws {
    let descriptor = open(url.path(percentEncoded: false), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StorageError(errno: errno, "cannot be synced", file: name) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw StorageError(errno: errno, "cannot be synced", file: name)
    }
  }
}

/// Which process works on something, for people and for the next process.
struct ProcessOwner: Equatable {
  var process: Int32
  var host: String

  static var current: ProcessOwner {
    var name = [CChar](repeating: 0, count: 256)
    let isKnown = gethostname(&name, name.count - 1) == 0
    let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return ProcessOwner(
      process: getpid(), host: isKnown ? String(decoding: bytes, as: UTF8.self) : "unknown")
  }

  /// This process in the name of what it leaves when it dies: its number, and a part of the hash of its host's name.
  static let mark = "\(getpid())-\(hostMark)"
  private static let hostMark = String(SHA256.hexDigest(of: current.host).prefix(8))

  /// Whether a mark is that of a process of this host which has gone.
  static func isGone(_ mark: some StringProtocol) -> Bool {
    let parts = mark.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1] == hostMark, let process = pid_t(parts[0]), process > 0
    else { return false }
    return kill(process, 0) != 0 && errno == ESRCH
  }

  var words: String { "process \(process) on \(TensorFileError.printable(host))" }

  var line: String { "\(process) \(host)\n" }

  init(process: Int32, host: String) { (self.process, self.host) = (process, host) }

  /// `nil` for what was written by nobody of ours, or not to its end.
  init?(line: some StringProtocol) {
    guard line.hasSuffix("\n") else { return nil }
    let parts = line.dropLast().split(separator: " ", maxSplits: 1)
    guard parts.count == 2, let process = Int32(parts[0]) else { return nil }
    self.init(process: process, host: String(parts[1]))
  }
}
