import ExemplarPartitioning
import Numerics

/// Rows dealt to folds with whole groups kept together, so that nothing is tested on a group it was fitted on.
package struct GroupedFolds: Sendable, Equatable {
  /// `[count]`.
  package var foldOfRow: [Int]
  package var foldCount: Int
  package var groupCount: Int

  /// Deals the larger groups first, each to the fold that has the fewest rows of its commonest class, then the fewest rows;
  /// equals in a seeded order.
  ///
  /// - Parameters:
  ///   - groups: `[count]`, the group of each row.
  ///   - classes: `[count]`.
  package init(groups: [Int], classes: [Int], folds: Int, seed: UInt64) {
    let names = Set(groups).sorted()
    let number = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    var rowsOfGroup = [[Int]](repeating: [], count: names.count)
    for (row, group) in groups.enumerated() { rowsOfGroup[number[group] ?? 0].append(row) }
    foldCount = min(folds, names.count)
    groupCount = names.count
    foldOfRow = [Int](repeating: 0, count: groups.count)
    guard foldCount > 0 else { return }
    let classCount = (classes.max() ?? 0) + 1
    var held = [[Int]](
      repeating: [Int](repeating: 0, count: classCount), count: foldCount)
    let order = SeededNumbers.permutation(names.count, seed: seed)
    let place = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
    let bySize = names.indices.sorted {
      (rowsOfGroup[$1].count, place[$0] ?? 0) < (rowsOfGroup[$0].count, place[$1] ?? 0)
    }
    for group in bySize {
      var counts = [Int](repeating: 0, count: classCount)
      for row in rowsOfGroup[group] { counts[classes[row]] += 1 }
      let commonest = counts.indices.max { counts[$0] < counts[$1] } ?? 0
      let fold =
        held.indices.min {
          (held[$0][commonest], held[$0].reduce(0, +))
            < (held[$1][commonest], held[$1].reduce(0, +))
        } ?? 0
      for row in rowsOfGroup[group] { foldOfRow[row] = fold }
      for index in counts.indices { held[fold][index] += counts[index] }
    }
  }
}
