import Foundation

/// Rows `[count, D]` in memory of their own, contiguous and growing without being copied.
///
/// Address space for more rows than will come is reserved at once, and becomes memory only as rows are appended: an array
/// would hold two copies whenever it grows, and chunks a second copy at the end. Where so much cannot be reserved
/// (a limit on a process's address space), less is, and rows move to another mapping when that is full.
///
/// Sharable between threads because it is changed by one owner only, and never inside a parallel loop that reads it.
final class GrowingRows: @unchecked Sendable {
  let dimension: Int
  private(set) var count = 0
  private var base: UnsafeMutableRawPointer
  private var reserved: Int
  /// Bytes from `base` on that may be written.
  private var writable = 0

  /// - Parameter reservation: bytes of address space to ask for first.
  init(dimension: Int, reservation: Int = 1 << 38) {
    precondition(dimension > 0, "expected rows of at least one component")
    self.dimension = dimension
    (base, reserved) = Self.reserve(
      atLeast: Self.pageSize, preferably: max(Self.wholePages(reservation), Self.pageSize))
  }

  deinit { munmap(base, reserved) }

  var rows: UnsafeMutablePointer<Float> { base.assumingMemoryBound(to: Float.self) }

  func row(_ index: Int) -> UnsafeMutablePointer<Float> {
    assert(index < count)
    return rows + index * dimension
  }

  /// Appends a row, which may be one of these.
  func append(_ row: UnsafePointer<Float>) {
    let own = row - UnsafePointer(rows)
    makeRoom(forRows: count + 1)
    let source = (0..<count * dimension).contains(own) ? UnsafePointer(rows) + own : row
    count += 1
    self.row(count - 1).update(from: source, count: dimension)
  }

  /// Appends `count` rows that are yet to be written.
  func appendRows(_ count: Int) {
    makeRoom(forRows: self.count + count)
    self.count += count
  }

  /// Keeps the rows named, in the order named, and returns the memory of the others; `rows` ascends.
  func keep(_ rows: [Int]) {
    for (new, old) in rows.enumerated() where new != old {
      row(new).update(from: row(old), count: dimension)
    }
    count = rows.count
    let used = Self.wholePages(count * rowBytes)
    if used < writable { madvise(base + used, writable - used, MADV_DONTNEED) }
  }

  // MARK: - Memory

  private static let pageSize = sysconf(Int32(_SC_PAGESIZE))
  private var rowBytes: Int { dimension * MemoryLayout<Float>.stride }

  private static func wholePages(_ bytes: Int) -> Int {
    (bytes + pageSize - 1) / pageSize * pageSize
  }

  private func makeRoom(forRows rows: Int) {
    let needed = Self.wholePages(rows * rowBytes)
    guard needed > writable else { return }
    if needed > reserved { move(toReservationOf: needed) }
    // In steps, since each costs a call; a machine that counts every writable page may grant only what is needed.
    let ample = Self.wholePages(writable + writable / 8 + 1 << 18)
    for size in [min(max(needed, ample), reserved), needed] {
      if mprotect(base + writable, size - writable, PROT_READ | PROT_WRITE) == 0 {
        writable = size
        return
      }
    }
    preconditionFailure("out of memory: \(rows) rows of \(dimension) components")
  }

  /// Moves all rows, returning the old memory on the way so that both are never there whole.
  private func move(toReservationOf needed: Int) {
    let (old, oldWritable, oldReserved) = (base, writable, reserved)
    (base, reserved) = Self.reserve(atLeast: needed, preferably: 2 * needed)
    writable = 0
    let block = Self.wholePages(1 << 20)
    for start in stride(from: 0, to: oldWritable, by: block) {
      let size = min(block, oldWritable - start)
      guard mprotect(base + start, size, PROT_READ | PROT_WRITE) == 0 else {
        preconditionFailure("out of memory: \(count) rows of \(dimension) components")
      }
      (base + start).copyMemory(from: old + start, byteCount: size)
      madvise(old + start, size, MADV_DONTNEED)
      writable = start + size
    }
    munmap(old, oldReserved)
  }

  /// Address space that no access is allowed to yet, and that therefore counts as no memory anywhere.
  private static func reserve(
    atLeast least: Int, preferably size: Int
  ) -> (UnsafeMutableRawPointer, Int) {
    var size = size
    while true {
      let address = mmap(
        nil, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
      if let address, address != MAP_FAILED { return (address, size) }
      precondition(size > least, "out of memory: no room for \(least) bytes of rows")
      size = max(wholePages(size / 2), least)
    }
  }
}
