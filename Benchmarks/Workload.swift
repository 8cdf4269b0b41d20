import ExemplarPartitioning
import Foundation

/// A stream in its steady state: K regions, and batches whose rows mostly join them.
struct Workload {
  static let rows = 2000
  static let rowsPerDocument = 125

  enum Kind: String, CaseIterable {
    /// In no direction more than in others: no bound on a product bites.
    case uniform
    /// Component i falls as (i + 1)^−0.6, as those of activations do in their own basis.
    case falling

    /// θ, so that exemplars stay far apart; and the noise beside an exemplar of 4.
    var threshold: Double { self == .uniform ? 0.5 : 0.15 }
    fileprivate var noise: Float { self == .uniform ? 3 : 1.2 }
  }

  let kind: Kind
  let dimension: Int
  var threshold: Double { kind.threshold }
  /// `[count, D]` unit rows far apart.
  let exemplars: [Float]
  let count: Int
  /// Share of rows that no region takes: so few that K stays about what it is.
  var novel: Double { min(0.01, Double(count) / 200 / Double(Self.rows)) }
  /// Activations so far.
  private var streamed = 0
  private var random: BenchmarkRandom

  init(_ kind: Kind = .uniform, dimension: Int, count: Int, seed: UInt64 = 1) {
    var random = BenchmarkRandom(seed: seed)
    var exemplars: [Float] = []
    exemplars.reserveCapacity(count * dimension)
    for _ in 0..<count { exemplars += Self.unit(kind, dimension, &random) }
    self.kind = kind
    (self.dimension, self.count, self.exemplars, self.random) = (
      dimension, count, exemplars, random
    )
  }

  private static func unit(
    _ kind: Kind, _ dimension: Int, _ random: inout BenchmarkRandom
  ) -> [Float] {
    let row = (0..<dimension).map { index in
      random.gaussian() * (kind == .uniform ? 1 : Float(pow(Double(index + 1), -0.6)))
    }
    let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return row.map { $0 / norm }
  }

  /// The next batch, `[rows, D]`: an exemplar and noise well within θ, or a direction of its own.
  mutating func nextBatch() -> [Float] {
    var batch: [Float] = []
    batch.reserveCapacity(Self.rows * dimension)
    for _ in 0..<Self.rows {
      let noise = Self.unit(kind, dimension, &random)
      guard Double.random(in: 0..<1, using: &random) >= novel else {
        batch += noise
        continue
      }
      let region = Int.random(in: 0..<count, using: &random)
      for i in 0..<dimension {
        batch.append(4 * exemplars[region * dimension + i] + kind.noise * noise[i])
      }
    }
    return batch
  }

  /// The next rows of the stream as a batch of whole documents.
  mutating func batch(_ rows: [Float], count: Int) -> ActivationBatch {
    let activations = streamed..<streamed + count
    defer { streamed += count }
    let firstDocument = streamed / Self.rowsPerDocument
    let lastDocument = (activations.upperBound - 1) / Self.rowsPerDocument
    return ActivationBatch(
      rows: rows, count: count,
      documentOfRow: activations.map { Int32($0 / Self.rowsPerDocument) },
      positions: activations.map { Int32($0 % Self.rowsPerDocument) },
      // A batch that ends inside a document has brought its text.
      documents: (firstDocument...lastDocument).dropFirst(
        streamed % Self.rowsPerDocument == 0 ? 0 : 1
      )
      .map { "document \($0)" })
  }
}
