import Storage
import Terminal
import Testing

@testable import Explorer

@Suite struct FilterUpdateTests {
  private func rows(_ explorer: ScriptedExplorer) -> [Int32] { explorer.state.regions?.rows ?? [] }

  @Test func `the table narrows while the filter is typed`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("fmembers > 1")
    #expect(rows(explorer) == [0, 1, 2, 3, 4])
    explorer.type("00")
    #expect(rows(explorer) == [0, 1])
    explorer.type(" coherence < 0.7<Enter>")
    #expect(rows(explorer) == [1])
    #expect(explorer.state.regions?.mode == .browsing)
    explorer.type("<Esc>")
    #expect(rows(explorer).count == 6)
    #expect(explorer.state.regions?.selected == 1)
  }

  @Test func `a mistake keeps what was understood, and Enter says what is wrong`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("fmembers > 100 size")
    #expect(rows(explorer) == [0, 1])
    #expect(explorer.status.contains("✗ column 15: expected one of id, members"))
    explorer.type("<Enter>")
    guard case .filtering = explorer.state.regions?.mode else {
      Issue.record("the field was left")
      return
    }
    explorer.type("<Esc>")
    #expect(rows(explorer).count == 6)
  }

  @Test func `Tab takes the completion that is chosen`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("fla<Tab>")
    #expect(explorer.state.textField?.text == "label:~")
    explorer.type("ref<Tab><Enter>")
    #expect(explorer.state.regions?.filter?.text == "label:~\"refusal opener\" ")
    #expect(rows(explorer) == [2])
  }

  @Test func `a filter and a search hold together, and Esc takes one after the other`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("fmembers < 1000<Enter>/kitchen<Enter>")
    #expect(rows(explorer) == [1])
    explorer.type("<Esc>")
    #expect(rows(explorer) == [1, 2, 3, 4, 5])
    explorer.type("<Esc>")
    #expect(rows(explorer).count == 6)
  }

  @Test func `a label that changes moves its region in or out of the filter`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("flabel:\"\"<Enter>")
    #expect(rows(explorer) == [0, 1, 3, 4, 5])
    explorer.type("lneedle<Enter>")
    #expect(rows(explorer) == [1, 3, 4, 5])
  }

  @Test func `going to a region that is filtered out shows all`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("fmembers > 100<Enter>#4<Enter>")
    #expect(explorer.state.regions?.selected == 4)
    #expect(rows(explorer).count == 6)
    #expect(explorer.status.contains("does not pass the filter"))
  }

  @Test func `refusal rates need a store`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("frefusal > 0.3<Enter>")
    #expect(explorer.status.contains("refusal rates need a store"))
  }

  @Test func `columns are chosen, moved and sorted by`() throws {
    let explorer = try ScriptedExplorer(columns: 200, rows: 50)
    explorer.type("C")
    explorer.type("<Space>jjJ<Enter>")
    #expect(explorer.state.regions?.columns == [.share, .bar, .distance, .coherence])
    explorer.type("Cjjjj<Space><Enter>")
    #expect(explorer.state.regions?.columns.last == .members)
    explorer.type("sf")
    #expect(explorer.state.regions?.sort.column == .founded)
    #expect(rows(explorer) == [0, 1, 2, 3, 4, 5])
  }

  @Test func `tags are saved, shown, filtered by and undone`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("Tharm check<Enter>")
    #expect(explorer.state.regions?.annotations.tags == [0: ["check", "harm"]])
    #expect(explorer.text.contains("#check #harm"))
    explorer.type("jTha<Tab>")
    #expect(explorer.state.textField?.text == "harm ")
    explorer.type("<Enter>ftag:check<Enter>")
    #expect(rows(explorer) == [0])
    explorer.type("<Esc>u")
    #expect(explorer.state.regions?.annotations.tags == [0: ["check", "harm"]])
    explorer.type("u")
    #expect(explorer.state.regions?.annotations.tags == [:])
  }
}
