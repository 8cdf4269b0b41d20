import Storage
import Testing

@testable import Explorer

struct AnswersScreenTests {
  private func explorer(_ keys: String, columns: Int = 120, rows: Int = 40) throws
    -> ScriptedExplorer
  {
    let explorer = try Samples.explorer(
      "smollm2-refusal.last.p10", columns: columns, rows: rows)
    explorer.type(keys)
    return explorer
  }

  @Test(arguments: [(80, 24), (200, 60)])
  func `a region's prompts stand there with answer, verdict and the words that decided`(
    columns: Int, rows: Int
  ) throws {
    let explorer = try explorer("srgA", columns: columns, rows: rows)
    let screen = try #require(explorer.state[AnswersScreen.self])
    let counts = try #require(explorer.state.regions?.refusals?[screen.region])
    #expect(screen.list.rows.count == counts.prompts)
    #expect(screen.list.rows.count { $0.outcome == .refused } == counts.refused)
    let row = try #require(screen.list.selected)
    let phrase = try #require(row.phrase)
    #expect(explorer.text.contains("Region \(screen.region) › Answers"))
    #expect(explorer.text.contains("● refused"))
    #expect(explorer.text.contains("by “\(phrase)”"))
    #expect(row.answer?.isEmpty == false)
    // Of a line that has no room for all of it, less is said, and that to its end.
    #expect(explorer.status.contains("by exemplar-v1"))
    #expect(explorer.status.hasSuffix("smollm2-refusal.epstore"), "\(explorer.status)")
  }

  @Test func `Enter reads the answer, Esc goes back a step at a time`() throws {
    let explorer = try explorer("srA<Enter>")
    #expect(explorer.state[AnswersScreen.self]?.isReading == true)
    explorer.type("<Esc>")
    #expect(explorer.state.screen == AnswersScreen.name)
    explorer.type("<Esc>")
    #expect(explorer.state.screen == .regions)
  }

  @Test func `from the rates the prompt that was selected is shown`() throws {
    let explorer = try explorer("sr7<Tab>jj")
    let region = try #require(explorer.state.regions?.selected)
    let prompt = try #require(explorer.state.regions?.extras.outcomes?.prompts[region]?[2])
    for key in ["A", "<Enter>"] {
      explorer.type(key)
      #expect(explorer.state[AnswersScreen.self]?.list.selected?.id == prompt.id)
      explorer.type("<Esc>")
      #expect(explorer.state.screen == .regions)
    }
  }

  @Test func `from a document its own prompt is shown`() throws {
    let explorer = try explorer("sr<Enter><Enter>")
    guard case .document(let page) = explorer.state.regions?.page else {
      Issue.record("no document is open")
      return
    }
    let text = try #require(page.loaded?.text.text)
    explorer.type(":answers<Enter>")
    let row = try #require(explorer.state[AnswersScreen.self]?.list.selected)
    #expect(text.contains(row.prompt))
  }

  @Test func `a region without prompts says so`() throws {
    let explorer = try Samples.explorer("smollm2-refusal.all.p10")
    explorer.type("fprompts = 0<Enter>A")
    #expect(explorer.state[AnswersScreen.self]?.list.rows.isEmpty == true)
    #expect(explorer.text.contains("no prompt of smollm2-refusal.epstore ends in this region"))
    explorer.type("<Enter>y")
    #expect(explorer.status.contains("no answer to copy"))
  }

  @Test func `without a store, and while labelling blind, it is said why not`() throws {
    let without = try ScriptedExplorer()
    without.type("A")
    #expect(without.status.contains("answers need a captured store"))
    let blind = try explorer(":blind<Enter>A")
    #expect(blind.state.screen == .regions)
    #expect(blind.status.contains("label blind"))
  }

  @Test func `a row of the table for programs is a prompt with its answer`() throws {
    let explorer = try explorer("srA")
    let table = try #require(explorer.table)
    #expect(table.columns.suffix(3) == ["outcome", "phrase", "answer"])
    #expect(table.rowCount == explorer.state[AnswersScreen.self]?.list.rows.count)
  }
}
