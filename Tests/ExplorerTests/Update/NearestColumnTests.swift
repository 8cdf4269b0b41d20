import Testing

@testable import Explorer

/// Activations of the attached store that are nearest to a region now, beside its members.
struct NearestColumnTests {
  private func explorer() throws -> ScriptedExplorer {
    let explorer = try Samples.explorer("smollm2-instruct.last.p10", columns: 120, rows: 40)
    explorer.state.regions?.columns = [.members, .nearest]
    explorer.type("j")
    return explorer
  }

  private func rows(_ explorer: ScriptedExplorer) -> [Int] {
    (explorer.state.regions?.rows ?? []).map(Int.init)
  }

  @Test func `it is shown beside the members, once it was chosen`() throws {
    let explorer = try explorer()
    let counts = try #require(explorer.state.regions?.nearest)
    #expect(counts.reduce(0, +) == 200)
    #expect(explorer.text.contains("nearest"))
    let region = try #require(explorer.state.regions?.selected)
    let row = try #require(
      (0..<explorer.state.rows).first {
        explorer.screen.text(row: $0).prefix(5).contains(" \(region) ")
      })
    #expect(explorer.screen.text(row: row).prefix(80).contains(" \(counts[region]) "))
    #expect(
      explorer.table?.text(.tsv).split(separator: "\n").first
        == "id\tstarred\tlabel\tlabel_origin\tmembers\tnearest")
  }

  @Test func `the table is sorted by it, with a letter or a click, and at once`() throws {
    let explorer = try Samples.explorer("smollm2-instruct.last.p10", columns: 120, rows: 40)
    explorer.type("se")
    let counts = try #require(explorer.state.regions?.nearest)
    let sorted = rows(explorer).map { counts[$0] }
    #expect(sorted == sorted.sorted(by: >))
    explorer.type("se")
    #expect(rows(explorer).map { counts[$0] } == sorted.reversed())
  }

  @Test func `a filter by it needs no column and no tab first`() throws {
    let explorer = try Samples.explorer("smollm2-instruct.last.p10")
    explorer.type("fnearest > 5<Enter>")
    let counts = try #require(explorer.state.regions?.nearest)
    #expect(rows(explorer).sorted() == counts.indices.filter { counts[$0] > 5 })
  }

  @Test func `without a store it is said what is needed`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("se")
    #expect(explorer.status == "nearest activations need a store: --store")
    explorer.type("<Esc>fnearest > 5<Enter>")
    #expect(explorer.status.contains("nearest activations need a store: --store"))
  }
}
