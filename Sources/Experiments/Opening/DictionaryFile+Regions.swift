import Storage

extension DictionaryFile {
  /// - Throws: `ExperimentError.invalidValue` without regions.
  package func checkHasRegions() throws {
    guard regionCount > 0 else {
      throw ExperimentError(
        .invalidValue, "expected a dictionary with regions, found none", file: name)
    }
  }
}
