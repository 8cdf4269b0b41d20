import Foundation
import Terminal
import TestSupport
import Testing

@testable import Explorer

struct MemoryTests {
  private func samples(_ folder: TemporaryFolder) throws {
    let samples = folder.file("sample-dicts")
    for name in ["one", "two"] {
      try FileManager.default.createDirectory(at: samples, withIntermediateDirectories: true)
      try SampleDictionary.write(to: samples.appending(path: "\(name).epdict"))
    }
  }

  private func explorer(_ folder: TemporaryFolder, rows: Int = 30) throws -> ScriptedExplorer {
    try ScriptedExplorer(
      columns: 100, rows: rows, folder: folder, paths: ["sample-dicts"],
      memory: folder.file("state"))
  }

  /// The samples that come with the program.
  private func link(_ folder: TemporaryFolder, as name: String = "sample-dicts") throws {
    try FileManager.default.createSymbolicLink(
      at: folder.file(name), withDestinationURL: Samples.folder)
  }

  @Test func `the tour is offered by what a folder holds, not by what it is called`() throws {
    let folder = try TemporaryFolder()
    try link(folder, as: "elsewhere")
    let explorer = try ScriptedExplorer(
      folder: folder, paths: ["elsewhere"], memory: folder.file("state"))
    #expect(explorer.state.tour?.step == 0)
    #expect(explorer.state.library.selected?.name == "smollm2-refusal.last.p10.epdict")
    // The name alone is nothing.
    let other = try TemporaryFolder()
    try samples(other)
    #expect(try self.explorer(other).state.tour == nil)
  }

  @Test func `the tour is shown once, on the samples, and goes on as it is followed`() throws {
    let folder = try TemporaryFolder()
    try link(folder)
    let first = try explorer(folder)
    #expect(first.text.contains("The library · 1 of 6"))
    first.type("<Enter>")
    #expect(first.text.contains("Regions · 2 of 6"))
    first.type("j")
    #expect(first.text.contains("Search · 3 of 6"))
    first.type("/\(Tour.word)<Enter>")
    #expect(first.text.contains("Evidence · 4 of 6"))
    first.type("<Enter>")
    #expect(first.text.contains("Labels · 5 of 6"))
    first.type("lplumbing<Enter>")
    #expect(first.text.contains("Everything else · 6 of 6"))
    first.type("<Space>")
    #expect(!first.text.contains("of 6 ─"))
    #expect(first.status == ":tour shows it again")
    let second = try explorer(folder)
    #expect(second.state.tour == nil)
    second.type(":tour<Enter>")
    #expect(second.state.tour?.step == 0)
  }

  @Test func `the tour can be skipped at once, and a space in a field is a space`() throws {
    let folder = try TemporaryFolder()
    try link(folder)
    let first = try explorer(folder)
    first.type("<Space>j<Space>l<Space>x y<Enter>")
    #expect(first.state.regions?.ownLabelCount == 1)
    #expect(first.state.regions?.annotations.labels.texts.values.contains("x y") == true)
    first.type("X")
    #expect(first.state.tour == nil)
    #expect(try explorer(folder).state.tour == nil)
  }

  @Test func `elsewhere no tour begins by itself`() throws {
    let folder = try TemporaryFolder()
    let explorer = try ScriptedExplorer(folder: folder, memory: folder.file("state"))
    #expect(explorer.state.tour == nil)
  }

  @Test func `the cursor is on what was opened last under the path`() throws {
    let folder = try TemporaryFolder()
    try samples(folder)
    let first = try explorer(folder)
    first.type("j<Enter>")
    let second = try explorer(folder)
    // It is listed once, in its place.
    #expect(second.state.library.entries?.map(\.name) == ["one.epdict", "two.epdict"])
    #expect(second.state.library.selected?.name == "two.epdict")
    #expect(second.status == "2 dictionaries")
    second.type("<Enter>")
    #expect(second.state.regions?.dictionary.name == "two.epdict")
  }

  @Test func `what was opened elsewhere stands apart, each once, and twins are told apart`() throws
  {
    let folder = try TemporaryFolder()
    for place in ["a", "b", "here"] {
      try FileManager.default.createDirectory(
        at: folder.file(place), withIntermediateDirectories: true)
      try SampleDictionary.write(to: folder.file("\(place)/same.epdict"))
    }
    try SampleDictionary.write(to: folder.file("here/other.epdict"))
    try FileManager.default.createSymbolicLink(
      at: folder.file("link"), withDestinationURL: folder.file("a"))
    for path in ["a/same.epdict", "b/same.epdict", "link/same.epdict", "here/same.epdict"] {
      _ = try Memory.change(
        .opened(path: folder.file(path).path(percentEncoded: false)), in: folder.file("state"),
        now: .now)
    }
    let explorer = try ScriptedExplorer(
      columns: 200, folder: folder, paths: ["here"], memory: folder.file("state"))
    let recent = explorer.state.library.entries?.filter(\.isRecent) ?? []
    #expect(recent.count == 2)
    #expect(explorer.state.library.lines.first == .heading("opened before"))
    #expect(explorer.state.library.selected?.name == "same.epdict")
    #expect(explorer.state.library.selected?.isRecent == false)
    for place in ["link", "b"] {
      let row = try #require(explorer.row(with: "/\(place)  p 10  tiny-model"))
      #expect(explorer.screen.text(row: row).contains("blocks.3"))
    }
  }

  @Test func `what was opened before and is gone is left out`() throws {
    let folder = try TemporaryFolder()
    try samples(folder)
    try explorer(folder).type("<Enter>")
    try FileManager.default.removeItem(at: folder.file("sample-dicts/one.epdict"))
    #expect(try explorer(folder).state.library.entries?.count == 1)
  }

  @Test func `what was named by itself has the cursor, whatever was opened before`() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createSymbolicLink(
      at: folder.file("samples"), withDestinationURL: Samples.folder)
    func explorer(_ path: String) throws -> ScriptedExplorer {
      try ScriptedExplorer(folder: folder, paths: [path], memory: folder.file("state"))
    }
    _ = try explorer("samples/smollm2-refusal.last.p10.epdict")
    let store = try explorer("samples/smollm2-refusal.epstore")
    #expect(store.state.library.entries?.first?.isRecent == true)
    #expect(store.state.library.selected?.name == "smollm2-refusal.epstore")
    let other = try explorer("samples/smollm2-instruct.last.p10.epdict")
    other.type("<Esc>")
    #expect(other.state.library.selected?.name == "smollm2-instruct.last.p10.epdict")
  }

  @Test func `a chosen theme is remembered`() throws {
    let folder = try TemporaryFolder()
    try samples(folder)
    try explorer(folder).type(":theme<Enter>j<Enter>")
    #expect(try explorer(folder).state.themes.name == "tide")
  }

  @Test(arguments: ["", "{", "[]", "{\"tour\":\"x\"}", "{\"recents\":[{\"path\":3}]}"])
  func `a memory that cannot be read counts for none`(_ text: String) throws {
    let folder = try TemporaryFolder()
    try Data(text.utf8).write(to: folder.file("memory.json"))
    #expect(Memory.read(from: folder.url) == Memory())
  }

  @Test func `it remembers no more than some, each once`() {
    var memory = Memory()
    for number in 0..<40 { memory.apply(.opened(path: "/\(number % 30)"), now: .distantPast) }
    #expect(memory.recents.count == Memory.recentLimit)
    #expect(Set(memory.recents.map(\.path)).count == Memory.recentLimit)
    #expect(memory.recents.first?.path == "/9")
  }
}
