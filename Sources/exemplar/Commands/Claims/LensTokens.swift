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
    var best: [Int] = []
    for index in logits.indices {
      if best.count == count, let last = best.last, logits[index] <= logits[last] { continue }
      let place = best.firstIndex { logits[index] > logits[$0] } ?? best.count
      best.insert(index, at: place)
      if best.count > count { best.removeLast() }
    }
    return best.map { tokenizer.spelling(of: $0 - logits.startIndex) }
  }

  /// For each direction `[count, D]`.
  func tokens(of directions: [Float], count: Int) throws -> [[String]] {
    let width = engine.description.vocabularySize
    let hidden = engine.description.hiddenSize
    return try (0..<count).map { row in
      let logits = try engine.lens(
        Array(directions[row * hidden..<(row + 1) * hidden]), count: 1)
      return tokens(logits[0..<width])
    }
  }
}
