import Engines
import Foundation
import LanguageModel

/// Greedy answers to prompts under several conditions, in one call of the model.
struct SideBySide: Sendable {
  /// One answer: indices of its condition and its prompt.
  struct Place: Hashable, Sendable {
    var condition: Int
    var prompt: Int
  }

  enum Event {
    /// More of an answer.
    case text(Place, added: String)
    case finished(Place, Generation)
  }

  let model: any Engine
  let tokenizer: Tokenizer
  let maxNewTokens: Int

  /// - Parameters:
  ///   - tokens: of every prompt, template included.
  ///   - places: what is to be answered; the order is that of the model's batch.
  ///   - onEvent: to stop, throw.
  func run(
    _ tokens: [[Int]], _ conditions: [RunCondition], at places: [Place],
    onEvent: (Event) throws -> Void
  ) throws {
    guard !places.isEmpty else { return }
    let edits = conditions.enumerated().flatMap { index, condition in
      condition.edits(of: Set(places.indices.filter { places[$0].condition == index }))
    }
    var decoders = places.map { _ in StreamingDecoder(tokenizer) }
    _ = try model.generate(
      places.map { tokens[$0.prompt] },
      GenerationOptions(maxNewTokens: maxNewTokens, endTokens: tokenizer.stopIDs), editing: edits
    ) { event in
      switch event {
      case .token(let sequence, let id):
        try onEvent(.text(places[sequence], added: decoders[sequence].push(id)))
      case .finished(let sequence, let generation):
        try onEvent(.finished(places[sequence], generation))
      }
    }
  }
}
