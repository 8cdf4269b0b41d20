import ExemplarPartitioning
import Foundation
import LanguageModel
import Storage

/// What is tried on prompts of a person's own: the model untouched, and beside it ablated, steered or both.
package struct PlaygroundSetup: Sendable, Equatable, Codable {
  package var prompts: [String]
  /// Whether prompts are a user's turn in the chat template; else they are read as they are.
  package var isChat: Bool
  package var regions: [Int]
  package var basis: DirectionBasis
  /// The share of the regions' span that is taken out of the ablated column; `nil` for no such column.
  package var strength: Float?
  /// Along the first of the regions; `nil` for no steered column.
  package var steering: SteeringStrength?
  /// Where the model is edited; `nil` for the dictionary's own hook.
  package var actionHook: String?
  package var maxNewTokens: Int

  package init(
    prompts: [String], isChat: Bool, regions: [Int], basis: DirectionBasis = .mean,
    strength: Float? = 1, steering: SteeringStrength? = .norms(usualNorms),
    actionHook: String? = nil,
    maxNewTokens: Int = AblationRunner.defaultMaxNewTokens
  ) {
    (self.prompts, self.isChat, self.regions, self.basis) = (prompts, isChat, regions, basis)
    (self.strength, self.steering) = (strength, steering)
    (self.actionHook, self.maxNewTokens) = (actionHook, maxNewTokens)
  }

  /// Enough to be seen, and mostly little enough for a text to be left.
  package static let usualNorms = 0.2

  /// The columns, the untouched model first.
  package var conditions: [AblationCondition] {
    [.baseline] + (strength == nil ? [] : [.ablated]) + (steering == nil ? [] : [.steered])
  }
}

/// What happens while prompts are answered.
package enum PlaygroundEvent: Sendable, Equatable {
  /// What is known before the first token, answers of an earlier run included.
  case began(PlaygroundResult)
  /// More of an answer.
  case text(AblationCondition, prompt: Int, added: String)
  case answered(AblationCondition, prompt: Int, Answer)
}

extension Tokenizer {
  /// The tokens of a text of a person's own: a user's turn rendered as recorded, or by the model's own template; or the text
  /// as it is, behind a BOS unless it spells one.
  package func tokens(
    ofOwn text: String, isChat: Bool, as record: TemplateRecord?
  ) throws -> TokenizedText {
    guard !isChat else { return encodeWithOffsets(try render(text, as: record)) }
    let beginning = bos.flatMap { piece(of: $0) } ?? ""
    let hasBOS = !beginning.isEmpty && text.hasPrefix(beginning)
    return encodeWithOffsets(text, addSpecial: !hasBOS, parseSpecial: true)
  }
}
