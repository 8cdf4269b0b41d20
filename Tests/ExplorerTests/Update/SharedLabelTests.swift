import Experiments
import Foundation
import Storage
import Terminal
import TestSupport
import Testing

@testable import Explorer

@Suite struct SharedLabelTests {
  private func label(_ explorer: ScriptedExplorer, _ region: Int) -> LabelView.Entry? {
    explorer.state.regions?.annotations.labels.entries[region]
  }

  @Test func `labels are exported, taken away, and imported again`() throws {
    let explorer = try ScriptedExplorer()
    let path = explorer.folder.file("mine.jsonl").path()
    explorer.type("llock<Enter>:labels-export<Enter>")
    #expect(explorer.state.textField?.text == "sample.labels.jsonl")
    explorer.type("<C-u>\(path)<Enter>")
    #expect(explorer.status.contains("wrote 1 line to"))
    explorer.type("u")
    #expect(label(explorer, 0) == nil)
    explorer.type(":labels-import<Enter>\(path)<Enter>")
    #expect(explorer.status.contains("1 taken over"))
    #expect(label(explorer, 0)?.text == "lock")
    explorer.type("u")
    #expect(label(explorer, 0) == nil)
  }

  @Test func `a file that is not there is told, and nothing changes`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type(":labels-import<Enter>nowhere.jsonl<Enter>")
    #expect(explorer.status.contains("not saved: nowhere.jsonl"))
    explorer.type(":labels-merge<Enter>one<Enter>")
    #expect(explorer.status.contains("expected two files"))
  }

  @Test func `labels are carried by exemplar, marked until confirmed, and taken back by one undo`()
    throws
  {
    let folder = try TemporaryFolder()
    // The first four regions of the other are the same exemplars.
    try SampleDictionary.write(to: folder.file("other.epdict"), regions: 4)
    let other = try ScriptedExplorer(folder: folder, paths: ["other.epdict"])
    other.type("llock<Enter>jltap<Enter>")
    let explorer = try ScriptedExplorer(columns: 160, rows: 40, folder: folder)
    explorer.type(":labels-carry<Enter><C-u>\(folder.file("other.epdict").path())<Enter>")
    #expect(explorer.status.contains("⇢ carried 2 labels from other.epdict at cosine ≥ 0.70"))
    #expect(label(explorer, 0)?.origin == .carried)
    #expect(explorer.text.contains("⇢ lock"))
    #expect(explorer.text.contains("carried from other.epdict, region 0, cosine 1.0"))
    // What came with the dictionary is a label already.
    #expect(label(explorer, 2)?.origin == .imported)
    explorer.type("l<Enter>")
    #expect(label(explorer, 0)?.origin == .own)
    explorer.type("uu")
    #expect(label(explorer, 0) == nil && label(explorer, 1) == nil)
  }

  @Test func `a cutoff that nothing reaches carries nothing`() throws {
    let folder = try TemporaryFolder()
    try SampleDictionary.write(to: folder.file("other.epdict"), regions: 1)
    let other = try ScriptedExplorer(folder: folder, paths: ["other.epdict"])
    other.type("llock<Enter>")
    let explorer = try ScriptedExplorer(columns: 160, rows: 40, folder: folder)
    explorer.type(":labels-carry<Enter><C-u>\(folder.file("other.epdict").path()) 1.1<Enter>")
    #expect(explorer.status.contains("carried 0 labels"))
  }

  @Test func `a search is made again when a label changes`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("/kitchen<Enter>")
    let before = explorer.state.regions?.rows.count ?? 0
    explorer.type("<Esc>#5<Enter>/kitchen<Enter>")
    explorer.type("glbread bin<Enter>")
    #expect(explorer.state.regions?.rows.count == before)
    let target = try #require(explorer.state.regions?.target)
    let notebook = try explorer.performer.openNotebook()
    try notebook.setLabel("kitchen sink", region: 4, identity: target.identity)
    explorer.wait(.seconds(1))
    #expect(explorer.state.regions?.rows.contains(4) == true)
    #expect(explorer.state.regions?.rows.count == before + 1)
  }

  // MARK: - Results

  @Test func `results stand under the fields they are in`() throws {
    let explorer = try ScriptedExplorer(columns: 100)
    explorer.type("jlkitchen talk<Enter>/kitchen<Enter>v")
    #expect(explorer.text.contains("Labels 1"))
    #expect(explorer.text.contains("Tokens that activate 1"))
    #expect(explorer.text.contains("1  kitchen talk"))
    explorer.type("n<Enter>")
    #expect(explorer.state.regions?.page == nil)
    #expect(explorer.state.regions?.selected != 1)
    explorer.type("<Esc>v")
    #expect(explorer.status.contains("no search yet"))
  }

  @Test func `a search by example needs weights, and shows the region of every token`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("x")
    #expect(explorer.status.contains("start with --model"))
    var state = explorer.state
    state.regions?.dictionary.hasModel = true
    for key in "xhi there" { _ = state.update(.key(.character(key))) }
    let effects = state.update(.key(KeyPress(.enter)))
    let effect = try #require(
      effects.first { effect in
        if case .example = effect.work.screenWork(ExtraWork.self) { true } else { false }
      })
    let tokens = [(0, "hi", 3, 0.1), (1, " there", 4, 0.9)].map {
      ExampleToken(position: $0.0, text: $0.1, region: $0.2, distance: $0.3)
    }
    _ = state.update(.replied(effect.id, ExtraWork.reply(.example(tokens))))
    var screen = Terminal.Screen(columns: 80, rows: 24)
    view(state, theme: .builtIn, into: &screen)
    #expect(screen.text.contains("‹hi›"))
    #expect(screen.text.contains("1.80 outside  4"))
    _ = state.update(.key(.character("n")))
    _ = state.update(.key(KeyPress(.enter)))
    #expect(state.regions?.selected == 4)
  }
}
