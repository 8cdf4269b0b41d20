import Numerics

/// The best of many inner products for each of many unit rows, without ever holding rows × K of them.
///
/// Work is cut into tiles of some rows by one chunk of exemplars; each tile's products are reduced to one best a row
/// while they are in cache. Tiles do not depend on the thread count and chunks are reduced in order, so no bit of the
/// result depends on it either.
struct NearestExemplar {
  /// Which of several best exemplars is taken; always the earliest of those that tie.
  enum Tie {
    /// Ties of `1 − product` as rounded to f32: how the reference finds the nearest exemplar.
    case distance
    /// Ties of the product itself: how the reference finds the leader within a batch.
    case product
  }

  /// Exemplars in one tile; chunks begin at multiples of it, wherever a search begins.
  static let rowsPerChunk = 1024
  /// Rows of a tile that are multiplied at once. The library works through rows by twelves at most, so pieces of a multiple
  /// of twelve give the bits of the whole tile, in half the memory.
  private static let rowsPerPiece = 516

  private var scratch: [Float] = []
  private var tileProducts: [Float] = []
  private var tileIndices: [Int32] = []

  /// For each of `count` unit rows, the largest product with the exemplars of `range`, and which exemplar it is.
  ///
  /// - Parameters:
  ///   - units: `[count, D]`.
  ///   - exemplars: `[range.upperBound, D]`.
  ///   - writer: writes `units` first, where they are not there yet.
  ///   - products, indices: `[count]`; without exemplars −infinity and −1. The product of the one found is that of
  ///     ``FixedOrderProduct``, the same on every processor.
  /// - Complexity: O(count · range · D).
  mutating func find(
    units: UnsafePointer<Float>, count: Int, among exemplars: UnsafePointer<Float>,
    in range: Range<Int>, dimension: Int, tie: Tie, threads: Int,
    products: UnsafeMutablePointer<Float>, indices: UnsafeMutablePointer<Int32>,
    writer: UnitRows.Writer? = nil
  ) {
    guard count > 0 else { return }
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
            for first in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.rowsPerPiece) {
              let piece = first..<min(first + Self.rowsPerPiece, rows.upperBound)
              MatrixProducts.multiplyTransposed(
                units + first * dimension, rows: piece.count, exemplars + start * dimension,
                columns: columns, depth: dimension, into: tileProducts, strideC: columns)
              for row in piece {
                let (product, column) = largestProduct(
                  tileProducts + (row - first) * columns, count: columns, tie: tie)
                best[chunk * count + row] = product
                bestIndex[chunk * count + row] = Int32(start + column)
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
                let isBetter = tie == .distance ? 1 - candidate < 1 - product : candidate > product
                if isBetter { (product, index) = (candidate, bestIndex![chunk * count + row]) }
              }
              indices[row] = index
              products[row] =
                index < 0
                ? product
                : Float(
                  FixedOrderProduct.dot(
                    units + row * dimension, exemplars + Int(index) * dimension, count: dimension))
            }
          }
        }
      }
    }
  }

  private func grow<Element>(_ array: inout [Element], to count: Int, filler: Element) {
    if array.count < count { array = [Element](repeating: filler, count: count) }
  }
}

/// The largest of `count` ≥ 1 finite products and the first index that ties with it.
@inline(__always)
func largestProduct(
  _ products: UnsafePointer<Float>, count: Int, tie: NearestExemplar.Tie
) -> (product: Float, index: Int) {
  let raw = UnsafeRawPointer(products)
  var largest = -Float.infinity
  var i = 0
  if count >= 32 {
    var a = raw.loadUnaligned(as: SIMD16<Float>.self)
    var b = raw.loadUnaligned(fromByteOffset: 64, as: SIMD16<Float>.self)
    i = 32
    while i + 32 <= count {
      let x = raw.loadUnaligned(fromByteOffset: i * 4, as: SIMD16<Float>.self)
      let y = raw.loadUnaligned(fromByteOffset: i * 4 + 64, as: SIMD16<Float>.self)
      a.replace(with: x, where: x .> a)
      b.replace(with: y, where: y .> b)
      i += 32
    }
    a.replace(with: b, where: b .> a)
    largest = a.max()
  }
  while i < count {
    if products[i] > largest { largest = products[i] }
    i += 1
  }
  // The smallest product that still ties: several products can round to one distance.
  var first = 0
  switch tie {
  case .product:
    let bound = SIMD16<Float>(repeating: largest)
    while first + 16 <= count,
      !any(raw.loadUnaligned(fromByteOffset: first * 4, as: SIMD16<Float>.self) .>= bound)
    { first += 16 }
    while first < count, !(products[first] >= largest) { first += 1 }
  case .distance:
    let distance = 1 - largest
    let bound = SIMD16<Float>(repeating: distance)
    while first + 16 <= count,
      !any(1 - raw.loadUnaligned(fromByteOffset: first * 4, as: SIMD16<Float>.self) .<= bound)
    { first += 16 }
    while first < count, !(1 - products[first] <= distance) { first += 1 }
  }
  return (largest, first)
}
