import CKernels
import ExemplarPartitioning
import Testing

@Suite("Finding the nearest exemplar without most products")
struct BoundedSearchTests {
  /// Depths of components that are multiplied for every pair, and in all.
  static let depths: [(first: Int, all: Int)] = [(16, 16), (16, 32), (32, 48), (48, 256)]

  /// Rows around directions that lie mostly in a few dimensions, as activations do.
  private func flatRows(
    _ count: Int, around directions: Int, dimension: Int, seed: UInt64, noise: Float = 0.2
  ) -> [Float] {
    var random = TestRandom(seed: seed)
    func number() -> Float {
      Float.random(in: -1...1, using: &random) + Float.random(in: -1...1, using: &random)
    }
    let scales = (0..<dimension).map { 1 / (1 + 0.15 * Float($0)) }
    let centres = (0..<directions).map { _ in scales.map { $0 * number() } }
    return (0..<count).flatMap { row in
      let centre = centres[row < directions ? row : Int.random(in: 0..<directions, using: &random)]
      return zip(centre, scales).map { $0 + noise * $1 * number() }
    }
  }

  private func built(
    _ rows: [Float], dimension: Int, batch: Int, threshold: Double, _ options: BuildOptions
  ) -> (outcomes: [BatchSummary], dictionary: [Float], effort: SearchEffort) {
    var builder = DictionaryBuilder(
      centre: [Float](repeating: 0, count: dimension), threshold: threshold, options: options)
    var outcomes: [BatchSummary] = []
    let count = rows.count / dimension
    for start in stride(from: 0, to: count, by: batch) {
      let size = min(batch, count - start)
      outcomes.append(
        builder.add(
          ActivationBatch(
            rows: Array(rows[start * dimension..<(start + size) * dimension]), count: size)))
    }
    let effort = builder.searchEffort
    let (dictionary, _) = builder.finish()
    return (
      outcomes, (0..<dictionary.count).flatMap { dictionary.exemplar(of: $0) }, effort
    )
  }

  @Test("founds the same regions at the same distances as all products do", arguments: depths)
  func building(first: Int, all: Int) {
    let dimension = 96
    let rows = flatRows(2400, around: 700, dimension: dimension, seed: 5)
    let plain = built(
      rows, dimension: dimension, batch: 700, threshold: 0.2, BuildOptions(bounds: .never))
    #expect(plain.dictionary.count / dimension > 600)
    for threads in [1, 3] {
      let bounded = built(
        rows, dimension: dimension, batch: 700, threshold: 0.2,
        BuildOptions(threads: threads, bounds: .forced(first: first, all: all)))
      #expect(bounded.outcomes == plain.outcomes)
      #expect(bounded.dictionary == plain.dictionary)
      #expect(bounded.effort.pairs > 0)
      #expect(bounded.effort.computed < bounded.effort.pairs / 2)
      #expect(bounded.effort.computed <= bounded.effort.reached)
    }
  }

  @Test(
    "assigns rows far from all exemplars as all products do, ties to the earliest",
    arguments: depths)
  func assigning(first: Int, all: Int) {
    let dimension = 96
    var exemplars = unitRows(
      flatRows(700, around: 700, dimension: dimension, seed: 6), dimension: dimension)
    // Doubles: of each pair the first takes the row.
    exemplars += exemplars.prefix(200 * dimension)
    var rows = flatRows(300, around: 30, dimension: dimension, seed: 7)
    // The exemplars themselves, their opposites, nothing, and a direction of its own.
    rows += exemplars.prefix(250 * dimension)
    rows += exemplars.prefix(20 * dimension).map { -$0 }
    rows += [Float](repeating: 0, count: dimension)
    rows += (0..<dimension).map { $0 == dimension - 1 ? 1 : 0 }
    let batch = ActivationBatch(rows: rows, count: rows.count / dimension)
    func assign(_ bounds: BoundsUse) -> (ids: [Int32], distances: [Float]) {
      var assigner = RegionAssigner(
        centre: [Float](repeating: 0, count: dimension),
        exemplars: DirectionRows(exemplars, dimension: dimension), threads: 2, bounds: bounds)
      return assigner.assign(batch)
    }
    let (plain, bounded) = (assign(.never), assign(.forced(first: first, all: all)))
    #expect(bounded.ids == plain.ids)
    #expect(bounded.distances == plain.distances)
    #expect(Array(bounded.ids[300..<500]) == (0..<200).map(Int32.init))
  }

  @Test("merged exemplars are bounded anew")
  func merging() {
    let dimension = 64
    var rows = flatRows(2000, around: 700, dimension: dimension, seed: 8, noise: 0.35)
    // Rows whose distance is θ but for rounding make pairs to merge.
    rows += rows.prefix(500 * dimension).map { $0 * 1.0000001 }
    var options = BuildOptions(mergeClose: true, bounds: .never)
    let plain = built(rows, dimension: dimension, batch: 500, threshold: 0.25, options)
    options.bounds = .forced(first: 16, all: 16)
    let bounded = built(rows, dimension: dimension, batch: 500, threshold: 0.25, options)
    #expect(bounded.outcomes == plain.outcomes)
    #expect(bounded.dictionary == plain.dictionary)
  }

  @Test("takes all products where bounds do not bite, and bounds where they do")
  func adapting() {
    let dimension = 64
    var random = TestRandom(seed: 9)
    let directionless = (0..<2400 * dimension).map { _ in
      Float.random(in: -1...1, using: &random) + Float.random(in: -1...1, using: &random)
    }
    let options = BuildOptions(bounds: .checked)
    // All far apart: half of them exemplars, and no row like any.
    let none = built(
      directionless, dimension: dimension, batch: 1200, threshold: 0.3, options)
    #expect(none.effort.pairs == 0)
    #expect(none.effort.plain > 0)
    let rows = flatRows(16_000, around: 800, dimension: dimension, seed: 10, noise: 0.1)
    let some = built(rows, dimension: dimension, batch: 1000, threshold: 0.2, options)
    #expect(some.effort.pairs > some.effort.plain)
    #expect(some.effort.computed < some.effort.pairs / 4)
  }

  private func unitRows(_ rows: [Float], dimension: Int) -> [Float] {
    stride(from: 0, to: rows.count, by: dimension).flatMap { start in
      let row = rows[start..<start + dimension]
      let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return row.map { $0 / norm }
    }
  }
}

@Suite("Kernels of bounds")
struct BoundKernelTests {
  static let levels = Array(0...kernels_best_level())
  static let counts = [1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 100, 517, 1100]

  private func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var random = TestRandom(seed: seed)
    return (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
  }

  @Test("find what reaches a level, the furthest, and what still does", arguments: levels)
  func reaching(level: CInt) {
    for count in Self.counts {
      var products = numbers(count, seed: 1)
      let reaches = numbers(count, seed: 2)
      if count > 2 { products[count / 2] = .nan }
      func bound(_ index: Int) -> Float { products[index] + 0.5 * reaches[index] }
      for least: Float in [-9, 0.1003, 0.8007, 9] {
        var found = [UInt32](repeating: 0, count: count)
        let number = kernels_reaching(level, products, reaches, 0.5, least, count, &found)
        #expect(found.prefix(number).map(Int.init) == (0..<count).filter { bound($0) >= least })
        let (own, others) = (numbers(19, seed: 3), numbers(19 * count, seed: 4))
        let still = kernels_still_reaching(
          level, products, own, others, 19, reaches, 0.25, least, &found, number)
        let expected = (0..<count).filter { index in
          let product = (0..<19).reduce(0.0) {
            $0 + Double(own[$1]) * Double(others[index * 19 + $1])
          }
          return bound(index) >= least
            && Double(products[index]) + product + 0.25 * Double(reaches[index]) >= Double(least)
        }
        #expect(found.prefix(still).map(Int.init) == expected)
      }
      let furthest = kernels_furthest(level, products, reaches, 0.5, count)
      let largest = (0..<count).map(bound).filter { !$0.isNaN }.max()
      #expect(largest.map { bound(furthest) >= $0 - 1e-6 } ?? true)
    }
  }

  @Test("add inner products to rounding", arguments: levels)
  func dot(level: CInt) {
    for count in Self.counts {
      let (a, b) = (numbers(count, seed: 5), numbers(count, seed: 6))
      let exact = zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      #expect(abs(Double(kernels_dot(level, a, b, count)) - exact) < 1e-5)
    }
  }
}
