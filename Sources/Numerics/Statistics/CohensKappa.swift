import Foundation

/// Agreement of two judges beyond what their habits alone would give.
package struct CohensKappa: Sendable, Equatable {
  package var kappa: Double
  /// The share of cases on which they agree.
  package var observed: Double
  /// The share on which they would by chance.
  package var expected: Double
  package var count: Int
  /// Of ``kappa``, for large samples.
  package var standardError: Double

  /// - Parameter table: `[k, k]`; cases that the first judge put in the row and the second in the
  ///   column.
  /// - Returns: `nil` without cases, or where both judges put all in one category: chance alone
  ///   agrees fully there, and κ does not exist.
  /// - Source: J. Cohen, "A coefficient of agreement for nominal scales", Educational and
  ///   Psychological Measurement 20 (1960), 37–46; the error by J. L. Fleiss, J. Cohen and
  ///   B. S. Everitt, Psychological Bulletin 72 (1969), 323–327.
  package init?(table: [[Int]]) {
    precondition(table.allSatisfy { $0.count == table.count }, "expected a square table")
    let count = table.joined().reduce(0, +)
    guard count > 0 else { return nil }
    let shares = table.map { row in row.map { Double($0) / Double(count) } }
    let rows = shares.map { $0.reduce(0, +) }
    let columns = table.indices.map { column in shares.reduce(0) { $0 + $1[column] } }
    let observed = table.indices.reduce(0) { $0 + shares[$1][$1] }
    let expected = zip(rows, columns).reduce(0) { $0 + $1.0 * $1.1 }
    guard expected < 1 - 1e-12 else { return nil }
    let kappa = (observed - expected) / (1 - expected)
    var (agreeing, differing) = (0.0, 0.0)
    for i in table.indices {
      let weight = 1 - (rows[i] + columns[i]) * (1 - kappa)
      agreeing += shares[i][i] * weight * weight
      for j in table.indices where j != i {
        differing += shares[i][j] * (columns[i] + rows[j]) * (columns[i] + rows[j])
      }
    }
    let chance = kappa - expected * (1 - kappa)
    let variance = agreeing + (1 - kappa) * (1 - kappa) * differing - chance * chance
    standardError =
      max(0, variance / ((1 - expected) * (1 - expected) * Double(count))).squareRoot()
    (self.kappa, self.observed, self.expected, self.count) = (kappa, observed, expected, count)
  }

  /// The two judges' verdicts on the same cases in the same order.
  package init?<Category: Hashable>(_ first: [Category], _ second: [Category]) {
    precondition(
      first.count == second.count, "expected pairs, got \(first.count) and \(second.count)")
    // In the order they come in, so that the last bit of the sums does not depend on hashing.
    var places: [Category: Int] = [:]
    for category in first + second where places[category] == nil {
      places[category] = places.count
    }
    var table = Array(repeating: Array(repeating: 0, count: places.count), count: places.count)
    for (a, b) in zip(first, second) {
      if let row = places[a], let column = places[b] { table[row][column] += 1 }
    }
    self.init(table: table)
  }

  package func interval(confidence: Double = 0.95) -> ConfidenceInterval {
    let reach = NormalDistribution.quantile(0.5 + confidence / 2) * standardError
    return ConfidenceInterval(
      lower: max(-1, kappa - reach), upper: min(1, kappa + reach), confidence: confidence)
  }
}
