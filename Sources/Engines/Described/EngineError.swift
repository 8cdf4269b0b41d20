import TensorFiles

/// Why an engine gave no answer: a line that says what was expected, what was found, and of which engine.
package struct EngineError: Error, Equatable, Sendable, CustomStringConvertible {
  package enum Code: String, Sendable {
    /// What was asked cannot be had there: trying again is of no use.
    case refused
    /// Too much for the device even alone.
    case memory
    /// It failed at it.
    case failed
    /// It did not keep to the protocol.
    case protocolBroken
    /// It ended, or could not be started.
    case ended
    /// It said nothing for too long.
    case silent
  }

  package var code: Code
  package var message: String
  /// How the user calls it.
  package var engine: String

  package init(_ code: Code, _ message: String, engine: String) {
    (self.code, self.message, self.engine) = (code, message, engine)
  }

  package var description: String { "engine \(EngineText.line(engine, atMost: 120)): \(message)" }
}

/// Texts that a worker says, safe to show.
package enum EngineText {
  /// The text in one line, at most `count` characters of it, with what acts on a terminal spelled out.
  package static func line(_ text: String, atMost count: Int = 400) -> String {
    var result = ""
    var rest = text.unicodeScalars.prefix(count + 1)[...]
    let isCut = rest.count > count
    if isCut { rest = rest.dropLast() }
    // `printable` says up to 80 characters.
    while !rest.isEmpty {
      let part = rest.prefix(80)
      result += TensorFileError.printable(String(String.UnicodeScalarView(part)))
      rest = rest.dropFirst(part.count)
    }
    return isCut ? result + "…" : result
  }
}
