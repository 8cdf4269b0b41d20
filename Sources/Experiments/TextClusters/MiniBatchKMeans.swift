import Foundation

/// Texts in clusters of like words, by k-means on batches.
///
/// The draws are those of NumPy's older generator and the steps scikit-learn's, so that its labels come out; but for sums
/// that differ in their last bit, where a text is as near to two centres, and for its unstable order where more than half a batch
/// of clusters is filled anew.
///
/// - Source: scikit-learn's `MiniBatchKMeans(n_clusters, n_init=10, batch_size=512, random_state=seed)`, its other settings as
///   they are by default; seeding by Arthur and Vassilvitskii, greedy.
package struct MiniBatchKMeans: Sendable {
  /// For each text the cluster of the nearest centre, of equally near ones the first.
  package let labels: [Int]
  /// For each text, its squared distance to that centre.
  package let distances: [Double]
  /// Steps that were made.
  let steps: Int

  package var inertia: Double { distances.reduce(0, +) }

  private static let mostRounds = 100
  private static let patience = 10
  private static let reassignment = 0.01

  /// - Parameters:
  ///   - clusters: from 1 to the number of texts.
  ///   - check: called now and then; to stop, throw.
  /// - Complexity: O(steps · (batch · clusters · words of a text + clusters · terms)).
  package init(
    _ vectors: TermVectors, clusters: Int, seed: UInt32, starts: Int = 10, batch: Int = 512,
    check: () throws -> Void = {}
  ) rethrows {
    precondition(
      (1...max(1, vectors.count)).contains(clusters),
      "expected 1 to \(vectors.count) clusters, got \(clusters)")
    let rows = vectors.rows
    let count = rows.count
    let batch = min(batch, count)
    var sample = 3 * batch
    if sample < clusters { sample = 3 * clusters }
    sample = min(sample, count)
    var generator = NumPyLegacyGenerator(seed: seed)

    let validation = (0..<sample).map { _ in rows[generator.below(count)] }
    var best: (inertia: Double, centres: Centres)?
    for _ in 0..<starts {
      try check()
      let chosen =
        sample < count ? (0..<sample).map { _ in rows[generator.below(count)] } : rows
      let centres = Centres(seeding: chosen, vectors.termCount, clusters, &generator)
      let inertia = centres.nearest(validation).reduce(0) { $0 + $1.distance }
      if best.map({ inertia < $0.inertia }) ?? true { best = (inertia, centres) }
    }
    var centres = best!.centres
    var weights = [Double](repeating: 0, count: clusters)
    let cumulated = Self.cumulated(count)
    var sinceReassignment = 0
    var (smoothed, least, stale) = (Double?.none, Double?.none, 0)
    var made = 0
    for step in 0..<Self.mostRounds * count / batch {
      try check()
      let drawn = (0..<batch).map { _ in rows[Self.place(generator.uniform(), in: cumulated)] }
      sinceReassignment += batch
      let isReassigning = weights.contains(0) || sinceReassignment >= 10 * clusters
      if isReassigning { sinceReassignment = 0 }
      let found = centres.nearest(drawn)
      centres.take(drawn, found.map(\.cluster), &weights)
      if isReassigning { Self.reassign(&centres, drawn, &weights, &generator) }
      made = step + 1
      let inertia = found.reduce(0) { $0 + $1.distance } / Double(batch)
      // The first is of the seeding.
      guard step > 0 else { continue }
      let alpha = min(Double(batch) * 2 / Double(count + 1), 1)
      smoothed = smoothed.map { $0 * (1 - alpha) + inertia * alpha } ?? inertia
      if let smoothed, least.map({ smoothed < $0 }) ?? true {
        (least, stale) = (smoothed, 0)
      } else {
        stale += 1
      }
      if stale >= Self.patience { break }
    }
    let found = centres.nearest(rows)
    (labels, distances, steps) = (found.map(\.cluster), found.map(\.distance), made)
  }

  /// `choice(n, p=[1/n, …])`: the running sums of p, the last made 1.
  private static func cumulated(_ count: Int) -> [Double] {
    var sum = 0.0
    let sums = (0..<count).map { _ -> Double in
      sum += 1 / Double(count)
      return sum
    }
    return sums.map { $0 / sum }
  }

  /// The first place whose running sum is above the value.
  private static func place(_ value: Double, in sums: [Double]) -> Int {
    var (low, high) = (0, sums.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] > value { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Gives clusters of very few texts a text of the batch as their centre.
  private static func reassign(
    _ centres: inout Centres, _ batch: [[TermVectors.Entry]], _ weights: inout [Double],
    _ generator: inout NumPyLegacyGenerator
  ) {
    let bound = reassignment * (weights.max() ?? 0)
    var isEmptied = weights.map { $0 < bound }
    let most = Int(0.5 * Double(batch.count))
    if Double(isEmptied.count(where: \.self)) > 0.5 * Double(batch.count) {
      let order = weights.indices.sorted { (weights[$0], $0) < (weights[$1], $1) }
      for cluster in order.dropFirst(most) { isEmptied[cluster] = false }
    }
    let emptied = isEmptied.indices.filter { isEmptied[$0] }
    guard !emptied.isEmpty else { return }
    for (cluster, text) in zip(emptied, generator.choose(emptied.count, of: batch.count)) {
      centres.put(batch[text], at: cluster)
    }
    // Not so few that they are emptied again at once.
    let fewest = weights.indices.filter { !isEmptied[$0] }.map { weights[$0] }.min() ?? 0
    for cluster in emptied { weights[cluster] = fewest }
  }
}

/// Points between texts, `[clusters, terms]`.
private struct Centres {
  private var values: [Double]
  private let terms: Int
  private let count: Int

  /// Greedy k-means++: each next centre is the best of a few texts that are drawn by their squared distance to the nearest.
  init(
    seeding rows: [[TermVectors.Entry]], _ terms: Int, _ count: Int,
    _ generator: inout NumPyLegacyGenerator
  ) {
    (self.terms, self.count) = (terms, count)
    values = Array(repeating: 0, count: terms * count)
    let norms = rows.map { $0.reduce(0) { $0 + $1.weight * $1.weight } }
    var dense = [Double](repeating: 0, count: terms)
    func distances(to text: Int) -> [Double] {
      for entry in rows[text] { dense[entry.term] = entry.weight }
      defer { for entry in rows[text] { dense[entry.term] = 0 } }
      return rows.indices.map { other in
        let product = rows[other].reduce(0) { $0 + $1.weight * dense[$1.term] }
        return max(0, norms[text] - 2 * product + norms[other])
      }
    }
    func cumulated(_ values: [Double]) -> [Double] {
      var sum = 0.0
      return values.map {
        sum += $0
        return sum
      }
    }
    let trials = 2 + Int(log(Double(count)))
    let equal = cumulated(rows.map { _ in 1 / Double(rows.count) })
    let start = generator.uniform()
    let first = equal.firstIndex { $0 / (equal.last ?? 1) > start } ?? rows.count - 1
    put(rows[first], at: 0)
    var closest = distances(to: first)
    var potential = closest.reduce(0, +)
    for cluster in 1..<max(count, 1) {
      let drawn = (0..<trials).map { _ in generator.uniform() * potential }
      let sums = cumulated(closest)
      var best: (text: Int, distances: [Double], potential: Double)?
      for value in drawn {
        var (low, high) = (0, sums.count)
        while low < high {
          let middle = (low + high) / 2
          if sums[middle] >= value { high = middle } else { low = middle + 1 }
        }
        let text = min(low, sums.count - 1)
        let nearer = zip(closest, distances(to: text)).map { min($0, $1) }
        let sum = nearer.reduce(0, +)
        if best.map({ sum < $0.potential }) ?? true { best = (text, nearer, sum) }
      }
      guard let best else { continue }
      (closest, potential) = (best.distances, best.potential)
      put(rows[best.text], at: cluster)
    }
  }

  mutating func put(_ row: [TermVectors.Entry], at cluster: Int) {
    for place in cluster * terms..<(cluster + 1) * terms { values[place] = 0 }
    for entry in row { values[cluster * terms + entry.term] = entry.weight }
  }

  /// For each row the nearest centre and the squared distance to it.
  func nearest(_ rows: [[TermVectors.Entry]]) -> [(cluster: Int, distance: Double)] {
    values.withUnsafeBufferPointer { values in
      let norms = (0..<count).map { cluster in
        values[cluster * terms..<(cluster + 1) * terms].reduce(0) { $0 + $1 * $1 }
      }
      return rows.map { row in
        var (best, least) = (0, Double.infinity)
        for cluster in 0..<count {
          let base = cluster * terms
          var product = 0.0
          for entry in row { product += values[base + entry.term] * entry.weight }
          let distance = norms[cluster] - 2 * product
          if distance < least { (best, least) = (cluster, distance) }
        }
        let own = row.reduce(0) { $0 + $1.weight * $1.weight }
        return (best, max(0, least + own))
      }
    }
  }

  /// Moves each centre to the mean of all rows that it has had.
  mutating func take(
    _ rows: [[TermVectors.Entry]], _ labels: [Int], _ weights: inout [Double]
  ) {
    var members: [[Int]] = Array(repeating: [], count: count)
    for (row, label) in labels.enumerated() { members[label].append(row) }
    values.withUnsafeMutableBufferPointer { values in
      for cluster in 0..<count where !members[cluster].isEmpty {
        let base = cluster * terms
        let weight = weights[cluster]
        for place in base..<base + terms { values[place] *= weight }
        for row in members[cluster] {
          for entry in rows[row] { values[base + entry.term] += entry.weight }
        }
        weights[cluster] += Double(members[cluster].count)
        let alpha = 1 / weights[cluster]
        for place in base..<base + terms { values[place] *= alpha }
      }
    }
  }
}
