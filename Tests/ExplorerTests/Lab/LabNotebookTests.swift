import Experiments
import Foundation
import Storage
import Terminal
import Testing

@testable import Explorer

struct LabNotebookTests {
  @Test func `a saved experiment is listed, and opens as it was`() throws {
    let explorer = try LabExplorer.make(columns: 200, rows: 60)
    explorer.type("a3")
    let before = try #require(explorer.state.lab?.run?.result)
    explorer.type("2")
    #expect(explorer.state.lab?.run?.setup.depth == .resume)
    explorer.type("S")
    #expect(explorer.text.contains("Saved experiments"))
    // Whole on the smallest screen.
    explorer.act(.resize(columns: 80, rows: 24))
    #expect(explorer.text.contains("n    refused → edited (control)"))
    explorer.act(.resize(columns: 200, rows: 60))
    #expect(explorer.state.lab?.experiments?.entries?.map(\.id) == [2, 1])
    #expect(explorer.text.contains("generate") && explorer.text.contains("resume"))
    explorer.type("j<Enter>")
    let run = try #require(explorer.state.lab?.run)
    let result = try #require(run.result)
    #expect(run.saved == 1 && explorer.state.lab?.experiments == nil)
    #expect(result.table == before.table && result.remarks == before.remarks)
    // Whole answers come from beside the store.
    #expect(
      result.prompts.map { $0.answers.mapValues(\.text) }
        == before.prompts.map { $0.answers.mapValues(\.text) })
    #expect(explorer.text.contains("experiment 1 of 20"))
    // What is run next is the same again.
    explorer.type("3")
    #expect(explorer.state.lab?.run?.result?.table == before.table)
  }

  @Test func `a saved experiment has its counts among the results, and its page`() throws {
    let explorer = try LabExplorer.make(columns: 120, rows: 60)
    explorer.type("a3")
    let result = try #require(explorer.state.lab?.run?.result)
    func write(_ name: String) throws -> String {
      let path = explorer.folder.file(name).path(percentEncoded: false)
      explorer.type("E<C-u>")
      explorer.act(.paste(path, isTruncated: false))
      explorer.type("<Enter>")
      #expect(explorer.status.hasPrefix("✓"), "\(explorer.status)")
      return try String(contentsOfFile: path, encoding: .utf8)
    }
    let page = try write("lab.html")
    #expect(page == result.page.text)
    #expect(try write("lab.md") == result.markdown)
    explorer.type("<Esc>R")
    let words = try #require(result.headline.words)
    #expect(words.contains("→") && explorer.text.contains(words))
    explorer.type("<Enter>")
    for row in result.table {
      let text = row.filter { !$0.isEmpty }
      #expect(
        explorer.text.split(separator: "\n").contains { line in
          text.allSatisfy { line.contains($0) }
        }, "\(row)")
    }
    #expect(explorer.text.contains("exact McNemar"))
    #expect(try write("saved.html") == page)
  }

  @Test func `where the kept answers are gone their first words are shown, and it is said`() throws
  {
    let explorer = try LabExplorer.make(columns: 200, rows: 60)
    explorer.type("a3")
    let long = explorer.state.lab?.run?.result?.prompts.contains { prompt in
      prompt.answers.contains {
        $0.key != .baseline && AblationResult.opening($0.value.text) != $0.value.text
      }
    }
    let answers = explorer.folder.file("tiny.epstore").appending(path: "experiments")
    try FileManager.default.removeItem(at: answers)
    explorer.type("S<Enter>")
    #expect(explorer.status.contains("only the first words are still kept") == (long == true))
  }

  @Test func `two experiments are compared, and the way back is one key at a time`() throws {
    let explorer = try LabExplorer.make(columns: 120, rows: 40)
    explorer.type("a1j<Right>1S")
    #expect(explorer.state.lab?.experiments?.entries?.count == 2)
    explorer.type("c")
    #expect(explorer.state.lab?.experiments?.marked == 2)
    #expect(explorer.keys.contains("c compare with 2"))
    explorer.type("jc")
    #expect(explorer.state.lab?.experiments?.comparison != nil)
    #expect(explorer.text.contains("PREDICTED, not measured"))
    #expect(explorer.text.contains("basis") && explorer.text.contains("exemplar → mean"))
    #expect(explorer.text.contains("prompts in both come out otherwise"))
    explorer.type("<Esc>")
    #expect(explorer.state.lab?.experiments?.comparison == nil)
    explorer.type("<Esc><Esc>")
    #expect(explorer.state.lab?.experiments == nil && explorer.state.screen == .lab)
  }

  @Test func `depths that say different things are not compared`() throws {
    let explorer = try LabExplorer.make(columns: 120, rows: 40)
    explorer.type("a12Scjc")
    #expect(explorer.status.contains("expected two experiments of one depth"))
    #expect(explorer.state.lab?.experiments?.comparing == nil)
  }

  @Test func `an empty list says how it fills`() throws {
    let explorer = try LabExplorer.make()
    explorer.type("aS")
    #expect(explorer.text.contains("every experiment is kept once it is over"))
    explorer.type("<Enter>")
    #expect(explorer.status.contains("nothing is saved yet"))
    explorer.type("<Esc>")
    #expect(explorer.state.lab?.experiments == nil)
  }

  @Test func `a series stands in a pane of its own, its steps are kept, and Enter opens one`()
    throws
  {
    let explorer = try LabExplorer.make(columns: 120, rows: 40, refusing: true)
    explorer.type("aD")
    let series = try #require(explorer.state.lab?.series)
    try #require(series.points.count == 6)
    #expect(explorer.state.lab?.focus == .series)
    #expect(series.points.allSatisfy { $0.saved != nil })
    #expect(explorer.text.contains("95 % interval") && explorer.text.contains("┊"))
    explorer.type("j<Enter>")
    #expect(explorer.state.lab?.run?.saved == series.points[1].saved)
    #expect(explorer.state.lab?.series == nil)
  }

  @Test(arguments: [(80, 24), (200, 60)])
  func `a series is one result among others, with a row a step`(_ columns: Int, _ rows: Int) throws
  {
    let explorer = try LabExplorer.make(columns: columns, rows: rows, refusing: true)
    explorer.type("a1D")
    let series = try #require(explorer.state.lab?.series)
    try #require(series.points.count == 6)
    explorer.type("<Esc><Esc>R")
    let results = try #require(explorer.state[ResultsScreen.self])
    #expect(results.listed?.map(\.id) == [7, 1])
    #expect(explorer.text.contains("sweep of the share taken out, 6 of 6 steps"))
    explorer.type("<Enter>")
    for point in series.points {
      #expect(explorer.text.contains("\(point.label) "), "\(explorer.text)")
    }
    #expect(explorer.text.contains("experiment"))
  }

  @Test func `steering is swept on benign prompts`() throws {
    let explorer = try LabExplorer.make(columns: 120, rows: 40, refusing: true)
    explorer.type("aA")
    let series = try #require(explorer.state.lab?.series)
    #expect(series.failure == nil)
    try #require(series.points.count == LabScreen.alphas.count)
    #expect(explorer.text.contains("benign prompts, n = 6"))
    // Nothing is added at α 0.
    #expect(series.points[4].refusing == series.before)
  }

  @Test func `a series about which nothing can be known says why`() throws {
    let explorer = try LabExplorer.make(columns: 120, rows: 40)
    explorer.type("aD")
    #expect(explorer.state.lab?.series?.failure?.contains("tells refusals apart") == true)
    explorer.type("<Esc>")
    #expect(explorer.state.lab?.series == nil && explorer.state.screen == .lab)
  }

  @Test func `a region of a search becomes the target, and measuring it loses no search`() throws {
    let explorer = try LabExplorer.make(columns: 120, rows: 40)
    explorer.type("a")
    var state = explorer.state
    let effects = state.update(.run(.labSearch))
    let id = try #require(effects.first?.id)
    for (index, change) in [0.5, -1.5].enumerated() {
      let point = LabSeries.Point(
        label: "region \(index)", regions: [index], refusing: 3, prompts: 6, logOddsChange: change)
      _ = state.update(
        .replied(id, LabWork.reply(.point(point, before: 4, done: index + 1, total: 2))))
    }
    _ = state.update(.replied(id, LabWork.reply(.finished(saved: nil))))
    #expect(state.lab?.series?.points.map(\.regions) == [[1], [0]])
    _ = state.update(.key(KeyPress(.enter)))
    #expect(state.screen == .lab && state.lab?.setup.target == .regions([1]))
    _ = state.update(.run(.labGeometry))
    #expect(state.lab?.series == nil)
    let run = try #require(state.lab?.run?.effect)
    _ = state.update(.replied(run, LabWork.reply(.finished(saved: nil))))
    #expect(state.update(.run(.labSearch)).isEmpty)
    #expect(state.lab?.series?.points.map(\.regions) == [[1], [0]])
    #expect(state.message?.text.contains("the search from before") == true)
    // Another basis is another search.
    state.lab?.series = nil
    state.lab?.setup.basis = .exemplar
    #expect(!state.update(.run(.labSearch)).isEmpty)
  }

  @Test func `from the lab one comes back to the region that was taken there`() throws {
    let explorer = try LabExplorer.make()
    explorer.type("a")
    let before = try #require(explorer.state.regions?.selected)
    explorer.state.lab?.turn(to: before + 1)
    explorer.type("<Esc>")
    #expect(
      explorer.state.screen == .regions && explorer.state.regions?.selected == before + 1)
  }

  @Test func `the report and its numbers are written, and never over another file`() throws {
    let explorer = try LabExplorer.make()
    explorer.type("a1")
    let report = try #require(explorer.state.lab?.run?.result)
    let name = explorer.folder.file("report").path(percentEncoded: false)
    let work = Effect.Work.ofScreen(AnyScreenWork(work: LabWork.report(report, name: name)))
    #expect(
      explorer.performer.perform(work) == LabWork.reply(.reported(["\(name).md", "\(name).json"])))
    #expect(
      try String(contentsOfFile: "\(name).md", encoding: .utf8).contains(
        "run again: exemplar ablate"))
    #expect(try Data(contentsOf: URL(filePath: "\(name).json")).first == UInt8(ascii: "{"))
    guard case .failed(let reason) = explorer.performer.perform(work) else {
      Issue.record("the file was written over")
      return
    }
    #expect(reason.contains("not overwritten"))
  }
}
