/// The rows that each of many features is most active on, gathered while rows stream by.
struct TopSets: Sendable {
  let limit: Int
  let featureCount: Int
  /// Rows of each feature with an activation above 0.
  private(set) var active: [Int]
  /// `[featureCount, limit]`, the rows kept and their activations; `sizes` of each are used, the smallest first of a heap.
  private var rows: [Int32]
  private var values: [Float]
  private var sizes: [Int32]

  init(featureCount: Int, limit: Int) {
    self.limit = limit
    self.featureCount = featureCount
    active = [Int](repeating: 0, count: featureCount)
    rows = [Int32](repeating: 0, count: featureCount * limit)
    values = [Float](repeating: 0, count: featureCount * limit)
    sizes = [Int32](repeating: 0, count: featureCount)
  }

  /// Adds `activations [count, featureCount]` of the rows from `firstRow` on. Among equals the earlier row is kept.
  mutating func add(_ activations: [Float], count: Int, firstRow: Int) {
    activations.withUnsafeBufferPointer { activations in
      for row in 0..<count {
        let line = row * featureCount
        for feature in 0..<featureCount where activations[line + feature] > 0 {
          active[feature] += 1
          offer(activations[line + feature], row: Int32(firstRow + row), to: feature)
        }
      }
    }
  }

  private mutating func offer(_ value: Float, row: Int32, to feature: Int) {
    let base = feature * limit
    let size = Int(sizes[feature])
    if size < limit {
      var place = size
      sizes[feature] += 1
      while place > 0 {
        let parent = (place - 1) / 2
        guard isSmaller(value, row, base + parent) else { break }
        (values[base + place], rows[base + place]) = (values[base + parent], rows[base + parent])
        place = parent
      }
      (values[base + place], rows[base + place]) = (value, row)
      return
    }
    guard value > values[base] else { return }
    var place = 0
    while 2 * place + 1 < limit {
      var child = 2 * place + 1
      if child + 1 < limit,
        isSmaller(values[base + child + 1], rows[base + child + 1], base + child)
      {
        child += 1
      }
      guard !isSmaller(value, row, base + child) else { break }
      (values[base + place], rows[base + place]) = (values[base + child], rows[base + child])
      place = child
    }
    (values[base + place], rows[base + place]) = (value, row)
  }

  /// Whether a pair leaves the heap before the one at `place`: it is less active, or equally and later.
  private func isSmaller(_ value: Float, _ row: Int32, _ place: Int) -> Bool {
    value < values[place] || (value == values[place] && row > rows[place])
  }

  /// The rows kept of one feature, in no order.
  func rows(of feature: Int) -> ArraySlice<Int32> {
    rows[feature * limit..<feature * limit + Int(sizes[feature])]
  }

  /// The most active rows of one feature, most active first.
  func leading(_ count: Int, of feature: Int) -> [Int32] { most(count, of: feature).map(\.row) }

  /// The same with their activations.
  func most(_ count: Int, of feature: Int) -> [(row: Int32, activation: Float)] {
    let places = feature * limit..<feature * limit + Int(sizes[feature])
    return places.sorted { (values[$1], rows[$0]) < (values[$0], rows[$1]) }.prefix(count)
      .map { (rows[$0], values[$0]) }
  }

  func size(of feature: Int) -> Int { Int(sizes[feature]) }
}

/// Sets of rows by feature, and the features of every row.
struct FeatureSets: Sendable {
  /// Rows of each feature.
  let rows: [[Int32]]
  /// Features of each row.
  private let features: [[Int32]]

  init(rows: [[Int32]], rowCount: Int) {
    self.rows = rows
    var features = [[Int32]](repeating: [], count: rowCount)
    for (feature, members) in rows.enumerated() {
      for row in members { features[Int(row)].append(Int32(feature)) }
    }
    self.features = features
  }

  /// How many rows each of these features shares with some rows.
  ///
  /// - Parameters:
  ///   - order: the place of each row among these sets' rows; `nil` leaves them where they are.
  ///   - counts: zeros on entry and on return.
  func overlaps(
    _ chosen: some Sequence<Int32>, order: [Int]?, counts: inout [Int32]
  ) -> [(feature: Int, overlap: Int)] {
    var touched: [Int32] = []
    for row in chosen {
      for feature in features[order?[Int(row)] ?? Int(row)] {
        if counts[Int(feature)] == 0 { touched.append(feature) }
        counts[Int(feature)] += 1
      }
    }
    let result = touched.map { (Int($0), Int(counts[Int($0)])) }
    for feature in touched { counts[Int(feature)] = 0 }
    return result
  }
}
