import Experiments
import Foundation
import Storage

/// A path of activations; of a store, `PATH#harmful,benign` takes these prompt sets alone.
enum SetSelector {
  /// - Parameter sets: names given by an option of their own.
  /// - Throws: where sets are given in both ways, or of what is no store.
  static func parse(_ argument: String, sets option: String? = nil) throws -> (
    url: URL, sets: [String]?
  ) {
    let address = try StoreAddress(URL(filePath: argument))
    let named = try StoreSelection.writtenSets(option, of: address.url.lastPathComponent)
    guard named == nil || address.sets == nil else {
      throw ExperimentError(
        .invalidValue, "expected sets behind # or in --sets, found both",
        file: address.url.lastPathComponent)
    }
    return (address.url, named ?? address.sets)
  }
}
