import Storage
import Testing

@Suite("Filtering regions")
struct RegionFilterTests {
  private static let table: RegionTable = {
    var table = RegionTable()
    table.memberCounts = [10, 50, 40]
    table.coherences = [0.9, 0.5, 0.7]
    table.meanDistances = [0.1, 0.4, 0.2]
    return table
  }()
  private static let labels = [0: "Poison and toxins", 2: "river"]

  private func regions(_ filter: String) throws -> [Int] {
    let filter = try RegionFilter(filter)
    return (0..<3).filter {
      filter.accepts(
        region: $0, in: Self.table, totalMembers: 100, threshold: 0.5, label: Self.labels[$0],
        isStarred: $0 == 2)
    }
  }

  @Test(
    "keeps the regions for which every comparison holds",
    arguments: [
      ("", [0, 1, 2]), ("members > 10", [1, 2]), ("members>=40 coherence<0.6", [1]),
      ("share = 50", [1]), ("distance <= 0.4", [0, 2]), ("label:~POISON", [0]),
      ("label:river", [2]), ("label:\"poison and toxins\"", [0]), ("label = 0", [1]),
      ("stars = 1", [2]), ("id != 1", [0, 2]),
    ])
  func accepted(filter: String, expected: [Int]) throws {
    #expect(try regions(filter) == expected)
  }

  @Test(
    "points at what it cannot understand",
    arguments: [
      ("size > 3", 1), ("members > many", 11), ("members 5", 9), ("coherence:0.5", 10),
      ("members > 1 label:\"open", 19),
    ])
  func mistakes(filter: String, column: Int) {
    let error = #expect(throws: RegionFilter.SyntaxError.self) { try RegionFilter(filter) }
    #expect(error?.column == column)
  }
}
