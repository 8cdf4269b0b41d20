import Foundation

/// What became of a copy.
package enum ClipboardResult: Hashable, Sendable {
  /// Sent; a terminal does not say whether it took it.
  case sent(bytes: Int)
  case tooLong(bytes: Int, limit: Int)
  /// The terminal is known to have no clipboard.
  case unsupported
}

/// The request to a terminal to set its clipboard (OSC 52), which reaches the person's own machine over
/// SSH, as no tool on the remote one does.
enum Clipboard {
  static func isSupported(by terminal: String) -> Bool {
    let family = terminal.prefix { $0 != "-" }
    return !["linux", "dumb", "cons25", "unknown", "ansi"].contains(family)
      && terminal.wholeMatch(of: /vt\d+.*/) == nil
  }

  /// The bytes to send. Inside tmux both the plain request, which its `set-clipboard` takes, and the one
  /// passed through to the terminal outside, which needs `allow-passthrough`; either may be off.
  static func sequence(for text: String, environment: [String: String]) -> [UInt8] {
    let request = "\u{1B}]52;c;\(Data(text.utf8).base64EncodedString())\u{07}"
    if environment["TMUX"]?.isEmpty == false {
      let doubled = request.replacing("\u{1B}", with: "\u{1B}\u{1B}")
      return Array((request + "\u{1B}Ptmux;\(doubled)\u{1B}\\").utf8)
    }
    if environment["STY"]?.isEmpty == false { return screenPassthrough(Array(request.utf8)) }
    return Array(request.utf8)
  }

  /// GNU screen passes strings of limited length on, and joins nothing: the terminal outside does.
  private static func screenPassthrough(_ request: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: request.count, by: 256) {
      bytes += Array("\u{1B}P".utf8) + request[start..<min(start + 256, request.count)]
      bytes += Array("\u{1B}\\".utf8)
    }
    return bytes
  }
}

extension CursesTerminal {
  /// Asks the terminal to put `text` on the clipboard.
  @discardableResult
  package func copyToClipboard(_ text: String) -> ClipboardResult {
    guard isUp, Clipboard.isSupported(by: options.environment["TERM"] ?? "") else {
      return .unsupported
    }
    let bytes = text.utf8.count
    guard bytes <= options.clipboardLimit else {
      return .tooLong(bytes: bytes, limit: options.clipboardLimit)
    }
    send(Clipboard.sequence(for: text, environment: options.environment))
    return .sent(bytes: bytes)
  }
}
