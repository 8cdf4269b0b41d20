import Engines
import Foundation
import LanguageModel

/// How far two engines are apart on one model: rows, logits and greedy texts of the same tokens.
package struct EngineCheck: Codable, Equatable, Sendable {
  /// Rows at one hook: ‖a − b‖ in units of ‖a‖.
  package struct Rows: Codable, Equatable, Sendable {
    package var hook: String
    package var meanDifference: Double
    package var largestDifference: Double
  }

  /// The next-token distributions at every position.
  package struct Logits: Codable, Equatable, Sendable {
    package var largestDifference: Double
    /// Mean of D(a‖b), in nats.
    package var meanDivergence: Double
    /// Positions at which both have the same likeliest token.
    package var samePrediction: Int
  }

  /// Two greedy texts that are not the same.
  package struct Difference: Codable, Equatable, Sendable {
    package var prompt: Int
    /// The first new token that differs, counted from 0.
    package var position: Int
    /// `nil` where the text has ended.
    package var a: Int?
    package var b: Int?
    /// By how much the first engine's logit of its own token is above that of the other's; `nil` where one has ended.
    package var margin: Double?
  }

  private enum CodingKeys: String, CodingKey {
    case a, b
    case promptCount = "prompts"
    case tokenCount = "tokens"
    case rows, logits, maxNewTokens, sameTexts, differences
  }

  /// Their lines: libraries, device, arithmetic.
  package var a: String
  package var b: String
  package var promptCount: Int
  package var tokenCount: Int
  package var rows: [Rows]
  package var logits: Logits
  package var maxNewTokens: Int
  package var sameTexts: Int
  package var differences: [Difference]

  /// - Parameters:
  ///   - prompts: token ids.
  ///   - hooks: where rows are compared; the residual stream after every layer without.
  ///   - stops: ids that end a text.
  ///   - progress: what is being done; to stop, throw.
  /// - Throws: `ExperimentError.mismatch` for engines whose models are of other sizes.
  package init(
    _ a: any Engine, _ b: any Engine, prompts: [[Int]], hooks: [HookPoint]? = nil,
    stops: Set<Int>, maxNewTokens: Int, progress: (String) throws -> Void = { _ in }
  ) throws {
    let (first, second) = (a.description, b.description)
    guard first.layerCount == second.layerCount, first.hiddenSize == second.hiddenSize,
      first.vocabularySize == second.vocabularySize
    else {
      throw ExperimentError(
        .mismatch,
        "the engines' models are of other sizes: \(first.layerCount) and \(second.layerCount) layers, widths "
          + "\(first.hiddenSize) and \(second.hiddenSize), vocabularies \(first.vocabularySize) and \(second.vocabularySize)",
        file: "engine check")
    }
    let hooks = hooks ?? (0..<first.layerCount).map { .residualPost(layer: $0) }
    (self.a, self.b) = (first.engine, second.engine)
    promptCount = prompts.count
    tokenCount = prompts.reduce(0) { $0 + $1.count }
    self.maxNewTokens = maxNewTokens
    var sums = Dictionary(uniqueKeysWithValues: hooks.map { ($0, (sum: 0.0, largest: 0.0)) })
    logits = Logits(largestDifference: 0, meanDivergence: 0, samePrediction: 0)
    for (index, prompt) in prompts.enumerated() {
      try progress("reading prompt \(index + 1) of \(prompts.count)")
      let mine = try a.forward(.tokens([prompt]), reading: hooks, logits: .all)
      let theirs = try b.forward(.tokens([prompt]), reading: hooks, logits: .all)
      for hook in hooks {
        var (sum, largest) = sums[hook] ?? (0, 0)
        for difference in Self.differences(
          mine.hooks[hook] ?? [], theirs.hooks[hook] ?? [], width: first.width(at: hook))
        {
          sum += difference
          largest = max(largest, difference)
        }
        sums[hook] = (sum, largest)
      }
      logits.take(mine.logits, theirs.logits, vocabulary: first.vocabularySize)
    }
    logits.meanDivergence /= Double(max(1, tokenCount))
    let count = Double(max(1, tokenCount))
    rows = hooks.map {
      Rows(
        hook: $0.name, meanDifference: (sums[$0]?.sum ?? 0) / count,
        largestDifference: sums[$0]?.largest ?? 0)
    }
    (sameTexts, differences) = (0, [])
    guard maxNewTokens > 0 else { return }
    try progress("continuing \(quantity(prompts.count, "prompt"))")
    let options = GenerationOptions(maxNewTokens: maxNewTokens, endTokens: stops)
    let texts = try a.generate(prompts, options)
    let others = try b.generate(prompts, options)
    for (index, (mine, theirs)) in zip(texts, others).enumerated() {
      if mine == theirs {
        sameTexts += 1
      } else {
        differences.append(
          try Self.difference(a, prompts[index], index, mine.tokens, theirs.tokens))
      }
    }
  }

  private static func differences(_ a: [Float], _ b: [Float], width: Int) -> [Double] {
    stride(from: 0, to: min(a.count, b.count), by: width).map { first in
      var (difference, norm) = (0.0, 0.0)
      for index in first..<first + width {
        difference += Double(a[index] - b[index]) * Double(a[index] - b[index])
        norm += Double(a[index]) * Double(a[index])
      }
      return norm > 0 ? (difference / norm).squareRoot() : difference.squareRoot()
    }
  }

  private static func difference(
    _ engine: any Engine, _ prompt: [Int], _ index: Int, _ a: [Int], _ b: [Int]
  ) throws -> Difference {
    let shared = zip(a, b).prefix { $0 == $1 }.count
    let mine = shared < a.count ? a[shared] : nil
    let theirs = shared < b.count ? b[shared] : nil
    var difference = Difference(prompt: index, position: shared, a: mine, b: theirs)
    if let mine, let theirs {
      let logits = try engine.forward(.tokens([prompt + a[..<shared]]), logits: .last).logits
      difference.margin = Double(logits[mine] - logits[theirs])
    }
    return difference
  }
}

extension EngineCheck.Logits {
  /// Adds rows of both; the divergence stays a sum.
  fileprivate mutating func take(_ a: [Float], _ b: [Float], vocabulary: Int) {
    for first in stride(from: 0, to: min(a.count, b.count), by: vocabulary) {
      let (mine, theirs) = (a[first..<first + vocabulary], b[first..<first + vocabulary])
      var (bestMine, bestTheirs) = (first, first)
      for index in mine.indices {
        largestDifference = max(largestDifference, Double(abs(a[index] - b[index])))
        if a[index] > a[bestMine] { bestMine = index }
        if b[index] > b[bestTheirs] { bestTheirs = index }
      }
      if bestMine == bestTheirs { samePrediction += 1 }
      // log p = logit − log Z; the normalisers come from one token's log-probability each.
      let normalA = Double(a[bestMine]) - LogProbability.of(bestMine - first, mine)
      let normalB = Double(b[bestTheirs]) - LogProbability.of(bestTheirs - first, theirs)
      for index in mine.indices {
        let log = Double(a[index]) - normalA
        let probability = exp(log)
        if probability > 0 { meanDivergence += probability * (log - Double(b[index]) + normalB) }
      }
    }
  }
}
