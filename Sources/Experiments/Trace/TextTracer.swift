import Engines
import ExemplarPartitioning
import Foundation
import LanguageModel
import Numerics
import Storage

/// Where one token lies in one dictionary.
package struct RegionHit: Sendable, Equatable {
  /// The region of the nearest exemplar.
  package var region: Int
  /// Cosine distance to it, in [0, 2].
  package var distance: Float
  /// The distance in units of θ.
  package var ratio: Double
  /// Farther than θ from every exemplar.
  package var isOutside: Bool
}

package struct TracedToken: Sendable, Equatable {
  /// Counted from 0, special tokens included.
  package var position: Int
  package var id: Int
  /// As the vocabulary spells it.
  package var spelling: String
  /// UTF-8 offset in the text where the token ends.
  package var end: Int
  /// One for each dictionary, in their order.
  package var hits: [RegionHit]
}

/// Follows a text through the regions of one or more dictionaries of one model, token by token.
///
/// Keeps what it computed for the last text: a change at the end costs the tokens that changed. Not for use from two
/// threads at once.
package final class TextTracer {
  package let dictionaries: [DictionaryFile]
  package let hooks: [HookPoint]
  private let tokenizer: Tokenizer
  private let session: any TypingSession
  private var assigners: [Assigner]
  private var traced: [TracedToken] = []
  private let contextLength: Int

  /// A class, since an array cannot hold values that are not copyable.
  private final class Assigner {
    var assigner: RegionAssigner

    init(_ dictionary: DictionaryFile, threads: Int) throws {
      assigner = RegionAssigner(
        centre: try dictionary.centre(), exemplars: try dictionary.exemplarRows(), threads: threads)
    }
  }

  /// - Parameters:
  ///   - dictionaries: at least one.
  ///   - hook: where to read for dictionaries that do not record their hook.
  /// - Throws: `missing` for a dictionary without regions or hook, `mismatch` where its width is not the model's at the
  ///   hook, `ModelError.unknownHook`.
  package init(
    _ dictionaries: [DictionaryFile], _ engine: any Engine, _ tokenizer: Tokenizer,
    hook: HookPoint? = nil
  ) throws {
    try MatrixProducts.verify()
    hooks = try dictionaries.map { dictionary in
      guard dictionary.regionCount > 0 else {
        throw ExperimentError(
          .missing, "expected a dictionary with regions, found none", file: dictionary.name)
      }
      let recorded = try dictionary.provenance.hook.map { try HookPoint($0) }
      guard let point = recorded ?? hook else {
        throw ExperimentError(
          .missing, "expected a recorded hook, found none", file: dictionary.name,
          remedy: "name it with \(.hook)")
      }
      let model = engine.description
      try model.validate(point)
      let width = model.width(at: point)
      guard width == dictionary.dimension else {
        throw ExperimentError(
          .mismatch,
          "expected a dictionary of \(width) components, as the model has at \(point.name), found \(dictionary.dimension)",
          file: dictionary.name)
      }
      return point
    }
    self.dictionaries = dictionaries
    self.tokenizer = tokenizer
    contextLength = engine.description.contextLength
    session = try engine.session(reading: Array(Set(hooks)))
    assigners = try dictionaries.map { try Assigner($0, threads: engine.threads) }
  }

  /// Traces a text of the user's own, its special tokens read as such.
  package func trace(
    _ text: String, addSpecial: Bool = true, parseSpecial: Bool = true
  ) throws -> [TracedToken] {
    try trace(
      tokenizer.encodeWithOffsets(text, addSpecial: addSpecial, parseSpecial: parseSpecial))
  }

  /// Tokens that are run before anybody is told of them.
  private static let portion = 128

  /// How many tokens at the start of the next text are as they were in the last.
  package func shared(with ids: [Int]) -> Int {
    zip(zip(traced, session.tokens), ids).prefix { $0.0.id == $1 && $0.1 == $1 }.count
  }

  /// Traces a tokenised text, from the first token that differs from the last text's.
  ///
  /// - Parameter progress: called with what is traced so far where there is more to come; an error that it throws ends
  ///   the work, and what was traced is kept.
  /// - Throws: `ExperimentError.invalidValue` for more tokens than the model's context has room for.
  package func trace(
    _ text: TokenizedText, progress: ([TracedToken]) throws -> Void = { _ in }
  ) throws -> [TracedToken] {
    guard text.ids.count <= contextLength else {
      throw ExperimentError(
        .invalidValue,
        "expected at most the \(contextLength) tokens of the model's context, found \(text.ids.count)",
        file: "text")
    }
    var end = shared(with: text.ids)
    repeat {
      end = min(end + Self.portion, text.ids.count)
      try run(text, upTo: end)
      if end < text.ids.count { try progress(traced) }
    } while end < text.ids.count
    return traced
  }

  /// Makes the first `end` tokens of a text the session's sequence, and assigns those that are new.
  private func run(_ text: TokenizedText, upTo end: Int) throws {
    let ids = Array(text.ids[..<end])
    let update = try session.update(ids)
    let kept = min(update.reused, traced.count)
    traced.removeLast(traced.count - kept)
    let count = end - update.reused
    let assigned = zip(hooks, assigners).map { hook, assigner in
      assigner.assigner.assign(
        ActivationBatch(rows: update.hooks[hook] ?? [], count: count))
    }
    for row in 0..<count {
      let position = update.reused + row
      traced.append(
        TracedToken(
          position: position, id: text.ids[position],
          spelling: tokenizer.spelling(of: text.ids[position]), end: text.ends[position],
          hits: zip(dictionaries, assigned).map { dictionary, assigned in
            RegionHit(
              region: Int(assigned.ids[row]), distance: assigned.distances[row],
              threshold: dictionary.threshold)
          }))
    }
    // Offsets move when the text before a shared token is spelled otherwise.
    for position in 0..<kept { traced[position].end = text.ends[position] }
  }
}
