import Foundation

/// The span of some directions, as orthonormal rows: what an ablation takes out of activations.
package struct Subspace: Sendable, Equatable {
  /// D.
  package let dimension: Int
  /// `[rank, D]`, orthonormal to f32 rounding.
  package let rows: [Float]

  package var rank: Int { dimension == 0 ? 0 : rows.count / dimension }

  /// How far, as a share of its length, a direction must reach out of the span of those before it to count as another.
  package static let tolerance = 1e-4

  /// The span of `directions`, each `[D]`, by modified Gram–Schmidt, twice over, in f64.
  ///
  /// The i-th row lies in the span of the first i directions, as in a QR factorisation, up to its sign.
  /// - Throws: `SubspaceError` where a direction lies in the span of those before it, or is not finite.
  /// - Complexity: O(D · K²).
  package init(spanning directions: [[Float]]) throws(SubspaceError) {
    let dimension = directions.first?.count ?? 0
    var rows: [[Double]] = []
    for (index, direction) in directions.enumerated() {
      precondition(
        direction.count == dimension,
        "expected directions of \(dimension) components, got \(direction.count)")
      guard direction.allSatisfy(\.isFinite) else {
        throw SubspaceError(.notFinite, direction: index, count: directions.count)
      }
      var rest = direction.map(Double.init)
      let length = norm(rest)
      // Once is not enough for directions that nearly agree: the remainder is then mostly rounding.
      for _ in 0..<2 {
        for row in rows {
          var product = 0.0
          for d in 0..<dimension { product += rest[d] * row[d] }
          for d in 0..<dimension { rest[d] -= product * row[d] }
        }
      }
      let remaining = norm(rest)
      guard length > 0, remaining > Self.tolerance * length else {
        throw SubspaceError(.dependent, direction: index, count: directions.count)
      }
      rows.append(rest.map { $0 / remaining })
    }
    self.dimension = dimension
    self.rows = rows.flatMap { $0.map(Float.init) }
  }

  /// `x ← x − strength · QQᵀ(x − centre)` for each of the rows `[n, D]`: at strength 1 the span is gone, seen from the
  /// centre.
  /// - Complexity: O(n · D · rank).
  package func remove(from activations: inout [Float], centre: [Float], strength: Float = 1) {
    Self.remove(basis: rows, from: &activations, centre: centre, strength: strength)
  }

  /// As `remove(from:centre:strength:)`, for the orthonormal rows `basis`, `[k, D]`.
  package static func remove(
    basis: [Float], from activations: inout [Float], centre: [Float], strength: Float = 1
  ) {
    let dimension = centre.count
    guard dimension > 0, !basis.isEmpty else { return }
    precondition(
      basis.count % dimension == 0 && activations.count % dimension == 0,
      "expected rows of \(dimension) components, got \(basis.count) and \(activations.count)")
    activations.withUnsafeMutableBufferPointer { activations in
      basis.withUnsafeBufferPointer { basis in
        centre.withUnsafeBufferPointer { centre in
          var components = [Float](repeating: 0, count: basis.count / dimension)
          for start in stride(from: 0, to: activations.count, by: dimension) {
            // All components are taken from the same x, as QQᵀ means, before any is removed.
            for k in components.indices {
              var sum = 0.0
              for d in 0..<dimension {
                sum += Double((activations[start + d] - centre[d]) * basis[k * dimension + d])
              }
              components[k] = strength * Float(sum)
            }
            for k in components.indices {
              for d in 0..<dimension {
                activations[start + d] -= components[k] * basis[k * dimension + d]
              }
            }
          }
        }
      }
    }
  }
}

private func norm(_ vector: [Double]) -> Double {
  vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
}

/// Directions that span less than as many dimensions.
package struct SubspaceError: Error, Equatable, Sendable {
  package enum Code: Sendable {
    /// In the span of those before it, or of no length.
    case dependent
    case notFinite
  }

  package var code: Code
  /// The index of the first direction that is at fault: as many before it are independent.
  package var direction: Int
  /// How many there were.
  package var count: Int

  init(_ code: Code, direction: Int, count: Int) {
    self.code = code
    self.direction = direction
    self.count = count
  }
}

/// Directions that mean nothing, for controls.
package enum RandomDirection {
  /// A unit vector `[dimension]`, uniform over directions, the same for the same seed.
  package static func unit(dimension: Int, seed: UInt64) -> [Float] {
    var values = (0..<dimension).map { gaussian(seed: seed, index: UInt64($0)) }
    let length = norm(values)
    guard length > 0 else { return [] }
    for d in values.indices { values[d] /= length }
    return values.map(Float.init)
  }

  /// Standard normal, by Box and Muller.
  private static func gaussian(seed: UInt64, index: UInt64) -> Double {
    func uniform(_ index: UInt64) -> Double {
      (Double(SeededNumbers.value(seed: seed, index: index) >> 11) + 0.5) * 0x1p-53
    }
    return (-2 * log(uniform(2 * index))).squareRoot() * cos(2 * .pi * uniform(2 * index + 1))
  }
}
