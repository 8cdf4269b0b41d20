/// Unit rows `[count, D]` that grow by whole chunks, so that a new exemplar never moves or doubles the old ones.
///
/// Sharable between threads because it is changed by one owner only, and never inside a parallel loop that reads it.
final class ExemplarRows: @unchecked Sendable {
  static let rowsPerChunk = 1024

  let dimension: Int
  private(set) var count = 0
  private var chunks: [UnsafeMutablePointer<Float>] = []

  init(dimension: Int) { self.dimension = dimension }

  /// Copies flat rows `[count, dimension]`.
  convenience init(dimension: Int, rows: [Float]) {
    self.init(dimension: dimension)
    rows.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress, dimension > 0 else { return }
      for row in 0..<rows.count / dimension { append(base + row * dimension) }
    }
  }

  deinit { for chunk in chunks { chunk.deallocate() } }

  var chunkCount: Int { chunks.count }

  /// The first row of a chunk; the rows of a chunk are contiguous.
  func chunk(_ index: Int) -> UnsafeMutablePointer<Float> { chunks[index] }

  func row(_ index: Int) -> UnsafeMutablePointer<Float> {
    assert(index < count)
    return chunks[index / Self.rowsPerChunk] + index % Self.rowsPerChunk * dimension
  }

  func append(_ row: UnsafePointer<Float>) {
    if count == chunks.count * Self.rowsPerChunk {
      chunks.append(.allocate(capacity: Self.rowsPerChunk * dimension))
    }
    count += 1
    self.row(count - 1).update(from: row, count: dimension)
  }

  /// Keeps the rows named, in the order named; `rows` ascends.
  func keep(_ rows: [Int]) {
    for (new, old) in rows.enumerated() where new != old {
      row(new).update(from: row(old), count: dimension)
    }
    count = rows.count
    while chunks.count > 0, (chunks.count - 1) * Self.rowsPerChunk >= count {
      chunks.removeLast().deallocate()
    }
  }

  /// All rows as one flat array; each chunk is freed as soon as it is copied, so that the peak is one copy and a chunk.
  func drain() -> [Float] {
    var flat: [Float] = []
    flat.reserveCapacity(count * dimension)
    for (index, chunk) in chunks.enumerated() {
      let rows = min(Self.rowsPerChunk, count - index * Self.rowsPerChunk)
      flat.append(contentsOf: UnsafeBufferPointer(start: chunk, count: rows * dimension))
      chunk.deallocate()
    }
    chunks = []
    count = 0
    return flat
  }
}
