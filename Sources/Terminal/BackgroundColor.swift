import Foundation

/// What is behind the text of a terminal, as far as it can be found out.
package enum BackgroundColor {
  /// The question (OSC 11) that most terminals answer, in the form the answer has too.
  static let question = Array("\u{1B}]11;?\u{1B}\\".utf8)

  /// Whether to ask at all: some terminals would show the question.
  static func canBeAsked(_ terminal: String) -> Bool {
    Clipboard.isSupported(by: terminal)
  }

  /// Reads the text of an answer: `11;rgb:1a1a/1616/1313`, one to four digits a component, more than three with alpha.
  ///
  /// - Returns: `nil` for the answer to anything else.
  static func appearance(ofReply reply: String) -> Theme.Appearance? {
    guard let separator = reply.firstIndex(of: ":") else { return nil }
    guard ["11;rgb", "11;rgba"].contains(reply[..<separator]) else { return nil }
    let parts = reply[reply.index(after: separator)...].split(
      separator: "/", omittingEmptySubsequences: false)
    guard parts.count >= 3 else { return nil }
    let values = parts.prefix(3).compactMap { part -> Double? in
      guard (1...4).contains(part.utf8.count), part.allSatisfy(\.isHexDigit),
        let value = UInt32(part, radix: 16)
      else { return nil }
      return Double(value) / Double((1 << (4 * part.utf8.count)) - 1)
    }
    guard values.count == 3 else { return nil }
    return 0.299 * values[0] + 0.587 * values[1] + 0.114 * values[2] > 0.5 ? .light : .dark
  }

  /// What `COLORFGBG` says, `15;0` or `0;default;15`, where a terminal sets it.
  package static func appearance(in environment: [String: String]) -> Theme.Appearance? {
    guard let last = environment["COLORFGBG"]?.split(separator: ";").last,
      let number = Int(last), (0..<16).contains(number)
    else { return nil }
    // White and the bright colours, but for bright black.
    return number == 7 || number > 8 ? .light : .dark
  }
}

extension CursesTerminal {
  /// How long an answer may be on its way.
  private static let replyTime = Duration.seconds(5)
  /// How long leaving waits for it, so that it is not typed into the shell.
  private static let leavingTime = Duration.milliseconds(150)

  /// Asks for the background. The answer, if there is one, is an event; nothing waits for it.
  package func askForBackground() {
    let terminal = options.environment["TERM"] ?? ""
    guard isUp, profile.depth != .monochrome, BackgroundColor.canBeAsked(terminal) else { return }
    decoder.isAwaitingReply = true
    replyDeadline = ContinuousClock.now + Self.replyTime
    send(BackgroundColor.question)
  }

  /// Stops holding back what may be the beginning of an answer when none will come any more.
  func checkReplyDeadline() {
    guard let deadline = replyDeadline else { return }
    if !decoder.isAwaitingReply || ContinuousClock.now > deadline {
      replyDeadline = nil
      decoder.isAwaitingReply = false
    }
  }

  /// Takes in an answer that is on its way, before the shell gets it.
  func awaitReplyBeforeLeaving() {
    let deadline = ContinuousClock.now + Self.leavingTime
    checkReplyDeadline()
    while decoder.isAwaitingReply, ContinuousClock.now < deadline {
      var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      guard poll(&input, 1, 20) > 0 else { continue }
      guard readInput() else { return }
    }
  }
}
