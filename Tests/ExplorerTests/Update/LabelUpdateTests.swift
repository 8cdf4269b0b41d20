import Foundation
import Storage
import Terminal
import TestSupport
import Testing

@testable import Explorer

@Suite struct LabelUpdateTests {
  private func entry(_ explorer: ScriptedExplorer, _ region: Int) -> LabelView.Entry? {
    explorer.state.regions?.annotations.labels.entries[region]
  }

  @Test func `Enter saves, the selection stays, and u takes it back`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("llocks<Enter>")
    #expect(entry(explorer, 0) == LabelView.Entry(text: "locks", origin: .own))
    #expect(explorer.state.regions?.selected == 0)
    #expect(explorer.status == "✓ labelled region 0 · u undoes")
    explorer.type("u")
    #expect(entry(explorer, 0) == nil)
    #expect(explorer.status == "✓ undone: region 0 has no label of yours")
    explorer.type("<C-r>")
    #expect(entry(explorer, 0)?.text == "locks")
    #expect(explorer.status == "✓ done again: region 0 is “locks”")
    explorer.type("<C-r>")
    #expect(explorer.status == "nothing to do again")
  }

  @Test func `a label is there in the next session`() throws {
    let first = try ScriptedExplorer()
    first.type("llocks<Enter>j*")
    let second = try ScriptedExplorer(folder: first.folder)
    #expect(entry(second, 0)?.text == "locks")
    #expect(second.state.regions?.annotations.stars == [1])
  }

  @Test func `an empty label takes an imported one away, and undo brings it back`() throws {
    let explorer = try ScriptedExplorer()
    #expect(entry(explorer, 2)?.origin == .imported)
    explorer.type("jjl<C-u><Enter>")
    #expect(entry(explorer, 2) == nil)
    #expect(explorer.status == "✓ label of region 2 taken away · u undoes")
    explorer.type("u")
    #expect(entry(explorer, 2)?.text == "refusal opener")
  }

  @Test func `Enter on an imported label makes it one's own`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("jjl<Enter>")
    #expect(entry(explorer, 2)?.origin == .own)
    // A second time there is nothing to save.
    explorer.type("l<Enter>")
    #expect(explorer.state.message == nil)
  }

  @Test func `until the notebook has it a label is pending`() throws {
    var state = try ScriptedExplorer().state
    for key in KeyPress.keys(in: "la") { _ = state.update(.key(key)) }
    let effects = state.update(.key(KeyPress(.enter)))
    guard case .saveLabel(let target, 0, "a") = effects.first?.work else {
      Issue.record("expected a label to save, got \(effects)")
      return
    }
    #expect(target.identity == state.regions?.dictionary.identity)
    #expect(state.regions?.pendingLabels[0] == PendingLabel(text: "a"))
    #expect(state.regions?.annotations.labels.entries[0] == nil)
    _ = state.update(.replied(effects[0].id, .saved(version: 7, others: nil)))
    #expect(state.regions?.pendingLabels == [:])
    #expect(state.regions?.annotations.version == 7)
  }

  @Test func `leaving waits for a label on its way`() throws {
    let explorer = try ScriptedExplorer()
    explorer.isHoldingSaves = true
    explorer.type("llocks<Enter>q")
    #expect(explorer.state.exit == nil)
    explorer.release()
    #expect(explorer.state.exit == .quit)
  }

  @Test func `leaving is asked about when the notebook refused, and saving again helps`() throws {
    let explorer = try ScriptedExplorer()
    explorer.failure = { if case .saveLabel = $0 { "the disk is full" } else { nil } }
    explorer.isHoldingSaves = true
    explorer.type("llocks<Enter>q")
    explorer.release()
    // Not left: the label is back in its field.
    #expect(explorer.state.exit == nil)
    #expect(explorer.state.textField?.text == "locks")
    explorer.type("<Esc>q")
    #expect(explorer.state.overlay == .question(.leaveUnsaved(regions: [0])))
    explorer.failure = { _ in nil }
    explorer.type("s")
    #expect(entry(explorer, 0)?.text == "locks")
    explorer.type("q")
    #expect(explorer.state.exit == .quit)
  }

  @Test func `a refused label does not take the field from the next one`() throws {
    let explorer = try ScriptedExplorer()
    explorer.failure = { if case .saveLabel(_, 0, _) = $0 { "busy" } else { nil } }
    explorer.isHoldingSaves = true
    explorer.type("lfirst<Enter>jlsecond")
    explorer.release()
    #expect(explorer.state.textField?.text == "second")
    explorer.type("<Enter>k")
    #expect(entry(explorer, 1)?.text == "second")
    #expect(explorer.state.regions?.pendingLabels[0]?.failure == "busy")
    explorer.type("l")
    #expect(explorer.state.textField?.text == "first")
  }

  @Test func `labels of another explorer appear within a second`() throws {
    let one = try ScriptedExplorer()
    let two = try ScriptedExplorer(folder: one.folder)
    one.wait(.seconds(1))
    two.type("j*llocks<Enter>")
    #expect(entry(one, 1) == nil)
    one.wait(.seconds(1))
    #expect(entry(one, 1)?.text == "locks")
    #expect(one.state.regions?.annotations.stars == [1])
  }

  @Test func `one's own save shows what others did meanwhile`() throws {
    let one = try ScriptedExplorer()
    let two = try ScriptedExplorer(folder: one.folder)
    two.type("jllocks<Enter>")
    one.type("lmine<Enter>")
    #expect(entry(one, 0)?.text == "mine")
    #expect(entry(one, 1)?.text == "locks")
  }

  @Test func `without a notebook labels are refused before they are typed`() throws {
    let folder = try TemporaryFolder()
    // A folder stands where the notebook would be.
    try FileManager.default.createDirectory(
      at: folder.file("notebook.sqlite"), withIntermediateDirectories: true)
    let explorer = try ScriptedExplorer(folder: folder)
    explorer.type("l")
    #expect(explorer.state.textField == nil)
    #expect(explorer.status.hasPrefix("✗ labels cannot be saved:"))
    #expect(explorer.state.regions?.rows.count == 6)
    explorer.type("j")
    #expect(explorer.status.contains("no notebook: labels cannot be saved"))
  }

  @Test func `the field is edited as a shell's line is`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("lone two three<C-w><C-a>zero <C-e>four<Left><Left><BS>")
    #expect(explorer.state.textField?.text == "zero one two fur")
    explorer.type("<C-k>")
    #expect(explorer.state.textField?.text == "zero one two f")
    explorer.type("<A-b><A-b><C-u>")
    #expect(explorer.state.textField?.text == "two f")
    explorer.type("<Esc>")
    #expect(entry(explorer, 0) == nil)
    #expect(explorer.state.exit == nil)
  }

  @Test func `completions follow what is typed and how often labels are used`() {
    var editor = LabelEditor(
      region: 0, text: "", inUse: LabelEditor.inUse(["code", "cooking", "cooking", "other"]))
    editor.field.insert("CO")
    editor.refreshCompletions()
    #expect(editor.completions == ["cooking", "code"])
    #expect(editor.suggestion == "oking")
    editor.choose(1)
    #expect(editor.suggestion == "de")
    editor.complete()
    #expect(editor.field.text == "code")
    #expect(editor.suggestion == "")
  }

  @Test func `a label full of spaces is none`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("l   <Enter>")
    #expect(explorer.state.regions?.pendingLabels == [:])
    #expect(explorer.state.message == nil)
  }
}
