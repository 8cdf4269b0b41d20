import CKernels
import Numerics

/// What a dictionary says of an activation, as K numbers.
///
/// With `x` the centred activation, `u` its unit direction and `W` the unit directions of the regions:
/// - Source: the reference implementation's featuriser for SAEBench, whose names these are.
package enum Readout: String, Sendable, CaseIterable {
  /// The `k` largest of `x · W`, negative ones as 0; the others 0. `k` = 1: one number at the nearest direction.
  case topk
  /// `x · W`.
  case signed
  /// `u · W`, in [−1, 1].
  case cosine
  /// The same numbers as `cosine`; the reference has both names.
  case signedNorm = "signed_norm"
  /// As `topk`, of `u · W`.
  case topkNorm = "topk_norm"
  /// 1 at the nearest direction, 0 elsewhere.
  case binary

  /// Whether the length of the centred activation counts.
  package var keepsMagnitude: Bool { self == .topk || self == .signed }

  /// Whether only some of the K numbers differ from 0.
  package var isSparse: Bool { self == .topk || self == .topkNorm || self == .binary }
}

/// Which direction stands for a region.
package enum ReadoutBasis: String, Sendable, CaseIterable {
  case exemplar, mean
}

/// Computes one readout of one dictionary.
package struct ReadoutEncoder: Sendable {
  package let readout: Readout
  /// How many numbers `topk` and `topk_norm` keep.
  package let k: Int
  private let centre: [Float]
  private let directions: DirectionRows
  private let threads: Int

  /// - Parameters:
  ///   - centre: `[D]`.
  ///   - directions: `[K, D]`, unit rows.
  package init(
    centre: [Float], directions: DirectionRows, readout: Readout, k: Int = 1, threads: Int
  ) {
    precondition(k >= 1, "expected k of at least 1, got \(k)")
    precondition(
      directions.dimension == centre.count,
      "expected directions of \(centre.count) components, got \(directions.dimension)")
    self.centre = centre
    self.directions = directions
    self.readout = readout
    self.k = k
    self.threads = threads
  }

  /// K.
  package var count: Int { directions.count }

  /// `[rowCount, K]`; among equal products the earliest region counts as larger.
  ///
  /// - Parameter rows: `[rowCount, D]`, not yet centred.
  /// - Complexity: O(rowCount · K · D) products, and rowCount · K numbers in memory.
  package func encode(_ rows: [Float], count rowCount: Int) -> [Float] {
    let (dimension, columns) = (centre.count, directions.count)
    guard rowCount > 0, columns > 0 else { return [] }
    let centred =
      readout.keepsMagnitude
      ? CentredRows.differences(rows, count: rowCount, centre: centre)
      : CentredRows.units(rows, count: rowCount, centre: centre, threads: threads)
    let rowsPerItem = 128
    return [Float](unsafeUninitializedCapacity: rowCount * columns) { buffer, initialised in
      initialised = rowCount * columns
      guard let output = buffer.baseAddress else { return }
      centred.withUnsafeBufferPointer { centred in
        directions.withUnsafeBufferPointer { directions in
          nonisolated(unsafe) let (output, input, directions) = (
            output, centred.baseAddress!, directions.baseAddress!
          )
          Parallel.forEach((rowCount + rowsPerItem - 1) / rowsPerItem, threads: threads) {
            item, _ in
            let first = item * rowsPerItem
            let count = min(rowsPerItem, rowCount - first)
            let target = output + first * columns
            MatrixProducts.multiplyTransposed(
              input + first * dimension, rows: count, directions, columns: columns,
              depth: dimension, into: target, strideC: columns)
            if readout.isSparse {
              for row in 0..<count {
                keep(UnsafeMutableBufferPointer(start: target + row * columns, count: columns))
              }
            }
          }
        }
      }
    }
  }

  /// `features · W + centre`, `[rowCount, D]`: the reference's decoder.
  package func decode(_ features: [Float], count rowCount: Int) -> [Float] {
    let (dimension, columns) = (centre.count, directions.count)
    precondition(
      features.count == rowCount * columns,
      "expected \(rowCount)×\(columns) features, got \(features.count)")
    var output: [Float] = []
    output.reserveCapacity(rowCount * dimension)
    for _ in 0..<rowCount { output.append(contentsOf: centre) }
    for row in 0..<rowCount {
      for region in 0..<columns {
        let weight = features[row * columns + region]
        guard weight != 0 else { continue }
        directions.withRow(region) { direction in
          for i in 0..<dimension { output[row * dimension + i] += weight * direction[i] }
        }
      }
    }
    return output
  }

  /// Leaves the `k` largest products, as the readout shows them, and 0 elsewhere.
  private func keep(_ row: UnsafeMutableBufferPointer<Float>) {
    let kept = largest(row, count: min(readout == .binary ? 1 : k, row.count))
    let values = kept.map { row[$0] }
    row.update(repeating: 0)
    for (index, value) in zip(kept, values) {
      row[index] = readout == .binary ? 1 : max(value, 0)
    }
  }

  private func largest(_ row: UnsafeMutableBufferPointer<Float>, count: Int) -> [Int] {
    if count == 1, let base = row.baseAddress {
      return [kernels_index_of_maximum(FixedOrderProduct.level, base, row.count)]
    }
    let order = row.indices.sorted { (row[$1], $0) < (row[$0], $1) }
    return Array(order.prefix(count))
  }
}
