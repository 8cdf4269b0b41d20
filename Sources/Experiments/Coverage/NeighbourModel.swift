import ExemplarPartitioning
import Foundation
import Numerics

/// Distance to the k-th nearest of some reference activations: what an exemplar dictionary does with fewer rows.
///
/// Rows are centred on the dictionary's centre and normalised, and distances are cosine distances, as a dictionary's are.
/// - Source: Sun et al., "Out-of-distribution detection with deep nearest neighbors", ICML 2022.
package struct NeighbourModel: Sendable {
  package let k: Int
  package let rowCount: Int
  private let centre: [Float]
  private let units: [Float]
  private let threads: Int

  /// - Parameter rows: `[count, D]`, at least `k` of them are used.
  package init(_ rows: [Float], count: Int, centre: [Float], k: Int, threads: Int) {
    self.k = min(k, count)
    rowCount = count
    self.centre = centre
    self.threads = threads
    units = CentredRows.units(rows, count: count, centre: centre, threads: threads)
  }

  /// The distance of each of `count` rows to its k-th nearest reference row, in [0, 2].
  ///
  /// - Complexity: O(count · references · D).
  package func distances(_ rows: [Float], count: Int) -> [Double] {
    let dimension = centre.count
    let queries = CentredRows.units(rows, count: count, centre: centre, threads: threads)
    let rowsPerItem = 64
    return [Double](unsafeUninitializedCapacity: count) { buffer, initialised in
      initialised = count
      guard let output = buffer.baseAddress else { return }
      queries.withUnsafeBufferPointer { queries in
        units.withUnsafeBufferPointer { units in
          guard let queryBase = queries.baseAddress, let unitBase = units.baseAddress else {
            return
          }
          nonisolated(unsafe) let (output, queries, units) = (output, queryBase, unitBase)
          Parallel.forEach((count + rowsPerItem - 1) / rowsPerItem, threads: threads) {
            item, _ in
            let first = item * rowsPerItem
            let rows = min(rowsPerItem, count - first)
            var products = [Float](repeating: 0, count: rows * rowCount)
            products.withUnsafeMutableBufferPointer { products in
              guard let base = products.baseAddress else { return }
              MatrixProducts.multiplyTransposed(
                queries + first * dimension, rows: rows, units, columns: rowCount,
                depth: dimension, into: base, strideC: rowCount)
              for row in 0..<rows {
                let similarity = largest(base + row * rowCount)
                output[first + row] = Double(min(max(1 - similarity, 0), 2))
              }
            }
          }
        }
      }
    }
  }

  /// The k-th largest of the products of one row.
  private func largest(_ products: UnsafePointer<Float>) -> Float {
    var best = [Float](repeating: -.infinity, count: k)
    for index in 0..<rowCount where products[index] > best[k - 1] {
      var place = k - 1
      while place > 0, best[place - 1] < products[index] {
        best[place] = best[place - 1]
        place -= 1
      }
      best[place] = products[index]
    }
    return best[k - 1]
  }
}
