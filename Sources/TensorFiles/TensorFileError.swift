import Foundation

/// Why a file of tensors was not read or written.
///
/// Says what was expected, what was found and where, in one line, with every control character
/// of the file's own text spelled out.
package struct TensorFileError: Error, Equatable, Sendable, CustomStringConvertible {
  package enum Code: Sendable {
    /// The file ends before something it promised.
    case truncated
    /// A header, directory or opcode stream that contradicts its format or itself.
    case malformedHeader
    /// Well formed, and of a kind that is not read here.
    case unsupportedType
    /// A shape that does not fit the bytes, or is not the one that was asked for.
    case shapeMismatch
    /// No such file, member or tensor.
    case missing
    /// A pickle that names something other than the few classes read here.
    case forbidden
    /// Stored bytes that do not match their checksum.
    case checksumMismatch
    /// A number that the type asked for cannot hold.
    case notRepresentable
    /// The operating system refused: no permission, no space, not an ordinary file.
    case inputOutput
  }

  package var code: Code
  package var message: String
  /// The file's name, where whoever opened it said so.
  package var file: String?
  /// The tensor, array or member concerned.
  package var tensor: String?
  /// Where in the file, in bytes from its start (for an archive, from its member's start).
  package var byteOffset: Int?

  package init(_ code: Code, _ message: String, tensor: String? = nil, byteOffset: Int? = nil) {
    self.code = code
    self.message = message
    self.tensor = tensor
    self.byteOffset = byteOffset
  }

  package var description: String {
    var line = tensor.map { "\(Self.printable($0)): \(message)" } ?? message
    if let byteOffset { line += " (at byte \(byteOffset))" }
    return file.map { "\(Self.printable($0)): \(line)" } ?? line
  }

  /// The same error, about `tensor` where it did not yet say which.
  func about(_ tensor: String) -> TensorFileError {
    var copy = self
    copy.tensor = copy.tensor ?? tensor
    return copy
  }

  /// Does what reads the file at `url`, and names it in what is thrown.
  package static func naming<R>(_ url: URL, _ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch var error as TensorFileError {
      // Who could not open it has named it already.
      if error.code != .inputOutput, error.code != .missing || error.tensor != nil {
        error.file = error.file ?? url.lastPathComponent
      }
      throw error
    }
  }

  /// `text` from a file as it may stand in a message: at most 80 characters, and control or
  /// direction-changing characters escaped, so that no terminal obeys them.
  package static func printable(_ text: String) -> String {
    var result = ""
    for (index, scalar) in text.unicodeScalars.enumerated() {
      guard index < 80 else { return result + "…" }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate,
        .unassigned:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default:
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
