import CKernels
import Numerics

/// The best of many inner products for each of many unit rows, without ever holding rows × K of them.
///
/// Work is cut into tiles of some rows by one chunk of exemplars; each tile's products are reduced to one best a row
/// while they are in cache. Tiles do not depend on the thread count and chunks are reduced in order, so no bit of the
/// result depends on it either.
///
/// OpenBLAS finds which exemplars may be nearest: those whose product is so near to the largest that its rounding could have
/// put them in another order. Which of them is, ``FixedOrderProduct`` decides, so that it is the same on every processor.
///
/// Among many exemplars, products that cannot be the largest are told by ``LeadingComponents`` and not computed, wherever
/// that is worth its cost; no bit of the result depends on it.
struct NearestExemplar {
  /// Which of several best exemplars is taken; always the earliest of those that tie.
  enum Tie {
    /// Ties of `1 − product` as rounded to f32: how the reference finds the nearest exemplar.
    case distance
    /// Ties of the product itself: how the reference finds the leader within a batch.
    case product

    /// Whether `candidate` is the better of two products, and no tie.
    @inline(__always)
    func prefers(_ candidate: Float, to product: Float) -> Bool {
      self == .distance ? 1 - candidate < 1 - product : candidate > product
    }

    /// Of the exemplars whose product by OpenBLAS is at most `doubt` below the largest, the one with the best product in a
    /// fixed order.
    ///
    /// - Parameters:
    ///   - products: `[count]`, with `exemplars` `[count, D]`, of which the first is number `first`.
    @inline(__always)
    func best(
      of products: UnsafePointer<Float>, count: Int, unit: UnsafePointer<Float>,
      exemplars: UnsafePointer<Float>, dimension: Int, first: Int, within doubt: Float
    ) -> (product: Float, index: Int32) {
      var (product, index): (Float, Int32) = (-.infinity, -1)
      forEachLargest(products, count: count, within: doubt) { column in
        let candidate = Float(
          FixedOrderProduct.dot(unit, exemplars + column * dimension, count: dimension))
        if prefers(candidate, to: product) { (product, index) = (candidate, Int32(first + column)) }
      }
      return (product, index)
    }
  }

  /// Exemplars in one tile; chunks begin at multiples of it, wherever a search begins.
  static let rowsPerChunk = 1024
  /// Among fewer, components of the rows cost as much as the products.
  static let fewestForBounds = 512
  /// Rows of a tile that are multiplied at once. The library works through rows by twelves at most, so pieces of a multiple
  /// of twelve give the bits of the whole tile, in half the memory.
  private static let rowsPerPiece = 516

  private var scratch: [Float] = []
  private var tileProducts: [Float] = []
  private var tileIndices: [Int32] = []
  var bounds = Bounds()

  /// For each of `count` unit rows, the largest product with the exemplars of `range`, and which exemplar it is.
  ///
  /// - Parameters:
  ///   - units: `[count, D]`.
  ///   - exemplars: `[range.upperBound, D]`.
  ///   - writer: writes `units` first, where they are not there yet.
  ///   - floor: where the largest product is below it, any that is may be given, or none.
  ///   - products, indices: `[count]`; without exemplars −infinity and −1. Products are of ``FixedOrderProduct``.
  /// - Complexity: O(count · range · D), of which bounds leave a part.
  mutating func find(
    units: UnsafePointer<Float>, count: Int, among exemplars: UnsafePointer<Float>,
    in range: Range<Int>, dimension: Int, tie: Tie, threads: Int,
    products: UnsafeMutablePointer<Float>, indices: UnsafeMutablePointer<Int32>,
    writer: UnitRows.Writer? = nil, floor: Float = -.infinity
  ) {
    guard count > 0 else { return }
    if range.lowerBound == 0, range.count >= Self.fewestForBounds, bounds.use != .never {
      let isBounded = findByBounds(
        units: units, count: count, among: exemplars, total: range.count, dimension: dimension,
        tie: tie, threads: threads, products: products, indices: indices, writer: writer,
        floor: floor)
      if isBounded {
        guard bounds.use == .checked else { return }
        let bounded = (0..<count).map { (products[$0], indices[$0]) }
        defer { check(bounded, products, indices, floor: floor) }
        return findPlainly(
          units: units, count: count, among: exemplars, in: range, dimension: dimension, tie: tie,
          threads: threads, products: products, indices: indices, writer: nil)
      }
    }
    let clock = ContinuousClock()
    let start = clock.now
    findPlainly(
      units: units, count: count, among: exemplars, in: range, dimension: dimension, tie: tie,
      threads: threads, products: products, indices: indices, writer: writer)
    if range.count >= Self.fewestForBounds {
      bounds.notePlain(
        Double(count) * Double(range.count) * Double(dimension), clock.now - start)
    }
  }

  /// As `find`, by all products.
  private mutating func findPlainly(
    units: UnsafePointer<Float>, count: Int, among exemplars: UnsafePointer<Float>,
    in range: Range<Int>, dimension: Int, tie: Tie, threads: Int,
    products: UnsafeMutablePointer<Float>, indices: UnsafeMutablePointer<Int32>,
    writer: UnitRows.Writer?
  ) {
    let firstChunk = range.lowerBound / Self.rowsPerChunk
    let chunks =
      range.isEmpty
      ? 0 : (range.upperBound + Self.rowsPerChunk - 1) / Self.rowsPerChunk - firstChunk
    // Rows that only one tile reads are written there, to be found in cache.
    let writesInTiles = chunks == 1
    if !writesInTiles { writer?.writeAll(count, threads: threads) }
    // Tall tiles pack a chunk of exemplars least often; with few chunks, shorter ones leave work for every thread.
    let rowsPerTile = chunks > 1 ? 1024 : min(max((count / 8 + 15) / 16 * 16, 64), 512)
    let rowTiles = (count + rowsPerTile - 1) / rowsPerTile
    let items = rowTiles * chunks
    let workers = max(min(threads, items), 1)
    let tileSize =
      min(rowsPerTile, Self.rowsPerPiece, count) * min(Self.rowsPerChunk, max(range.count, 1))
    grow(&scratch, to: tileSize * workers, filler: 0)
    grow(&tileProducts, to: chunks * count, filler: 0)
    grow(&tileIndices, to: chunks * count, filler: 0)
    scratch.withUnsafeMutableBufferPointer { scratch in
      tileProducts.withUnsafeMutableBufferPointer { tileProducts in
        tileIndices.withUnsafeMutableBufferPointer { tileIndices in
          guard let scratchBase = scratch.baseAddress else { return }
          nonisolated(unsafe) let (units, exemplars) = (units, exemplars)
          nonisolated(unsafe) let scratch = scratchBase
          nonisolated(unsafe) let best = tileProducts.baseAddress
          nonisolated(unsafe) let bestIndex = tileIndices.baseAddress
          Parallel.forEach(items, threads: workers) { item, worker in
            guard let best, let bestIndex else { return }
            // Neighbouring items share a chunk, so that two workers read the same exemplars.
            let (chunk, tile) = (item / rowTiles, item % rowTiles)
            let rows = tile * rowsPerTile..<min((tile + 1) * rowsPerTile, count)
            if writesInTiles { writer?.write(rows) }
            let chunkStart = (firstChunk + chunk) * Self.rowsPerChunk
            let start = max(range.lowerBound, chunkStart)
            let columns = min(chunkStart + Self.rowsPerChunk, range.upperBound) - start
            let tileProducts = scratch + worker * tileSize
            let doubt = FixedOrderProduct.doubt(count: dimension)
            for first in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.rowsPerPiece) {
              let piece = first..<min(first + Self.rowsPerPiece, rows.upperBound)
              MatrixProducts.multiplyTransposed(
                units + first * dimension, rows: piece.count, exemplars + start * dimension,
                columns: columns, depth: dimension, into: tileProducts, strideC: columns)
              for row in piece {
                let (product, index) = tie.best(
                  of: tileProducts + (row - first) * columns, count: columns,
                  unit: units + row * dimension, exemplars: exemplars + start * dimension,
                  dimension: dimension, first: start, within: doubt)
                best[chunk * count + row] = product
                bestIndex[chunk * count + row] = index
              }
            }
          }
          nonisolated(unsafe) let (products, indices) = (products, indices)
          let rowsPerItem = 256
          Parallel.forEach((count + rowsPerItem - 1) / rowsPerItem, threads: threads) { item, _ in
            for row in item * rowsPerItem..<min((item + 1) * rowsPerItem, count) {
              var product = -Float.infinity
              var index: Int32 = -1
              for chunk in 0..<chunks {
                let candidate = best![chunk * count + row]
                if tie.prefers(candidate, to: product) {
                  (product, index) = (candidate, bestIndex![chunk * count + row])
                }
              }
              (products[row], indices[row]) = (product, index)
            }
          }
        }
      }
    }
  }

  func grow<Element>(_ array: inout [Element], to count: Int, filler: Element) {
    if array.count < count { array = [Element](repeating: filler, count: count) }
  }
}

/// Calls `body` with the index of each of `count` ≥ 1 finite products that is at most `doubt` below the largest, ascending.
@inline(__always)
func forEachLargest(
  _ products: UnsafePointer<Float>, count: Int, within doubt: Float, _ body: (Int) -> Void
) {
  let raw = UnsafeRawPointer(products)
  let least = kernels_maximum(FixedOrderProduct.level, products, count) - doubt
  let bound = SIMD16<Float>(repeating: least)
  var index = 0
  while index + 16 <= count {
    if any(raw.loadUnaligned(fromByteOffset: index * 4, as: SIMD16<Float>.self) .>= bound) {
      for near in index..<index + 16 where products[near] >= least { body(near) }
    }
    index += 16
  }
  for near in index..<count where products[near] >= least { body(near) }
}
