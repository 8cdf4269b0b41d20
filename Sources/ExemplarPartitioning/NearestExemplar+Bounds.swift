import CKernels
import Numerics

/// How a search for the nearest exemplar uses bounds on products; its result is the same in every case.
package enum BoundsUse: Sendable, Equatable {
  /// Where they are worth their cost.
  case adaptive
  case never
  /// As adaptive, and all products are computed too: where the two differ, the process ends and says which row.
  case checked
  /// Always, with so many components for every pair and so many in all: for tests.
  case forced(first: Int, all: Int)
}

/// Pairs of a row and an exemplar that searches went through.
package struct SearchEffort: Sendable, Equatable {
  /// By bounds.
  package var pairs = 0
  /// Of these, left open by the first components.
  package var reached = 0
  /// Of these, left open by all, so that the product was computed.
  package var computed = 0
  /// By all products.
  package var plain = 0
}

extension NearestExemplar {
  /// Whether bounds are worth it, and what they need.
  struct Bounds {
    var effort = SearchEffort()
    /// Nil while the plain product is taken.
    fileprivate var components: LeadingComponents?
    /// Multiply-adds of plain products since components were last chosen, dropped, or could not be chosen.
    fileprivate var spent = 0.0
    /// Choices' worth of plain products that are taken before the next choice. It grows where bounds do not bite, so that
    /// trying costs ever less.
    fileprivate var patience = 8.0
    /// Seconds a multiply-add of the plain product, lately; and how many searches by bounds in a row took longer.
    fileprivate var plainPace: Double?
    fileprivate var slowSearches = 0
    fileprivate var tiles: [BoundedTile] = []
    var use = BoundsUse.adaptive
    fileprivate var forcedDepths: LeadingComponents.Depths? {
      guard case .forced(let first, let all) = use else { return nil }
      precondition(first <= all, "expected at most \(all) first components, got \(first)")
      return LeadingComponents.Depths(first: first, all: all)
    }

    /// The exemplars are no longer what they were.
    mutating func exemplarsMoved() { components?.forgetExemplars() }

    /// Notes what a search by all products took.
    mutating func notePlain(_ work: Double, _ time: Duration) {
      guard work >= Self.measured else { return }
      let pace = time / .seconds(1) / work
      plainPace = plainPace.map { 0.5 * ($0 + pace) } ?? pace
    }

    /// Drops components by which searches take longer than by all products, by the clock: no model of the cost knows every
    /// processor and every kind of rows.
    fileprivate mutating func noteBounded(_ work: Double, _ time: Duration) {
      guard work >= Self.measured, let plainPace, use == .adaptive else { return }
      slowSearches = time / .seconds(1) > 0.9 * plainPace * work ? slowSearches + 1 : 0
      if slowSearches == 2 { drop() }
    }

    fileprivate mutating func drop() {
      components = nil
      patience *= 4
      (spent, slowSearches) = (0, 0)
    }

    /// Multiply-adds of a search whose time says something.
    private static let measured = 1e7
  }

  func check(
    _ bounded: [(Float, Int32)], _ products: UnsafePointer<Float>,
    _ indices: UnsafePointer<Int32>, floor: Float
  ) {
    for (row, (product, index)) in bounded.enumerated() {
      // At the floor itself either may be given.
      guard max(products[row], product) >= floor + 1e-6 else { continue }
      precondition(
        product == products[row] && index == indices[row],
        "row \(row): bounds found exemplar \(index) at \(product), all products "
          + "\(indices[row]) at \(products[row])")
    }
  }

  /// As `find` over all exemplars, without most products.
  ///
  /// - Returns: false where the plain product is to be taken; nothing is written then but `units`, perhaps.
  mutating func findByBounds(
    units: UnsafePointer<Float>, count: Int, among exemplars: UnsafePointer<Float>, total: Int,
    dimension: Int, tie: Tie, threads: Int, products: UnsafeMutablePointer<Float>,
    indices: UnsafeMutablePointer<Int32>, writer: UnitRows.Writer?, floor: Float
  ) -> Bool {
    let work = Double(count) * Double(total) * Double(dimension)
    // Choosing is mostly the work of one thread.
    let choice =
      LeadingComponents.costOfChoice(exemplars: total, dimension: dimension)
      * Double(min(threads, 8))
    let isDue = bounds.components.map { total >= 2 * $0.exemplarsAtChoice } ?? true
    let mayChoose =
      count >= LeadingComponents.fewestRows && bounds.spent >= bounds.patience * choice
    if isDue, mayChoose || bounds.forcedDepths != nil {
      writer?.writeAll(count, threads: threads)
      let chosen = LeadingComponents.choose(
        for: units, rows: count, among: exemplars, count: total, dimension: dimension,
        floor: floor, threads: threads, depths: bounds.forcedDepths)
      if let chosen {
        bounds.components = chosen
        bounds.spent = 0
      } else {
        bounds.drop()
      }
    }
    bounds.spent += work
    let clock = ContinuousClock()
    let start = clock.now
    guard let components = bounds.components,
      components.extend(to: total, exemplars, threads: threads)
    else {
      bounds.components = nil
      bounds.effort.plain += count * total
      return false
    }
    // As many rows as keep their products with all exemplars in a third-level cache.
    let rowsPerTile = min(max((1 << 20) / total / 12 * 12, 12), 240)
    let tiles = (count + rowsPerTile - 1) / rowsPerTile
    let workers = max(min(threads, tiles), 1)
    while bounds.tiles.count < workers { bounds.tiles.append(BoundedTile()) }
    let search = BoundedSearch(
      units: units, exemplars: exemplars, total: total, dimension: dimension, tie: tie,
      components: components, products: products, indices: indices, writer: writer, floor: floor)
    let owned = bounds.tiles
    Parallel.forEach(tiles, threads: workers) { item, worker in
      owned[worker].run(
        search, item * rowsPerTile..<min((item + 1) * rowsPerTile, count))
    }
    var effort = SearchEffort()
    for tile in owned {
      effort.pairs += tile.effort.pairs
      effort.reached += tile.effort.reached
      effort.computed += tile.effort.computed
      tile.effort = SearchEffort()
    }
    bounds.effort.pairs += effort.pairs
    bounds.effort.reached += effort.reached
    bounds.effort.computed += effort.computed
    bounds.noteBounded(work, clock.now - start)
    return true
  }
}

/// What a search by bounds is about, for all its tiles.
private struct BoundedSearch: @unchecked Sendable {
  let units: UnsafePointer<Float>
  let exemplars: UnsafePointer<Float>
  let total: Int
  let dimension: Int
  let tie: NearestExemplar.Tie
  let components: LeadingComponents
  let products: UnsafeMutablePointer<Float>
  let indices: UnsafeMutablePointer<Int32>
  let writer: UnitRows.Writer?
  let floor: Float
}

/// Some rows of a search and room for what they need, which one worker at a time uses.
private final class BoundedTile: @unchecked Sendable {
  /// A pair that bounds leave open, and its product by one order of sums or another.
  private struct Pair {
    var row: Int32
    var exemplar: Int32
    var product: Float
  }

  var effort = SearchEffort()
  private var first: [Float] = []
  private var rest: [Float] = []
  private var firstTails: [Float] = []
  private var allTails: [Float] = []
  private var products: [Float] = []
  /// Per row: what a bound has to reach, and the largest product yet.
  private var least: [Float] = []
  private var largest: [Float] = []
  private var found: [UInt32] = []
  private var open: [Pair] = []
  private var sorted: [Pair] = []
  private var starts: [Int] = []
  private var pairs: [Pair] = []

  private static let chunk = NearestExemplar.rowsPerChunk

  func run(_ search: BoundedSearch, _ rows: Range<Int>) {
    let (components, dimension, total) = (search.components, search.dimension, search.total)
    let depths = components.depths
    let count = rows.count
    search.writer?.write(rows)
    let units = search.units + rows.lowerBound * dimension
    grow(&first, count * depths.first)
    grow(&rest, count * max(depths.rest, 1))
    grow(&firstTails, count)
    grow(&allTails, count)
    grow(&least, count)
    grow(&largest, count)
    grow(&products, count * total)
    if found.count < Self.chunk { found = Array(repeating: 0, count: Self.chunk) }
    pairs.removeAll(keepingCapacity: true)
    effort.pairs += count * total
    first.withUnsafeMutableBufferPointer { first in
      rest.withUnsafeMutableBufferPointer { rest in
        firstTails.withUnsafeMutableBufferPointer { firstTails in
          allTails.withUnsafeMutableBufferPointer { allTails in
            components.project(
              units, rows: count, first: first.baseAddress!,
              rest: depths.rest > 0 ? rest.baseAddress : nil,
              firstTails: firstTails.baseAddress!, allTails: allTails.baseAddress!)
          }
        }
      }
    }
    products.withUnsafeMutableBufferPointer { products in
      components.multiply(first, rows: count, into: products.baseAddress!)
    }
    setLeast(search, units, count)
    let before = effort.computed
    for start in stride(from: 0, to: total, by: Self.chunk) {
      gather(search, count, start..<min(start + Self.chunk, total))
      // So many that the plain product of all costs less.
      if (effort.computed - before + open.count) * 8 > count * total {
        return takePlain(search, rows, units)
      }
      compute(search, units, start)
    }
    decide(search, rows, units)
  }

  /// The product with the exemplar that reaches furthest is what others have to reach.
  private func setLeast(_ search: BoundedSearch, _ units: UnsafePointer<Float>, _ count: Int) {
    let doubt = FixedOrderProduct.doubt(count: search.dimension)
    let level = FixedOrderProduct.level
    for row in 0..<count {
      let furthest = products.withUnsafeBufferPointer {
        kernels_furthest(
          level, $0.baseAddress! + row * search.total, search.components.firstTails,
          firstTails[row], search.total)
      }
      let product = Float(
        FixedOrderProduct.dot(
          units + row * search.dimension, search.exemplars + furthest * search.dimension,
          count: search.dimension))
      largest[row] = -.infinity
      least[row] = max(product - doubt, search.floor) - search.components.productSlack
    }
  }

  /// The pairs with some exemplars that bounds leave open, by exemplar and then by row.
  private func gather(_ search: BoundedSearch, _ count: Int, _ exemplars: Range<Int>) {
    let components = search.components
    let rest = components.depths.rest
    let level = FixedOrderProduct.level
    open.removeAll(keepingCapacity: true)
    products.withUnsafeBufferPointer { products in
      self.rest.withUnsafeBufferPointer { own in
        components.restHeads.withUnsafeBufferPointer { its in
          components.firstTails.withUnsafeBufferPointer { itsFirstTails in
            components.allTails.withUnsafeBufferPointer { itsTails in
              found.withUnsafeMutableBufferPointer { found in
                for row in 0..<count {
                  let products =
                    products.baseAddress! + row * search.total + exemplars.lowerBound
                  let reached = kernels_reaching(
                    level, products, itsFirstTails.baseAddress! + exemplars.lowerBound,
                    firstTails[row], least[row], exemplars.count, found.baseAddress!)
                  effort.reached += reached
                  let left =
                    rest == 0
                    ? reached
                    : kernels_still_reaching(
                      level, products, own.baseAddress! + row * rest,
                      its.baseAddress! + exemplars.lowerBound * rest, rest,
                      itsTails.baseAddress! + exemplars.lowerBound, allTails[row], least[row],
                      found.baseAddress!, reached)
                  for index in 0..<left {
                    let exemplar = exemplars.lowerBound + Int(found[index])
                    open.append(Pair(row: Int32(row), exemplar: Int32(exemplar), product: 0))
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// The products of the open pairs, an exemplar at a time, so that each is read from memory once.
  private func compute(_ search: BoundedSearch, _ units: UnsafePointer<Float>, _ start: Int) {
    guard !open.isEmpty else { return }
    if starts.count < Self.chunk + 1 { starts = Array(repeating: 0, count: Self.chunk + 1) }
    for index in starts.indices { starts[index] = 0 }
    for pair in open { starts[Int(pair.exemplar) - start + 1] += 1 }
    for index in 1..<starts.count { starts[index] += starts[index - 1] }
    if sorted.count < open.count {
      sorted = Array(repeating: Pair(row: 0, exemplar: 0, product: 0), count: 2 * open.count)
    }
    for pair in open {
      let place = Int(pair.exemplar) - start
      sorted[starts[place]] = pair
      starts[place] += 1
    }
    let (dimension, level) = (search.dimension, FixedOrderProduct.level)
    let doubt = FixedOrderProduct.doubt(count: dimension)
    let slack = search.components.productSlack
    effort.computed += open.count
    for index in open.indices {
      var pair = sorted[index]
      let row = Int(pair.row)
      pair.product = kernels_dot(
        level, units + row * dimension, search.exemplars + Int(pair.exemplar) * dimension,
        dimension)
      if pair.product > largest[row] {
        largest[row] = pair.product
        // Twice the doubt: this product is as uncertain as those that it rules out.
        least[row] = max(least[row], pair.product - 2 * doubt - slack)
      }
      if pair.product >= largest[row] - doubt { pairs.append(pair) }
    }
  }

  /// Of the pairs that rounding could put first, the one that is; exemplars ascend in each row.
  private func decide(
    _ search: BoundedSearch, _ rows: Range<Int>, _ units: UnsafePointer<Float>
  ) {
    let dimension = search.dimension
    let doubt = FixedOrderProduct.doubt(count: dimension)
    for row in rows { (search.products[row], search.indices[row]) = (-.infinity, -1) }
    for pair in pairs where pair.product >= largest[Int(pair.row)] - doubt {
      let row = Int(pair.row)
      let candidate = Float(
        FixedOrderProduct.dot(
          units + row * dimension, search.exemplars + Int(pair.exemplar) * dimension,
          count: dimension))
      let place = rows.lowerBound + row
      if search.tie.prefers(candidate, to: search.products[place]) {
        (search.products[place], search.indices[place]) = (candidate, pair.exemplar)
      }
    }
  }

  /// All products, where bounds leave too many open.
  private func takePlain(
    _ search: BoundedSearch, _ rows: Range<Int>, _ units: UnsafePointer<Float>
  ) {
    let (dimension, total) = (search.dimension, search.total)
    let doubt = FixedOrderProduct.doubt(count: dimension)
    effort.computed += rows.count * total
    products.withUnsafeMutableBufferPointer { products in
      let base = products.baseAddress!
      MatrixProducts.multiplyTransposed(
        units, rows: rows.count, search.exemplars, columns: total, depth: dimension,
        into: base, strideC: total)
      for row in 0..<rows.count {
        let place = rows.lowerBound + row
        (search.products[place], search.indices[place]) = search.tie.best(
          of: base + row * total, count: total, unit: units + row * dimension,
          exemplars: search.exemplars, dimension: dimension, first: 0, within: doubt)
      }
    }
  }

  private func grow(_ array: inout [Float], _ count: Int) {
    if array.count < count { array = [Float](repeating: 0, count: count) }
  }
}
