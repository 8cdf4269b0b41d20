import ExemplarPartitioning
import Experiments
import Foundation
import Terminal

/// Prompts of a person's own, answered by the untouched model and beside it ablated and steered along regions.
struct PlaygroundScreen: Equatable, Sendable {
  /// What is being written.
  enum Editing: Equatable, Sendable {
    /// By its index; `nil` for one more.
    case prompt(Int?)
    case regions
  }

  /// Answers that are being written.
  struct Run: Equatable, Sendable {
    var effect: EffectID
    /// What is being done before the first token, in words.
    var stage = "loading the model"
    var live: [Place: String] = [:]
  }

  struct Place: Hashable, Sendable {
    var condition: AblationCondition
    var prompt: Int
  }

  let dictionary: URL
  let identity: String

  /// What is there to run; `nil` until it is known.
  var subject: PlaygroundSubject?
  var opening: EffectID?
  /// Whether answers were asked for before the weights were found: they are written once those are.
  var isWanted = false
  var failure: String?
  /// The one of the notebook that is being read.
  var reopening: Int64?

  var setup: PlaygroundSetup
  /// Whether prompts are chat turns was said by a person, not by the dictionary.
  var hasChosenChat = false

  var editing: Editing?
  var field = TextField()
  /// What is wrong with what is written; the field hides messages.
  var problem: String?

  var run: Run?
  /// What was written so far, or was kept.
  var result: PlaygroundResult?
  /// Its number in the notebook.
  var saved: Int64?

  /// Index among the prompts.
  var cursor = 0
  var promptTop = 0
  /// Whether the answers have the keyboard.
  var isReading = false
  /// First line of the answers that is shown.
  var answerTop = 0

  init(dictionary: URL, identity: String, regions: [Int]) {
    (self.dictionary, self.identity) = (dictionary, identity)
    setup = PlaygroundSetup(prompts: [], isChat: true, regions: regions)
  }

  /// The answers of the selected prompt; `nil` where it was not run as it stands.
  var answered: (index: Int, prompt: PlaygroundResult.Prompt)? {
    guard let result, setup.prompts.indices.contains(cursor) else { return nil }
    let text = setup.prompts[cursor]
    // Where a prompt comes twice, the one in the same place.
    if result.prompts.indices.contains(cursor), result.prompts[cursor].text == text {
      return (cursor, result.prompts[cursor])
    }
    return result.prompts.firstIndex { $0.text == text }.map { ($0, result.prompts[$0]) }
  }

  /// Whether what is shown was run as the setup stands.
  var isCurrent: Bool { result?.setup == setup }
}

/// What a playground on a dictionary has to run.
struct PlaygroundSubject: Equatable, Sendable {
  enum Weights: Equatable, Sendable {
    case found(String)
    case missing(String)
  }

  var hook: String
  var regionCount: Int
  /// Whether the dictionary's prompts were rendered in a chat template.
  var isChat: Bool
  var weights: Weights
  /// The unit of a steering, where a store has it.
  var norm: ResidualNorm?
  /// The one of the notebook that was asked for.
  var kept: PlaygroundResult?

  var hasWeights: Bool { if case .found = weights { true } else { false } }
}
