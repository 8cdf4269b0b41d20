import TensorFiles

/// Why a tokenizer or a chat template could not be made from a file.
package struct TokenizerError: RemediableError, Equatable, Sendable, CustomStringConvertible {
  package enum Code: Sendable {
    /// The file cannot be opened or read.
    case unreadable
    /// Not the format it claims to be: broken JSON, a wrong type, a number out of range.
    case malformed
    /// Well formed, but its parts contradict each other or something it refers to is absent.
    case inconsistent
    /// Well formed, of a kind that this program does not implement.
    case unsupported
  }

  package var code: Code
  /// What was expected and what was found.
  package var message: String
  /// Where: a key path such as `model.vocab`, or a metadata key.
  package var location: String?
  /// Byte offset in the file, for text that is not JSON.
  package var byteOffset: Int?
  /// The file, when there is one.
  package var file: String?
  package var remedy: Remedy?

  package init(
    _ code: Code, _ message: String, at location: String? = nil, byteOffset: Int? = nil,
    file: String? = nil, remedy: Remedy? = nil
  ) {
    self.remedy = remedy
    self.code = code
    self.message = message
    self.location = location
    self.byteOffset = byteOffset
    self.file = file
  }

  package var description: String {
    var text = message
    if let byteOffset { text += " (at byte \(byteOffset))" }
    if let location { text = "\(location): \(text)" }
    if let file { text = "\(file): \(text)" }
    return text
  }
}
