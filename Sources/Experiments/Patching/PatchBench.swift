import Engines
import ExemplarPartitioning
import Foundation
import LanguageModel
import Numerics
import Storage

/// Prompts read once, and the model run again from the hook with other rows in one place.
struct PatchBench {
  private let items: [Patching.Item]
  private let engine: any Engine
  private let hook: HookPoint
  private let centre: [Float]
  /// `[K, D]`.
  private let directions: DirectionRows
  /// For each prompt, every position at the hook, and the one that is patched.
  private let rows: [[Float]]
  private let patched: [[Float]]
  private let logits: [[Float]]
  let readings: [Patching.Reading]

  init(
    _ items: [Patching.Item], _ dictionary: DictionaryFile, _ engine: any Engine,
    _ hook: HookPoint, _ basis: ReadoutBasis
  ) throws {
    (self.items, self.engine, self.hook) = (items, engine, hook)
    let centre = try dictionary.centre()
    self.centre = centre
    let exemplars = try dictionary.exemplarRows()
    let width = dictionary.dimension
    let directions =
      basis == .exemplar ? exemplars : DirectionRows(try dictionary.means(), dimension: width)
    self.directions = directions
    let output = try engine.forward(
      .tokens(items.map(\.tokens)), reading: [hook], logits: .last)
    let all = output.hooks[hook] ?? []
    let vocabulary = engine.description.vocabularySize
    var (start, rows, patched) = (0, [[Float]](), [[Float]]())
    for item in items {
      rows.append(Array(all[start * width..<(start + item.tokens.count) * width]))
      let place = (start + item.position) * width
      patched.append(Array(all[place..<place + width]))
      start += item.tokens.count
    }
    (self.rows, self.patched) = (rows, patched)
    logits = items.indices.map {
      Array(output.logits[$0 * vocabulary..<($0 + 1) * vocabulary])
    }
    var assigner = RegionAssigner(
      centre: centre, exemplars: exemplars, threads: engine.threads)
    let assigned = assigner.assign(
      ActivationBatch(rows: patched.flatMap(\.self), count: items.count))
    let found = logits
    readings = items.indices.map { index in
      let top = Self.largest(found[index])
      return Patching.Reading(
        region: Int(assigned.ids[index]), distance: assigned.distances[index], top: top,
        isCorrect: top == items[index].targetToken)
    }
  }

  /// The effect of every condition.
  func pair(receiver a: Int, source b: Int, drawn: [Int]) throws -> Patching.Pair {
    let source = zip(patched[b], centre).map { Double($0) - Double($1) }
    let length = source.reduce(0) { $0 + $1 * $1 }.squareRoot() + 1e-12
    var put = [source.map { $0 / length }]
    for region in [readings[b].region, readings[a].region] + drawn {
      put.append(directions.row(region).map(Double.init))
    }
    let found = try run(a, put.map { replacement(a, $0) })
    var random = [Float](repeating: 0, count: logits[a].count)
    for row in found[3...] {
      for index in random.indices { random[index] += row[index] / Float(drawn.count) }
    }
    let of: [Patching.Condition: [Float]] = [
      .baseline: logits[a], .row: found[0], .region: found[1], .own: found[2], .random: random,
    ]
    return Patching.Pair(
      receiver: a, source: b, drawn: drawn, effects: of.mapValues { effect($0, a, b) })
  }

  /// A direction at the length that the receiver's row has from the centre.
  private func replacement(_ receiver: Int, _ direction: [Double]) -> [Float] {
    let row = zip(patched[receiver], centre).map { Double($0) - Double($1) }
    let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot() + 1e-12
    return zip(direction, centre).map { Float($0 * length + Double($1)) }
  }

  /// The logits after the receiver's last position, a row for each replacement.
  private func run(_ receiver: Int, _ replacements: [[Float]]) throws -> [[Float]] {
    let count = replacements.count
    let tokens = items[receiver].tokens
    let edits = replacements.enumerated().map { index, row in
      Edit(
        at: hook, .replace(rows: row), positions: .only([items[receiver].position]),
        prompts: [index])
    }
    let input: Transformer.Input
    switch hook {
    case .embedding, .residualPre, .residualMid, .residualPost:
      input = .residual(
        Array(repeatElement(rows[receiver], count: count).joined()),
        lengths: Array(repeating: tokens.count, count: count), at: hook)
    // Nothing can start from a hook beside the stream.
    default: input = .tokens(Array(repeating: tokens, count: count))
    }
    let output = try engine.forward(input, editing: edits, logits: .last)
    let vocabulary = engine.description.vocabularySize
    return (0..<count).map { Array(output.logits[$0 * vocabulary..<($0 + 1) * vocabulary]) }
  }

  private func effect(_ found: [Float], _ a: Int, _ b: Int) -> Patching.Effect {
    let top = Self.largest(found)
    let (own, other) = (items[a].targetToken, items[b].targetToken)
    return Patching.Effect(
      top: top, isFlipped: top == other,
      logitDifference: Double(found[other]) - Double(found[own]),
      divergence: Self.divergence(found, from: logits[b]))
  }

  private static func largest(_ logits: [Float]) -> Int {
    var best = 0
    for index in logits.indices where logits[index] > logits[best] { best = index }
    return best
  }

  /// KL(p ‖ q) of two rows of logits, probabilities no smaller than 1e-30, as the reference has it.
  private static func divergence(_ first: [Float], from second: [Float]) -> Double {
    func probabilities(_ logits: [Float]) -> [Double] {
      let most = Double(logits.max() ?? 0)
      let powers = logits.map { exp(Double($0) - most) }
      let sum = powers.reduce(0, +)
      return powers.map { max($0 / sum, 1e-30) }
    }
    return zip(probabilities(first), probabilities(second)).reduce(0) {
      $0 + $1.0 * (log($1.0) - log($1.1))
    }
  }
}
