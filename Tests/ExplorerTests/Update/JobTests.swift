import Experiments
import TestSupport
import Testing

@testable import Explorer

/// Long work in the list of jobs.
@Suite struct JobTests {
  @Test func `a comparison is a job with its progress, and can be cancelled there`() throws {
    let folder = try TemporaryFolder()
    for name in ["a", "b"] { try SampleDictionary.write(to: folder.file("\(name).epdict")) }
    let explorer = try ScriptedExplorer(columns: 100, folder: folder, paths: [""])
    explorer.isPending = { work in
      if case .compare = work.screenWork(CompareWork.self) { true } else { false }
    }
    explorer.type("cjc")
    let job = try #require(explorer.state.jobs.first)
    explorer.act(
      .replied(
        job.id, CompareWork.reply(.comparing(.init(stage: .assignment, done: 9, total: 20)))))
    explorer.type("!g")
    let row = "● comparing a.epdict with b.epdict  for 0:00  matching 45.0%"
    #expect(explorer.row(with: row) != nil)
    #expect(explorer.row(with: "x cancels") != nil)
    explorer.type("x")
    #expect(explorer.state.arrival == nil)
    #expect(explorer.state.jobs.first?.isCancelled == true)
    explorer.act(.replied(job.id, .superseded))
    #expect(explorer.state.jobs.isEmpty)
  }

  @Test func `an ablation is a job, and is told to stop`() throws {
    let explorer = try LabExplorer.make(withModel: false)
    var cancelled: [EffectID] = []
    explorer.isPending = { work in
      if case .cancel(let id) = work { cancelled.append(id) }
      if case .run = work.screenWork(LabWork.self) { return true }
      return false
    }
    explorer.type("a1")
    let job = try #require(explorer.state.jobs.first)
    #expect(job.title == "ablation by geometry")
    explorer.type("!gx")
    #expect(cancelled == [job.id])
    #expect(explorer.state.jobs.first?.isCancelled == true)
  }

  @Test func `the wheel in the lab moves there and nowhere else`() throws {
    let explorer = try LabExplorer.make(withModel: false)
    let top = explorer.state.regions?.top
    explorer.type("a")
    explorer.act(.mouse(.init(.wheelDown, row: 4, column: 4)))
    explorer.click(row: 6, column: 6)
    #expect(explorer.state.screen == .lab)
    #expect(explorer.state.regions?.top == top)
    #expect(explorer.state.regions?.focus == .list)
  }
}
