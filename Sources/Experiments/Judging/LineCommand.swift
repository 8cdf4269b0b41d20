import Engines
import Foundation
import TensorFiles

/// A command of the user's, run by `/bin/sh -c` in a session of its own, that reads lines and writes lines.
///
/// Its input is written while its output is read, so that neither side waits for the other however much either writes. It
/// may stop reading early. What it leaves undone when this side stops is ended with it, its children included.
package struct LineCommand {
  package typealias Failure = ChildProcess.Failure

  /// Bytes of a line that are believed; more is an error, so that no output fills the memory.
  static let longestLine = 1 << 20

  var command: String
  /// Seconds without news after which it is taken to hang.
  var silence: Double
  /// How a user makes it wait for longer.
  var patience: Remedy = "\(.judgeTimeout) is how long it may take"

  /// - Parameters:
  ///   - check: asked many times a second; to stop, throw.
  ///   - isDone: whether nothing more is waited for, once the command itself has ended. A child that it left behind may
  ///     hold its output open.
  ///   - onLine: a line without its end, and its number from 1; says whether it is news.
  /// - Throws: `Failure` where the command cannot be started, fails, hangs or writes without end; what `check` and
  ///   `onLine` throw. What it wrote last to its standard error stands in a failure.
  func run(
    _ input: [UInt8], check: () throws -> Void, isDone: () -> Bool,
    onLine: (ArraySlice<UInt8>, Int) throws -> Bool
  ) throws {
    var child = try ChildProcess(shell: command)
    var errors = ErrorTail()
    defer { child.close() }
    do {
      try converse(&child, input, &errors, check, isDone, onLine)
      try child.finish()
    } catch {
      child.stop()
      while let more = child.readError(), !more.isEmpty { errors.append(more) }
      guard let failure = error as? Failure else { throw error }
      throw Failure(failure.description + errors.sentence, remedy: failure.remedy)
    }
  }

  private func converse(
    _ child: inout ChildProcess, _ input: [UInt8], _ errors: inout ErrorTail,
    _ check: () throws -> Void, _ isDone: () -> Bool,
    _ onLine: (ArraySlice<UInt8>, Int) throws -> Bool
  ) throws {
    var left = input[...]
    var lines = Lines()
    var lastNews = ContinuousClock.now
    func take(_ line: ArraySlice<UInt8>, _ number: Int) throws {
      if try onLine(line, number) { lastNews = ContinuousClock.now }
    }
    while true {
      try check()
      // Asked before reading: what it wrote before it ended is then read for certain.
      let hasEnded = child.hasEnded
      child.wait(writing: !left.isEmpty)
      left = child.write(left)
      if let more = child.readError() { errors.append(more) }
      let more = child.readOutput()
      try lines.append(more ?? [], take)
      if hasEnded, child.isOutputClosed || (more == nil && isDone()) {
        try lines.finish(take)
        return
      }
      let quiet = ContinuousClock.now - lastNews
      guard quiet < .seconds(silence) else {
        throw Failure(
          "nothing new came for \(Self.words(silence)) s",
          remedy: patience)
      }
    }
  }

  private static func words(_ seconds: Double) -> String {
    seconds == seconds.rounded() && seconds < 1e9 ? String(Int(seconds)) : String(seconds)
  }

  /// Bytes as lines.
  private struct Lines {
    private var partial: [UInt8] = []
    private var number = 0

    mutating func append(
      _ bytes: [UInt8], _ take: (ArraySlice<UInt8>, Int) throws -> Void
    ) throws {
      var rest = bytes[...]
      while let end = rest.firstIndex(of: 10) {
        let line = rest[..<end]
        rest = rest[(end + 1)...]
        try checkLength(partial.count + line.count)
        number += 1
        if partial.isEmpty {
          try take(line, number)
        } else {
          let whole = partial + line
          partial = []
          try take(whole[...], number)
        }
      }
      try checkLength(partial.count + rest.count)
      partial += rest
    }

    mutating func finish(_ take: (ArraySlice<UInt8>, Int) throws -> Void) throws {
      guard !partial.isEmpty else { return }
      number += 1
      try take(partial[...], number)
    }

    private func checkLength(_ count: Int) throws {
      guard count <= LineCommand.longestLine else {
        throw Failure("line \(number + 1): longer than \(LineCommand.longestLine) bytes")
      }
    }
  }
}
