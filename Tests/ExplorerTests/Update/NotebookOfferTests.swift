import Foundation
import Storage
import TestSupport
import Testing

@testable import Explorer

@Suite struct NotebookOfferTests {
  /// On a notebook that was damaged after a day's copy was made of it.
  private func explorer() throws -> ScriptedExplorer {
    let folder = try TemporaryFolder()
    let identity = try SampleDictionary.write(to: folder.file("sample.epdict"))
    let url = folder.file("notebook.sqlite")
    try Notebook(url).setLabel("picks locks", region: 0, identity: identity)
    _ = try Notebook(url)
    try Data("no longer a database".utf8).write(to: url)
    for suffix in ["-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: url.path(percentEncoded: false) + suffix)
    }
    return try ScriptedExplorer(folder: folder)
  }

  @Test func `the last copy of a damaged notebook is offered, and y takes it`() throws {
    let explorer = try explorer()
    #expect(explorer.row(with: "Your notebook of labels was damaged.") != nil)
    #expect(explorer.row(with: ", with 1 label") != nil)
    #expect(explorer.row(with: "The damaged one is kept as notebook.sqlite.damaged-") != nil)
    #expect(explorer.keys == "y take the copy  n begin anew")
    explorer.type("y")
    #expect(explorer.status.hasPrefix("✓ the notebook is as it was in notebook-"))
    explorer.wait(.seconds(1))
    #expect(explorer.state.regions?.label(of: 0)?.text == "picks locks")
  }

  @Test func `n begins anew, and the copy stays`() throws {
    let explorer = try explorer()
    explorer.type("n")
    #expect(explorer.state.overlay == nil)
    explorer.type("lnew<Enter>")
    #expect(explorer.state.regions?.label(of: 0)?.text == "new")
    let copies = try FileManager.default.contentsOfDirectory(
      atPath: explorer.folder.file("backups").path(percentEncoded: false))
    #expect(copies.count == 1)
  }
}
