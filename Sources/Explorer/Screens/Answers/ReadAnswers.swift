import Experiments
import Foundation
import Storage

/// A prompt of the attached store, and what the model answered.
struct PromptAnswer: Equatable, Sendable {
  var id: String
  var set: String
  var prompt: String
  /// Of its final position to the region's exemplar.
  var distance: Double
  /// `nil` without an answer.
  var outcome: Outcome?
  /// The words that decided the verdict; `nil` where their absence did, or they were not kept.
  var phrase: String?
  /// Where they stand in the answer, in UTF-8.
  var phraseRange: Range<Int>?
  var answer: String?
  /// Whether only the answer's opening was kept.
  var isCut: Bool
}

/// Reads the prompts whose final position lies in a region, with their answers.
struct ReadAnswers: ScreenWork {
  var dictionary: URL
  var region: Int
  /// A document that is being read: where it is a prompt, its region is meant.
  var text: String?

  struct Result: Equatable, Sendable {
    var region: Int
    var store: String
    /// What judged the answers; `nil` without any.
    var classifier: String?
    /// Which models the two are of, where they are of different ones.
    var models: StoreModels?
    var answers: [PromptAnswer]
    /// The document's own prompt among them.
    var own: Int?
  }

  var slot: String? { "answers" }
  var jobTitle: String? { "reading the answers of the region" }

  func perform(by performer: EffectPerformer) throws -> Result {
    let file = try performer.dictionary(dictionary)
    let open = try performer.openActivations(for: file)
    let outcomes = try RegionOutcomes.read(file, open.file)
    let document = text.flatMap { text in
      open.documents.first { $0.kind == .prompt && $0.text == text }?.index
    }
    let home = outcomes.prompts.first { $0.value.contains { $0.document == document } }?.key
    let prompts = outcomes.prompts[home ?? region] ?? []
    let rules = outcomes.classifier.flatMap { OutcomeClassifier(rawValue: $0) }
    return Result(
      region: home ?? region, store: outcomes.store, classifier: outcomes.classifier,
      models: outcomes.models,
      answers: try prompts.map { prompt in
        Self.answer(
          to: prompt, try open.file.continuations(of: prompt.document), judgedBy: rules)
      }, own: prompts.firstIndex { $0.document == document })
  }

  private static func answer(
    to prompt: RegionOutcomes.Prompt, _ continuations: [StoreContinuation],
    judgedBy rules: OutcomeClassifier?
  ) -> PromptAnswer {
    let found = continuations.first { $0.condition == StoreContinuation.baseline }
      .map { StoredAnswer($0, to: prompt.text, outcome: prompt.outcome, judgedBy: rules) }
    return PromptAnswer(
      id: prompt.id, set: prompt.set, prompt: prompt.text, distance: prompt.distance,
      outcome: prompt.outcome, phrase: found?.phrase, phraseRange: found?.phraseRange,
      answer: found?.text, isCut: found?.isCut == true)
  }
}
