import Dispatch
import Foundation
import GRDB
import Synchronization

/// Makes the index of texts in a thread and a file of its own, while other tables are written.
///
/// Texts are numbered from 0 in the order that they are added. Not to be added to from two threads.
final class DocumentIndexer: TextIndexing, Sendable {
  private struct Waiting {
    var texts: [String] = []
    var isEnded = false
    var error: (any Error)?
  }

  private let url: URL
  private let waiting = Mutex(Waiting())
  private let arrived = DispatchSemaphore(value: 0)
  private let done = DispatchSemaphore(value: 0)

  init(_ url: URL) {
    self.url = url
    let thread = Thread { [self] in
      do {
        try index()
      } catch {
        waiting.withLock { $0.error = error }
      }
      done.signal()
    }
    // Folding words of long texts takes more than a thread has by itself.
    thread.stackSize = 8 << 20
    thread.start()
  }

  func add(_ texts: some Collection<String>) {
    guard !texts.isEmpty else { return }
    waiting.withLock { $0.texts += texts }
    arrived.signal()
  }

  /// Waits until all is indexed.
  ///
  /// - Returns: the database.
  func finish() throws -> URL {
    waiting.withLock { $0.isEnded = true }
    arrived.signal()
    done.wait()
    // Whoever asks again need not wait.
    done.signal()
    if let error = waiting.withLock({ $0.error }) { throw error }
    return url
  }

  /// Ends the thread without an answer, where what it is for has failed.
  func abandon() {
    waiting.withLock {
      $0.texts = []
      $0.isEnded = true
    }
    arrived.signal()
    done.wait()
    // Whoever asks again need not wait.
    done.signal()
  }

  private func next() -> [String]? {
    while true {
      let (texts, isEnded) = waiting.withLock { waiting in
        defer { waiting.texts = [] }
        return (waiting.texts, waiting.isEnded)
      }
      if !texts.isEmpty { return texts }
      if isEnded { return nil }
      arrived.wait()
    }
  }

  private func index() throws {
    let queue = try DictionaryWriter.emptyDatabase(url)
    try queue.write { db in
      try db.execute(sql: DictionarySchema.index)
      let index = try DictionaryWriter.IndexRows(db)
      var id = 0
      while let texts = next() {
        for text in texts {
          try index.insert(SearchText.indexed(text), id: id)
          id += 1
        }
      }
      try index.finish()
    }
    try queue.close()
  }
}
