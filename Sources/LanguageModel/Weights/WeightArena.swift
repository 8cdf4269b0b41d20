import Foundation

/// Room for all weights of a model in one anonymous mapping, zero at first.
///
/// One mapping so that the kernel can back it with large pages, which matrix products over
/// hundreds of megabytes notice.
final class WeightArena: @unchecked Sendable {
  // Written while a model is loaded, by one thread at each place, and only read afterwards.
  let base: UnsafeMutablePointer<Float>
  let count: Int

  /// - Throws: `ModelError.notEnoughMemory` where the system has no room for `count` floats.
  init(count: Int) throws {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    guard
      let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      memory != MAP_FAILED
    else {
      throw ModelError(
        .notEnoughMemory, "the system has no room for \(bytes) bytes of weights")
    }
    madvise(memory, bytes, MADV_HUGEPAGE)
    base = memory.bindMemory(to: Float.self, capacity: max(count, 1))
    self.count = count
  }

  deinit { munmap(base, max(count, 1) * MemoryLayout<Float>.stride) }
}
