import CKernels
import Numerics

extension LeadingComponents {
  /// Exemplars that a basis is fitted to, rows that depths are tried on, and exemplars that these are tried with.
  private static let fitted = 1024
  private static let tried = 48
  private static let opposed = 2048
  /// The most components there are.
  private static func most(_ dimension: Int) -> Int { min(192, dimension / 3 / 16 * 16) }
  private static let rounds = 3
  /// Fewer rows say too little of those to come.
  static let fewestRows = tried

  /// Multiply-adds that choosing takes.
  static func costOfChoice(exemplars: Int, dimension: Int) -> Double {
    let most = Double(most(dimension))
    let fit = Double(2 * rounds * min(exemplars, fitted)) * Double(dimension) * most
    let orthogonal = Double(rounds + 1) * most * most * Double(dimension) * 4
    let trial =
      Double(tried * exemplars * dimension) + 4 * Double(tried * min(exemplars, opposed)) * most
    let heads = Double(exemplars + opposed) * Double(dimension) * most
    // Small products and plain loops run at about half the speed of a large product.
    return 2 * (fit + orthogonal + trial + heads)
  }

  /// What a search costs as a share of the plain product: the figures are of the kernels, measured.
  ///
  /// - Parameters:
  ///   - reached: the share of pairs that the first components leave open.
  ///   - computed: the share that all leave open.
  static func cost(
    _ depths: Depths, dimension: Int, exemplars: Int, reached: Double, computed: Double
  ) -> Double {
    let dimension = Double(dimension)
    return (1.5 * Double(depths.first) + 24) / dimension
      + reached * (4 * Double(depths.rest) + 60) / dimension
      + computed * (4 + 100 / dimension) + 1.2 * Double(depths.all) / Double(exemplars)
  }

  /// A search is worth its bounds at this share of the plain product.
  static let worthwhile = 0.8

  /// Components that make the search of such rows cheaper, or nil where none do.
  ///
  /// - Parameters:
  ///   - units: `[rows, D]`, some of which depths are tried on.
  ///   - exemplars: `[count, D]`.
  ///   - floor: products below it need not be told apart.
  ///   - forced: depths that are taken whatever they cost, up to the most there are.
  static func choose(
    for units: UnsafePointer<Float>, rows: Int, among exemplars: UnsafePointer<Float>, count: Int,
    dimension: Int, floor: Float, threads: Int, depths forced: Depths? = nil
  ) -> LeadingComponents? {
    let most = most(dimension)
    guard most >= 16, rows > 0 else { return nil }
    let directions = leadingDirections(exemplars, count: count, dimension: dimension, most)
    let depths =
      forced.map { Depths(first: min($0.first, most), all: min($0.all, most)) }
      ?? cheapestDepths(
        of: directions, for: units, rows: rows, among: exemplars, count: count,
        dimension: dimension, floor: floor, threads: threads)
    guard let depths else { return nil }
    let chosen = LeadingComponents(
      basis: directions[...], dimension: dimension, depths: depths, exemplarsAtChoice: count)
    return chosen.extend(to: count, exemplars, threads: threads) ? chosen : nil
  }

  /// The depths that cost least, tried on some rows with some exemplars; nil where none is worthwhile.
  private static func cheapestDepths(
    of directions: [Float], for units: UnsafePointer<Float>, rows: Int,
    among exemplars: UnsafePointer<Float>, count: Int, dimension: Int, floor: Float, threads: Int
  ) -> Depths? {
    let most = most(dimension)
    let trial = gathered(units, rows: rows, dimension: dimension, atMost: tried)
    let trials = trial.count / dimension
    let best = largestProducts(
      trial, rows: trials, among: exemplars, count: count, dimension: dimension)
    let others = gathered(exemplars, rows: count, dimension: dimension, atMost: opposed)
    let whole = LeadingComponents(
      basis: directions[...], dimension: dimension, depths: Depths(first: most, all: most),
      exemplarsAtChoice: count)
    let doubt = FixedOrderProduct.doubt(count: dimension)
    return whole.cheapestDepths(
      trial, least: best.map { max($0 - doubt, floor) - whole.productSlack }, others,
      exemplars: count)
  }

  /// Rows spread over all of them, one after another.
  private static func gathered(
    _ rows: UnsafePointer<Float>, rows count: Int, dimension: Int, atMost most: Int
  ) -> [Float] {
    let taken = min(count, most)
    return (0..<taken).flatMap { index in
      UnsafeBufferPointer(start: rows + index * count / taken * dimension, count: dimension)
    }
  }

  /// The largest product of each row, about.
  private static func largestProducts(
    _ units: [Float], rows: Int, among exemplars: UnsafePointer<Float>, count: Int, dimension: Int
  ) -> [Float] {
    let chunk = NearestExemplar.rowsPerChunk
    var largest = [Float](repeating: -.infinity, count: rows)
    var products = [Float](repeating: 0, count: rows * min(chunk, count))
    products.withUnsafeMutableBufferPointer { products in
      guard let base = products.baseAddress else { return }
      for start in stride(from: 0, to: count, by: chunk) {
        let columns = min(chunk, count - start)
        MatrixProducts.multiplyTransposed(
          units, rows: rows, exemplars + start * dimension, columns: columns, depth: dimension,
          into: base, strideC: columns)
        for row in 0..<rows {
          largest[row] = max(
            largest[row],
            kernels_maximum(FixedOrderProduct.level, base + row * columns, columns))
        }
      }
    }
    return largest
  }

  /// The depths with the least cost for rows like `trial`, where it is worthwhile; these components are as deep as any.
  ///
  /// - Parameters:
  ///   - others: exemplars, of which a search will have `exemplars`.
  private func cheapestDepths(
    _ trial: [Float], least: [Float], _ others: [Float], exemplars: Int
  ) -> Depths? {
    let (most, trials, count) = (depths.all, least.count, others.count / dimension)
    let (heads, tails) = projected(trial)
    let (otherHeads, otherTails) = projected(others)
    let choices = [16, 32, 48, 64, 96, 128, 192].filter { $0 <= most }
    // Per choice: pairs that bounds of that depth leave open.
    var open = [Int](repeating: 0, count: choices.count)
    heads.withUnsafeBufferPointer { heads in
      tails.withUnsafeBufferPointer { tails in
        otherHeads.withUnsafeBufferPointer { others in
          let ownTails = (0..<trials).map {
            Self.tails(heads.baseAddress! + $0 * most, beyondAll: tails[$0], at: choices)
          }
          for other in 0..<count {
            let its = others.baseAddress! + other * most
            let itsTails = Self.tails(its, beyondAll: otherTails[other], at: choices)
            for row in 0..<trials {
              let own = heads.baseAddress! + row * most
              var (product, done): (Float, Int) = (0, 0)
              for (index, choice) in choices.enumerated() {
                product += kernels_dot(
                  FixedOrderProduct.level, own + done, its + done, choice - done)
                done = choice
                if product + ownTails[row][index] * itsTails[index] >= least[row] {
                  open[index] += 1
                }
              }
            }
          }
        }
      }
    }
    let pairs = Double(trials * count)
    var best: (cost: Double, depths: Depths)?
    for (first, reached) in zip(choices, open) {
      for (all, computed) in zip(choices, open) where all >= first {
        let depths = Depths(first: first, all: all)
        let cost = Self.cost(
          depths, dimension: dimension, exemplars: exemplars, reached: Double(reached) / pairs,
          computed: Double(computed) / pairs)
        if cost < best?.cost ?? Self.worthwhile { best = (cost, depths) }
      }
    }
    return best?.depths
  }

  /// The components of unit rows, and the norms of what all leave.
  private func projected(_ units: [Float]) -> (heads: [Float], tails: [Float]) {
    let rows = units.count / dimension
    var heads = [Float](repeating: 0, count: rows * depths.first)
    var tails = [Float](repeating: 0, count: rows)
    var same = tails
    project(units, rows: rows, first: &heads, rest: nil, firstTails: &tails, allTails: &same)
    return (heads, tails)
  }

  /// What is left beyond each of some depths of these components, beside what is left beyond all.
  private static func tails(
    _ components: UnsafePointer<Float>, beyondAll: Float, at choices: [Int]
  ) -> [Float] {
    var squares = beyondAll * beyondAll
    var upper = choices.last ?? 0
    var tails: [Float] = []
    for choice in choices.reversed() {
      squares += UnitRows.sumOfSquares(components + choice, count: upper - choice)
      upper = choice
      tails.append(squares.squareRoot())
    }
    return tails.reversed()
  }

  /// The directions in which exemplars are largest, `[most, D]` orthonormal, leading ones first: some rounds of orthogonal
  /// iteration on exemplars spread over all.
  private static func leadingDirections(
    _ exemplars: UnsafePointer<Float>, count: Int, dimension: Int, _ most: Int
  ) -> [Float] {
    let sample = gathered(exemplars, rows: count, dimension: dimension, atMost: fitted)
    let rows = sample.count / dimension
    var turned = [Float](repeating: 0, count: sample.count)
    for row in 0..<rows {
      for d in 0..<dimension { turned[d * rows + row] = sample[row * dimension + d] }
    }
    // Sums of exemplars with seeded signs are where the iteration begins.
    var directions = [Float](repeating: 0, count: most * dimension)
    for direction in 0..<most {
      for row in stride(from: direction, to: rows, by: max(rows / 16, 1)) {
        let sign: Float =
          SeededNumbers.value(seed: UInt64(direction), index: UInt64(row)) & 1 == 0 ? 1 : -1
        for d in 0..<dimension {
          directions[direction * dimension + d] += sign * sample[row * dimension + d]
        }
      }
    }
    orthonormalise(&directions, dimension: dimension)
    var scores = [Float](repeating: 0, count: most * rows)
    for _ in 0..<rounds {
      scores.withUnsafeMutableBufferPointer { scores in
        directions.withUnsafeMutableBufferPointer { directions in
          MatrixProducts.multiplyTransposed(
            directions.baseAddress!, rows: most, sample, columns: rows, depth: dimension,
            into: scores.baseAddress!, strideC: rows)
          MatrixProducts.multiplyTransposed(
            scores.baseAddress!, rows: most, turned, columns: dimension, depth: rows,
            into: directions.baseAddress!, strideC: dimension)
        }
      }
      orthonormalise(&directions, dimension: dimension)
    }
    return directions
  }

  /// Modified Gram–Schmidt, twice over; a row that lies in the span of those before it becomes zero, which bounds bear.
  private static func orthonormalise(_ rows: inout [Float], dimension: Int) {
    let count = rows.count / dimension
    let level = FixedOrderProduct.level
    rows.withUnsafeMutableBufferPointer { rows in
      guard let base = rows.baseAddress else { return }
      for row in 0..<count {
        let own = base + row * dimension
        let before = UnitRows.sumOfSquares(own, count: dimension)
        for _ in 0..<2 {
          for other in 0..<row {
            let direction = base + other * dimension
            let product = FixedOrderProduct.dot(own, direction, count: dimension)
            kernels_add(level, own, direction, Float(-product), dimension)
          }
        }
        let square = UnitRows.sumOfSquares(own, count: dimension)
        let isSpanned = !(square > 1e-8 * before)
        kernels_scale(level, own, isSpanned ? 0 : 1 / square.squareRoot(), dimension)
      }
    }
  }
}
