import Foundation
import Storage
import TensorFiles

/// What a judge is given: a line `{"id", "prompt", "answer"}` for each answer that differs.
///
/// The id is the answer's own. Where one id has several answers, as in an experiment's arms, a dot and twelve digits of a
/// hash of prompt and answer follow, and the answers come in the order of these: a judge does not see which arm it reads.
struct JudgeQuestions {
  private(set) var ids: [String] = []
  /// JSON Lines.
  private(set) var lines: [UInt8] = []
  /// For each answer that was given, which question it is.
  private(set) var places: [Int] = []

  /// - Throws: `ExperimentError.mismatch` where two answers would have one id.
  init(_ answers: [Judge.Answer]) throws {
    var order: [String] = []
    var byID: [String: [Judge.Answer]] = [:]
    for answer in answers {
      if byID[answer.id] == nil { order.append(answer.id) }
      if byID[answer.id]?.contains(answer) != true { byID[answer.id, default: []].append(answer) }
    }
    var found: [Judge.Answer: Int] = [:]
    var taken: Set<String> = []
    for id in order {
      let own = byID[id] ?? []
      let named =
        own.count == 1
        ? [(id: id, answer: own[0])]
        : own.map { (id: "\(id).\(Self.digits(of: $0))", answer: $0) }.sorted { $0.id < $1.id }
      for (id, answer) in named {
        guard taken.insert(id).inserted else {
          throw ExperimentError(
            .mismatch, "expected ids that differ, found '\(TensorFileError.printable(id))' twice",
            file: "answers to judge")
        }
        found[answer] = ids.count
        ids.append(id)
        let line = JSONValue.object([
          ("id", .string(id)), ("prompt", .optional(answer.prompt)),
          ("answer", .string(answer.text)),
        ])
        lines += Array((line.text + "\n").utf8)
      }
    }
    places = answers.map { found[$0] ?? 0 }
  }

  private static func digits(of answer: Judge.Answer) -> Substring {
    SHA256.hexDigest(of: (answer.prompt ?? "") + "\0" + answer.text).prefix(12)
  }
}
