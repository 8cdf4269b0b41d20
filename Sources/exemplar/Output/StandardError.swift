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
///
/// - Parameter limit: bytes of it that are kept; the rest is told by its number. More than any label, prompt or answer that
///   a person reads has; JSON gives all.
func oneLine(_ text: String, atMost limit: Int = 1 << 16) -> String {
  var kept = text
  if text.utf8.count > limit {
    var end = text.utf8.index(text.startIndex, offsetBy: limit)
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    kept = String(text[..<end])
  }
  let line = sanitized(kept.split(whereSeparator: \.isNewline).joined(separator: " "))
  let rest = text.utf8.count - kept.utf8.count
  return rest > 0 ? "\(line) … and \(rest) bytes more" : line
}

/// Text of several lines, none of which has live control characters.
func lines(of text: String) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false).map { oneLine(String($0)) }
    .joined(separator: "\n")
}
