/// Input that an experiment cannot use: what was expected, what was found, and where.
package struct ExperimentError: Error, Equatable, Sendable, CustomStringConvertible {
  package enum Code: Sendable {
    /// Nothing there to read.
    case missing
    /// Not a layout that is known here.
    case unknownLayout
    /// Files that disagree with each other or with the dictionary.
    case mismatch
    /// A value that cannot be computed with.
    case invalidValue
  }

  package var code: Code
  package var message: String
  /// Name of the file or folder.
  package var file: String

  package init(_ code: Code, _ message: String, file: String) {
    self.code = code
    self.message = message
    self.file = file
  }

  package var description: String { "\(file): \(message)" }
}
