import Foundation

/// A path to open where nothing is.
struct MissingPath: Error {
  let path: String

  static func check(_ path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else { throw MissingPath(path: path) }
  }
}
