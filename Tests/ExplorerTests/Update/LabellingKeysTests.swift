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
