/// Why a chat template gave no prompt.
package struct TemplateError: Error, Equatable, Sendable, CustomStringConvertible {
  package enum Code: Sendable {
    /// It is no template: an error of its syntax.
    case syntax
    /// It uses something that is not implemented here.
    case unsupported
    /// It failed, as it would anywhere.
    case failed
    /// It refused the conversation, by `raise_exception`.
    case refused
    /// It takes too many steps, too much text or too deep a nesting.
    case exhausted
  }

  package var code: Code
  package var message: String
  /// The line in the template, from 1.
  package var line: Int

  package var description: String { "chat template, line \(line): \(message)" }
}
