import ExemplarPartitioning

/// Seeded numbers for tests: xorshift, so that a failure repeats.
struct TestRandom: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}

/// Batches of noisy copies of a few directions, with documents of a few tokens.
func clusteredBatches(
  seed: UInt64, clusters: Int, dimension: Int, batchSizes: [Int], noise: Float = 0.25
) -> [ActivationBatch] {
  var random = TestRandom(seed: seed)
  func gaussian() -> Float {
    (0..<6).reduce(Float(0)) { sum, _ in sum + Float.random(in: -1...1, using: &random) }
  }
  let centres = (0..<clusters).map { _ in (0..<dimension).map { _ in gaussian() } }
  var documents = 0
  return batchSizes.map { count in
    var rows: [Float] = []
    var documentOfRow: [Int32] = []
    var positions: [Int32] = []
    var texts: [String] = []
    for row in 0..<count {
      let cluster = Int.random(in: 0..<clusters, using: &random)
      rows += centres[cluster].map { 3 + $0 + noise * gaussian() }
      if row % 5 == 0 { texts.append("text \(documents + texts.count) of cluster \(cluster)") }
      documentOfRow.append(Int32(documents + texts.count - 1))
      positions.append(Int32(row % 5 + 1))
    }
    documents += texts.count
    return ActivationBatch(
      rows: rows, count: count, documentOfRow: documentOfRow, positions: positions,
      documents: texts)
  }
}

/// The method with plain loops in f64, one row at a time.
struct SlowReference {
  var centre: [Double]
  var threshold: Double
  var exemplars: [[Double]] = []

  func unit(_ row: ArraySlice<Float>) -> [Double] {
    let centred = zip(row, centre).map { Double($0) - $1 }
    let norm = centred.reduce(0) { $0 + $1 * $1 }.squareRoot() + 1e-12
    return centred.map { $0 / norm }
  }

  func similarity(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Ids and distances of one batch.
  mutating func add(_ batch: ActivationBatch) -> (ids: [Int], distances: [Double]) {
    let dimension = batch.dimension
    let units = (0..<batch.count).map { unit(batch.rows[$0 * dimension..<($0 + 1) * dimension]) }
    var ids: [Int] = []
    var distances: [Double] = []
    let isFirst = exemplars.isEmpty
    if isFirst { exemplars.append(units[0]) }
    let standing = exemplars.count
    for (row, unit) in units.enumerated() {
      if isFirst, row == 0 {
        ids.append(0)
        distances.append(0)
        continue
      }
      let old = (0..<standing).map { 1 - similarity(unit, exemplars[$0]) }
      if let best = old.indices.min(by: { old[$0] < old[$1] }), old[best] <= threshold {
        ids.append(best)
        distances.append(old[best])
        continue
      }
      let new = (standing..<exemplars.count).map { similarity(unit, exemplars[$0]) }
      if let best = new.indices.max(by: { new[$0] < new[$1] }), new[best] >= 1 - threshold {
        ids.append(standing + best)
        distances.append(1 - new[best])
      } else {
        ids.append(exemplars.count)
        distances.append(0)
        exemplars.append(unit)
      }
    }
    return (ids, distances)
  }
}
