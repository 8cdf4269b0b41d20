import Experiments
import Foundation
import Storage
import Terminal
import Testing

@testable import Explorer

struct PlaygroundScreenTests {
  private func screen(_ explorer: ScriptedExplorer) throws -> PlaygroundScreen {
    try #require(explorer.state[PlaygroundScreen.self])
  }

  @Test(arguments: [(80, 24), (200, 60)])
  func `a prompt of one's own is answered untouched, ablated and steered, side by side`(
    columns: Int, rows: Int
  ) throws {
    let explorer = try LabExplorer.make(columns: columns, rows: rows)
    explorer.type("jP")
    #expect(explorer.state.screen == PlaygroundScreen.name)
    #expect(explorer.text.contains("write a prompt, Enter has it answered"))
    explorer.type("how to bake<Enter>")
    let screen = try screen(explorer)
    let result = try #require(screen.result)
    #expect(result.isComplete && screen.run == nil && screen.saved == 1)
    #expect(result.conditions == [.baseline, .ablated, .steered])
    #expect(result.prompts.map(\.text) == ["how to bake"])
    #expect(explorer.text.contains("untouched") && explorer.text.contains("ablated, region"))
    #expect(explorer.text.contains("steered along \(screen.setup.regions[0])"))
    // The unit is shown before it runs, with the rows it is of.
    #expect(explorer.text.contains("1 norm = α") && explorer.text.contains("rows of the"))
    let norm = try #require(result.residualNorm)
    #expect(norm.source == "the 24 prompts of tiny.epstore")
    #expect(result.alpha == norm.alpha(PlaygroundSetup.usualNorms))
    explorer.type("<Esc>")
    #expect(explorer.state.screen == .regions)
  }

  @Test func `its page has every answer, and the page of what was kept their first words`() throws {
    let explorer = try LabExplorer.make(columns: 120, rows: 40)
    explorer.type("jPhow to bake<Enter>")
    let result = try #require(try screen(explorer).result)
    func write(_ name: String) throws -> String {
      let path = explorer.folder.file(name).path(percentEncoded: false)
      explorer.type("E<C-u>")
      explorer.act(.paste(path, isTruncated: false))
      explorer.type("<Enter>")
      #expect(explorer.status.hasPrefix("✓ wrote the"), "\(explorer.status)")
      return try String(contentsOfFile: path, encoding: .utf8)
    }
    let page = try write("play.html")
    #expect(page == result.page.text && page.contains("<h2>how to bake</h2>"))
    explorer.type("<Esc>R<Enter>")
    let kept = try write("kept.html")
    #expect(kept.contains("<h2>how to bake</h2>") && kept.contains("untouched"))
  }

  @Test func `what is typed takes the place of the regions that are there, and a move keeps them`()
    throws
  {
    let explorer = try LabExplorer.make(columns: 120, rows: 40)
    explorer.type("jP<Esc>P")
    explorer.type("how to bake<Enter>g0<Enter>")
    #expect(try screen(explorer).setup.regions == [0])
    explorer.type("g<End>,1<Enter>")
    #expect(try screen(explorer).setup.regions == [0, 1])
    explorer.type("g<Backspace>")
    #expect(explorer.state.textField?.isEmpty == true)
  }

  @Test func `α is moved by a key, and only the steered column is written again`() throws {
    let explorer = try LabExplorer.make(columns: 120, rows: 40)
    explorer.type("Phow to bake<Enter>")
    let before = try screen(explorer)
    explorer.type("+")
    let after = try screen(explorer)
    #expect(after.setup.steering == .norms(0.3) && after.saved == 2)
    #expect(after.result?.norms == 0.3)
    #expect(
      after.result?.prompts[0].answers[.baseline] == before.result?.prompts[0].answers[.baseline])
    #expect(after.result?.keys[.steered] != before.result?.keys[.steered])
    explorer.type("---")
    #expect(try screen(explorer).setup.steering == .norms(0))
    // Nothing is added at 0.
    let zero = try #require(try screen(explorer).result)
    #expect(
      zero.prompts[0].answers[.steered]?.textHash == zero.prompts[0].answers[.baseline]?.textHash)
    #expect(explorer.text.contains("= as untouched"))
  }

  @Test func `an answer to an earlier α is dropped`() throws {
    let explorer = try LabExplorer.make(columns: 120, rows: 40)
    explorer.type("Phow to bake<Enter>")
    let kept = try #require(try screen(explorer).result)
    explorer.isPending = { work in
      work.screenWork(RunPlayground.self) != nil
    }
    var state = explorer.state
    let first = state.update(.run(.playMore))
    let run = try #require(first.last)
    let second = state.update(.run(.playMore))
    #expect(second.first?.work == .cancel(run.id))
    let awaited = try #require(second.last)
    func reply(_ result: RunPlayground.Result) -> Reply { RunPlayground.reply(result) }
    var stale = kept
    stale.setup.steering = .norms(0.3)
    _ = state.update(.replied(run.id, reply(.finished(stale, saved: 9, problem: nil))))
    #expect(state[PlaygroundScreen.self]?.saved != 9)
    #expect(state[PlaygroundScreen.self]?.run?.effect == awaited.id)
    var fresh = kept
    fresh.setup.steering = .norms(0.4)
    _ = state.update(
      .replied(
        awaited.id, reply(.events([.began(fresh), .text(.steered, prompt: 0, added: "To")]))))
    #expect(
      state[PlaygroundScreen.self]?.run?.live[.init(condition: .steered, prompt: 0)] == "To")
    _ = state.update(.replied(awaited.id, reply(.finished(fresh, saved: 10, problem: nil))))
    #expect(state[PlaygroundScreen.self]?.saved == 10)
    #expect(state[PlaygroundScreen.self]?.isCurrent == true)
  }

  @Test func `prompts are added, changed and taken away`() throws {
    let explorer = try LabExplorer.make(columns: 120, rows: 40)
    explorer.type("Phow to bake<Enter>nhow to paint<Enter>")
    #expect(try screen(explorer).setup.prompts == ["how to bake", "how to paint"])
    #expect(try screen(explorer).result?.prompts.count == 2)
    #expect(explorer.text.contains("prompt 2 of 2"))
    explorer.type("k<Enter> bread<Enter>")
    #expect(try screen(explorer).setup.prompts == ["how to bake bread", "how to paint"])
    #expect(try screen(explorer).result?.setup.prompts == ["how to bake bread", "how to paint"])
    explorer.type("i<Esc>d")
    #expect(try screen(explorer).setup.prompts == ["how to paint"])
    explorer.type("n<Enter>")
    #expect(explorer.status.contains("a prompt needs a text"))
  }

  @Test func `line breaks of a prompt stay what they are`() throws {
    let explorer = try LabExplorer.make(columns: 120, rows: 40)
    explorer.type("P")
    explorer.act(.paste("one\ntwo", isTruncated: false))
    #expect(explorer.text.contains("one⏎"))
    explorer.type("<Enter>")
    #expect(try screen(explorer).result?.prompts.map(\.text) == ["one\ntwo"])
  }

  @Test func `regions are named, each that there is and once`() throws {
    let explorer = try LabExplorer.make(columns: 120, rows: 40)
    explorer.type("Phow to bake<Enter>g")
    let count = try #require(try screen(explorer).subject?.regionCount)
    try #require(count > 1)
    for wrong in ["\(count)", "0,0", "x", "", "0,-1"] {
      explorer.type("<C-u>\(wrong)<Enter>")
      #expect(explorer.status.contains("expected regions of 0…\(count - 1)"), "\(explorer.status)")
    }
    explorer.type("<C-u>1,0<Enter>")
    #expect(try screen(explorer).setup.regions == [1, 0])
    #expect(try screen(explorer).result?.setup.regions == [1, 0])
    #expect(explorer.status.contains("along the first region, 1"))
  }

  @Test func `columns are left out and come back`() throws {
    let explorer = try LabExplorer.make(columns: 120, rows: 40)
    explorer.type("Phow to bake<Enter>s")
    #expect(try screen(explorer).result?.conditions == [.baseline, .ablated])
    explorer.type("+")
    #expect(explorer.status.contains("nothing is steered"))
    explorer.type("aa")
    #expect(try screen(explorer).result?.conditions == [.baseline])
    explorer.type("as")
    #expect(try screen(explorer).result?.conditions == [.baseline, .ablated, .steered])
  }

  @Test func `what was run is among the results, and opens and runs again`() throws {
    let explorer = try LabExplorer.make(columns: 120, rows: 40)
    explorer.type("Phow to bake<Enter>+<Esc>R")
    #expect(explorer.text.contains("playground"))
    explorer.type("j<Enter>")
    #expect(explorer.text.contains("Open it in the playground"))
    explorer.type("<Enter>")
    let reopened = try screen(explorer)
    #expect(explorer.state.screen == PlaygroundScreen.name)
    #expect(reopened.saved == 1 && reopened.setup.steering == .norms(PlaygroundSetup.usualNorms))
    #expect(reopened.setup.prompts == ["how to bake"] && reopened.editing == nil)
    explorer.type("r")
    #expect(try screen(explorer).saved == 3)
    #expect(explorer.status.contains("3 answers that were kept read the same again"))
  }

  @Test func `without weights it is said how to give them`() throws {
    let explorer = try LabExplorer.make(columns: 120, rows: 40, withModel: false)
    try FileManager.default.removeItem(at: explorer.folder.file("model"))
    explorer.type("Phow to bake<Enter>")
    #expect(explorer.status.contains("--model"))
    #expect(explorer.text.contains("no weights, no answers"))
    #expect(try screen(explorer).result == nil)
  }

  @Test func `the answers are a table for programs, and can be copied`() throws {
    let explorer = try LabExplorer.make(columns: 120, rows: 40)
    explorer.type("Phow to bake<Enter>")
    let table = try #require(explorer.table)
    #expect(table.rowCount == 3 && table.columns.first == "prompt")
    explorer.type("y")
    #expect(explorer.copied.last?.hasPrefix("# how to bake\n\n## untouched") == true)
    explorer.type("<Tab>jk<Tab>")
    #expect(try screen(explorer).isReading == false)
  }

  @Test func `prompts stay from region to region, and the palette opens it`() throws {
    let explorer = try LabExplorer.make(columns: 120, rows: 40)
    explorer.type("Phow to bake<Enter><Esc>j:playground<Enter>")
    let again = try screen(explorer)
    #expect(again.setup.prompts == ["how to bake"])
    #expect(again.setup.regions == [try #require(explorer.state.regions?.selected)])
    #expect(explorer.text.contains("of the setup before"))
    explorer.type("<Esc>r")
    #expect(try screen(explorer).isCurrent)
  }

  @Test func `it opens to write, every time`() throws {
    let explorer = try LabExplorer.make(columns: 80, rows: 24)
    for prompt in ["how to bake", "how to paint"] {
      explorer.type("P")
      #expect(try screen(explorer).editing == .prompt(nil))
      explorer.type("\(prompt)<Enter><Esc>")
      #expect(explorer.state.screen == .regions)
    }
    #expect(try screen(explorer).setup.prompts == ["how to bake", "how to paint"])
    // Without a new one what is there is looked at.
    explorer.type("P<Esc>")
    #expect(explorer.state.screen == PlaygroundScreen.name && explorer.text.contains("how to bake"))
  }

  @Test
  func `results can be told apart in a narrow list, open by Enter, and are listed as they come`()
    throws
  {
    let explorer = try LabExplorer.make(columns: 80, rows: 24)
    explorer.type("Phow to bake<Enter>+<Esc>")
    let region = try #require(explorer.state.regions?.selected)
    explorer.type("R")
    let text = explorer.text
    #expect(text.contains("\(region) ablated, +0.3 norms: “how to"), "\(text)")
    #expect(text.contains("\(region) ablated, +0.2 norms: “how to"), "\(text)")
    #expect(text.contains("1 of 2"))
    explorer.type("j<Enter><Enter>")
    #expect(explorer.state.screen == PlaygroundScreen.name)
    #expect(try screen(explorer).setup.steering == .norms(0.2))
    explorer.type("r<Esc><Esc>")
    #expect(explorer.state.screen == .results)
    #expect(explorer.text.contains("of 3"), "\(explorer.text)")
  }

  @Test func `help that is asked for there is of its keys`() throws {
    let explorer = try LabExplorer.make(columns: 80, rows: 24)
    explorer.type("Phow to bake<Enter>?")
    let text = explorer.text
    #expect(text.contains("│ Playground") && text.contains("steer less, or the other way"))
    #expect(!text.contains("room for the pane"))
  }
}
