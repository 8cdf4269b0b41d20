import Numerics

extension DictionaryBuilder {
  /// Merges regions whose exemplars lie within θ of each other: the largest of a group keeps its exemplar.
  ///
  /// Leader clustering keeps exemplars farther apart than θ, so only rounding at θ makes a pair; pairs of older exemplars
  /// were looked at when the younger was founded.
  /// - Returns: whether any were merged, so that exemplars have moved.
  mutating func mergeCloseRegions(foundedFrom firstNew: Int) -> Bool {
    let pairs = closePairs(foundedFrom: firstNew)
    guard !pairs.isEmpty else { return false }
    var parent = Array(0..<regionCount)
    func root(_ region: Int) -> Int {
      var region = region
      while parent[region] != region { region = parent[region] }
      return region
    }
    for (i, j) in pairs {
      let (a, b) = (root(i), root(j))
      if a != b { parent[b] = a }
    }
    var groups: [[Int]] = []
    var groupOfRoot: [Int: Int] = [:]
    for region in 0..<regionCount {
      let root = root(region)
      if let group = groupOfRoot[root] {
        groups[group].append(region)
      } else {
        groupOfRoot[root] = groups.count
        groups.append([region])
      }
    }
    var survivors: [Int] = []
    for group in groups {
      // Largest first; equals in the order of founding.
      let bySize = group.sorted { (memberCounts[$1], $0) < (memberCounts[$0], $1) }
      for source in bySize.dropFirst() { merge(source, into: bySize[0]) }
      survivors.append(bySize[0])
    }
    // A survivor takes its group's earliest place, which need not ascend; exemplars move through a copy.
    let moved = survivors.map {
      Array(UnsafeBufferPointer(start: exemplars.row($0), count: dimension))
    }
    exemplars.keep(Array(0..<survivors.count))
    for (new, row) in moved.enumerated() {
      row.withUnsafeBufferPointer {
        exemplars.row(new).update(from: $0.baseAddress!, count: dimension)
      }
    }
    sumRow = survivors.map { sumRow[$0] }
    memberCounts = survivors.map { memberCounts[$0] }
    sumDistances = survivors.map { sumDistances[$0] }
    sumSquaredDistances = survivors.map { sumSquaredDistances[$0] }
    closest.keep(survivors)
    farthest.keep(survivors)
    samples.keep(survivors)
    foundingNumber = survivors.map { foundingNumber[$0] }
    return true
  }

  /// Pairs (i, j), i < j, j founded by this batch, at similarity ≥ 1 − θ; in row-major order.
  private func closePairs(foundedFrom firstNew: Int) -> [(Int, Int)] {
    let limit = Float(1 - threshold)
    let doubt = FixedOrderProduct.doubt(count: dimension)
    let chunkSize = NearestExemplar.rowsPerChunk
    var products = [Float](repeating: 0, count: chunkSize)
    var pairs: [(Int, Int)] = []
    for j in firstNew..<regionCount {
      for start in stride(from: 0, to: j, by: chunkSize) {
        let columns = min(start + chunkSize, j) - start
        products.withUnsafeMutableBufferPointer {
          MatrixProducts.multiplyTransposed(
            exemplars.row(j), rows: 1, exemplars.row(start), columns: columns, depth: dimension,
            into: $0.baseAddress!, strideC: columns)
        }
        for column in 0..<columns where products[column] >= limit - doubt {
          var product = products[column]
          if product <= limit + doubt {
            product = Float(
              FixedOrderProduct.dot(
                exemplars.row(j), exemplars.row(start + column), count: dimension))
          }
          if min(product, 1) >= limit { pairs.append((start + column, j)) }
        }
      }
    }
    return pairs.sorted { $0 < $1 }
  }

  private mutating func merge(_ source: Int, into target: Int) {
    if sumRow[target] < 0 {
      sumRow[target] = Int32(sums.count)
      sums.append(exemplars.row(target))
    }
    let sourceSum =
      sumRow[source] < 0 ? exemplars.row(source) : sums.row(Int(sumRow[source]))
    UnitRows.add(sourceSum, to: sums.row(Int(sumRow[target])), count: dimension)
    memberCounts[target] += memberCounts[source]
    sumDistances[target] += sumDistances[source]
    sumSquaredDistances[target] += sumSquaredDistances[source]
    closest.merge(source, into: target, texts: documents)
    farthest.merge(source, into: target, texts: documents)
    var pool = Array(samples[target]) + samples[source]
    if pool.count > Reservoir.capacity {
      // The members with the smallest draws: a uniform choice that no order changes.
      pool = Array(
        pool.sorted {
          SeededNumbers.value(seed: options.seed ^ 1, index: UInt64($0))
            < SeededNumbers.value(seed: options.seed ^ 1, index: UInt64($1))
        }.prefix(Reservoir.capacity))
    }
    samples.removeAll(source)
    samples.replace(target, by: pool)
    mergedInto[Int(foundingNumber[source])] = foundingNumber[target]
  }
}
