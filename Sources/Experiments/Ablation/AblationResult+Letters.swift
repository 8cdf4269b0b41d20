import Numerics
import Storage

/// The mean share of letters of a script in answers, with an interval over prompts drawn anew.
package struct LetterShare: Sendable, Equatable, Encodable {
  package var mean: Double
  /// `nil` where every drawing gives one value.
  package var interval: ConfidenceInterval?

  private enum CodingKeys: String, CodingKey {
    case mean
    case interval = "interval95"
  }

  /// - Parameter shares: one at least.
  init(_ shares: [Double], seed: UInt64) {
    mean = shares.mean
    interval = Resampling.spread(
      (0..<1000).map { round in
        let weights = Resampling.weights(shares.count, seed: seed &+ UInt64(round))
        return zip(shares, weights).reduce(0) { $0 + $1.0 * Double($1.1) } / Double(shares.count)
      })
  }

  var words: String {
    "\(percent(mean))" + (interval.map { " (\(percent($0.lower)) – \(percent($0.upper)))" } ?? "")
  }
}

extension AblationResult {
  /// The share of letters of the script that is counted, averaged over the answers of one role under one condition; `nil`
  /// where nothing or something else is counted.
  package func letterShare(
    _ condition: AblationCondition, _ role: AblationPrompt.Role
  ) -> LetterShare? {
    guard case .script? = counting else { return nil }
    let shares = prompts.filter { $0.role == role }
      .compactMap { $0.answers[condition]?.letterShare }
    return shares.isEmpty ? nil : LetterShare(shares, seed: setup.seed)
  }

  /// A line a role, under the table.
  var letterRemarks: [String] {
    guard case .script(let script)? = counting else { return [] }
    return AblationPrompt.Role.allCases.compactMap { role in
      let parts = conditions.compactMap { condition in
        letterShare(condition, role).map { "\(name(condition)) \($0.words)" }
      }
      guard !parts.isEmpty else { return nil }
      return "letters that are \(script), mean over \(role.rawValue) answers: "
        + parts.joined(separator: ", ")
    }
  }
}
