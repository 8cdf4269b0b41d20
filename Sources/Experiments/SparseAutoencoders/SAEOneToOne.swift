import ExemplarPartitioning

/// Regions and features matched one to one by F1 of their top sets.
///
/// - Source: the reference solves `linear_sum_assignment` over F1 = 2 · overlap / (|A| + |B|) of the regions and features that
///   are active often enough, and drops pairs without overlap. Where several matchings have the same largest sum, either may
///   be had.
enum SAEOneToOne {
  /// - Parameter order: the place of each row among the features' rows; `nil` leaves them where they are.
  /// - Complexity: memory 4 · regions · features bytes of those with any overlap.
  static func matches(
    _ regions: FeatureSets, _ features: FeatureSets, _ active: [Int], order: [Int]?, threads: Int
  ) throws -> [SAEComparison.Match] {
    var counts = [Int32](repeating: 0, count: features.rows.count)
    var cells: [(region: Int, overlaps: [(feature: Int, overlap: Int)])] = []
    for (region, rows) in regions.rows.enumerated() where !rows.isEmpty {
      let overlaps = features.overlaps(rows, order: order, counts: &counts)
      if !overlaps.isEmpty { cells.append((region, overlaps)) }
    }
    // What overlaps with nothing adds nothing to any sum.
    let used = Set(cells.flatMap { $0.overlaps.map(\.feature) }).sorted()
    guard !cells.isEmpty else { return [] }
    let place = Dictionary(uniqueKeysWithValues: used.enumerated().map { ($1, $0) })
    let isTall = cells.count > used.count
    let (rows, columns) = isTall ? (used.count, cells.count) : (cells.count, used.count)
    func f1(_ overlap: Int, _ region: Int, _ feature: Int) -> Double {
      2 * Double(overlap) / Double(regions.rows[region].count + features.rows[feature].count)
    }
    let matrix = try CosineMatrix(rows: rows, columns: columns) { target in
      target.initialize(repeating: 0, count: rows * columns)
      for (index, cell) in cells.enumerated() {
        for (feature, overlap) in cell.overlaps {
          let other = place[feature] ?? 0
          let (row, column) = isTall ? (other, index) : (index, other)
          target[row * columns + column] = Float(f1(overlap, cell.region, feature))
        }
      }
    }
    let assignment = try RectangularAssignment.solve(matrix, threads: threads)
    return cells.indices.compactMap { index -> SAEComparison.Match? in
      let partner =
        isTall ? Int(assignment.rowOfColumn[index]) : Int(assignment.columnOfRow[index])
      guard partner >= 0 else { return nil }
      let (region, feature) = (cells[index].region, used[partner])
      guard let overlap = cells[index].overlaps.first(where: { $0.feature == feature })?.overlap
      else { return nil }
      return SAEComparison.Match(
        own: region, partner: feature, overlap: overlap,
        precision: Double(overlap) / Double(regions.rows[region].count),
        recall: Double(overlap) / Double(features.rows[feature].count),
        f1: f1(overlap, region, feature), active: active[region])
    }
  }
}
