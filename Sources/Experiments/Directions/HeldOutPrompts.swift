import Foundation

/// The prompts that no direction is made of, and that directions are scored on.
package struct HeldOutPrompts: Sendable {
  /// How they are chosen.
  package enum Choice: Sendable, Equatable, Codable {
    /// Those of a split.
    case split(String)
    /// So many of each side, by the seed.
    case drawn(Int)
  }

  /// Of each prompt.
  package let isHeld: [Bool]
  /// Goes on after the draws.
  var generator: NumPyGenerator

  /// Prompts that NumPy would draw without replacement can be so many a side.
  static let mostDrawn = 10_000

  /// - Parameters:
  ///   - splits: of each prompt; `nil` where a store records none.
  ///   - seed: of `default_rng`; harmful prompts are drawn before benign ones.
  /// - Throws: `ExperimentError.missing` for a split without prompts of both sides; `invalidValue` for more than there are.
  package init(
    _ choice: Choice, roles: [AblationPrompt.Role], splits: [String?], seed: UInt64, of file: String
  ) throws {
    var generator = NumPyGenerator(seed: seed)
    var held = [Bool](repeating: false, count: roles.count)
    for role in AblationPrompt.Role.allCases {
      let places = roles.indices.filter { roles[$0] == role }
      guard !places.isEmpty else {
        throw ExperimentError(
          .missing, "expected harmful and benign prompts, found no \(role.rawValue) one", file: file
        )
      }
      switch choice {
      case .split(let split):
        let found = places.filter { splits[$0] == split }
        guard !found.isEmpty else {
          let known = Set(places.compactMap { splits[$0] }).sorted()
          throw ExperimentError(
            .missing,
            "expected \(role.rawValue) prompts of split \(split) to hold out, found "
              + (known.isEmpty
                ? "no splits: give a number of prompts to draw" : known.joined(separator: ", ")),
            file: file)
        }
        for place in found { held[place] = true }
      case .drawn(let count):
        guard count > 0, count < places.count, places.count <= Self.mostDrawn else {
          throw ExperimentError(
            .invalidValue,
            "expected to hold out 1 to \(places.count - 1) of \(places.count) \(role.rawValue) prompts"
              + (places.count > Self.mostDrawn
                ? ", and to draw from at most \(Self.mostDrawn)" : "")
              + ", found \(count)", file: file)
        }
        for place in generator.choice(places.count, count) { held[places[place]] = true }
      }
    }
    isHeld = held
    self.generator = generator
  }
}
