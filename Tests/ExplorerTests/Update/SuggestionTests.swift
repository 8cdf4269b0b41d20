import Experiments
import Foundation
import Numerics
import Storage
import TestSupport
import Testing

@testable import Explorer

@Suite struct SuggestionTests {
  @Test func `Tab takes a suggestion where nothing is written yet, and only then is it a label`()
    throws
  {
    let first = try ScriptedExplorer()
    let identity = try #require(first.state.regions?.dictionary.identity)
    let run = SuggestionRun(
      by: JudgeProvenance(name: "namer", command: "namer", commandHash: "00"),
      suggestions: [
        Suggestion(
          region: 0, text: "locks and doors", author: "namer", version: "2", date: Date(),
          detection: DetectionScore(own: Proportion(5, of: 5), other: Proportion(4, of: 5)))
      ])
    let notebook = try Notebook(first.folder.file("notebook.sqlite"))
    _ = try run.keep(for: identity, in: notebook, replacing: nil, isComplete: true)
    let explorer = try ScriptedExplorer(folder: first.folder)
    #expect(explorer.state.regions?.annotations.labels.entries[0] == nil)
    explorer.type("l")
    #expect(explorer.status.contains("9 of 10 told rightly [0.60, 0.98], suggested by"))
    explorer.type("<Tab><Enter>")
    #expect(
      explorer.state.regions?.annotations.labels.entries[0]
        == LabelView.Entry(text: "locks and doors", origin: .own))
    // A region without one offers nothing, and blind none is told.
    explorer.type("jl<Tab><Enter>")
    #expect(explorer.state.regions?.annotations.labels.entries[1] == nil)
    explorer.type("ukBl<Tab><Esc>")
    #expect(!explorer.text.contains("locks and doors"))
    // What programs suggested is no result.
    explorer.type("BR")
    #expect(!explorer.text.contains("suggestions by namer"))
  }
}
