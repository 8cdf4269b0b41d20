import Foundation
import Terminal
import Testing

@testable import Explorer

struct LabellingKeysTests {
  @Test func `Esc leaves a note as it was, and one key keeps it`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("ione<Ctrl-s>")
    #expect(explorer.state.regions?.annotations.notes[0] == "one")
    explorer.type("i and more<Esc>")
    #expect(explorer.state.regions?.mode == .browsing)
    #expect(explorer.state.regions?.annotations.notes[0] == "one")
    #expect(explorer.status == "the note is as it was")
    let keys = Keymap.standard.keys(for: .saveNote, in: [.noteField])
    #expect(keys.map(\.label) == ["^S"])
  }

  @Test func `labels are exported as CSV where the name asks for it`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("lrivers, lakes<Enter>")
    let file = explorer.folder.file("mine.csv")
    explorer.type(":labels-export<Enter><Ctrl-u>\(file.path())<Enter>")
    let text = try String(contentsOf: file, encoding: .utf8)
    let lines = text.split(separator: "\n")
    #expect(lines.first?.hasPrefix("region,label,note,tags,starred") == true)
    #expect(lines.count == 2)
    #expect(lines.last?.hasPrefix("0,\"rivers, lakes\",") == true)
  }

  @Test func `while blind, u takes back the blind answer and no label that was there`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("lrivers<Enter>jllakes<Enter>")
    let regions = try #require(explorer.state.regions)
    let second = try #require(regions.selected)
    #expect(regions.annotations.labels.texts[second] == "lakes")
    explorer.type("B")
    explorer.type("u")
    #expect(explorer.state.regions?.annotations.labels.texts[second] == "lakes")
    #expect(explorer.status.contains("kept from sight"))
    explorer.type("#\(second)<Enter>lponds<Enter>n")
    #expect(explorer.state.regions?.isHidden(second) == false)
    explorer.type("u")
    #expect(explorer.state.regions?.isHidden(second) == true)
    #expect(explorer.state.regions?.annotations.labels.texts[second] == "lakes")
    // One that had no label got it by the answer, and loses it with that.
    let third = try #require(
      (0..<regions.dictionary.regionCount).first { regions.label(of: $0) == nil })
    explorer.type("#\(third)<Enter>lnew<Enter>")
    #expect(explorer.state.regions?.annotations.labels.texts[third] == "new")
    explorer.type("u")
    #expect(explorer.state.regions?.annotations.labels.texts[third] == nil)
    // A star is taken back as ever.
    explorer.type("*u")
    #expect(explorer.state.regions?.annotations.stars.isEmpty == true)
  }

  @Test func `while blind, a search finds no label that is hidden, and the lab stays closed`()
    throws
  {
    let explorer = try ScriptedExplorer()
    explorer.type("lqqzebra<Enter>/qqzebra<Enter>")
    #expect(explorer.state.regions?.rows.count == 1)
    explorer.type("<Esc>B/qqzebra<Enter>")
    #expect(explorer.state.regions?.rows.isEmpty == true)
    explorer.type("<Esc>a")
    #expect(explorer.state.screen == .regions)
    #expect(explorer.status.contains("kept from sight"))
    explorer.type("l")
    #expect(!explorer.text.contains("takes it away"))
  }

  @Test func `Tab completes a path as far as it is certain, and says what it can go on with`()
    throws
  {
    let explorer = try ScriptedExplorer()
    for name in ["labels-one.jsonl", "labels-two.jsonl"] {
      try Data().write(to: explorer.folder.file(name))
    }
    let folder = String(explorer.folder.file("b").path().dropLast())
    explorer.type(":labels-import<Enter><Ctrl-u>\(folder)la<Tab>")
    #expect(explorer.state.textField?.text == "\(folder)labels-")
    #expect(explorer.state.message?.text == "labels-one.jsonl  labels-two.jsonl")
    explorer.type("t<Tab>")
    #expect(explorer.state.textField?.text == "\(folder)labels-two.jsonl")
    explorer.type("x<Tab>")
    #expect(explorer.state.message?.text == "no file begins so")
  }

  @Test func `the second of two files is completed too`() throws {
    let explorer = try ScriptedExplorer()
    try Data().write(to: explorer.folder.file("base.jsonl"))
    let folder = String(explorer.folder.file("b").path().dropLast())
    explorer.type(":labels-merge<Enter>\(folder)base.jsonl \(folder)b<Tab>")
    #expect(explorer.state.textField?.text == "\(folder)base.jsonl \(folder)base.jsonl")
  }
}
