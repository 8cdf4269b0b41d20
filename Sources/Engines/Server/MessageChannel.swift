import Foundation
import Synchronization

/// The client's side of a conversation, as a worker has it: requests as they come, replies as they are written.
///
/// Unchecked because a lock sees to it that one thread at a time writes.
final class MessageChannel: @unchecked Sendable {
  private let input: Int32
  private let output: Int32
  private let writing = NSLock()
  private var lastWritten = ContinuousClock.now
  private let state = Mutex(State())
  private let arrived = DispatchSemaphore(value: 0)

  private struct State {
    var requests: [(WireRequest, Message)] = []
    var cancelled: Set<Int> = []
    var failure: (any Error)?
    var hasEnded = false
  }

  init(input: Int32, output: Int32) { (self.input, self.output) = (input, output) }

  /// Reads on a thread of its own until the input ends, so that `cancel` is seen while there is work.
  ///
  /// - Parameter onEnd: called there once no more will come.
  func listen(onEnd: @escaping @Sendable () -> Void) {
    let thread = Thread { [self] in
      var reader = MessageReader()
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      do {
        while true {
          let count = buffer.withUnsafeMutableBytes {
            Foundation.read(input, $0.baseAddress, $0.count)
          }
          if count < 0, errno == EINTR { continue }
          guard count > 0 else { break }
          reader.append(buffer[..<count])
          while let message = try reader.next() {
            take(try WireText.decoded(WireRequest.self, message.text), message)
          }
        }
      } catch {
        state.withLock { $0.failure = error }
        arrived.signal()
        return
      }
      state.withLock { $0.hasEnded = true }
      arrived.signal()
      onEnd()
    }
    thread.stackSize = 4 << 20
    thread.start()
  }

  private func take(_ request: WireRequest, _ message: Message) {
    if request.ask == "cancel" {
      if let id = request.of { state.withLock { _ = $0.cancelled.insert(id) } }
      return
    }
    state.withLock { $0.requests.append((request, message)) }
    arrived.signal()
  }

  /// The next request, waited for; `nil` where none will come.
  ///
  /// - Throws: what is wrong with what came.
  func next() throws -> (WireRequest, Message)? {
    arrived.wait()
    return try state.withLock { state in
      if !state.requests.isEmpty { return state.requests.removeFirst() }
      if let failure = state.failure { throw failure }
      return nil
    }
  }

  /// Whether nobody waits for the answer any more.
  func isCancelled(_ id: Int) -> Bool {
    state.withLock { $0.hasEnded || $0.cancelled.contains(id) }
  }

  func write(_ reply: WireReply, _ tensors: [NamedTensor] = []) throws {
    let bytes = Message.bytes(try WireText.encoded(reply), tensors)
    writing.lock()
    defer { writing.unlock() }
    var left = bytes[...]
    while !left.isEmpty {
      let written = left.withUnsafeBytes { Foundation.write(output, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw Message.Malformed("the client does not read any more") }
      left = left.dropFirst(written)
    }
    lastWritten = .now
  }

  /// Seconds since anything was said.
  var quiet: Duration {
    writing.lock()
    defer { writing.unlock() }
    return ContinuousClock.now - lastWritten
  }
}
