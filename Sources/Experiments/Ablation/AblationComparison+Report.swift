import Foundation
import Numerics
import Storage

extension AblationComparison {
  /// `baseline`, `intervention`, `null`.
  package func name(of condition: AblationCondition) -> String {
    condition == .baseline || condition == .null ? condition.rawValue : "intervention"
  }

  /// The rates as lines of equal columns.
  package var table: [[String]] {
    let isGenerated = a.setup.depth == .generate
    let head = ["", "A", "95 % interval"] + (isGenerated ? ["degenerate"] : [])
    return [head + ["B"] + head.dropFirst(2)]
      + rates.map { rates in
        func cells(_ proportion: Proportion?, _ degenerate: Int?) -> [String] {
          let interval = a.setup.depth == .geometry ? nil : proportion?.wilson()
          return [
            proportion.map { "\($0.successes)/\($0.count)" } ?? "—",
            interval.map { "\(percent($0.lower)) – \(percent($0.upper))" } ?? "—",
          ] + (isGenerated ? [degenerate.map(String.init) ?? "—"] : [])
        }
        return ["\(name(of: rates.condition)), \(rates.role.rawValue)"]
          + cells(rates.a, rates.degenerateA) + cells(rates.b, rates.degenerateB)
      }
  }

  /// What the flips come to, a line for each role.
  package var sentences: [String] {
    AblationPrompt.Role.allCases.compactMap { role in
      tests[role].map {
        "\(role.rawValue): \($0.b) refuse only in A, \($0.c) only in B; exact McNemar p = \(significant($0.p))"
      }
    }
  }
}
