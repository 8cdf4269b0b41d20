import Foundation
import Terminal
import TestSupport
import Testing

@testable import Explorer

/// Each state of comparing, as a person sees it. To keep the screens there are now, run with `EXPLORER_RECORD_SCREENS=1`.
@Suite struct CompareScreenTests {
  private static let sizes = [(80, 24), (200, 60)]

  private func name(_ state: String, _ columns: Int) -> String { "compare-\(state)-\(columns)" }

  @Test(arguments: sizes) func `picking the two`(columns: Int, rows: Int) throws {
    let explorer = try CompareFixture.explorer(columns: columns, rows: rows)
    explorer.type("c")
    let list = try #require(explorer.row(with: " A parent"))
    #expect(explorer.status == "parent.epdict is A · choose B and press c")
    #expect(explorer.keys.contains("c with this"))
    explorer.type("<Esc>")
    #expect(!explorer.screen.text(row: list).hasPrefix(" A "))
  }

  @Test func `with one dictionary there is nothing to compare`() throws {
    let folder = try TemporaryFolder()
    try CompareFixture.write("parent", [[0], [1], [2], [3]], turned: 0, to: folder)
    let explorer = try ScriptedExplorer(folder: folder, paths: ["parent.epdict"])
    explorer.type("<Esc>")
    #expect(!explorer.keys.contains("compare"))
    explorer.type("c")
    #expect(explorer.status == "parent.epdict is A · choose B and press c")
    explorer.type("c")
    #expect(explorer.status == "no longer marked")
  }

  @Test(arguments: sizes) func `persisted, side by side`(columns: Int, rows: Int) throws {
    let explorer = try CompareFixture.withOutcomes(columns: columns, rows: rows)
    try expect(explorer, showsScreen: name("persisted", columns))
    explorer.type("<Enter>j")
    try expect(explorer, showsScreen: name("contexts", columns))
  }

  @Test(arguments: sizes) func `dropped, and where the members went`(columns: Int, rows: Int) throws
  {
    let explorer = try CompareFixture.withOutcomes(columns: columns, rows: rows)
    explorer.type("}}}2")
    try expect(explorer, showsScreen: name("dropped", columns))
    explorer.type("5<Tab>")
    try expect(explorer, showsScreen: name("flow", columns))
  }

  @Test(arguments: sizes) func `introduced, beside its null`(columns: Int, rows: Int) throws {
    let explorer = try CompareFixture.withOutcomes(columns: columns, rows: rows)
    explorer.type("}}}3")
    try expect(explorer, showsScreen: name("introduced", columns))
    explorer.type("6")
    #expect(explorer.text.contains("To be quoted (y copies it)"))
  }

  @Test(arguments: sizes) func `regions through three dictionaries`(columns: Int, rows: Int) throws
  {
    let explorer = try CompareFixture.explorer(columns: columns, rows: rows, more: ["later"])
    // later, parent, tuned: alphabetically.
    explorer.type("j<Space><Space>g<Space>c")
    try #require(explorer.state.screen == .lineage)
    try expect(explorer, showsScreen: name("lineage", columns))
  }

  @Test func `a step of several dictionaries opens as their comparison, and Esc leads back`() throws
  {
    let explorer = try CompareFixture.explorer(more: ["later"])
    explorer.type("j<Space><Space>g<Space>c")
    let trajectory = try #require(explorer.state.lineage)
    #expect(
      (0..<3).map { trajectory.part($0).dictionary.name } == [
        "parent.epdict", "tuned.epdict", "later.epdict",
      ])
    #expect(trajectory.lineage.rows.count == 5)
    #expect(trajectory.spanning == 4)
    explorer.type("ll<Enter>")
    #expect(explorer.state.screen == .compare)
    #expect(explorer.state.compare?.opened.a.dictionary.name == "tuned.epdict")
    #expect(explorer.state.compare?.selected?.a == trajectory.selected?.regions[1])
    explorer.type("<Esc>")
    #expect(explorer.state.screen == .lineage)
    explorer.type("/greeting<Enter>")
    #expect(explorer.state.lineage?.rows.count == 1)
    explorer.type("<Esc>s")
    #expect(explorer.status == "sorted by how far they go")
    explorer.type("}}}}}}")
    #expect((explorer.state.lineage?.spanning ?? 9) < 4)
    explorer.type("0y")
    #expect(explorer.copied.last?.contains("4 through all 3 dictionaries") == true)
    explorer.type("<Esc>")
    #expect(explorer.state.screen == .library)
  }

  @Test func `what ended is followed by most of its members`() throws {
    let explorer = try CompareFixture.explorer(more: ["later"])
    explorer.type("j<Space><Space>g<Space>c}}}}}}")
    var trajectory = try #require(explorer.state.lineage)
    let row = try #require(trajectory.lineage.rows.first { $0.first == 0 && $0.regions == [3] })
    #expect(trajectory.words(row, in: 1) == "split into 4 and 3")
    let path = trajectory.path(of: row)
    #expect(path.map(\.index) == [0, 1, 2])
    #expect(path.map(\.region) == [3, 4, 4])
    #expect(path.map(\.isMatched) == [true, false, false])
    trajectory.setCutoff(0.7)
    #expect(
      trajectory.table.columns.prefix(4) == ["region_1", "members_1", "label_1", "cosine_1_2"])
    #expect(trajectory.table.rowCount == 5)
  }

  @Test func `ribbons of a flow keep their members and stay in their rows`() throws {
    let explorer = try CompareFixture.compared()
    let flow = try #require(explorer.state.compare?.flow)
    for rows in 1...12 {
      let diagram = FlowDiagram(flow, region: 3, on: .a, rows: rows)
      #expect(diagram.height <= rows)
      #expect(diagram.ribbons.filter(\.isFocus).reduce(0) { $0 + $1.count } == 5)
      #expect(diagram.left.first?.isFocus == true)
      for node in diagram.left + diagram.right {
        #expect(!node.rows.isEmpty && node.rows.upperBound <= rows)
      }
      let plane = diagram.plane(columns: 30).plane
      #expect(plane.rows == diagram.height)
    }
    let back = FlowDiagram(flow, region: 4, on: .b, rows: 8)
    #expect(back.left.map(\.region) == [3])
    #expect(back.right.map(\.region) == [4, 3])
  }
}
