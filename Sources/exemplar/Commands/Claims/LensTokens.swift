import Engines
import ExemplarPartitioning
import Experiments
import Foundation
import LanguageModel
import Storage

/// What the lens of a model says of directions: the tokens it would predict first.
struct LensTokens {
  let engine: any Engine
  let tokenizer: Tokenizer

  init(_ checkpoint: Checkpoint, threads: Int) throws {
    let loaded = try LoadedModel(checkpoint, threads: threads)
    (engine, tokenizer) = (loaded.engine, loaded.tokenizer)
  }

  /// - Throws: `ExperimentError` where the dictionary is not as wide as the model's residual stream.
  func check(_ dictionary: DictionaryFile) throws {
    let width = engine.description.hiddenSize
    guard dictionary.dimension == width else {
      throw ExperimentError(
        .mismatch,
        "expected a dictionary of \(width) components, as the model's residual stream, found \(dictionary.dimension)",
        file: dictionary.name)
    }
  }

  /// The `count` most probable tokens of one row of logits, most probable first.
  func tokens(_ logits: ArraySlice<Float>, count: Int = 6) -> [String] {
    best(logits, count).map { tokenizer.spelling(of: $0) }
  }

  private func best(_ logits: ArraySlice<Float>, _ count: Int) -> [Int] {
    var best: [Int] = []
    for index in logits.indices {
      if best.count == count, let last = best.last, logits[index] <= logits[last] { continue }
      let place = best.firstIndex { logits[index] > logits[$0] } ?? best.count
      best.insert(index, at: place)
      if best.count > count { best.removeLast() }
    }
    return best.map { $0 - logits.startIndex }
  }

  /// Directions that are read at once: enough for the product to run, few enough that their logits stay small.
  private static let rowsAtOnce = 32

  /// For each direction `[count, D]`.
  func tokens(of directions: [Float], count: Int) throws -> [[String]] {
    try most(of: directions, count: count, 6) { tokenizer.spelling(of: $0) }
  }

  /// The same as text of the model's, as the reference decodes each token by itself.
  func decoded(of directions: [Float], count: Int, most: Int) throws -> [[String]] {
    try self.most(of: directions, count: count, most) {
      tokenizer.decode([$0], skipSpecial: false)
    }
  }

  private func most(
    of directions: [Float], count: Int, _ most: Int, _ words: (Int) -> String
  ) throws -> [[String]] {
    let (width, hidden) = (engine.description.vocabularySize, engine.description.hiddenSize)
    return try stride(from: 0, to: count, by: Self.rowsAtOnce).flatMap { start in
      try Interruption.check()
      let rows = min(Self.rowsAtOnce, count - start)
      let logits = try engine.lens(
        Array(directions[start * hidden..<(start + rows) * hidden]), count: rows)
      return (0..<rows).map { best(logits[$0 * width..<($0 + 1) * width], most).map(words) }
    }
  }
}
