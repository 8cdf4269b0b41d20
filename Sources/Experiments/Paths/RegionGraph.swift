import ExemplarPartitioning
import Foundation
import Numerics

/// Regions joined to their nearest neighbours, both ways.
///
/// - Source: the reference's resolution paths, whose graph has the 3 nearest by cosine distance of directions.
package struct RegionGraph: Sendable {
  package let count: Int
  /// For each region its neighbours and their distances, by number.
  private let edges: [[(region: Int, distance: Float)]]

  /// - Parameters:
  ///   - directions: `[K, D]`, unit rows.
  ///   - k: neighbours that each region chooses; equally near ones by number.
  /// - Complexity: O(K² · D).
  package init(_ directions: DirectionRows, k: Int = 3, threads: Int) {
    let (count, dimension) = (directions.count, directions.dimension)
    self.count = count
    var chosen = [[(region: Int, distance: Float)]](repeating: [], count: count)
    let rowsPerItem = 64
    chosen.withUnsafeMutableBufferPointer { buffer in
      directions.withUnsafeBufferPointer { rows in
        guard let base = rows.baseAddress else { return }
        nonisolated(unsafe) let (chosen, rows) = (buffer, base)
        Parallel.forEach((count + rowsPerItem - 1) / rowsPerItem, threads: threads) { item, _ in
          let first = item * rowsPerItem
          let size = min(rowsPerItem, count - first)
          var products = [Float](repeating: 0, count: size * count)
          products.withUnsafeMutableBufferPointer { products in
            guard let target = products.baseAddress else { return }
            MatrixProducts.multiplyTransposed(
              rows + first * dimension, rows: size, rows, columns: count, depth: dimension,
              into: target, strideC: count)
          }
          for row in 0..<size {
            var best: [(region: Int, distance: Float)] = []
            for column in 0..<count where column != first + row {
              let distance = 1 - min(max(products[row * count + column], -1), 1)
              if best.count == k, let last = best.last, distance >= last.distance { continue }
              let place = best.firstIndex { distance < $0.distance } ?? best.count
              best.insert((column, distance), at: place)
              if best.count > k { best.removeLast() }
            }
            chosen[first + row] = best
          }
        }
      }
    }
    var edges = [[Int: Float]](repeating: [:], count: count)
    for (region, neighbours) in chosen.enumerated() {
      for (other, distance) in neighbours {
        edges[region][other] = distance
        edges[other][region] = distance
      }
    }
    self.edges = edges.map { $0.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 } }
  }

  /// Every pair that is joined, once, by number.
  package var joined: [(Int, Int, Float)] {
    edges.indices.flatMap { a in
      edges[a].filter { $0.region > a }.map { (a, $0.region, $0.distance) }
    }
  }

  /// Hops from a region to every other; `nil` where no path leads.
  package func hops(from start: Int) -> [Int?] { search(from: start).hops }

  /// The path of fewest hops; of several the shortest in summed distance, then by number. `nil` where none leads.
  package func path(from start: Int, to end: Int) -> [Int]? {
    let found = search(from: start)
    guard found.hops[end] != nil else { return nil }
    var path = [end]
    while let last = path.last, last != start { path.append(found.before[last]) }
    return path.reversed()
  }

  private func search(from start: Int) -> (hops: [Int?], before: [Int]) {
    var hops = [Int?](repeating: nil, count: count)
    var before = [Int](repeating: -1, count: count)
    var lengths = [Float](repeating: .infinity, count: count)
    hops[start] = 0
    lengths[start] = 0
    var layer = [start]
    var depth = 0
    while !layer.isEmpty {
      depth += 1
      var next: [Int] = []
      for region in layer {
        for (other, distance) in edges[region] where hops[other] == nil || hops[other] == depth {
          if hops[other] == nil {
            hops[other] = depth
            next.append(other)
          }
          if lengths[region] + distance < lengths[other] {
            lengths[other] = lengths[region] + distance
            before[other] = region
          }
        }
      }
      layer = next.sorted()
    }
    return (hops, before)
  }
}
