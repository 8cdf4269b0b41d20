import TensorFiles

/// Input that an experiment cannot use: what was expected, what was found, and where.
package struct ExperimentError: RemediableError, Equatable, Sendable, CustomStringConvertible {
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
  package var setting: Setting?
  package var remedy: Remedy?

  package init(_ code: Code, _ message: String, file: String, remedy: Remedy? = nil) {
    self.code = code
    self.message = message
    self.file = file
    self.remedy = remedy
  }

  /// Of what a caller asked for, not of a file.
  package init(_ code: Code, _ message: String, setting: Setting) {
    self.init(code, message, file: "\(setting)")
    self.setting = setting
  }

  package var description: String { "\(file): \(message)" }
}
