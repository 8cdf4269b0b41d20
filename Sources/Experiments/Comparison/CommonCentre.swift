import ExemplarPartitioning
import Foundation
import Storage

/// Exemplars of two dictionaries seen from one centre.
///
/// A dictionary stores each exemplar as a direction from its own centre, so two of them compare what is left once each
/// model's mean is taken out: a shift that all activations share does not count. Seen from a common centre it does. The
/// founders' activations are needed for it, since a direction alone does not say how far away its founder was.
enum CommonCentre {
  typealias Input = (dictionary: DictionaryFile, activations: ActivationSource)

  /// A founder's direction agrees with its exemplar but for rounding.
  private static let tolerance: Float = 4e-6

  /// Both dictionaries' founders as unit rows about the midpoint of the two centres.
  ///
  /// - Parameter progress: receives the founders found so far.
  /// - Throws: `ExperimentError.mismatch` where an exemplar's founder is not among the activations.
  static func exemplars(
    _ a: Input, _ b: Input, threads: Int, progress: (Int) throws -> Void
  ) throws -> (DirectionRows, DirectionRows) {
    let (centreA, centreB) = (try a.dictionary.centre(), try b.dictionary.centre())
    let middle = zip(centreA, centreB).map { ($0 + $1) / 2 }
    let first = try founders(a, centre: centreA, threads: threads) { try progress($0) }
    let second = try founders(b, centre: centreB, threads: threads) {
      try progress(a.dictionary.regionCount + $0)
    }
    return (unit(first, about: middle), unit(second, about: middle))
  }

  /// `[K, D]`, the activation that founded each region.
  private static func founders(
    _ input: Input, centre: [Float], threads: Int, progress: (Int) throws -> Void
  ) throws -> [Float] {
    let (dictionary, dimension) = (input.dictionary, centre.count)
    var assigner = RegionAssigner(
      centre: centre, exemplars: try dictionary.exemplarRows(), threads: threads)
    var rows = [Float](repeating: 0, count: dictionary.regionCount * dimension)
    var isFound = [Bool](repeating: false, count: dictionary.regionCount)
    var found = 0
    try input.activations.forEachBatch { batch in
      guard batch.count == 0 || batch.dimension == dimension else {
        throw ExperimentError(
          .mismatch,
          "expected activations of \(dimension) components as in \(dictionary.name), found \(batch.dimension)",
          file: input.activations.url.lastPathComponent)
      }
      let (ids, distances) = assigner.assign(batch)
      for (row, id) in ids.enumerated() {
        let region = Int(id)
        guard region >= 0, !isFound[region], distances[row] <= tolerance else { continue }
        isFound[region] = true
        found += 1
        rows.replaceSubrange(
          region * dimension..<(region + 1) * dimension,
          with: batch.rows[row * dimension..<(row + 1) * dimension])
      }
      try progress(found)
      return found < dictionary.regionCount
    }
    guard found == dictionary.regionCount else {
      throw ExperimentError(
        .mismatch,
        "expected the activations that founded \(dictionary.name), found \(found) of its \(dictionary.regionCount) founders",
        file: input.activations.url.lastPathComponent)
    }
    return rows
  }

  private static func unit(_ rows: [Float], about centre: [Float]) -> DirectionRows {
    let dimension = centre.count
    return DirectionRows(count: rows.count / dimension, dimension: dimension) { target in
      for start in stride(from: 0, to: rows.count, by: dimension) {
        var squares = 0.0
        for i in 0..<dimension {
          target[start + i] = rows[start + i] - centre[i]
          squares += Double(target[start + i]) * Double(target[start + i])
        }
        let norm = Float(squares.squareRoot()) + 1e-12
        for i in 0..<dimension { target[start + i] /= norm }
      }
    }
  }
}
