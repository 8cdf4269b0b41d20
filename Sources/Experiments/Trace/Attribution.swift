import Engines
import ExemplarPartitioning
import Foundation
import LanguageModel
import Numerics
import Storage

/// How much each token of a text has to do with how near one position lies to one region: input × gradient.
///
/// The similarity s is the cosine of x − c with the region's exemplar, of the row x at the position, as membership has it. Of
/// token t the attribution is e_t · ∂s/∂e_t, summed over the components of its embedding e_t as the model scales it, without
/// what its position adds: positive where the embedding, made larger, would bring the row nearer. The score is its absolute
/// value, which is the reference's: it differentiates the distance, 1 − s.
///
/// - Source: the reference's table of attributions by partition.
package struct Attribution: Sendable {
  package struct Options: Sendable {
    package var region: Int
    /// From the text's first token, or, where negative, from its end.
    package var position: Int
    /// Other regions, and shuffles of the exemplar, that the same is computed of.
    package var controls: Int
    package var seed: UInt64

    package init(region: Int, position: Int = -1, controls: Int = 20, seed: UInt64 = 0) {
      (self.region, self.position, self.controls, self.seed) = (region, position, controls, seed)
    }
  }

  /// The same for directions that are not the region's.
  package struct Control: Sendable, Equatable {
    /// Of each token, the mean score.
    package var means: [Double]
    /// Of each token, (1 + controls with a score as large) / (1 + controls).
    package var p: [Double]
    /// Spearman's correlation over tokens of the region's scores with `means`: near 1 the picture is of the text and the
    /// position, whatever the region. `nil` for fewer than three tokens, and where either is all equal.
    package var agreement: Double?
  }

  package let region: Int
  /// From the first token.
  package let position: Int
  package let similarity: Double
  /// The similarity with every embedding 0; `nil` where the engine cannot put rows in place of these.
  package let withoutInput: Double?
  /// Of every token up to the position: those after it change nothing.
  package let attributions: [Double]
  /// Other regions of the dictionary, drawn without replacement; `nil` without controls.
  package let regions: Control?
  package let drawn: [Int]
  /// The exemplar with its components in another order; `nil` without controls.
  package let shuffles: Control?
  package let options: Options

  package var scores: [Double] { attributions.map(abs) }
  package var sum: Double { attributions.reduce(0, +) }
  /// What the sum would be, were the model linear in its input; what lies between is curvature, which no gradient tells.
  package var toExplain: Double? { withoutInput.map { similarity - $0 } }

  /// - Parameters:
  ///   - hook: the dictionary's.
  ///   - progress: gradients that are done, and in all; to stop, throw.
  /// - Throws: `EngineError.refused` where the engine computes no gradients, `ModelError.unknownHook` where it does not read
  ///   the embeddings, `ExperimentError.invalidValue` for a region or a position that is not there.
  /// - Complexity: a forward and a backward pass for the region and for each control.
  package init(
    _ ids: [Int], _ dictionary: DictionaryFile, at hook: HookPoint, _ engine: any Engine,
    _ options: Options, progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws {
    try engine.requireGradients()
    try engine.description.validate(.embedding)
    guard (0..<dictionary.regionCount).contains(options.region) else {
      throw ExperimentError(
        .invalidValue,
        "expected a region of 0…\(dictionary.regionCount - 1), found \(options.region)",
        file: dictionary.name)
    }
    guard (-ids.count..<ids.count).contains(options.position) else {
      throw ExperimentError(
        .invalidValue,
        "expected a position of its \(ids.count) tokens, counted from 0, or from the end as −1, found \(options.position)",
        file: "text")
    }
    let position = options.position < 0 ? ids.count + options.position : options.position
    let (centre, exemplars) = (try dictionary.centre(), try dictionary.exemplarRows())
    let own = exemplars.row(options.region)
    // What comes after the position changes nothing, and costs as much.
    let ids = Array(ids[...position])
    let width = engine.description.width(at: .embedding)

    func attributions(_ direction: [Float]) throws -> (value: Double, each: [Double]) {
      let answer = try engine.gradient(
        EngineGradient(
          ids, at: .embedding,
          of: .cosine(hook, position: position, centre: centre, direction: direction)))
      return (
        answer.value,
        ids.indices.map { token in
          (token * width..<(token + 1) * width).reduce(0.0) {
            $0 + Double(answer.rows[$1]) * Double(answer.gradient[$1])
          }
        }
      )
    }
    let others = Self.others(of: options, count: dictionary.regionCount)
    let total = 1 + others.count + options.controls
    var done = 0
    func step<Value>(_ body: () throws -> Value) throws -> Value {
      try progress(done, total)
      defer { done += 1 }
      return try body()
    }
    let found = try step { try attributions(own) }
    let ofRegions = try others.map { region in
      try step { try attributions(exemplars.row(region)).each }
    }
    let ofShuffles = try (0..<options.controls).map { round in
      try step {
        let order = SeededNumbers.permutation(
          own.count, seed: options.seed &+ 1_000_000 &+ UInt64(round))
        return try attributions(order.map { own[$0] }).each
      }
    }
    (region, self.position, similarity) = (options.region, position, found.value)
    self.attributions = found.each
    regions = Control(found.each, ofRegions)
    shuffles = Control(found.each, ofShuffles)
    drawn = others
    self.options = options
    withoutInput = try Self.withoutInput(ids, hook, engine, centre: centre, direction: own)
  }

  /// Other regions than the one that is asked for, by number.
  private static func others(of options: Options, count: Int) -> [Int] {
    let others = (0..<count).filter { $0 != options.region }
    return SeededNumbers.permutation(others.count, seed: options.seed)
      .prefix(options.controls).map { others[$0] }.sorted()
  }

  /// The similarity at the last token where the embeddings are all 0.
  private static func withoutInput(
    _ ids: [Int], _ hook: HookPoint, _ engine: any Engine, centre: [Float], direction: [Float]
  ) throws -> Double? {
    let zeros = [Float](repeating: 0, count: ids.count * engine.description.width(at: .embedding))
    let output: Transformer.Output
    do {
      output = try engine.forward(
        .tokens([ids]), reading: [hook],
        editing: [
          Edit(at: .embedding, .replace(rows: zeros), positions: .only(Array(ids.indices)))
        ],
        logits: .none)
    } catch let error as EngineError where error.code == .refused {
      return nil
    }
    let row = (output.hooks[hook] ?? []).suffix(centre.count)
    let (product, square, length) = zip(zip(row, centre), direction).reduce((0.0, 0.0, 0.0)) {
      let x = Double($1.0.0) - Double($1.0.1)
      return ($0.0 + x * Double($1.1), $0.1 + x * x, $0.2 + Double($1.1) * Double($1.1))
    }
    return square * length > 0 ? product / (square * length).squareRoot() : nil
  }
}

extension Attribution.Control {
  fileprivate init?(_ own: [Double], _ others: [[Double]]) {
    guard !others.isEmpty else { return nil }
    means = own.indices.map { token in others.map { abs($0[token]) }.mean }
    p = own.indices.map { token in
      Double(1 + others.count { abs($0[token]) >= abs(own[token]) }) / Double(1 + others.count)
    }
    agreement = own.count > 2 ? Spearman.correlation(own.map(abs), means) : nil
  }
}
