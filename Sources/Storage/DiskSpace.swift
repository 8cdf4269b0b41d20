import Foundation

/// Room on a disk, asked before much is written.
package enum DiskSpace {
  /// Bytes that an ordinary user may still write where `url` is, or the nearest folder above it that is there; `nil`
  /// where the system does not say.
  package static func free(at url: URL) -> Int? {
    var folder = url.absoluteURL.standardizedFileURL
    while true {
      var status = statvfs()
      if statvfs(folder.path(percentEncoded: false), &status) == 0 {
        return Int(clamping: UInt64(status.f_bavail) &* UInt64(status.f_frsize))
      }
      let above = folder.deletingLastPathComponent()
      guard above.pathComponents.count < folder.pathComponents.count else { return nil }
      folder = above
    }
  }

  /// - Throws: `full`, with both numbers, where there is less room than that.
  package static func check(for bytes: Int, at url: URL, file: String) throws {
    guard let free = free(at: url), free < bytes else { return }
    throw StorageError(
      .full, "needs \(words(bytes)) of disk, found \(words(free)) free", file: file)
  }

  /// `65.1 MB`.
  package static func words(_ bytes: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var (value, unit) = (Double(bytes), 0)
    while value >= 999.95, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
    return unit == 0
      ? "\(bytes) B"
      : "\(Int(value)).\(Int(value * 10) % 10) \(units[unit])"
  }
}
