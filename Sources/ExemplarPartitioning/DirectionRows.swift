import Foundation

/// Rows `[count, D]` of f32, row-major and contiguous, that never change: directions in activation space.
///
/// Copies share their rows. Equal are rows that are so bit for bit.
package struct DirectionRows: Sendable, Equatable {
  /// D.
  package let dimension: Int
  package var count: Int { storage?.count ?? 0 }
  /// `nil` for no rows, which may be of no components.
  private let storage: GrowingRows?

  /// - Parameter values: `[count, dimension]`, flat.
  package init(_ values: [Float], dimension: Int) {
    precondition(
      dimension > 0 ? values.count % dimension == 0 : values.isEmpty,
      "expected rows of \(dimension) components, got \(values.count)")
    self.init(count: dimension > 0 ? values.count / dimension : 0, dimension: dimension) { rows in
      values.withUnsafeBufferPointer { _ = rows.update(fromContentsOf: $0) }
    }
  }

  /// Rows that `write` fills in: it receives `count · dimension` components; its error is thrown on.
  package init(
    count: Int, dimension: Int, _ write: (UnsafeMutableBufferPointer<Float>) throws -> Void
  ) rethrows {
    precondition(count >= 0 && dimension >= 0, "expected a shape, got [\(count), \(dimension)]")
    self.dimension = dimension
    guard count > 0, dimension > 0 else {
      storage = nil
      return
    }
    let rows = GrowingRows(
      dimension: dimension, reservation: count * dimension * MemoryLayout<Float>.stride)
    rows.appendRows(count)
    try write(UnsafeMutableBufferPointer(start: rows.rows, count: count * dimension))
    storage = rows
  }

  /// Takes over `rows`, which nobody may change from here on.
  init(_ rows: GrowingRows) {
    dimension = rows.dimension
    storage = rows
  }

  /// Calls `body` with all rows, `[count · D]`, which it must not let escape.
  package func withUnsafeBufferPointer<R>(
    _ body: (UnsafeBufferPointer<Float>) throws -> R
  ) rethrows -> R {
    // The storage owns the memory: it has to outlive the pointer's use.
    try withExtendedLifetime(storage) {
      try body(UnsafeBufferPointer(start: storage?.rows, count: count * dimension))
    }
  }

  /// Calls `body` with one row, `[D]`, which it must not let escape.
  package func withRow<R>(
    _ index: Int, _ body: (UnsafeBufferPointer<Float>) throws -> R
  ) rethrows -> R {
    precondition(index >= 0 && index < count, "expected a row below \(count), got \(index)")
    return try withUnsafeBufferPointer {
      try body(UnsafeBufferPointer(rebasing: $0[index * dimension..<(index + 1) * dimension]))
    }
  }

  /// The product of a row with a row of another, the same to the last bit on every processor.
  ///
  /// - Precondition: both are of one width.
  /// - Complexity: O(D).
  package func product(_ index: Int, with other: DirectionRows, _ otherIndex: Int) -> Float {
    precondition(
      dimension == other.dimension,
      "expected rows of \(dimension) components, got \(other.dimension)")
    return withRow(index) { a in
      other.withRow(otherIndex) { b in
        guard let a = a.baseAddress, let b = b.baseAddress else { return 0 }
        return Float(FixedOrderProduct.dot(a, b, count: dimension))
      }
    }
  }

  /// Cosine distance of two rows, which are of length 1: in [0, 2].
  ///
  /// - Complexity: O(D).
  package func distance(_ a: Int, _ b: Int) -> Double {
    1 - min(max(Double(product(a, with: self, b)), -1), 1)
  }

  /// A copy of one row, `[D]`.
  package func row(_ index: Int) -> [Float] { withRow(index) { Array($0) } }

  /// A copy of all rows, `[count · D]`: twice the memory.
  package var values: [Float] { withUnsafeBufferPointer { Array($0) } }

  package static func == (left: DirectionRows, right: DirectionRows) -> Bool {
    guard left.dimension == right.dimension, left.count == right.count else { return false }
    return left.withUnsafeBufferPointer { a in
      right.withUnsafeBufferPointer { b in areSameBits(a, b) }
    }
  }
}

/// Whether two vectors of one length agree bit for bit.
func areSameBits(_ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>) -> Bool {
  guard a.count == b.count else { return false }
  guard let left = a.baseAddress, let right = b.baseAddress else { return true }
  return memcmp(left, right, a.count * MemoryLayout<Float>.stride) == 0
}

/// The mean direction of each of K regions, holding only those that are not the region's exemplar.
///
/// A lone founder's mean is its exemplar bit for bit, and in a fine dictionary most regions are of one member.
package struct RegionMeans: Sendable, Equatable {
  /// The means that are held.
  package let rows: DirectionRows
  /// `[K]`: a region's row of `rows`, or −1 where its mean is its exemplar.
  package let rowOfRegion: [Int32]

  package init(rows: DirectionRows, rowOfRegion: [Int32]) {
    self.rows = rows
    self.rowOfRegion = rowOfRegion
  }

  /// The means of a dictionary of these exemplars, both `[K, D]`, given a block of rows at a time.
  ///
  /// - Parameter block: returns the means of some regions, `[regions, D]`; its error is thrown on.
  package init(
    exemplars: DirectionRows, _ block: (Range<Int>) throws -> [Float]
  ) rethrows {
    let dimension = exemplars.dimension
    var rowOfRegion = [Int32](repeating: -1, count: exemplars.count)
    guard dimension > 0 else {
      self.init(rows: exemplars, rowOfRegion: rowOfRegion)
      return
    }
    let rows = GrowingRows(dimension: dimension)
    let blockSize = max((1 << 20) / dimension, 1)
    for start in stride(from: 0, to: exemplars.count, by: blockSize) {
      let regions = start..<min(start + blockSize, exemplars.count)
      let means = try block(regions)
      precondition(
        means.count == regions.count * dimension,
        "expected \(regions.count)×\(dimension) mean components, got \(means.count)")
      means.withUnsafeBufferPointer { means in
        for region in regions {
          let first = (region - start) * dimension
          let mean = UnsafeBufferPointer(rebasing: means[first..<first + dimension])
          guard let values = mean.baseAddress,
            !exemplars.withRow(region, { areSameBits($0, mean) })
          else { continue }
          rowOfRegion[region] = Int32(rows.count)
          rows.append(values)
        }
      }
    }
    self.init(rows: DirectionRows(rows), rowOfRegion: rowOfRegion)
  }

  /// Whichever order the rows are held in.
  package static func == (left: RegionMeans, right: RegionMeans) -> Bool {
    guard left.rowOfRegion.count == right.rowOfRegion.count else { return false }
    return zip(left.rowOfRegion, right.rowOfRegion).allSatisfy { a, b in
      guard a >= 0, b >= 0 else { return a == b }
      return left.rows.withRow(Int(a)) { a in
        right.rows.withRow(Int(b)) { b in areSameBits(a, b) }
      }
    }
  }
}
