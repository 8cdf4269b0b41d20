import Experiments
import Regions
import Storage
import Testing

@testable import Explorer

/// How prompts were answered, with a store beside the dictionary: known without a visit to a tab.
struct RatesAtOnceTests {
  private func explorer() throws -> ScriptedExplorer {
    try Samples.explorer("smollm2-refusal.last.p10", columns: 120, rows: 40)
  }

  @Test func `the column is there, and filled`() throws {
    let explorer = try explorer()
    #expect(explorer.state.regions?.columns.last == .refusal)
    #expect(explorer.state.regions?.refusals != nil)
    #expect(explorer.text.contains("refused"))
  }

  @Test func `a filter by the rate lists regions at once`() throws {
    let explorer = try explorer()
    explorer.type("frefusal > 0.3<Enter>")
    let regions = try #require(explorer.state.regions)
    #expect(!regions.rows.isEmpty)
    for row in regions.rows {
      #expect(try #require(regions.refusals?[Int(row)]?.rate) > 0.3)
    }
  }

  @Test func `rates are sorted by what is certain of them`() throws {
    let explorer = try explorer()
    explorer.type("sr")
    let regions = try #require(explorer.state.regions)
    let bounds = regions.rows.map { row -> Double in
      regions.refusals?[Int(row)]?.proportion.wilson()?.lower ?? -1
    }
    #expect(bounds == bounds.sorted(by: >))
    #expect(bounds.first ?? 0 > 0)
  }

  @Test func `without a store there is no such column`() throws {
    #expect(try ScriptedExplorer().state.regions?.columns == RegionColumn.standard)
  }
}
