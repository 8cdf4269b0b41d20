import Experiments
import Foundation

/// One dictionary that a text is followed through.
package struct TraceLayer: Equatable, Sendable {
  package var url: URL
  /// Its file's name without the extension.
  package var title: String
  package var identity: String
  package var hook: String
  /// θ.
  package var threshold: Double
  package var regionCount: Int
  /// `all` or `last`, as recorded.
  package var positions: String?
  package var labels: [Int: String]

  /// `16 resid_post` for `blocks.16.hook_resid_post`.
  var shortHook: String {
    let parts = hook.split(separator: ".")
    guard parts.count == 3, parts[0] == "blocks" else { return hook }
    let place = parts[2].hasPrefix("hook_") ? parts[2].dropFirst(5) : parts[2]
    return "\(parts[1]) \(place)"
  }
}

/// What a text can be traced with: dictionaries of one model by depth, weights, and a store.
package struct TraceSubject: Equatable, Sendable {
  package enum Weights: Equatable, Sendable {
    case found(String)
    case missing(String)
  }

  package struct Store: Equatable, Sendable {
    package var name: String
    package var documentCount: Int
  }

  /// In the order of a forward pass.
  package var layers: [TraceLayer]
  /// Index of the dictionary that the screen was opened from.
  package var own: Int
  package var weights: Weights
  package var store: Store?
  /// The chat template that the dictionary's prompts were written in; `nil` for running text.
  package var template: String?

  package var hasWeights: Bool { if case .found = weights { true } else { false } }
}

/// A document of a store, as far as a list shows it.
package struct TraceDocument: Equatable, Sendable {
  package var index: Int
  package var id: String
  package var set: String
  /// The beginning of its prompt.
  package var prompt: String
}

/// What is to be traced.
package struct TraceRequest: Equatable, Sendable {
  package enum Source: Equatable, Sendable {
    /// A text of the user's own; in the model's chat template as a user's turn where `isChat`.
    case text(String, isChat: Bool)
    /// A document of the store, by index.
    case document(Int)
  }

  package var dictionary: URL
  /// Indices of the subject's layers, ascending, with the dictionaries they stand for.
  package var layers: [Int]
  package var dictionaries: [URL]
  package var source: Source
}

/// A text, followed.
package struct TraceReading: Equatable, Sendable {
  package var source: TraceRequest.Source
  /// Indices of the subject's layers: those of the hits.
  package var layers: [Int]
  /// What the model read, template included.
  package var text: String
  /// UTF-8 range of the user's own words in it.
  package var own: Range<Int>
  package var tokens: [TracedToken]
  /// Tokens that were as they were in the last text, and not run again.
  package var reused: Int
  /// What the numbers stand on: the weights, or the store.
  package var basis: String
  package var milliseconds: Double
  /// Whether more tokens follow.
  package var isPartial = false

  /// What of the text a token covers, in UTF-8 offsets.
  func range(of token: Int) -> Range<Int> {
    let start = token == 0 ? 0 : tokens[token - 1].end
    return min(start, tokens[token].end)..<tokens[token].end
  }
}

/// Work for the trace.
package enum TraceWork: Equatable, Sendable {
  /// - Parameter others: dictionaries that are known besides those that lie beside it.
  case open(dictionary: URL, others: [URL])
  /// Answers several times where the text is long.
  case run(TraceRequest)
  case documents(dictionary: URL)
}

extension TraceWork: LongScreenWork {
  typealias Result = TraceReply

  var queue: Effect.Queue { .tracing }
  var slot: String? { if case .run = self { "trace" } else { nil } }
  /// Of a text that is being typed only the latest is wanted.
  var endsWhenReplaced: Bool { true }

  func perform(
    by performer: EffectPerformer, tell: @escaping @Sendable (TraceReply) -> Void,
    isCancelled: @escaping @Sendable () -> Bool
  ) throws -> TraceReply {
    try performer.tool(TraceEffects())
      .perform(self, performer, tell: tell, isCancelled: isCancelled)
  }
}

/// What comes of it.
package enum TraceReply: Equatable, Sendable {
  case opened(TraceSubject)
  case traced(TraceReading)
  case documents([TraceDocument])
}
