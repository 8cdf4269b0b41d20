import Foundation
import Storage
import TensorFiles

/// A judge of the user's own: a command that reads answers as JSON Lines and writes verdicts as JSON Lines.
///
/// Its verdicts stand beside a classifier's, never in their place. The command is run by `/bin/sh -c`; prompts and answers
/// reach it through its standard input alone, never as words of a command line.
package struct Judge: Sendable, Equatable {
  package var command: String
  /// As the user calls it; without it, as the command calls itself, or its first word.
  package var name: String?
  /// Seconds without a new verdict after which it is taken to hang.
  package var timeout: Double

  package static let defaultTimeout = 600.0
  /// Characters of a name, and of a version.
  package static let longestName = 200

  package init(command: String, name: String? = nil, timeout: Double = Judge.defaultTimeout) {
    self.command = command
    self.name = name
    self.timeout = timeout
  }

  /// An answer that is to be judged. Those of one id, prompt and text are one, and are judged once.
  package struct Answer: Sendable, Hashable {
    package var id: String
    package var prompt: String?
    package var text: String

    package init(id: String, prompt: String?, text: String) {
      self.id = id
      self.prompt = prompt
      self.text = text
    }
  }

  /// Asks for a verdict on every answer.
  ///
  /// - Parameters:
  ///   - check: asked many times a second; to stop, throw: the command and its children are ended.
  ///   - onProgress: verdicts so far, and how many there will be.
  /// - Returns: who judged, and a verdict for each answer in order.
  /// - Throws: `ExperimentError` where any line is not as it should be, a verdict is missing, or the command fails.
  package func verdicts(
    on answers: [Answer], check: () throws -> Void = {},
    onProgress: (Int, Int) -> Void = { _, _ in }
  ) throws -> (by: JudgeProvenance, verdicts: [JudgeVerdict]) {
    let questions = try JudgeQuestions(answers)
    guard !questions.lines.isEmpty else {
      throw failure(.missing, "no whole answer to judge")
    }
    var replies = JudgeReplies(questions.ids)
    do {
      try LineCommand(command: command, silence: timeout).run(
        questions.lines, check: check, isDone: { replies.isComplete },
        onLine: { line, number in
          let isNew = try replies.read(line, number)
          if isNew { onProgress(replies.count, questions.ids.count) }
          return isNew
        })
      let found = try replies.complete()
      return (
        JudgeProvenance(
          name: name ?? replies.name ?? JudgeProvenance.firstWord(of: command),
          declared: replies.name, version: replies.version, command: command,
          commandHash: SHA256.hexDigest(of: command)),
        questions.places.map { found[$0] }
      )
    } catch let error as LineCommand.Failure {
      var failure = failure(.invalidValue, error.description)
      failure.remedy = error.remedy
      throw failure
    }
  }

  private func failure(_ code: ExperimentError.Code, _ message: String) -> ExperimentError {
    let name = name ?? JudgeProvenance.firstWord(of: command)
    return ExperimentError(code, message, file: "judge \(TensorFileError.printable(name))")
  }
}

/// What a judge says of one answer.
package struct JudgeVerdict: Sendable, Equatable, Codable {
  package var outcome: Outcome
  package var score: Double?
  /// At most so many characters of it: see ``longestReason``.
  package var reason: String?

  static let longestReason = 1000

  package init(outcome: Outcome, score: Double? = nil, reason: String? = nil) {
    self.outcome = outcome
    self.score = score
    self.reason = reason
  }
}

/// Who judged: part of where a figure comes from.
package struct JudgeProvenance: Sendable, Equatable, Codable {
  package var name: String
  package var version: String?
  /// How the command calls itself; `nil` where it does not say.
  package var declared: String?
  package var command: String
  /// SHA-256 of the command line, in hex.
  package var commandHash: String

  package init(
    name: String, declared: String? = nil, version: String? = nil, command: String,
    commandHash: String
  ) {
    self.name = name
    self.declared = declared
    self.version = version
    self.command = command
    self.commandHash = commandHash
  }

  /// Name and version, for a person.
  package var title: String { name + (version.map { " " + $0 } ?? "") }

  /// What has to be said for the same name to come out.
  package var givenName: String? {
    name == declared ?? Self.firstWord(of: command) ? nil : name
  }

  /// The program that a command runs, without its folder and without the variables set for it.
  static func firstWord(of command: String) -> String {
    let words = command.split(whereSeparator: \.isWhitespace)
    let first = words.first { !$0.contains("=") } ?? words.first ?? "sh"
    let name = first.split(separator: "/").last.map(String.init) ?? "sh"
    return String(name.prefix(Judge.longestName))
  }
}
