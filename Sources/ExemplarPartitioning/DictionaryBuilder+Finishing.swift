import Foundation

/// Which activations of the stream a finished dictionary wants to see once more.
///
/// Sampled members are remembered by index while a stream is read, so that a build holds exemplars and not thirty times
/// as many rows; a second pass over the same batches collects them.
package struct ReservoirRequest: Sendable {
  let centre: [Float]
  /// (activation, row of the reservoir), by activation.
  private let wanted: [(activation: Int, row: Int)]
  private var next = 0
  private var seen = 0
  private let regions: [Int]
  /// `[regions, D]`; empty until the first batch, as there may be thirty times as many as exemplars.
  private var directions: [Float] = []

  fileprivate init(centre: [Float], samples: ShortLists<UInt32>, of kept: [Int]) {
    self.centre = centre
    var wanted: [(activation: Int, row: Int)] = []
    var regions: [Int] = []
    for (region, list) in kept.enumerated() {
      for activation in samples[list].sorted() {
        wanted.append((Int(activation), regions.count))
        regions.append(region)
      }
    }
    wanted.sort { $0.activation < $1.activation }
    self.wanted = wanted
    self.regions = regions
  }

  /// Whether more batches are needed.
  package var isComplete: Bool { next == wanted.count }

  /// Takes the next batch of the stream, the same that was added to the builder.
  package mutating func collect(_ batch: ActivationBatch) {
    let dimension = centre.count
    if directions.isEmpty {
      directions = [Float](repeating: 0, count: regions.count * dimension)
    }
    while next < wanted.count, wanted[next].activation < seen + batch.count {
      let (activation, row) = wanted[next]
      directions.withUnsafeMutableBufferPointer { directions in
        batch.rows.withUnsafeBufferPointer { rows in
          centre.withUnsafeBufferPointer { centre in
            UnitRows.Writer(
              rows: rows.baseAddress! + (activation - seen) * dimension,
              centre: centre.baseAddress!, dimension: dimension,
              units: directions.baseAddress! + row * dimension
            ).write(0..<1)
          }
        }
      }
      next += 1
    }
    seen += batch.count
  }

  /// What was collected so far: `[R, D]`, zeros where nothing was yet, and how many activations were seen.
  package var collected: (directions: [Float], seen: Int) { (directions, seen) }

  /// Goes on with what was collected before.
  ///
  /// - Returns: false, having changed nothing, where that is not of these regions.
  package mutating func resume(directions: [Float], seen: Int) -> Bool {
    guard directions.count == regions.count * centre.count, seen >= 0 else { return false }
    self.directions = directions
    self.seen = seen
    next = wanted.firstIndex { $0.activation >= seen } ?? wanted.count
    return true
  }

  /// The reservoir; all batches must have been collected.
  package func finish() -> Reservoir {
    precondition(isComplete, "expected \(wanted.count) sampled members, collected \(next)")
    return Reservoir(directions: directions, regions: regions)
  }
}

extension DictionaryBuilder {
  /// Ends the build: drops small regions and computes means, coherences and member lists.
  ///
  /// - Returns: the dictionary, its reservoir still empty, and the request that fills it on a second pass.
  /// - Complexity: O(K · D + activations). Exemplars are handed over, and sums become means where they are.
  package consuming func finish() -> (dictionary: ExemplarDictionary, reservoir: ReservoirRequest) {
    dropScratch()
    let kept = (0..<regionCount).filter { memberCounts[$0] >= options.minimumMembers }
    exemplars.keep(kept)
    var regions = memberLists(kept: kept)
    for (index, region) in kept.enumerated() {
      regions[index].memberCount = memberCounts[region]
      regions[index].sumDistance = sumDistances[region]
      regions[index].sumSquaredDistance = sumSquaredDistances[region]
      regions[index].closest = closest.sorted(region).map { context($0, distance: -$0.key) }
      // A lone founder's contexts are one, and share their memory.
      regions[index].farthest =
        memberCounts[region] == 1
        ? regions[index].closest
        : farthest.sorted(region).map { context($0, distance: $0.key) }
    }
    let means = turnSumsIntoMeans(kept: kept, &regions)
    let request = ReservoirRequest(centre: centre, samples: samples, of: kept)
    let dictionary = ExemplarDictionary(
      centre: centre, threshold: threshold, exemplars: DirectionRows(exemplars), means: means,
      regions: regions, growth: growth, documents: documents)
    return (dictionary, request)
  }

  /// Divides the sums of the regions kept by their counts, and notes coherences; exemplars are already those kept.
  private func turnSumsIntoMeans(kept: [Int], _ regions: inout [Region]) -> RegionMeans {
    var owners: [(row: Int, region: Int)] = []
    for (index, region) in kept.enumerated() where sumRow[region] >= 0 {
      let row = Int(sumRow[region])
      let mean = sums.row(row)
      let count = Float(memberCounts[region])
      for i in 0..<dimension { mean[i] /= count }
      let coherence = UnitRows.sumOfSquares(mean, count: dimension).squareRoot()
      regions[index].coherence = Double(coherence)
      for i in 0..<dimension { mean[i] /= coherence + UnitRows.epsilon }
      // Equal means are not held, as a file that is read again has no way to tell.
      let isExemplar = areSameBits(
        UnsafeBufferPointer(start: mean, count: dimension),
        UnsafeBufferPointer(start: exemplars.row(index), count: dimension))
      if !isExemplar { owners.append((row, index)) }
    }
    owners.sort { $0.row < $1.row }
    sums.keep(owners.map(\.row))
    var rowOfRegion = [Int32](repeating: -1, count: kept.count)
    for (row, owner) in owners.enumerated() { rowOfRegion[owner.region] = Int32(row) }
    return RegionMeans(rows: DirectionRows(sums), rowOfRegion: rowOfRegion)
  }

  private func context(_ entry: ContextEntry, distance: Float) -> Context {
    Context(
      distance: Double(distance), document: entry.document < 0 ? nil : Int(entry.document),
      position: Int(entry.position))
  }

  /// Regions with their members and batches, both ascending, from the activations' founding numbers.
  private func memberLists(kept: [Int]) -> [Region] {
    var regions = [Region](
      repeating: Region(memberCount: 0, coherence: 1, sumDistance: 0, sumSquaredDistance: 0),
      count: kept.count)
    var indexOfFounding = [Int32](repeating: -1, count: mergedInto.count)
    for (index, region) in kept.enumerated() {
      indexOfFounding[Int(foundingNumber[region])] = Int32(index)
      regions[index].members.reserveCapacity(memberCounts[region])
    }
    for founding in mergedInto.indices {
      var root = founding
      while Int(mergedInto[root]) != root { root = Int(mergedInto[root]) }
      indexOfFounding[founding] = indexOfFounding[root]
    }
    for batch in batchStarts.indices {
      let end = batch + 1 < batchStarts.count ? batchStarts[batch + 1] : activationCount
      for activation in batchStarts[batch]..<end {
        let index = Int(indexOfFounding[Int(foundingOfActivation[activation])])
        guard index >= 0 else { continue }
        regions[index].members.append(activation)
        if regions[index].batches.last != batch { regions[index].batches.append(batch) }
      }
    }
    return regions
  }
}
