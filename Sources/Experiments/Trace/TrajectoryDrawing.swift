/// Prompts through the regions of several dictionaries: a column of bars for each, and bands between them.
///
/// A bar is as high as the prompts that end in its region; bands of a category leave and arrive together. Of each dictionary the
/// regions that most prompts end in have bars of their own, the others one together.
package enum TrajectoryDrawing {
  private static let height = 260.0
  private static let gap = 5.0
  private static let barWidth = 14.0

  /// A region, or all that have no bar of their own.
  private struct Node: Hashable {
    var column: Int
    var region: Int?
  }

  /// - Parameters:
  ///   - names: of the dictionaries, in order.
  ///   - shown: regions of a dictionary with bars of their own.
  package static func drawing(
    _ trajectories: Trajectories, names: [String], shown: Int = 6
  ) -> Drawing {
    let categories = trajectories.categories
    let paths = trajectories.paths
    guard !paths.isEmpty, !names.isEmpty else { return Drawing(height: 20, shapes: []) }
    let tops = names.indices.map { column -> [Int] in
      let counts = Dictionary(grouping: paths) { $0.regions[column] }.mapValues(\.count)
      return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(shown).map(\.key)
    }
    func node(_ path: Trajectories.Path, _ column: Int) -> Node {
      let region = path.regions[column]
      return Node(column: column, region: tops[column].contains(region) ? region : nil)
    }
    func x(_ column: Int) -> Double {
      names.count == 1 ? 320 : 40 + Double(column) * 560 / Double(names.count - 1)
    }
    var shapes: [Drawing.Shape] = []
    // Where the band of each category begins in each bar.
    var places: [Node: [Double]] = [:]
    var unit = Double.infinity
    let columns = names.indices.map { column in
      tops[column].map { Node(column: column, region: $0) }
        + (paths.contains { node($0, column).region == nil }
          ? [Node(column: column, region: nil)] : [])
    }
    for bars in columns {
      let room = height - 36 - gap * Double(bars.count - 1)
      unit = min(unit, room / Double(paths.count))
    }
    for (column, bars) in columns.enumerated() {
      shapes.append(.text(names[column], .init(min(max(x(column), 70), 570), 8), size: 11))
      var y = 26.0
      for bar in bars {
        let inside = paths.filter { node($0, column) == bar }
        var starts: [Double] = []
        for (index, category) in categories.enumerated() {
          let own = Double(inside.count { $0.category == category }) * unit
          starts.append(y)
          if own > 0 {
            shapes.append(
              area(
                x(column) - barWidth / 2, x(column) + barWidth / 2, y, y, own,
                role(index)))
          }
          y += own
        }
        places[bar] = starts
        let name = bar.region.map { "\($0)" } ?? "other"
        shapes.append(
          .text(name, .init(x(column) + (column == names.count - 1 ? 24 : -20), y - 6), size: 9))
        y += gap
      }
    }
    for column in names.indices.dropLast() {
      var (leaving, arriving) = (places, places)
      for (index, category) in categories.enumerated() {
        for from in columns[column] {
          for to in columns[column + 1] {
            let count = paths.count {
              $0.category == category && node($0, column) == from && node($0, column + 1) == to
            }
            guard count > 0, let a = leaving[from]?[index], let b = arriving[to]?[index] else {
              continue
            }
            let thickness = Double(count) * unit
            shapes.append(
              area(
                x(column) + barWidth / 2, x(column + 1) - barWidth / 2, a, b, thickness,
                role(index)))
            leaving[from]?[index] += thickness
            arriving[to]?[index] += thickness
          }
        }
      }
    }
    for (index, category) in categories.enumerated() {
      let left = 60 + Double(index % 4) * 150
      let y = height + 8 + Double(index / 4) * 16
      shapes.append(area(left - 12, left - 2, y - 5, y - 5, 10, role(index)))
      shapes.append(.text(category, .init(left + 8 + Double(category.count) * 3, y), size: 10))
    }
    return Drawing(height: height + 24 + Double(categories.count / 4) * 16, shapes: shapes)
  }

  private static func role(_ index: Int) -> Drawing.Role {
    Drawing.Role.kinds[index % Drawing.Role.kinds.count]
  }

  /// A band that begins at one height and ends at another, level at both ends.
  private static func area(
    _ left: Double, _ right: Double, _ from: Double, _ to: Double, _ thickness: Double,
    _ role: Drawing.Role
  ) -> Drawing.Shape {
    let steps = from == to ? 1 : 16
    let upper = (0...steps).map { step -> Drawing.Point in
      let share = Double(step) / Double(steps)
      let eased = share * share * (3 - 2 * share)
      return Drawing.Point(left + (right - left) * share, from + (to - from) * eased)
    }
    return .area(
      upper + upper.reversed().map { Drawing.Point($0.x, $0.y + thickness) }, role)
  }
}
