import Foundation
import Numerics
import Storage
import TensorFiles

/// Asks a program of the user's own, or a model in memory, what it would call regions.
///
/// A program is run by `/bin/sh -c` once a question, reads one line of JSON and answers one line. Nothing leaves the machine
/// unless it sends it.
package struct Suggester: Sendable {
  private enum Source: Sendable {
    /// With the seconds without an answer after which it is taken to hang.
    case command(String, timeout: Double)
    case model(SuggestingModel)
  }

  private let source: Source
  /// As the user calls the author; without it, as the command calls itself, or its first word.
  package var name: String?
  /// Contexts held out of each kind; 0 asks for no detection.
  package var heldOut: Int

  package static let defaultTimeout = 120.0
  /// A region keeps ten contexts of each kind, half of which are shown.
  package static let mostHeldOut = 10
  /// Answers that cannot be used, one after another, after which it is not asked again.
  static let mostUnusable = 5

  package init(command: String, name: String? = nil, timeout: Double, heldOut: Int) {
    source = .command(command, timeout: timeout)
    (self.name, self.heldOut) = (name, heldOut)
  }

  package init(model: SuggestingModel, name: String? = nil, heldOut: Int) {
    source = .model(model)
    (self.name, self.heldOut) = (name, heldOut)
  }

  /// What came of one region.
  package enum Outcome: Sendable {
    case suggested(Suggestion)
    /// The region has no text to show.
    case withoutText
    /// Why the answer is of no use.
    case unusable(String)
  }

  /// Who a command is before it has said anything.
  package var provenance: JudgeProvenance {
    switch source {
    case .command(let command, _):
      return JudgeProvenance(
        name: name ?? JudgeProvenance.firstWord(of: command), declared: nil, version: nil,
        command: command, commandHash: SHA256.hexDigest(of: command))
    case .model(let model):
      var provenance = model.provenance
      provenance.name = name ?? provenance.name
      return provenance
    }
  }

  /// The line that would be sent for a region; `nil` where it has no text.
  package static func question(_ region: Int, of dictionary: DictionaryFile) throws -> String? {
    try prompts(region, dictionary)?.label(of: dictionary).text
  }

  private static func prompts(
    _ region: Int, _ dictionary: DictionaryFile
  ) throws -> SuggestionPrompts? {
    SuggestionPrompts(
      try dictionary.detail(of: region, textLimit: SuggestionPrompts.contextBytes))
  }

  /// Asks about regions, one after another.
  ///
  /// - Parameters:
  ///   - check: asked many times a second; to stop, throw.
  ///   - each: what came of a region, as it comes.
  /// - Throws: `ExperimentError` naming the region where the command cannot be started, fails, hangs, writes without end,
  ///   or is of no use several times in a row.
  package func run(
    _ regions: [Int], of dictionary: DictionaryFile, check: () throws -> Void,
    each: (Int, Outcome) throws -> Void
  ) throws {
    var unusable = 0
    for region in regions {
      guard let prompts = try Self.prompts(region, dictionary) else {
        try each(region, .withoutText)
        continue
      }
      let (answer, author, version) = try label(prompts, dictionary, check)
      switch answer {
      case .success(nil):
        // It says nothing of the next region.
        unusable = 0
        try each(
          region,
          .unusable(
            "expected words, found nothing but what the question or the chat template put there"))
      case .success(let label?):
        unusable = 0
        var suggestion = Suggestion(
          region: region, text: label, author: name ?? author ?? provenance.name,
          version: version, date: Date())
        suggestion.detection = try detection(label, prompts, dictionary, check)
        try each(region, .suggested(suggestion))
      case .failure(let failure):
        unusable += 1
        try each(region, .unusable(failure.description))
        guard unusable < Self.mostUnusable else {
          throw self.failure(region, "\(unusable) answers in a row were of no use: \(failure)")
        }
      }
    }
  }

  /// What a region is called, and how the program that says so calls itself.
  private func label(
    _ prompts: SuggestionPrompts, _ dictionary: DictionaryFile, _ check: () throws -> Void
  ) throws -> (Result<String?, LineCommand.Failure>, author: String?, version: String?) {
    switch source {
    case .command(let command, let timeout):
      let reply = try ask(
        command, timeout, prompts.label(of: dictionary), prompts.region, check)
      return (reply.label().map(Optional.some), reply.author, reply.version)
    case .model(let model):
      return (try model.label(prompts.question, check: check), model.name, nil)
    }
  }

  private func detection(
    _ label: String, _ prompts: SuggestionPrompts, _ dictionary: DictionaryFile,
    _ check: () throws -> Void
  ) throws -> DetectionScore? {
    guard heldOut > 0, !prompts.heldOut.isEmpty else { return nil }
    let seed = UInt64(prompts.region)
    let known = Set(prompts.heldOut + prompts.shown.map(\.text))
    var others: [String] = []
    for other in SeededNumbers.permutation(dictionary.regionCount, seed: seed)
    where other != prompts.region && others.count < heldOut {
      let context = try dictionary.closestContexts(
        of: [other], textLimit: SuggestionPrompts.contextBytes)[other]
      guard let text = context.flatMap(SuggestionPrompts.marked), !known.contains(text),
        !others.contains(text)
      else { continue }
      others.append(text)
    }
    let mixed = SuggestionPrompts.mixed(prompts.heldOut, others, atMost: heldOut, seed: seed)
    guard !mixed.isEmpty else { return nil }
    guard let answers = try answers(label, mixed.map(\.text), prompts.region, check) else {
      return nil
    }
    let half = mixed.count / 2
    return DetectionScore(
      own: Proportion(zip(mixed, answers).count { $0.isOwn && $1 }, of: half),
      other: Proportion(zip(mixed, answers).count { !$0.isOwn && !$1 }, of: half))
  }

  private func answers(
    _ label: String, _ texts: [String], _ region: Int, _ check: () throws -> Void
  ) throws -> [Bool]? {
    switch source {
    case .command(let command, let timeout):
      let question = SuggestionPrompts.detection(region: region, label: label, texts: texts)
      return try ask(command, timeout, question, region, check).answers(texts.count)
    case .model(let model): return try model.fits(label, texts, check: check)
    }
  }

  private func ask(
    _ command: String, _ timeout: Double, _ question: JSONValue, _ region: Int,
    _ check: () throws -> Void
  ) throws -> SuggestionReply {
    var reply = SuggestionReply()
    do {
      try LineCommand(
        command: command, silence: timeout,
        patience: "\(.suggestTimeout) is how long it may take"
      ).run(
        Array((question.text + "\n").utf8), check: check, isDone: { reply.answer != nil },
        onLine: { line, number in
          guard number <= 1000 else {
            throw LineCommand.Failure("expected one line, found more than 1000")
          }
          return reply.read(line)
        })
    } catch let error as LineCommand.Failure {
      var failure = failure(region, error.description)
      failure.remedy = error.remedy
      throw failure
    }
    return reply
  }

  private func failure(_ region: Int, _ message: String) -> ExperimentError {
    ExperimentError(
      .invalidValue, "region \(region): \(message)",
      file: "suggest \(TensorFileError.printable(provenance.name))")
  }
}
