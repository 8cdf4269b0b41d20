import Foundation
import LanguageModel
import TensorFiles

/// A conversation with a worker: one request at a time, each with its replies.
///
/// Unchecked because the lock sees to it that one thread at a time has the process.
final class WorkerConnection: @unchecked Sendable {
  let name: String
  /// Seconds without a byte after which a worker in work is taken for hung.
  private let silence: Double
  private let lock = NSLock()
  private var child: ChildProcess
  private var reader = MessageReader()
  private var errors = ErrorTail()
  private var lastID = 0
  /// Why it cannot be used any more.
  private var failure: EngineError?

  /// Seconds that a worker has to stop in once it is asked to.
  private var patience: Double { min(10, silence) }
  /// Seconds that it has to end by itself once its input has ended.
  private static let farewell = 1.0

  init(_ command: String, name: String, silence: Double) throws {
    (self.name, self.silence) = (name, silence)
    do {
      child = try ChildProcess(shell: command)
    } catch {
      throw EngineError(.ended, "\(error)", engine: name)
    }
    LiveGroups.add(child.id)
  }

  deinit { end() }

  /// Whether it can still be asked.
  var isUsable: Bool {
    guard lock.try() else { return true }
    defer { lock.unlock() }
    return failure == nil && !child.hasEnded
  }

  /// The group that its processes are in.
  var group: pid_t { child.id }

  /// Asks, hears every part reply, and returns the last reply.
  ///
  /// - Parameters:
  ///   - stops: whether it is given up where nobody waits for it (``EngineStop``).
  ///   - check: asked many times a second, while the worker is waited for; to stop, throw.
  ///   - onPart: a reply that is not the last.
  /// - Throws: `EngineError`; what `check` and `onPart` throw, after the worker has stopped.
  func ask(
    _ request: WireRequest, _ tensors: [NamedTensor] = [], stops: Bool = true,
    check: () throws -> Void = {},
    onPart: (WireReply, Message) throws -> Void = { _, _ in }
  ) throws -> (reply: WireReply, message: Message) {
    func checkAll() throws {
      try Task.checkCancellation()
      try LongWork.check()
      if stops, EngineStop.current?.isAsked() ?? false { throw CancellationError() }
      try check()
    }
    while !lock.try() {
      try checkAll()
      usleep(1000)
    }
    defer { lock.unlock() }
    if let failure { throw failure }
    lastID += 1
    var request = request
    request.id = lastID
    var isSent = false
    do {
      let bytes = Message.bytes(try WireText.encoded(request), tensors)
      guard bytes.count <= Message.largest else {
        throw EngineError(
          .refused, "a request of \(bytes.count) bytes is more than a message holds", engine: name)
      }
      try send(bytes, checkAll)
      isSent = true
      while true {
        let (reply, message) = try receive(silence, checkAll)
        guard reply.id == lastID else {
          throw broken("expected a reply to request \(lastID), found one to \(reply.id)")
        }
        switch reply.reply {
        case "done": return (reply, message)
        case "error": throw said(reply)
        case "cancelled":
          throw broken("said that request \(lastID) was cancelled, which nobody asked")
        default: try onPart(reply, message)
        }
      }
    } catch let error as EngineError {
      // What it refuses or fails at leaves the conversation as it was.
      if ![.refused, .memory, .failed].contains(error.code) { fail(error) }
      throw error
    } catch let error as WrongAnswer {
      let error = broken(error.description)
      fail(error)
      throw error
    } catch {
      if isSent { stopRequest() }
      throw error
    }
  }

  /// A reply that is not what was asked for.
  struct WrongAnswer: Error, CustomStringConvertible {
    var description: String
  }

  private func said(_ reply: WireReply) -> EngineError {
    let code: EngineError.Code =
      switch reply.kind {
      case "refused": .refused
      case "memory": .memory
      default: .failed
      }
    let text = reply.text.map { EngineText.line($0) } ?? ""
    return EngineError(code, text.isEmpty ? "failed and did not say why" : text, engine: name)
  }

  private func broken(_ text: String) -> EngineError {
    EngineError(.protocolBroken, "broke the protocol: \(text)" + errors.sentence, engine: name)
  }

  // MARK: - Bytes

  private func send(_ bytes: [UInt8], _ check: () throws -> Void) throws {
    var left = bytes[...]
    var lastNews = ContinuousClock.now
    while !left.isEmpty {
      let before = left.count
      let hasEnded = child.hasEnded
      child.wait(writing: true, keepsInput: true)
      left = child.write(left)
      let news = takeOutput()
      // What it said before is still to be read.
      if hasEnded { return }
      if left.count < before || news { lastNews = .now }
      // A message that was begun has to be sent whole, or what follows would be read as its rest.
      if before == bytes.count, left.count == before { try check() }
      try checkSilence(since: lastNews, silence)
    }
  }

  private func receive(
    _ silence: Double, _ check: () throws -> Void
  ) throws -> (WireReply, Message) {
    var lastNews = ContinuousClock.now
    while true {
      do {
        if let message = try reader.next() {
          try check()
          return (try WireText.decoded(WireReply.self, message.text), message)
        }
      } catch let error as Message.Malformed {
        throw broken(error.description)
      } catch let error as TensorFileError {
        throw broken(EngineText.line(error.description))
      }
      try check()
      let hasEnded = child.hasEnded
      child.wait(writing: false, keepsInput: true)
      if takeOutput() { lastNews = .now } else if hasEnded { throw ended() }
      try checkSilence(since: lastNews, silence)
    }
  }

  /// Takes in what it wrote; says whether that was anything on its standard output.
  private func takeOutput() -> Bool {
    if let more = child.readError() { errors.append(more) }
    // One that talks without listening is not heard out.
    guard reader.count <= Message.largest else { return false }
    guard let more = child.readOutput(), !more.isEmpty else { return false }
    reader.append(more)
    return true
  }

  private func checkSilence(since news: ContinuousClock.Instant, _ silence: Double) throws {
    guard ContinuousClock.now - news < .seconds(silence) else {
      throw EngineError(
        .silent,
        "said nothing for \(silence.formatted(.number.grouping(.never))) s: taken for hung"
          + errors.sentence, engine: name)
    }
  }

  private func ended() -> EngineError {
    while let more = child.readError(), !more.isEmpty { errors.append(more) }
    var words = child.endingWords ?? "closed its output"
    if reader.isWithinMessage { words += " within a message" }
    return EngineError(.ended, words + errors.sentence, engine: name)
  }

  // MARK: - Ends

  /// Has it stop with the request in work, and hears it out.
  private func stopRequest() {
    var request = WireRequest("cancel", id: lastID + 1)
    request.of = lastID
    lastID += 1
    let start = ContinuousClock.now
    func check() throws {
      guard ContinuousClock.now - start < .seconds(patience) else {
        throw EngineError(
          .silent, "did not stop within \(patience.formatted()) s of being asked to", engine: name)
      }
    }
    do {
      try send(Message.bytes(try WireText.encoded(request)), check)
      while true {
        let (reply, _) = try receive(patience, check)
        guard reply.id == lastID - 1 else {
          throw broken("expected a reply to request \(lastID - 1), found one to \(reply.id)")
        }
        if ["done", "cancelled", "error"].contains(reply.reply) { return }
      }
    } catch {
      fail(error as? EngineError ?? broken("\(error)"))
    }
  }

  /// Ends it for a last reply that is not what was asked for.
  func abandon(for reason: String) -> EngineError {
    lock.lock()
    defer { lock.unlock() }
    let error = broken(reason)
    if failure == nil { fail(error) }
    return error
  }

  private func fail(_ error: EngineError) {
    failure = error
    shutDown(gently: false)
  }

  /// Ends its input, and soon after the process group where that did not.
  func end() {
    lock.lock()
    defer { lock.unlock() }
    guard failure == nil else { return }
    failure = EngineError(.ended, "was ended", engine: name)
    shutDown(gently: true)
  }

  private func shutDown(gently: Bool) {
    child.closeInput()
    if gently {
      let start = ContinuousClock.now
      while !child.hasEnded, ContinuousClock.now - start < .seconds(Self.farewell) {
        child.wait(writing: false)
        while let more = child.readOutput(), !more.isEmpty {}
        if let more = child.readError() { errors.append(more) }
      }
    }
    child.stop()
    LiveGroups.remove(child.id)
    child.close()
  }
}
