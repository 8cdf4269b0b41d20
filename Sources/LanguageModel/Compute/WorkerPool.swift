import CKernels

/// The threads of one call, kept from step to step.
///
/// An item is the same work whichever worker takes it, and takes it in one order, so results do not
/// depend on how many there are.
///
/// Unchecked because it holds a pointer: loops come from one thread at a time, as `ForwardPass`
/// runs them.
final class WorkerPool: @unchecked Sendable {
  private let pool: OpaquePointer?
  let workers: Int

  init(workers: Int) {
    self.workers = max(1, workers)
    pool = workers > 1 ? kernels_pool_create(CInt(clamping: workers)) : nil
  }

  deinit { if let pool { kernels_pool_destroy(pool) } }

  /// Calls `body` once for every item; `worker` is for scratch that a worker owns.
  func forEach(_ items: Int, _ body: @Sendable (_ item: Int, _ worker: Int) -> Void) {
    guard let pool, items > 1 else {
      for item in 0..<items { body(item, 0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { body in
        kernels_pool_run(
          pool, items,
          { context, item, worker in
            context.assumingMemoryBound(to: (@Sendable (Int, Int) -> Void).self)
              .pointee(item, Int(worker))
          }, body)
      }
    }
  }

  /// Cuts `count` into ranges of `size` and calls `body` for each.
  func forRanges(
    of count: Int, by size: Int, _ body: @Sendable (_ range: Range<Int>, _ worker: Int) -> Void
  ) {
    forEach((count + size - 1) / size) { item, worker in
      body(item * size..<min(count, (item + 1) * size), worker)
    }
  }
}
