/// A stream in its steady state: K regions, and batches whose rows mostly join them.
struct Workload {
  static let rows = 2000
  /// Share of rows that no region takes.
  static let novel = 0.01
  static let threshold = 0.5

  let dimension: Int
  /// `[count, D]` unit rows far apart.
  let exemplars: [Float]
  let count: Int
  private var random: BenchmarkRandom

  init(dimension: Int, count: Int, seed: UInt64 = 1) {
    var random = BenchmarkRandom(seed: seed)
    var exemplars: [Float] = []
    exemplars.reserveCapacity(count * dimension)
    for _ in 0..<count { exemplars += Self.unit(dimension, &random) }
    (self.dimension, self.count, self.exemplars, self.random) = (
      dimension, count, exemplars, random
    )
  }

  private static func unit(_ dimension: Int, _ random: inout BenchmarkRandom) -> [Float] {
    let row = (0..<dimension).map { _ in random.gaussian() }
    let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return row.map { $0 / norm }
  }

  /// The next batch, `[rows, D]`: an exemplar and noise at cosine distance about 0.2, or a direction of its own.
  mutating func nextBatch() -> [Float] {
    var batch: [Float] = []
    batch.reserveCapacity(Self.rows * dimension)
    for _ in 0..<Self.rows {
      let noise = Self.unit(dimension, &random)
      guard Double.random(in: 0..<1, using: &random) >= Self.novel else {
        batch += noise
        continue
      }
      let region = Int.random(in: 0..<count, using: &random)
      for i in 0..<dimension {
        batch.append(4 * exemplars[region * dimension + i] + 3 * noise[i])
      }
    }
    return batch
  }
}
