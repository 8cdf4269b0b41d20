import ExemplarPartitioning
import GRDB

extension DictionaryFile {
  /// Every recorded (row of the stream, region), by region; empty where members were not recorded.
  ///
  /// - Complexity: O(activations).
  package func rowsOfRegions() throws -> [(row: Int, region: Int)] {
    try read { db in
      var pairs: [(row: Int, region: Int)] = []
      let rows = try Row.fetchCursor(
        db, sql: "SELECT region, members FROM membership ORDER BY region")
      while let row = try rows.next() {
        let region = try row.decode(Int.self, atIndex: 0)
        guard (0..<regionCount).contains(region) else {
          throw damaged("members of region \(region): expected regions below \(regionCount)")
        }
        for member in try integers(row, 1, "members", region) { pairs.append((member, region)) }
      }
      return pairs
    }
  }
}
