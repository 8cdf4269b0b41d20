/// Each row's partner among at least as many columns, so that the sum of the cosines is as large as it can be, with the
/// prices that prove it.
///
/// Cosines are f32, so they are integers once multiplied by 2^`exponent`, and everything is computed in such integers:
/// no rounding anywhere, and the certificate holds exactly. (A cosine so small that it is no such integer, below 2⁻³³,
/// is truncated to one: at most 2⁻⁵⁷ each.)
///
/// Where several assignments have the same largest sum, which one is given is not specified beyond that it is always the
/// same for the same matrix; equal cosines of one row are tried from the earliest column on.
package struct RectangularAssignment: Sendable, Equatable {
  /// `[rows]`.
  package var columnOfRow: [Int32]
  /// `[columns]`, −1 for those without a partner.
  package var rowOfColumn: [Int32]
  /// `[rows]`, what a row gains at these prices: the largest cosine less price. In units of 2^−`exponent`.
  package var profits: [Int64]
  /// `[columns]`, ≥ 0, and 0 for columns without a partner. In units of 2^−`exponent`.
  package var prices: [Int64]
  package var exponent: Int
  /// What it took, for benchmarks.
  package var effort: Effort

  package struct Effort: Sendable, Equatable {
    /// Rows that bidding left for shortest paths.
    package var searches = 0
    /// Bids placed, one a step.
    package var bids = 0
    /// Cells read once more than in the first selection.
    package var rowsReadAgain = 0
  }

  /// Why no other assignment has a larger sum (linear programming duality).
  ///
  /// For any prices ≥ 0, no assignment can sum to more than all profits and prices together. When that bound is the
  /// assignment's own sum, it is optimal.
  package struct Certificate: Sendable, Equatable {
    /// The sum of the matched cosines.
    package var objective: Double
    /// The sum of profits and prices.
    package var bound: Double
    /// `bound − objective` in the units of the computation: 0 proves optimality.
    package var gap: Int128
    /// Cells whose cosine is larger than profit plus price (dual feasibility: none).
    package var infeasibleCells: Int
    /// Matched cells whose cosine is not profit plus price, and columns with a price but no partner
    /// (complementary slackness: none).
    package var slackViolations: Int
    /// Columns with a negative price (none).
    package var negativePrices: Int
    /// Rows and columns that are not matched one to one (none).
    package var unmatched: Int

    package var isOptimal: Bool {
      gap == 0 && infeasibleCells == 0 && slackViolations == 0 && negativePrices == 0
        && unmatched == 0
    }
  }

  /// Checks every cell anew.
  ///
  /// - Complexity: O(rows · columns).
  package func certificate(for matrix: CosineMatrix) -> Certificate {
    let unit = FixedPoint(exponent: exponent)
    var certificate = Certificate(
      objective: 0, bound: 0, gap: 0, infeasibleCells: 0, slackViolations: 0, negativePrices: 0,
      unmatched: 0)
    var objective: Int128 = 0
    var bound: Int128 = 0
    for row in 0..<matrix.rows {
      let values = matrix.row(row)
      let profit = profits[row]
      bound += Int128(profit)
      for column in 0..<matrix.columns where unit(values[column]) > profit + prices[column] {
        certificate.infeasibleCells += 1
      }
      let column = Int(columnOfRow[row])
      guard column >= 0, column < matrix.columns, rowOfColumn[column] == Int32(row) else {
        certificate.unmatched += 1
        continue
      }
      let value = unit(values[column])
      objective += Int128(value)
      if value != profit + prices[column] { certificate.slackViolations += 1 }
    }
    for column in 0..<matrix.columns {
      bound += Int128(prices[column])
      if prices[column] < 0 { certificate.negativePrices += 1 }
      if rowOfColumn[column] < 0, prices[column] != 0 { certificate.slackViolations += 1 }
    }
    certificate.gap = bound - objective
    certificate.objective = unit.value(objective)
    certificate.bound = unit.value(bound)
    return certificate
  }
}

/// f32 numbers of bounded magnitude as integers.
struct FixedPoint {
  let exponent: Int
  private let scale: Double

  init(exponent: Int) {
    self.exponent = exponent
    scale = Double(sign: .plus, exponent: exponent, significand: 1)
  }

  /// So that the largest value takes 58 bits: profits, prices and lengths of paths are at most four times that.
  init(largest: Float) {
    self.init(exponent: largest > 0 ? 57 - Int(largest.exponent) : 0)
  }

  @inline(__always)
  func callAsFunction(_ value: Float) -> Int64 { Int64(Double(value) * scale) }

  func value(_ sum: Int128) -> Double { Double(sum) / scale }

  /// A value that no value whose fixed form is over `bound` is at or below: for comparing before converting.
  func floor(_ bound: Int64) -> Float { Float(Double(bound) / scale).nextDown }
}
