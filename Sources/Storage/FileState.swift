import Foundation
import Synchronization

/// What was found sound in this process, so that it is hashed once.
final class SoundFiles: Sendable {
  static let shared = SoundFiles()
  private let known = Mutex<Set<String>>([])

  /// Runs `check` unless it passed before on the file as it is now.
  ///
  /// - Parameter isAnew: whether it runs even where it passed before.
  func check(
    _ name: String, of url: URL, anew isAnew: Bool = false, _ check: () throws -> Void
  ) rethrows {
    let state = FileState(url)
    let entry = state.map { "\($0.text) \(name)" }
    if !isAnew, let entry, known.withLock({ $0.contains(entry) }) { return }
    try check()
    // Not where it was written to meanwhile.
    guard let entry, FileState(url) == state else { return }
    known.withLock { _ = $0.insert(entry) }
  }
}

/// What changes when a file is written to or another takes its place.
struct FileState: Equatable {
  var device: UInt
  var inode: UInt
  var size: Int
  /// Seconds and nanoseconds of the last write and of the last change.
  var times: [Int]

  /// `nil` where nothing is there to be seen.
  init?(_ url: URL) { self.init(path: SQLitePath.plain(url)) }

  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    (device, inode, size) = (UInt(status.st_dev), UInt(status.st_ino), Int(status.st_size))
    times = [
      status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
    ]
  }

  var text: String {
    (["\(device)", "\(inode)", "\(size)"] + times.map(String.init)).joined(separator: " ")
  }

  /// The second of the last change.
  var changed: Double { Double(max(times[0], times[2])) }
}

/// Which file it is, whatever its name.
struct FileIdentity: Equatable {
  var device: UInt
  var inode: UInt

  /// `nil` where nothing is there to be seen; a symbolic link is followed.
  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    (device, inode) = (UInt(status.st_dev), UInt(status.st_ino))
  }

  /// Of an open file.
  init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    (device, inode) = (UInt(status.st_dev), UInt(status.st_ino))
  }
}
