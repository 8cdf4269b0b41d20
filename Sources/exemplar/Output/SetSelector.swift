import Experiments
import Foundation

/// A path of activations; of a store, `PATH#harmful,benign` takes these prompt sets alone.
enum SetSelector {
  /// - Parameter sets: names given by an option of their own.
  /// - Throws: `ExperimentError` where sets are given in both ways, or of what is no store.
  static func parse(_ argument: String, sets option: String? = nil) throws -> (
    url: URL, sets: [String]?
  ) {
    let whole = URL(filePath: argument)
    let mark = argument.lastIndex(of: "#")
    guard let mark, !FileManager.default.fileExists(atPath: argument) else {
      return (whole, try StoreSelection.writtenSets(option, of: whole.lastPathComponent))
    }
    let url = URL(filePath: String(argument[..<mark]))
    guard option == nil else {
      throw ExperimentError(
        .invalidValue, "expected sets behind # or in --sets, found both",
        file: url.lastPathComponent)
    }
    guard ActivationSource.isStore(url) else {
      throw ExperimentError(
        .invalidValue, "expected a store, which has prompt sets to choose by #, found another file",
        file: url.lastPathComponent)
    }
    let names = String(argument[argument.index(after: mark)...])
    return (url, try StoreSelection.writtenSets(names, of: url.lastPathComponent))
  }
}
