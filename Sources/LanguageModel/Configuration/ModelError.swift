import Foundation
import TensorFiles

/// Why a model could not be loaded, or asked for something.
///
/// One line that says what was expected, what was found and where.
package struct ModelError: Error, Equatable, Sendable, CustomStringConvertible {
  package enum Code: Sendable {
    /// No model there, or one of its files is missing.
    case notFound
    /// A configuration that contradicts itself, or leaves out what it must say.
    case malformedConfiguration
    /// A model family, or a feature of one, that is not implemented.
    case unsupported
    /// A tensor that the configuration calls for and the files do not hold.
    case missingTensor
    /// A tensor of another shape than the configuration calls for.
    case misshapenTensor
    /// The machine has less memory free than the model takes.
    case notEnoughMemory
    /// An adapter that does not fit the model.
    case adapterMismatch
    /// A hook that does not exist, here or at all.
    case unknownHook
    /// An edit whose vectors do not fit its hook.
    case invalidEdit
    /// A prompt that is empty, too long, or holds ids outside the vocabulary.
    case invalidPrompt
  }

  package var code: Code
  package var message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { message }

  /// Runs `body`, and puts the file's name before what is wrong with it.
  static func naming<R>(_ url: URL, _ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch var error as ModelError {
      error.message = "\(printable(url.lastPathComponent)): \(error.message)"
      throw error
    }
  }

  /// `text` from a file, safe to print.
  static func printable(_ text: String) -> String { TensorFileError.printable(text) }
}
