import CNCurses
import Foundation

extension CursesTerminal {
  /// How long ESC is waited on for the rest of a sequence.
  private static let escapeDelay = Duration.milliseconds(25)

  /// Waits for something to happen.
  ///
  /// Ctrl-Z is handled here: the process stops, and the wait goes on when it continues.
  ///
  /// - Parameter timeout: `nil` waits forever; zero takes what is there.
  /// - Returns: `nil` when the time is over.
  package func nextEvent(timeout: Duration? = nil) -> TerminalEvent? {
    let clock = ContinuousClock()
    let deadline = timeout.map { clock.now + $0 }
    while isUp {
      if !events.isEmpty {
        let event = events.removeFirst()
        guard event == .key(.control("z")) else { return event }
        suspend()
        continue
      }
      let remaining = deadline.map { max(.zero, $0 - clock.now) }
      let isEscapePending = decoder.isWaiting
      let wait = isEscapePending ? min(Self.escapeDelay, remaining ?? Self.escapeDelay) : remaining
      checkReplyDeadline()
      if !waitForInput(wait) {
        if isEscapePending { events += decoder.flush() }
        if events.isEmpty, let deadline, clock.now >= deadline { return nil }
      }
    }
    return nil
  }

  /// Ends a wait in `nextEvent`, which then returns `.wake`. From any thread.
  package nonisolated func wake() { wakePipe.signal(UInt8(CT_WAKE)) }

  /// Waits, and takes in what came; false if nothing came in time.
  private func waitForInput(_ time: Duration?) -> Bool {
    var sources = [
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
      pollfd(fd: wakePipe.readEnd, events: Int16(POLLIN), revents: 0),
    ]
    // A signal ends the wait early; its byte in the pipe then ends the next one.
    guard poll(&sources, 2, time.map(\.wholeMilliseconds) ?? -1) > 0 else { return false }
    if sources[1].revents != 0 { readSignals() }
    if sources[0].revents != 0 { readInput() }
    return true
  }

  /// - Returns: false at the end of input.
  @discardableResult
  func readInput() -> Bool {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = bytes.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
    if count > 0 {
      events += decoder.feed(bytes.prefix(count))
    } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
      events.append(.closed)
      return false
    }
    return true
  }

  private func readSignals() {
    let bytes = Set(wakePipe.drain())
    let has = { (signal: Int) in bytes.contains(UInt8(signal)) }
    if has(CT_INTERRUPT) {
      ct_guard_interrupt_seen()
      events.append(.interrupt)
    }
    if has(CT_STOP) {
      suspend()
    } else if has(CT_CONTINUED) {
      // Stopped by a signal that cannot be caught: the shell has had the terminal.
      reenter()
    }
    if has(CT_RESIZED) {
      if let event = followSize() {
        events.append(event)
      } else {
        // Another size, and back before it was asked: the terminal has cut or moved what stood there.
        send(painter.repaintInPlace())
      }
    }
    if has(CT_WAKE) { events.append(.wake) }
  }
}

extension Duration {
  /// Rounded up, so that a wait never ends before its time; at most what `poll` takes.
  fileprivate var wholeMilliseconds: Int32 {
    let (seconds, attoseconds) = components
    let milliseconds = attoseconds / 1_000_000_000_000_000
    let rest: Int64 = attoseconds % 1_000_000_000_000_000 == 0 ? 0 : 1
    return Int32(clamping: min(seconds, 1_000_000) * 1000 + milliseconds + rest)
  }
}
