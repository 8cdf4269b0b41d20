import Storage
import TestSupport
import Testing

@testable import Explorer

/// What a comparison lets the table know of its regions.
@Suite struct DriftTests {
  /// Compares A, with four regions, and B, which has two more, and opens B.
  private func compared() throws -> ScriptedExplorer {
    let folder = try TemporaryFolder()
    try SampleDictionary.write(to: folder.file("a.epdict"), regions: 4)
    try SampleDictionary.write(to: folder.file("b.epdict"))
    let explorer = try ScriptedExplorer(folder: folder, paths: [""])
    explorer.type("cjc")
    #expect(explorer.state.screen == .compare)
    explorer.type("<Esc>")
    explorer.type("<Enter>")
    return explorer
  }

  @Test func `regions are filtered and ordered by it, and the most introduced is labelled next`()
    throws
  {
    let explorer = try compared()
    #expect(explorer.state.regions?.dictionary.name == "b.epdict")
    explorer.type("fdrift:introduced<Enter>")
    #expect(explorer.state.regions?.rows.sorted() == [4, 5])
    explorer.type("<Esc>")
    #expect(explorer.state.regions?.rows.count == 6)
    explorer.type("g:next-introduced<Enter>")
    #expect(explorer.state.regions?.selected == 4)
    explorer.type("sn")
    #expect(explorer.state.regions?.rows.prefix(2) == [4, 5])
    explorer.type("f!drift:introduced label:\"\"<Enter>")
    #expect(explorer.state.regions?.rows.sorted() == [0, 1, 3])
  }

  @Test func `it can be a column, and is exported`() throws {
    let explorer = try compared()
    explorer.state.regions?.columns = [.members, .drift]
    #expect(explorer.row(with: "introduced 0.00") != nil)
    #expect(explorer.row(with: "persisted 1.00") != nil)
    #expect(explorer.table?.text(.tsv).contains("\tintroduced") == true)
  }

  @Test func `without a comparison it is said how to get one`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type(":next-introduced<Enter>")
    #expect(explorer.status.hasPrefix("drift is not known yet: c compares"))
    explorer.type("sn")
    #expect(explorer.status.hasPrefix("drift is not known yet: c compares"))
    #expect(explorer.state.regions?.sort.column == .members)
  }
}
