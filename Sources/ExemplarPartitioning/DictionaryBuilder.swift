import Numerics

/// How a dictionary is built besides its calibration.
package struct BuildOptions: Sendable, Equatable {
  /// After each batch, merge regions whose exemplars lie within θ of each other.
  package var mergeClose = false
  /// At the end, drop regions with fewer members.
  package var minimumMembers = 1
  /// Stop after this many batches in a row that founded nothing; `nil` reads the whole stream.
  package var saturationWindow: Int?
  /// Decides which members the reservoir samples, and nothing else.
  package var seed: UInt64 = 0
  /// Changes how long a build takes, and no bit of its result.
  package var threads = 1
  /// Likewise.
  package var bounds = BoundsUse.adaptive

  package init(
    mergeClose: Bool = false, minimumMembers: Int = 1, saturationWindow: Int? = nil,
    seed: UInt64 = 0, threads: Int = 1, bounds: BoundsUse = .adaptive
  ) {
    self.mergeClose = mergeClose
    self.minimumMembers = minimumMembers
    self.saturationWindow = saturationWindow
    self.seed = seed
    self.threads = threads
    self.bounds = bounds
  }
}

/// What one batch did to a dictionary.
package struct BatchSummary: Sendable, Equatable {
  /// `[count]`, the region each row joined or founded, numbered as at the end of the batch before any merge.
  package var ids: [Int32]
  /// `[count]`, cosine distance to that region's exemplar, clipped to [0, 2]; 0 for a founder.
  package var distances: [Float]
  /// Regions founded.
  package var founded: Int
}

/// Builds a dictionary from a stream of batches by leader clustering.
///
/// A row within θ of an exemplar that stood before the batch joins the nearest such region. The others are clustered
/// among themselves in order: a row joins the most similar leader so far of this batch at similarity ≥ 1 − θ, and
/// otherwise becomes a leader, which founds a region. The very first activation founds region 0 before anything else.
/// - Source: Rumbelow, arXiv:2605.14347, and its reference implementation.
package struct DictionaryBuilder: ~Copyable {
  let centre: [Float]
  let threshold: Double
  let options: BuildOptions
  package var dimension: Int { centre.count }

  let exemplars: GrowingRows
  /// Σ unit members, for regions of two members or more; a lone founder's sum is its exemplar.
  let sums: GrowingRows
  /// Per region: row of `sums`, or −1.
  var sumRow: [Int32] = []
  var memberCounts: [Int] = []
  var sumDistances: [Double] = []
  var sumSquaredDistances: [Double] = []
  var closest = ContextHeaps()
  var farthest = ContextHeaps()
  /// Per region: activations sampled from its members.
  var samples = ShortLists<UInt32>(longest: Reservoir.capacity)
  /// Per region: its number in the order of founding, which no merge changes.
  var foundingNumber: [Int32] = []
  /// Per founding number: the founding number of the region it was merged into; its own while it stands.
  var mergedInto: [Int32] = []
  /// Per activation of the stream: founding number of the region it joined.
  var foundingOfActivation: [Int32] = []
  /// Index of the first activation of each batch.
  var batchStarts: [Int] = []
  var documents: [String] = []
  var growth: [GrowthPoint] = []
  var batchesSinceFounding = 0

  private var search = NearestExemplar()
  private var units: [Float] = []
  private var unmatchedUnits: [Float] = []
  private var products: [Float] = []
  private var indices: [Int32] = []
  private var blockProducts: [Float] = []

  /// - Parameters:
  ///   - centre: `[D]`.
  ///   - threshold: θ > 0.
  package init(centre: [Float], threshold: Double, options: BuildOptions) {
    precondition(!centre.isEmpty, "expected a centre of at least one component")
    precondition(threshold > 0, "expected a positive threshold, got \(threshold)")
    precondition(options.threads > 0, "expected at least one thread, got \(options.threads)")
    self.centre = centre
    self.threshold = threshold
    self.options = options
    search.bounds.use = options.bounds
    exemplars = GrowingRows(dimension: centre.count)
    sums = GrowingRows(dimension: centre.count)
  }

  /// K so far.
  package var regionCount: Int { exemplars.count }
  /// Products computed and spared so far.
  package var searchEffort: SearchEffort { search.bounds.effort }
  package var activationCount: Int { foundingOfActivation.count }
  package var batchCount: Int { batchStarts.count }

  /// Whether the last `saturationWindow` batches founded nothing.
  package var isSaturated: Bool {
    guard let window = options.saturationWindow else { return false }
    return batchesSinceFounding >= max(window, 1)
  }

  /// Adds one batch; an empty one changes nothing.
  ///
  /// - Complexity: O(count · K · D) products, and O(count · D) besides.
  @discardableResult
  package mutating func add(_ batch: ActivationBatch) -> BatchSummary {
    guard batch.count > 0 else { return BatchSummary(ids: [], distances: [], founded: 0) }
    precondition(
      batch.dimension == dimension,
      "expected activations of \(dimension) components, got \(batch.dimension)")
    let count = batch.count
    let start = activationCount
    precondition(start + count <= UInt32.max, "expected a stream of at most 2³² activations")
    let regionsBefore = regionCount
    batchStarts.append(start)
    var outcome = BatchSummary(
      ids: [Int32](repeating: -1, count: count), distances: [Float](repeating: 0, count: count),
      founded: 0)

    if units.count < count * dimension {
      units = [Float](repeating: 0, count: count * dimension)
    }
    if products.count < count {
      products = [Float](repeating: 0, count: count)
      indices = [Int32](repeating: 0, count: count)
    }
    let unmatched =
      regionsBefore > 0 ? joinStandingRegions(batch, &outcome) : openStream(batch, &outcome)
    clusterAmongThemselves(unmatched, &outcome)
    outcome.founded = regionCount - regionsBefore

    for id in outcome.ids { foundingOfActivation.append(foundingNumber[Int(id)]) }
    documents.append(contentsOf: batch.documents)
    let targets = record(outcome, batch, firstActivation: start, firstFounded: regionsBefore)
    addToSums(targets)
    batchesSinceFounding = outcome.founded > 0 ? 0 : batchesSinceFounding + 1
    if options.mergeClose, mergeCloseRegions(foundedFrom: regionsBefore) {
      search.bounds.exemplarsMoved()
    }
    growth.append(
      GrowthPoint(
        activations: activationCount, documents: documents.count, regions: regionCount,
        newRegionRate: Double(outcome.founded) / Double(count)))
    return outcome
  }

  /// The first row of the stream founds region 0, and the others are compared with it; returns those that lie beyond θ.
  private mutating func openStream(
    _ batch: ActivationBatch, _ outcome: inout BatchSummary
  ) -> [Int] {
    let (dimension, exemplars, count) = (dimension, exemplars, batch.count)
    units.withUnsafeMutableBufferPointer {
      UnitRows.withWriter(batch, centre: centre, into: $0.baseAddress!) {
        $0.writeAll(count, threads: options.threads)
      }
    }
    found(row: 0)
    outcome.ids[0] = 0
    units.withUnsafeBufferPointer { units in
      products.withUnsafeMutableBufferPointer { products in
        indices.withUnsafeMutableBufferPointer { indices in
          search.find(
            units: units.baseAddress! + dimension, count: count - 1, among: exemplars.rows,
            in: 0..<1, dimension: dimension, tie: .distance, threads: options.threads,
            products: products.baseAddress! + 1, indices: indices.baseAddress! + 1)
        }
      }
    }
    return joinNearest(rows: 1..<count, &outcome)
  }

  /// Rows that lie within θ of a standing exemplar join it; returns the others, ascending.
  private mutating func joinStandingRegions(
    _ batch: ActivationBatch, _ outcome: inout BatchSummary
  ) -> [Int] {
    let exemplars = exemplars
    // A row joins at a distance of at most θ; this is below all such products, rounded or not.
    let leastProduct = Float(1 - threshold) - 1e-6
    units.withUnsafeMutableBufferPointer { units in
      products.withUnsafeMutableBufferPointer { products in
        indices.withUnsafeMutableBufferPointer { indices in
          UnitRows.withWriter(batch, centre: centre, into: units.baseAddress!) { writer in
            search.find(
              units: units.baseAddress!, count: batch.count, among: exemplars.rows,
              in: 0..<exemplars.count, dimension: exemplars.dimension, tie: .distance,
              threads: options.threads, products: products.baseAddress!,
              indices: indices.baseAddress!, writer: writer, floor: leastProduct)
          }
        }
      }
    }
    return joinNearest(rows: 0..<batch.count, &outcome)
  }

  private mutating func joinNearest(rows: Range<Int>, _ outcome: inout BatchSummary) -> [Int] {
    // The reference compares f32 distances with θ rounded to f32.
    let limit = Float(threshold)
    var unmatched: [Int] = []
    for row in rows {
      let distance = 1 - products[row]
      if distance <= limit {
        outcome.ids[row] = indices[row]
        outcome.distances[row] = min(max(distance, 0), 2)
      } else {
        unmatched.append(row)
      }
    }
    return unmatched
  }

  /// Leader clustering of the rows that no standing region took, in order.
  ///
  /// Leaders become exemplars at once, so that they are the only copy. A block of rows is compared with the leaders
  /// of earlier blocks in one product, and with its own leaders through the block's products with itself.
  private mutating func clusterAmongThemselves(_ unmatched: [Int], _ outcome: inout BatchSummary) {
    guard !unmatched.isEmpty else { return }
    let blockSize = 256
    let (dimension, exemplars, threads) = (dimension, exemplars, options.threads)
    let firstLeader = regionCount
    // The reference compares a widened f32 similarity with 1 − θ in f64.
    let minimumSimilarity = 1 - threshold
    let doubt = FixedOrderProduct.doubt(count: dimension)
    for blockStart in stride(from: 0, to: unmatched.count, by: blockSize) {
      let block = unmatched[blockStart..<min(blockStart + blockSize, unmatched.count)]
      let size = block.count
      if blockProducts.count < size * size {
        blockProducts = [Float](repeating: 0, count: blockSize * blockSize)
      }
      let leadersBefore = regionCount
      let firstRow = gatherUnits(block)
      (firstRow == nil ? unmatchedUnits : units).withUnsafeBufferPointer { rows in
        let rows = rows.baseAddress! + (firstRow ?? 0) * dimension
        products.withUnsafeMutableBufferPointer { products in
          indices.withUnsafeMutableBufferPointer { indices in
            search.find(
              units: rows, count: size, among: exemplars.rows, in: firstLeader..<leadersBefore,
              dimension: dimension, tie: .product, threads: threads,
              products: products.baseAddress!, indices: indices.baseAddress!)
          }
        }
        blockProducts.withUnsafeMutableBufferPointer { block in
          MatrixProducts.multiplyTransposed(
            rows, rows: size, rows, columns: size, depth: dimension,
            into: block.baseAddress!, strideC: size)
        }
      }
      var localLeaders: [Int] = []
      for (local, row) in block.enumerated() {
        var similarity = leadersBefore > firstLeader ? products[local] : -Float.infinity
        var leader = Int(indices[local])
        units.withUnsafeBufferPointer { units in
          let own = units.baseAddress! + row * dimension
          for (order, other) in localLeaders.enumerated()
          where blockProducts[local * size + other] >= similarity - doubt {
            let exemplar = exemplars.row(leadersBefore + order)
            let candidate = Float(FixedOrderProduct.dot(own, exemplar, count: dimension))
            if candidate > similarity {
              (similarity, leader) = (candidate, leadersBefore + order)
            }
          }
        }
        if Double(similarity) >= minimumSimilarity {
          outcome.ids[row] = Int32(leader)
          outcome.distances[row] = min(max(Float(1 - Double(similarity)), 0), 2)
        } else {
          outcome.ids[row] = Int32(regionCount)
          found(row: row)
          localLeaders.append(local)
        }
      }
    }
  }

  /// Copies some unit rows one after another, unless they already lie so: then returns the first of them.
  private mutating func gatherUnits(_ rows: ArraySlice<Int>) -> Int? {
    let dimension = dimension
    if let first = rows.first, let last = rows.last, last - first + 1 == rows.count {
      return first
    }
    if unmatchedUnits.count < rows.count * dimension {
      unmatchedUnits = [Float](repeating: 0, count: rows.count * dimension)
    }
    unmatchedUnits.withUnsafeMutableBufferPointer { target in
      units.withUnsafeBufferPointer { units in
        for (index, row) in rows.enumerated() {
          (target.baseAddress! + index * dimension)
            .update(from: units.baseAddress! + row * dimension, count: dimension)
        }
      }
    }
    return nil
  }

  private mutating func found(row: Int) {
    units.withUnsafeBufferPointer { exemplars.append($0.baseAddress! + row * dimension) }
    sumRow.append(-1)
    memberCounts.append(0)
    sumDistances.append(0)
    sumSquaredDistances.append(0)
    closest.addRegion()
    farthest.addRegion()
    samples.addList()
    foundingNumber.append(Int32(mergedInto.count))
    mergedInto.append(Int32(mergedInto.count))
  }

  /// Counts members, samples them and keeps their contexts.
  ///
  /// - Returns: for each row, the row of `sums` that it is to be added to, or −1.
  private mutating func record(
    _ outcome: BatchSummary, _ batch: ActivationBatch, firstActivation: Int, firstFounded: Int
  ) -> [Int32] {
    var targets = [Int32](repeating: -1, count: batch.count)
    for row in 0..<batch.count {
      let region = Int(outcome.ids[row])
      let distance = outcome.distances[row]
      let number = memberCounts[region] + 1
      memberCounts[region] = number
      sample(firstActivation + row, of: region, number: number)
      let document = batch.documentOfRow.isEmpty ? -1 : batch.documentOfRow[row]
      let position = batch.positions.isEmpty ? Int32(firstActivation + row) : batch.positions[row]
      closest.offer(
        ContextEntry(key: -distance, document: document, position: position), to: region,
        texts: documents)
      farthest.offer(
        ContextEntry(key: distance, document: document, position: position), to: region,
        texts: documents)
      // A region's founder is the first row that names it; its exemplar opens the sum when a second member comes.
      if region >= firstFounded, number == 1 { continue }
      sumDistances[region] += Double(distance)
      sumSquaredDistances[region] += Double(distance) * Double(distance)
      if sumRow[region] < 0 {
        sumRow[region] = Int32(sums.count)
        sums.append(exemplars.row(region))
      }
      targets[row] = sumRow[region]
    }
    return targets
  }

  /// Algorithm R with a draw that depends on the seed and the activation alone.
  ///
  /// - Parameter number: how many members the region has with this one.
  private mutating func sample(_ activation: Int, of region: Int, number: Int) {
    guard number > Reservoir.capacity else {
      samples.append(UInt32(activation), to: region)
      return
    }
    let draw = Int(
      SeededNumbers.value(seed: options.seed, index: UInt64(activation)) % UInt64(number))
    if draw < Reservoir.capacity {
      samples.withList(region) { $0[draw] = UInt32(activation) }
    }
  }

  /// Adds unit rows to region sums; each thread owns some columns, so the order of additions is the stream's whatever the
  /// thread count.
  private func addToSums(_ targets: [Int32]) {
    let (dimension, sums) = (dimension, sums)
    let columnsPerItem = max((dimension / options.threads + 15) / 16 * 16, 16)
    units.withUnsafeBufferPointer { units in
      nonisolated(unsafe) let units = units.baseAddress!
      Parallel.forEach(
        (dimension + columnsPerItem - 1) / columnsPerItem, threads: options.threads
      ) { item, _ in
        let column = item * columnsPerItem
        let columns = min(columnsPerItem, dimension - column)
        for (row, target) in targets.enumerated() where target >= 0 {
          UnitRows.add(
            units + row * dimension + column, to: sums.row(Int(target)) + column, count: columns)
        }
      }
    }
  }

  /// Returns what only adding needs.
  mutating func dropScratch() {
    search = NearestExemplar()
    units = []
    unmatchedUnits = []
    products = []
    indices = []
    blockProducts = []
  }
}
