import Dispatch

/// A parallel loop whose partition never depends on the number of threads.
package enum Parallel {
  /// Calls `body` once for every item, each on one of up to `threads` threads.
  ///
  /// Items must write to disjoint places. Worker `w` takes items `w`, `w + threads`, …; since an item is
  /// the same work wherever it runs, results are the same bytes at any thread count.
  /// - Parameter body: receives the item and the worker, `0..<threads`, for scratch that a worker owns.
  package static func forEach(
    _ items: Int, threads: Int, _ body: @Sendable (_ item: Int, _ worker: Int) -> Void
  ) {
    let workers = min(threads, items)
    guard workers > 1 else {
      for item in 0..<items { body(item, 0) }
      return
    }
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
      for item in stride(from: worker, to: items, by: workers) { body(item, worker) }
    }
  }
}
