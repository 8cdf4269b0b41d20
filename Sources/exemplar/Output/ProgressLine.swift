import Foundation

/// Progress on standard error: one line redrawn on a terminal, a line every few seconds otherwise.
final class ProgressLine {
  private let isQuiet: Bool
  private let isTerminal = StandardError.isTerminal
  private let start = ContinuousClock.now
  private var lastShown: ContinuousClock.Instant
  private var isDirty = false

  init(isQuiet: Bool) {
    self.isQuiet = isQuiet
    lastShown = start
  }

  /// Shows `text` if the last one has stood long enough.
  func show(_ text: @autoclosure () -> String) {
    guard !isQuiet else { return }
    let now = ContinuousClock.now
    guard now - lastShown > (isTerminal ? .milliseconds(100) : .seconds(3)) else { return }
    lastShown = now
    if isTerminal {
      StandardError.write("\r\u{1B}[K" + text())
      isDirty = true
    } else {
      StandardError.print(text())
    }
  }

  /// Takes the line away.
  func clear() {
    if isDirty { StandardError.write("\r\u{1B}[K") }
    isDirty = false
  }

  var seconds: Double {
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}
