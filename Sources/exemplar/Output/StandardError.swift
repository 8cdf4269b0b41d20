import Foundation
import Terminal

/// Progress and logs go here; results go to standard output.
enum StandardError {
  static var isTerminal: Bool { isatty(2) == 1 }

  static func print(_ line: String) { write(line + "\n") }

  static func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}

/// A message without line breaks or live control characters.
func oneLine(_ text: String) -> String {
  sanitized(text.split(whereSeparator: \.isNewline).joined(separator: " "))
}
