import Foundation

/// An interval of confidence: closed, `lower ≤ upper`.
package struct ConfidenceInterval: Sendable, Equatable, Codable {
  package var lower: Double
  package var upper: Double
  /// Such as 0.95.
  package var confidence: Double

  package init(lower: Double, upper: Double, confidence: Double) {
    self.lower = lower
    self.upper = upper
    self.confidence = confidence
  }
}

/// So many of so many.
package struct Proportion: Sendable, Equatable, Codable {
  package var successes: Int
  package var count: Int

  package init(_ successes: Int, of count: Int) {
    precondition(
      successes >= 0 && successes <= count, "expected 0...\(count) successes, got \(successes)")
    self.successes = successes
    self.count = count
  }

  /// - Throws: `DecodingError` for what no count can be: a file may say anything.
  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    count = try fields.decodeCount(.count)
    successes = try fields.decodeCount(.successes, limit: count)
  }

  /// `nil` of none.
  package var rate: Double? { count > 0 ? Double(successes) / Double(count) : nil }

  /// Wilson's score interval, without correction for continuity; `nil` of none.
  ///
  /// - Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
  ///   JASA 22 (1927), 209–212.
  package func wilson(confidence: Double = 0.95) -> ConfidenceInterval? {
    precondition(confidence > 0 && confidence < 1, "expected 0 < confidence < 1, got \(confidence)")
    guard let rate else { return nil }
    let z = NormalDistribution.quantile(0.5 + confidence / 2)
    let n = Double(count)
    let middle = rate + z * z / (2 * n)
    let reach = z * (rate * (1 - rate) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 1 + z * z / n
    // At the ends the formula gives 0 and 1 but for rounding.
    return ConfidenceInterval(
      lower: successes == 0 ? 0 : max(0, (middle - reach) / scale),
      upper: successes == count ? 1 : min(1, (middle + reach) / scale), confidence: confidence)
  }
}

extension KeyedDecodingContainer {
  /// Sums of as many as a file can hold do not overflow.
  private static var mostCounted: Int { 1 << 40 }

  /// A number of things: from 0 to `limit`.
  package func decodeCount(_ key: Key, limit: Int? = nil) throws -> Int {
    let (value, limit) = (try decode(Int.self, forKey: key), limit ?? Self.mostCounted)
    guard (0...limit).contains(value) else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: self, debugDescription: "expected 0 to \(limit), found \(value)")
    }
    return value
  }
}
