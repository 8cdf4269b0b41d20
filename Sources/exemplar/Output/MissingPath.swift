import Experiments
import Foundation
import Storage

/// A path to open where nothing is.
struct MissingPath: Error {
  let path: String

  /// - Throws: `MissingPath`; `invalidValue` for prompt sets of a store, which no screen is of.
  static func check(_ path: String) throws {
    let address = try StoreAddress(URL(filePath: path))
    if let sets = address.sets {
      throw ExperimentError(
        .invalidValue,
        "expected a dictionary or a folder to open, found \(quantity(sets.count, "set")) of a store: "
          + "“exemplar DICT --store '\(oneLine(path))'” opens a dictionary of its model with "
          + (sets.count == 1 ? "it" : "them"), file: oneLine(address.url.lastPathComponent))
    }
    guard FileManager.default.fileExists(atPath: path) else { throw MissingPath(path: path) }
  }
}
