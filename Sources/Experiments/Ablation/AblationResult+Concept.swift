import Numerics
import Storage

extension AblationResult {
  /// Marks every whole answer by words of a person's own; refusals are counted as before, beside it.
  ///
  /// - Throws: as ``AnswerConcept/isIn(_:)``.
  package mutating func count(_ concept: AnswerConcept) throws {
    counting = concept
    for prompt in prompts.indices {
      for condition in conditions {
        guard let answer = prompts[prompt].answers[condition], !answer.isOpening else { continue }
        prompts[prompt].answers[condition]?.isCounted = try concept.isIn(answer.text)
        prompts[prompt].answers[condition]?.letterShare = concept.share(of: answer.text)
      }
    }
  }

  /// Answers of one role under one condition in which the concept is; `nil` where none is known.
  package func counted(
    _ condition: AblationCondition, _ role: AblationPrompt.Role
  ) -> Proportion? {
    let found = prompts.filter { $0.role == role }.compactMap { $0.answers[condition]?.isCounted }
    return found.isEmpty ? nil : Proportion(found.count { $0 }, of: found.count)
  }

  /// Prompts in whose answers the concept stopped and began, from one condition to another.
  package func countedFlips(
    _ role: AblationPrompt.Role, from first: AblationCondition, to second: AblationCondition
  ) -> McNemar? {
    paired(role) { prompt in
      guard let a = prompt.answers[first]?.isCounted, let b = prompt.answers[second]?.isCounted
      else { return nil }
      return (a, b)
    }
  }

  /// Takes in what was counted in the same answers.
  package mutating func takeCounts(of other: AblationResult) {
    (counting, notices) = (other.counting, other.notices)
    for (index, prompt) in other.prompts.enumerated() where prompts.indices.contains(index) {
      for (condition, answer) in prompt.answers {
        prompts[index].answers[condition]?.isCounted = answer.isCounted
        prompts[index].answers[condition]?.letterShare = answer.letterShare
      }
    }
  }

  /// A line a role, under the table, with intervals and tests.
  package var conceptRemarks: [String] {
    guard let counting else { return [] }
    return AblationPrompt.Role.allCases.compactMap { role in
      let parts = conditions.compactMap { condition in
        counted(condition, role).map { found in
          "\(name(condition)) \(found.successes)/\(found.count)"
            + (found.wilson().map { " (\(percent($0.lower)) – \(percent($0.upper)))" } ?? "")
        }
      }
      guard !parts.isEmpty else { return nil }
      let flips = countedFlips(role, from: .baseline, to: treated).map {
        "; \($0.b) stopped, \($0.c) began, exact McNemar p = \(significant($0.p))"
      }
      let null = countedFlips(role, from: .null, to: treated).map {
        ", against \(nullName) p = \(significant($0.p))"
      }
      return "\(role.rawValue) answers \(counting.title(at: hook)): "
        + parts.joined(separator: ", ") + (flips ?? "") + (flips == nil ? "" : null ?? "")
    }
  }
}
