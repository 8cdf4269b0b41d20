import Regions
import Terminal
import Testing

@testable import Explorer

@Suite struct MouseUpdateTests {
  @Test func `a click selects a row, a heading sorts`() throws {
    let explorer = try ScriptedExplorer()
    explorer.click(row: 5, column: 30)
    #expect(explorer.state.regions?.selected == 2)
    explorer.click(row: 2, column: 68)
    #expect(explorer.state.regions?.sort == RegionSort(.coherence))
    explorer.click(row: 2, column: 68)
    #expect(explorer.state.regions?.sort == RegionSort(.coherence, isDescending: false))
  }

  @Test func `a click on a context gives it the keyboard`() throws {
    let explorer = try ScriptedExplorer(columns: 140, rows: 30)
    let row = try #require(explorer.row(with: "bake› bread"))
    explorer.click(row: row, column: 120)
    #expect(explorer.state.regions?.focus == .contexts)
    #expect(explorer.state.regions?.place == ContextPlace(.closest, 1))
    explorer.click(row: 4, column: 3)
    #expect(explorer.state.regions?.focus == .list)
  }

  @Test func `a click on the tabs changes the list of contexts`() throws {
    let explorer = try ScriptedExplorer(rows: 18)
    let row = try #require(explorer.row(with: "▸1 Closest"))
    explorer.click(row: row, column: 14)
    #expect(explorer.text.contains("▸2 Boundary"))
    #expect(explorer.state.regions?.place.kind == .boundary)
  }

  @Test func `the wheel scrolls the table and leaves the selection`() throws {
    let explorer = try ScriptedExplorer(columns: 60, rows: 16)
    explorer.act(.mouse(MouseEvent(.wheelDown, row: 4, column: 4)))
    #expect(explorer.state.regions?.top == 2)
    #expect(explorer.state.regions?.cursor == 0)
    explorer.type("j")
    #expect(explorer.state.regions?.top == 1)
    #expect(explorer.state.regions?.cursor == 1)
  }

  @Test func `a click outside closes the palette, one inside runs`() throws {
    let explorer = try ScriptedExplorer(rows: 24)
    explorer.type(":zoom")
    let row = try #require(explorer.row(with: "Zoom pane"))
    explorer.click(row: row, column: 10)
    #expect(explorer.state.regions?.isZoomed == true)
    explorer.type(":")
    explorer.click(row: 0, column: 0)
    #expect(explorer.state.overlay == nil)
  }

  @Test func `a stray click does not lose what is being typed`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("lhalf a label")
    explorer.click(row: 6, column: 10)
    #expect(explorer.state.textField?.text == "half a label")
  }

  @Test func `the mouse can be given to the terminal`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("M")
    #expect(!explorer.state.isMouseOn)
    #expect(explorer.status == "the mouse is the terminal's: select text with it")
  }

  @Test func `a mouse can be anywhere at any time`() throws {
    let explorer = try ScriptedExplorer(columns: 70, rows: 18)
    for script in [
      "", "<Enter>", "z", "?", "<Esc>:", "<Esc>s", "<Esc>/x", "<Esc>!", "<Esc><Esc><Esc><Esc>",
    ] {
      explorer.type(script)
      for row in [-1, 0, 2, 5, 9, 16, 17, 40] {
        for column in [-1, 0, 5, 40, 69, 200] {
          for kind in [MouseEvent.Kind.press, .wheelDown, .wheelUp, .drag, .release] {
            guard explorer.state.exit == nil else { continue }
            explorer.act(.mouse(MouseEvent(kind, button: .left, row: row, column: column)))
          }
        }
      }
    }
    #expect(explorer.state.exit == nil)
  }
}
