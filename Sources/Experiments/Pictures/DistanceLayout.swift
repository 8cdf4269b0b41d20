import Foundation

/// Points on a plane whose distances are as near to given ones as they can be.
package struct DistanceLayout: Sendable {
  package var points: [SIMD2<Double>]
  /// The root of the summed squared errors over the summed squared distances: 0 where all fit.
  package var stress: Double

  /// Classical scaling, then SMACOF until it no longer gets better: the same on every run, where the reference begins at
  /// random.
  ///
  /// - Parameter distances: `[count, count]`, symmetric.
  /// - Complexity: O(rounds · count²).
  /// - Source: J. de Leeuw, "Applications of convex analysis to multidimensional scaling", 1977.
  package init(_ distances: [Double], count: Int) {
    precondition(distances.count == count * count, "expected \(count)² distances")
    points = Self.classical(distances, count)
    stress = Self.stress(points, distances)
    guard count > 2 else { return }
    for _ in 0..<500 {
      var next = [SIMD2<Double>](repeating: .zero, count: count)
      for i in 0..<count {
        for j in 0..<count where j != i {
          let between = points[i] - points[j]
          let length = (between * between).sum().squareRoot()
          // Where two meet there is no direction to part in: they stay in the middle.
          next[i] +=
            points[j] + (length > 1e-12 ? between * (distances[i * count + j] / length) : .zero)
        }
        next[i] = (next[i] + points[i]) / Double(count)
      }
      let middle = next.reduce(SIMD2<Double>.zero, +) / Double(count)
      for i in 0..<count { next[i] -= middle }
      let found = Self.stress(next, distances)
      guard found < stress else { break }
      let gain = stress - found
      (points, stress) = (next, found)
      if gain < 1e-7 { break }
    }
  }

  private static func stress(_ points: [SIMD2<Double>], _ distances: [Double]) -> Double {
    let count = points.count
    var (error, all) = (0.0, 0.0)
    for i in 0..<count {
      for j in i + 1..<max(count, i + 1) {
        let between = points[i] - points[j]
        let wanted = distances[i * count + j]
        let difference = (between * between).sum().squareRoot() - wanted
        error += difference * difference
        all += wanted * wanted
      }
    }
    return all > 0 ? (error / all).squareRoot() : 0
  }

  /// The two widest components of the doubly centred squared distances, by subspace iteration.
  private static func classical(_ distances: [Double], _ count: Int) -> [SIMD2<Double>] {
    guard count > 0 else { return [] }
    var matrix = distances.map { -$0 * $0 / 2 }
    let rows = (0..<count).map { (row: Int) -> Double in
      matrix[row * count..<(row + 1) * count].reduce(0, +) / Double(count)
    }
    let all = rows.reduce(0, +) / Double(count)
    for i in 0..<count {
      for j in 0..<count { matrix[i * count + j] += all - rows[i] - rows[j] }
    }
    // Shifted, so that the largest eigenvalues are the largest in size.
    let shift =
      (0..<count).map { (row: Int) -> Double in
        matrix[row * count..<(row + 1) * count].reduce(0.0) { $0 + abs($1) }
      }.max() ?? 0
    // Anything that is not orthogonal to them.
    var vectors: [[Double]] = [1.7, 3.4].map { (angle: Double) in
      (0..<count).map { (place: Int) -> Double in cos(Double(place) * angle + angle) }
    }
    var values = [0.0, 0.0]
    for _ in 0..<1000 {
      for v in 0..<2 {
        var next = (0..<count).map { (i: Int) -> Double in
          var sum = shift * vectors[v][i]
          for j in 0..<count { sum += matrix[i * count + j] * vectors[v][j] }
          return sum
        }
        if v == 1 {
          let shared = zip(next, vectors[0]).reduce(0.0) { $0 + $1.0 * $1.1 }
          for i in 0..<count { next[i] -= shared * vectors[0][i] }
        }
        let length = next.reduce(0.0) { $0 + $1 * $1 }.squareRoot()
        values[v] = length - shift
        guard length > 1e-300 else { continue }
        vectors[v] = next.map { $0 / length }
      }
    }
    return (0..<count).map { i in
      SIMD2(
        vectors[0][i] * max(values[0], 0).squareRoot(),
        vectors[1][i] * max(values[1], 0).squareRoot())
    }
  }
}
