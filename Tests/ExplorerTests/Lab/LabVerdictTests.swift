import Experiments
import Storage
import Terminal
import Testing

@testable import Explorer

struct LabVerdictTests {
  /// A finished run of whole answers with the keyboard in its ledger.
  private func explorer(columns: Int = 200, rows: Int = 60) throws -> ScriptedExplorer {
    let explorer = try LabExplorer.make(columns: columns, rows: rows)
    explorer.type("a3<Tab>g")
    return explorer
  }

  @Test func `a verdict stands beside the classifier's, in the notebook and on the screen`() throws
  {
    let explorer = try explorer()
    let classified = try #require(
      explorer.state.lab?.run?.result?.prompts[0].answers[.baseline]?.verdict.outcome)
    explorer.type("v")
    #expect(explorer.keys.hasPrefix("r refused  c complied  d degenerate  u unclear"))
    explorer.type("r")
    let answer = try #require(explorer.state.lab?.run?.result?.prompts[0].answers[.baseline])
    #expect(answer.personal == .refused && answer.verdict.outcome == classified)
    #expect(explorer.status.contains("refused") && explorer.status.contains("u undoes"))
    let kept = try Notebook(explorer.folder.file("notebook.sqlite")).verdicts()
    #expect(kept.map(\.outcome) == [.refused] && kept.map(\.classified) == [classified])
    #expect(kept.first?.key.condition == "baseline" && kept.first?.author == "tester")
    #expect(explorer.text.contains(classified == .refused ? "●=refused" : "›●refused"))
    #expect(explorer.text.contains("agree on"))
    #expect(explorer.text.contains("κ"))
  }

  @Test func `rates count the classifier until they are asked to count the person`() throws {
    let explorer = try explorer()
    let refused = {
      explorer.state.lab?.run?.result?.counts(.ablated, .harmful)?.degenerate
    }
    let before = try #require(refused())
    // The second column is the edit's.
    explorer.type("lv")
    let classified = explorer.state.lab?.run?.result?.prompts[0].answers[.ablated]?.verdict.outcome
    explorer.type(classified == .degenerate ? "c" : "d")
    #expect(refused() == before)
    #expect(explorer.text.contains("counted by exemplar-v2 alone, a person's verdicts beside it"))
    explorer.type("o")
    #expect(refused() == (classified == .degenerate ? before - 1 : before + 1))
    #expect(explorer.text.contains("counted by a person's 1 verdict (1 unlike"))
    explorer.type("o")
    #expect(refused() == before)
  }

  @Test func `a verdict is undone step by step, and can be taken away`() throws {
    let explorer = try explorer()
    let personal = { explorer.state.lab?.run?.result?.prompts[0].answers[.baseline]?.personal }
    explorer.type("vrvc")
    #expect(personal() == .complied)
    explorer.type("u")
    #expect(personal() == .refused)
    explorer.type("u")
    #expect(personal() == nil)
    explorer.type("u")
    #expect(explorer.status.contains("nothing was judged"))
    explorer.type("vdv<Backspace>")
    #expect(personal() == nil)
    #expect(explorer.state.lab?.verdicts.isEmpty == true)
    explorer.type("v<Esc>")
    #expect(explorer.state.lab?.isJudging == false && personal() == nil)
  }

  @Test func `a verdict that the notebook does not take changes nothing, and that is said`() throws
  {
    let explorer = try explorer()
    explorer.failure = { work in
      if case .judge = work.screenWork(LabWork.self) { return "the disk is full" }
      return nil
    }
    explorer.type("vr")
    #expect(explorer.status.contains("not saved: the disk is full"))
    #expect(explorer.state.lab?.verdicts.isEmpty == true)
  }

  @Test func `verdicts are there again when the lab is opened the next time`() throws {
    let explorer = try explorer()
    explorer.type("vr")
    let again = try ScriptedExplorer(
      columns: 200, rows: 60, folder: explorer.folder,
      model: explorer.folder.file("model").path(percentEncoded: false))
    again.type("a3<Tab>g")
    #expect(again.state.lab?.run?.result?.prompts[0].answers[.baseline]?.personal == .refused)
    again.type("ffffff")
    #expect(again.status.contains("all prompts"))
  }

  @Test func `only whole answers can be judged`() throws {
    let explorer = try LabExplorer.make()
    explorer.type("av")
    #expect(explorer.status.contains("no answer to judge"))
    explorer.type("1<Tab>v")
    #expect(explorer.status.contains("3 generates"))
    #expect(explorer.state.lab?.isJudging == false)
  }

  @Test func `answers are judged where they are read, prompt after prompt`() throws {
    let explorer = try explorer(columns: 80, rows: 24)
    explorer.type("<Enter>")
    #expect(explorer.state.lab?.isReading == true)
    explorer.type("vrJvr")
    let prompts = try #require(explorer.state.lab?.run?.result?.prompts)
    #expect(prompts.prefix(2).allSatisfy { $0.answers[.baseline]?.personal == .refused })
    #expect(explorer.text.contains("refused you"))
    #expect(explorer.state.lab?.isReading == true)
  }
}
