import Dispatch
import Synchronization

/// Directions that are hashed and written in a thread of their own, while the next ones are read.
///
/// What fails there is thrown by one of the next calls. Not to be called from two threads.
final class QueuedTensors: Sendable {
  // Only blocks of the queue touch them, one after the other.
  private nonisolated(unsafe) let tensors: HashedTensors
  private let queue = DispatchQueue(label: "exemplar.directions")
  /// So many pieces wait at most, so that memory does not grow where the disk is slower than the reader.
  private let room = DispatchSemaphore(value: 4)
  private let failure = Mutex<(any Error)?>(nil)
  /// One of more bytes is not held beside others.
  private static let largestPiece = 1 << 23

  init(_ tensors: HashedTensors) { self.tensors = tensors }

  func append<Value: BitwiseCopyable & Sendable>(_ values: [Value], to name: String) throws {
    room.wait()
    queue.async { [self] in
      attempt { try tensors.append(values, to: name) }
      room.signal()
    }
    if values.count > Self.largestPiece / MemoryLayout<Value>.stride { queue.sync {} }
    try check()
  }

  /// Waits for all that was appended; the file is then made durable in the background, up to ``wait()``.
  ///
  /// - Returns: the hash of each tensor.
  func end(identity: String) throws -> [String: String] {
    let digests = queue.sync {
      attempt { try tensors.replace(identity: identity) }
      return tensors.digests
    }
    try check()
    queue.async { [self] in attempt { try tensors.finish() } }
    return digests
  }

  /// Waits until the file is whole and durable.
  func wait() throws {
    queue.sync {}
    try check()
  }

  /// Waits for what is being written, where what it is for has failed.
  func abandon() { queue.sync {} }

  /// Work in its turn, which is left out once something has failed.
  private func attempt(_ work: () throws -> Void) {
    do {
      try check()
      try work()
    } catch {
      failure.withLock { $0 = error }
    }
  }

  private func check() throws {
    if let error = failure.withLock({ $0 }) { throw error }
  }
}
