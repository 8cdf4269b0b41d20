import Foundation
import Terminal
import TestSupport
import Testing

@testable import Explorer

struct TourTests {
  /// The word that a card says to look for.
  private func word(of explorer: ScriptedExplorer) throws -> String {
    let text = try #require(explorer.state.tour?.card.text)
    let rest = try #require(text.firstRange(of: "Try ")).upperBound
    return String(text[rest...].prefix { $0 != "," })
  }

  /// The first key that a card says.
  private func key(of explorer: ScriptedExplorer) throws -> KeyPress {
    let card = try #require(explorer.state.tour?.card)
    let layers = explorer.state.restingLayers
    let keys = card.commands.compactMap { explorer.state.keymap.keys(for: $0, in: layers).first }
    return try #require(keys.first)
  }

  @Test(arguments: [(80, 24), (200, 60)])
  func `who does what the cards say on the samples comes to the end of the tour`(
    _ columns: Int, _ rows: Int
  ) throws {
    let explorer = try Samples.explorer(columns: columns, rows: rows, isFirstRun: true)
    for step in 0..<Tour.stepCount - 1 {
      #expect(explorer.state.tour?.step == step)
      #expect(explorer.text.contains("\(step + 1) of 6"))
      let word = step == 2 ? try self.word(of: explorer) : ""
      explorer.act(.key(try key(of: explorer)))
      switch step {
      case 2:
        explorer.type("\(word)<Enter>")
        #expect(explorer.state.regions?.rows.isEmpty == false, "\(word)")
      case 4: explorer.type("a label<Enter>")
      default: break
      }
    }
    #expect(explorer.text.contains("Everything else · 6 of 6"))
    explorer.act(.key(try key(of: explorer)))
    explorer.type("<Esc>")
    #expect(explorer.state.tour == nil)
    #expect(explorer.state.memory?.tour == Tour.version)
  }

  @Test func `the card lies over the table while it speaks of the contexts`() throws {
    let explorer = try Samples.explorer(isFirstRun: true)
    explorer.type("<Enter>j/\(Tour.word)<Enter>")
    let row = try #require(explorer.row(with: "Evidence · 4 of 6"))
    let detail = try #require(explorer.row(with: "▸1 Closest"))
    #expect(row < detail)
    for line in detail..<22 { #expect(!explorer.screen.text(row: line).contains("│")) }
  }

  @Test(arguments: Samples.dictionaries)
  func `what the tour says to look for is in every sample`(_ name: String) throws {
    let explorer = try Samples.explorer(name)
    explorer.type("/\(Tour.word)<Enter>")
    #expect(explorer.state.regions?.search?.result?.hits.isEmpty == false)
  }

  @Test func `the card makes room for what is written in the body, and comes back`() throws {
    let explorer = try Samples.explorer(isFirstRun: true)
    explorer.type("<Enter>i")
    #expect(explorer.text.contains("Note on region"))
    #expect(!explorer.text.contains("of 6 ─"))
    explorer.type("<Esc>")
    #expect(explorer.text.contains("of 6 ─"))
  }
}
