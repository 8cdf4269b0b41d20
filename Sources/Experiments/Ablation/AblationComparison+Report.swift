import Foundation
import Numerics
import Storage

extension AblationComparison {
  package func json(_ idA: Int64, _ idB: Int64) -> JSONValue {
    func side(_ id: Int64, _ result: AblationResult) -> JSONValue {
      .object([
        ("id", .integer(Int(id))), ("title", .string(result.title)),
        ("command", .string(result.command)),
        ("conclusion", .string(result.conclusion.sentence)),
      ])
    }
    func rate(_ proportion: Proportion?, _ degenerate: Int?) -> JSONValue {
      guard let proportion else { return .null }
      return .object([
        ("n", .integer(proportion.count)), ("refused", .integer(proportion.successes)),
        ("rate", .optional(proportion.rate)),
        ("wilson95", a.setup.depth == .geometry ? .null : proportion.wilsonJSON),
        ("degenerate", .optional(degenerate)),
      ])
    }
    return .object([
      ("a", side(idA, a)), ("b", side(idB, b)), ("depth", .string(a.setup.depth.rawValue)),
      ("predicted", .bool(a.setup.depth == .geometry)),
      (
        "differences",
        .array(
          differences.map {
            .object([("name", .string($0.name)), ("a", .string($0.a)), ("b", .string($0.b))])
          })
      ),
      (
        "rates",
        .array(
          rates.map {
            .object([
              ("role", .string($0.role.rawValue)), ("condition", .string(name(of: $0.condition))),
              ("a", rate($0.a, $0.degenerateA)), ("b", rate($0.b, $0.degenerateB)),
            ])
          })
      ), ("shared", .integer(shared)),
      (
        "mcnemar",
        .object(
          AblationPrompt.Role.allCases.map { role in
            (
              role.rawValue,
              tests[role].map { .object($0.json) } ?? .null
            )
          })
      ),
      (
        "flips",
        .array(
          flips.map {
            .object([
              ("id", .string($0.id)), ("role", .string($0.role.rawValue)), ("a", .string($0.a)),
              ("b", .string($0.b)), ("refusesInA", .bool($0.refusesInA)),
              ("refusesInB", .bool($0.refusesInB)),
            ])
          })
      ),
    ])
  }

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
        "\(role.rawValue): \($0.b) refuse only in A, \($0.c) only in B; exact McNemar p = \(figure($0.p))"
      }
    }
  }
}
