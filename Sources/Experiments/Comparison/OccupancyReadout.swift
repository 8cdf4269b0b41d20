import Engines
import ExemplarPartitioning
import Foundation
import LanguageModel
import Numerics
import Storage

/// What the child's rows in a region say, in tokens of a model: of the whole vocabulary, unfiltered.
///
/// - Source: Rumbelow, the reference's occupancy discovery.
package struct OccupancyReadout: Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    /// The cosine of the mean unit direction of the child's rows with a token's input embedding: the published one.
    case embedding
    /// The same of the mean of the rows as they are, not centred.
    case rawMean
    /// The logit that the final norm and the unembedding give of the mean unit direction, without a soft cap.
    case lens
  }

  package struct Token: Sendable, Equatable {
    package var id: Int
    package var score: Float
  }

  /// Those that have rows of the child, as they were asked for.
  package let regions: [Int]
  /// Of each kind, `[regions, vocabulary]`.
  private let scores: [Kind: [[Float]]]

  /// Tokens of a sequence by which embeddings are read.
  private static let longest = 256
  /// Sequences of a reading.
  private static let sequences = 16

  /// - Parameter progress: tokens whose embeddings are read, and in all; to stop, throw.
  /// - Throws: `ExperimentError.mismatch` where the model is not as wide as the rows; what the engine throws where it reads no
  ///   embeddings, or has no lens.
  /// - Complexity: O(vocabulary · width · regions).
  package init(
    _ directions: ChildDirections, _ engine: any Engine, file: String,
    progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws {
    let width = engine.description.hiddenSize
    try engine.description.validate(.embedding)
    guard directions.dimension == width, engine.description.width(at: .embedding) == width else {
      throw ExperimentError(
        .mismatch,
        "expected a dictionary of \(width) components, as the model's embeddings and residual stream, found \(directions.dimension)",
        file: file)
    }
    regions = directions.regions
    let count = regions.count
    let both = directions.centred + directions.raw
    var cosines = Array(repeating: [Float](), count: 2 * count)
    let vocabulary = engine.description.vocabularySize
    let length = min(Self.longest, engine.description.contextLength)
    for first in stride(from: 0, to: vocabulary, by: length * Self.sequences) {
      try progress(first, vocabulary)
      let end = min(first + length * Self.sequences, vocabulary)
      let prompts = stride(from: first, to: end, by: length).map {
        Array($0..<min($0 + length, end))
      }
      let rows =
        try engine.forward(.tokens(prompts), reading: [.embedding], logits: .none)
        .hooks[.embedding] ?? []
      let found = Self.cosines(both, with: rows, width: width)
      for (index, found) in found.enumerated() { cosines[index] += found }
    }
    let lens = count > 0 ? try engine.lens(directions.centred, count: count) : []
    scores = [
      .embedding: Array(cosines[..<count]), .rawMean: Array(cosines[count...]),
      .lens: (0..<count).map { Array(lens[$0 * vocabulary..<($0 + 1) * vocabulary]) },
    ]
  }

  private static func cosines(_ directions: [Float], with rows: [Float], width: Int) -> [[Float]] {
    let (count, columns) = (directions.count / width, rows.count / width)
    func lengths(_ values: [Float]) -> [Float] {
      stride(from: 0, to: values.count, by: width).map { start in
        Float(
          values[start..<start + width].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot())
      }
    }
    var products = [Float](repeating: 0, count: count * columns)
    products.withUnsafeMutableBufferPointer { products in
      directions.withUnsafeBufferPointer { directions in
        rows.withUnsafeBufferPointer { rows in
          guard let a = directions.baseAddress, let b = rows.baseAddress,
            let c = products.baseAddress
          else { return }
          MatrixProducts.multiplyTransposed(
            a, rows: count, b, columns: columns, depth: width, into: c, strideC: columns)
        }
      }
    }
    let (own, others) = (lengths(directions), lengths(rows))
    return (0..<count).map { row in
      (0..<columns).map { column in
        let scale = own[row] * others[column]
        return scale > 0 ? products[row * columns + column] / scale : 0
      }
    }
  }

  /// The tokens of the largest scores, of equal ones the lower id first.
  package func top(_ count: Int, of region: Int, _ kind: Kind) -> [Token] {
    guard let place = regions.firstIndex(of: region), let scores = scores[kind]?[place] else {
      return []
    }
    var best: [Token] = []
    for (id, score) in scores.enumerated() {
      if best.count == count, let last = best.last, score <= last.score { continue }
      let place = best.firstIndex { score > $0.score } ?? best.count
      best.insert(Token(id: id, score: score), at: place)
      if best.count > count { best.removeLast() }
    }
    return best
  }

  /// How many tokens score more than the best of some; from 0. `nil` for a region that has no readout, or no tokens.
  package func rank(of ids: [Int], in region: Int, _ kind: Kind) -> Int? {
    guard let place = regions.firstIndex(of: region), let scores = scores[kind]?[place],
      let best = ids.filter(scores.indices.contains).map({ scores[$0] }).max()
    else { return nil }
    return scores.count { $0 > best }
  }

  /// The first tokens of a word as people write it: lower case, capitalised and upper, at a text's beginning and after a
  /// space. A word of several tokens counts by its first.
  package static func firstTokens(of word: String, _ tokenizer: Tokenizer) -> [Int] {
    let forms = [
      word, word.prefix(1).uppercased() + word.dropFirst().lowercased(), word.uppercased(),
    ]
    let ids = forms.flatMap { [$0, " " + $0] }.compactMap {
      tokenizer.encode($0, addSpecial: false, parseSpecial: false).first
    }
    return Array(Set(ids)).sorted()
  }
}

/// What the child's rows in regions have in common, `[regions, D]`.
package struct ChildDirections: Sendable {
  package let regions: [Int]
  package let dimension: Int
  /// The mean of the unit rows about the centre, of length 1.
  package let centred: [Float]
  /// The mean of the rows as they are.
  package let raw: [Float]

  /// - Parameters:
  ///   - rows: `[count, D]`, the child's.
  ///   - assigned: the region of each.
  ///   - regions: those without rows are left out.
  package init(rows: [Float], assigned: [Int32], centre: [Float], regions: [Int]) {
    let width = centre.count
    var members: [Int: [Int]] = [:]
    for (row, region) in assigned.enumerated() { members[Int(region), default: []].append(row) }
    self.regions = regions.filter { members[$0] != nil }
    dimension = width
    var (centred, raw) = ([Float](), [Float]())
    for region in self.regions {
      let own = members[region] ?? []
      var (units, plain) = (
        [Double](repeating: 0, count: width), [Double](repeating: 0, count: width)
      )
      for row in own {
        let values = rows[row * width..<(row + 1) * width].map(Double.init)
        let shifted = zip(values, centre).map { $0 - Double($1) }
        let length = shifted.reduce(0) { $0 + $1 * $1 }.squareRoot() + 1e-12
        for index in 0..<width {
          units[index] += shifted[index] / length
          plain[index] += values[index]
        }
      }
      let count = Double(own.count)
      let length = units.reduce(0) { $0 + $1 * $1 / count / count }.squareRoot() + 1e-8
      centred += units.map { Float($0 / count / length) }
      raw += plain.map { Float($0 / count) }
    }
    (self.centred, self.raw) = (centred, raw)
  }
}

extension PairedRows {
  /// Of the child's rows in some regions of its dictionary.
  package func directions(
    of regions: [Int], in dictionary: DictionaryFile, threads: Int
  ) throws -> ChildDirections {
    var assigner = RegionAssigner(try dictionary.load(), threads: threads)
    let assigned = assigner.assign(ActivationBatch(rows: child, count: count)).0
    return ChildDirections(
      rows: child, assigned: assigned, centre: try dictionary.centre(), regions: regions)
  }
}
