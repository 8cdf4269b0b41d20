import Foundation
import TensorFiles

/// The last of what a command complains about on its standard error.
package struct ErrorTail {
  private var bytes: [UInt8] = []

  package init() {}

  package mutating func append(_ more: [UInt8]) {
    bytes += more
    if bytes.count > 8192 { bytes.removeFirst(bytes.count - 4096) }
  }

  /// The last lines, at most three, with their control characters spelled out.
  package var lines: [String] {
    String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }.suffix(3)
      .map(TensorFileError.printable)
  }

  /// Them in one, to stand behind what went wrong.
  package var sentence: String {
    lines.isEmpty ? "" : "; its standard error ends: " + lines.joined(separator: " / ")
  }
}
