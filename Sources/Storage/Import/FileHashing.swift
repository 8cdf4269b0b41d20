import Dispatch
import Foundation
import Synchronization

/// SHA-256 of a file, computed while other work goes on.
final class FileHashing: Sendable {
  private let queue = DispatchQueue(label: "exemplar.hash")
  private let outcome = Mutex<Result<String, any Error>?>(nil)

  init(_ url: URL) {
    queue.async { [self] in
      let result = Result { try HashCache().hash(of: url) }
      outcome.withLock { $0 = result }
    }
  }

  /// Waits for it.
  func result() throws -> String {
    queue.sync {}
    guard let result = outcome.withLock(\.self) else {
      preconditionFailure("expected a hash once the queue is through")
    }
    return try result.get()
  }
}
