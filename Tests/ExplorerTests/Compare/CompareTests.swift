import ExemplarPartitioning
import Experiments
import Foundation
import Numerics
import Storage
import Terminal
import TestSupport
import Testing

@testable import Explorer

@Suite struct CompareTests {
  private func explorer(columns: Int = 80, rows: Int = 24) throws -> ScriptedExplorer {
    try CompareFixture.explorer(columns: columns, rows: rows)
  }

  private func compared(columns: Int = 80, rows: Int = 24) throws -> ScriptedExplorer {
    try CompareFixture.compared(columns: columns, rows: rows)
  }

  @Test func `two marks in the library compare, and Esc leads back`() throws {
    let explorer = try explorer()
    explorer.type("c")
    #expect(explorer.status == "parent.epdict is A · choose B and press c")
    #expect(explorer.keys.contains("c with this"))
    explorer.type("c")
    #expect(explorer.status == "no longer marked")
    explorer.type("cjc")
    #expect(explorer.text.contains("▸persisted 4"))
    explorer.type("<Esc>")
    #expect(explorer.state.screen == .library)
  }

  @Test func `a comparison begins at an open dictionary too`() throws {
    let explorer = try explorer()
    explorer.type("<Enter>c")
    #expect(explorer.state.library.marks.map(\.lastPathComponent) == ["parent.epdict"])
    explorer.type("jc")
    #expect(explorer.state.compare?.opened.a.dictionary.name == "parent.epdict")
    #expect(explorer.state.compare?.opened.b.dictionary.name == "tuned.epdict")
  }

  @Test func `the cutoff moves the pairs while it is moved`() throws {
    let explorer = try compared()
    #expect(
      explorer.status.hasPrefix(
        "cutoff 0.70: 1 of 5 introduced 20% [4, 62] · chance"))
    explorer.type("}}}")
    #expect(explorer.status.hasPrefix("cutoff 0.76: 2 of 5 introduced"))
    #expect(explorer.text.contains("▲0.76"))
    explorer.type("0")
    #expect(explorer.status.hasPrefix("cutoff 0.70: 1 of 5"))
    explorer.type("{{")
    #expect(explorer.status.hasPrefix("cutoff 0.66"))
  }

  @Test(arguments: [80, 100, 200])
  func `what was found is said whole, in as many words as there is room for`(_ columns: Int) throws
  {
    let explorer = try compared(columns: columns)
    let chance = try #require(explorer.state.compare?.nulls.known.first)
    var orders = chance
    orders.kind = .orders(count: 5, seed: 0, store: "tiny.epstore")
    orders.cosines = [Float](repeating: 0, count: 5) + [Float](repeating: 0.9, count: 20)
    explorer.state.compare?.nulls = .known([chance, orders])
    for keys in ["", "3"] {
      explorer.type(keys)
      let lines = explorer.text.split(separator: "\n").filter { $0.contains("20% [4, 62]") }
      #expect(lines.count == (keys.isEmpty ? 1 : 2))
      for line in lines {
        #expect(line.contains("order alone 20% [9, 39]: no more") && !line.contains("…"), "\(line)")
      }
    }
    #expect(explorer.status.contains("4 of 4 pairs persist") == (columns == 200))
  }

  @Test func `members of a dropped region are followed`() throws {
    let explorer = try compared(columns: 200, rows: 60)
    explorer.type("}}}2")
    #expect(explorer.row(with: "split into 4 and 3") != nil)
    #expect(explorer.row(with: "members of A 3 in B: split into 4 and 3") != nil)
    #expect(explorer.row(with: "60%") != nil)
    explorer.type("3")
    #expect(explorer.row(with: "split off 3") != nil)
    #expect(explorer.row(with: "B 4 has no pair · nearest A") != nil)
  }

  @Test func `contexts stand beside each other by document, and the cursor is in both`() throws {
    let explorer = try compared()
    let lines = try #require(explorer.state.compare?.detail?.lines)
    #expect(lines.allSatisfy { $0.isShared })
    #expect(explorer.row(with: "= the same document on both sides, 3 of 3") != nil)
    explorer.type("<Enter>j")
    #expect(explorer.state.compare?.place == 1)
    let row = try #require(explorer.row(with: "Document 1"))
    let text = explorer.screen.text(row: row)
    #expect(text.split(separator: "Document 1", omittingEmptySubsequences: false).count == 3)
    #expect(text.split(separator: "┃", omittingEmptySubsequences: false).count == 3)
  }

  @Test func `words narrow the table`() throws {
    let explorer = try compared()
    explorer.type("/greeting<Enter>")
    #expect(explorer.state.compare?.rows.map(\.a) == [0])
    explorer.type("<Esc>")
    #expect(explorer.state.compare?.rows.count == 4)
    explorer.type("/nowhere<Enter>")
    #expect(explorer.text.contains("no row passes “nowhere”"))
    explorer.type("<Esc>")
    #expect(explorer.state.compare?.rows.count == 4)
  }

  @Test func `a filter narrows the table in the language of the regions`() throws {
    let explorer = try compared(columns: 200, rows: 60)
    explorer.type("fmembersA > 4 db < 0.1")
    #expect(explorer.state.compare?.rows.map(\.a) == [0, 1, 2])
    explorer.type("<Enter>")
    #expect(explorer.state.compare?.mode == .browsing)
    #expect(explorer.text.contains("membersA > 4"))
    explorer.type("<Esc>flabel:~greet")
    #expect(explorer.state.compare?.rows.map(\.a) == [0])
    explorer.type("<Esc>fcos > x")
    #expect(explorer.status.contains("expected a number, found 'x'"))
    explorer.type("<Ctrl-u>memb<Tab>")
    #expect(explorer.state.compare?.textField?.text == "membersA > ")
    explorer.type("<Ctrl-u>change > 0<Enter>")
    #expect(explorer.status.contains("refusal rates need the stores"))
  }

  @Test func `tables are sorted by any column, each on its own`() throws {
    let explorer = try CompareFixture.withOutcomes(columns: 200, rows: 60)
    #expect(explorer.state.compare?.rows.first?.a == 0)
    explorer.type("s")
    #expect(explorer.text.contains("change of the refusal rate"))
    let index = try #require(explorer.state.compare?.columns.firstIndex(of: .refusalB))
    explorer.type(String(repeating: "j", count: index) + "<Enter>")
    #expect(
      explorer.state.compare?.rows.map(\.b) == [1, 0, 3, 2]
        || explorer.state.compare?.rows.map(\.b) == [1, 0, 2, 3])
    explorer.type("S")
    #expect(explorer.state.compare?.rows.last?.b == 1)
    explorer.type("2")
    #expect(explorer.state.compare?.sort == CompareSort(.membersA))
    explorer.type("1")
    #expect(explorer.state.compare?.sort.column == .refusalB)
  }

  @Test func `refusals stand beside the same prompts of the other model`() throws {
    let explorer = try CompareFixture.withOutcomes(columns: 200, rows: 60)
    explorer.type("3")
    #expect(explorer.state.compare?.selected?.b == 4)
    #expect(explorer.row(with: "4/4") != nil)
    #expect(explorer.row(with: "refused 4 of 4 = 100% [51, 100]") != nil)
    #expect(
      explorer.row(with: "same prompts by A: refused 0 of 4 = 0% [0, 49] · McNemar 4 to 0")
        != nil)
    explorer.type("6")
    #expect(explorer.text.contains("Most in an introduced one: B 4, 4 of 4"))
    #expect(explorer.text.contains("by chance, 5 random rotations of B: introduced"))
    explorer.type("1frefusalB > 0.4")
    #expect(explorer.state.compare?.rows.map(\.b) == [1])
  }

  @Test func `the null is matched in the background, and its failure is told`() throws {
    let explorer = try explorer()
    explorer.failure = { work in
      if case .matchNulls = work.screenWork(CompareWork.self) { "no room" } else { nil }
    }
    explorer.type("cjc")
    #expect(explorer.state.compare?.nulls == .failed("no room"))
    #expect(explorer.status == "✗ no null: no room")
    explorer.failure = { _ in nil }
    explorer.type("n")
    let nulls = explorer.state.compare?.nulls.known ?? []
    #expect(nulls.map(\.kind) == [.rotations(count: 5, seed: 0)])
    #expect(nulls.first?.introduced(at: 0.7).count == 25)
    explorer.type("n")
    #expect(explorer.status.contains("the null is there already"))
  }

  @Test func `a label is carried across and is the person's own only once confirmed`() throws {
    let explorer = try compared()
    let index = try #require(explorer.state.compare?.rows.firstIndex { $0.a == 0 })
    explorer.type(String(repeating: "j", count: index) + "L")
    #expect(explorer.row(with: "⇢ carried: greeting") != nil)
    #expect(explorer.state.compare?.label(.b, 0) == nil)
    explorer.type("L")
    #expect(explorer.status == "✓ labelled region 0 of B")
    #expect(explorer.state.compare?.label(.b, 0) == "greeting")
    let tuned = try DictionaryFile(explorer.folder.file("tuned.epdict"))
    let kept = try explorer.performer.openNotebook().labels(for: tuned.identity)
    #expect(kept.map(\.text) == ["greeting"])
    explorer.type("L")
    #expect(explorer.status == "both have this label")
  }

  @Test func `a label that the notebook does not take stays carried`() throws {
    let explorer = try compared()
    explorer.failure = { if case .saveLabel = $0 { "the disk is full" } else { nil } }
    let index = try #require(explorer.state.compare?.rows.firstIndex { $0.a == 0 })
    explorer.type(String(repeating: "j", count: index) + "LL")
    #expect(explorer.status == "✗ not saved: the disk is full")
    #expect(explorer.state.compare?.carried.count == 1)
  }

  @Test(arguments: [
    ("\"a\":3", "\"a\":99"), ("\"isOptimal\":true", "\"isOptimal\":false"),
  ])
  func `a comparison is kept for next time, unless its file was damaged`(
    _ sound: String, _ damaged: String
  ) throws {
    let explorer = try compared()
    #expect(explorer.state.compare?.opened.isFromCache == false)
    let urls = ["parent.epdict", "tuned.epdict"].map { explorer.folder.file($0) }
    func again() throws -> OpenedComparison {
      try explorer.performer.compare(urls[0], urls[1], progress: { _ in })
    }
    let second = try again()
    #expect(second.isFromCache)
    #expect(second.comparison == explorer.state.compare?.opened.comparison)
    #expect(second.nulls == explorer.state.compare?.nulls.known)
    let folder = explorer.folder.file("cache/comparisons-3")
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    let file = try #require(files.first)
    let text = try String(contentsOf: file, encoding: .utf8)
    try #require(text.contains(sound))
    try Data(text.replacing(sound, with: damaged).utf8).write(to: file)
    let third = try again()
    #expect(!third.isFromCache)
  }

  @Test func `work under way is shown with its progress, and Ctrl-c ends it`() throws {
    let explorer = try explorer()
    var state = explorer.state
    for key in KeyPress.keys(in: "cj") { _ = state.update(.key(key)) }
    let effect = try #require(state.update(.run(.compare)).first)
    #expect(state.isBusy)
    _ = state.update(
      .replied(
        effect.id,
        CompareWork.reply(.comparing(.init(stage: .assignment, done: 1200, total: 5796)))))
    var screen = Terminal.Screen(columns: 80, rows: 24)
    view(state, theme: .builtIn, into: &screen)
    #expect(screen.text(row: 22).contains("matching 1,200 of 5,796"))
    let stopped = state.update(.interrupt)
    #expect(stopped.map(\.work) == [.cancel(effect.id)])
    #expect(!state.isBusy)
    let opened = explorer.performer.perform(effect.work)
    _ = state.update(.replied(effect.id, opened))
    #expect(state.screen == .library)
  }

  @Test func `the summary can be copied, with n and identities`() throws {
    let explorer = try compared()
    explorer.type("y")
    let text = try #require(explorer.copied.first)
    #expect(text.contains("4 of 4 pairs persist, 0 regions of 4 are dropped, 1 of 5 introduced"))
    #expect(text.contains("Wilson 95 %"))
  }

  @Test func `every label of a pair that persists is carried, and taken back`() throws {
    let explorer = try compared()
    explorer.type("C")
    #expect(explorer.status.contains("carried 1 label"))
    #expect(explorer.state.compare?.labels[.b]?.entries[0]?.origin == .carried)
    #expect(explorer.text.contains("⇢ greeting") || explorer.text.contains("greeting"))
    explorer.type("C")
    #expect(explorer.status == "no pair that persists has a label on one side alone")
    explorer.type("u")
    #expect(explorer.state.compare?.label(.b, 0) == nil)
    #expect(explorer.status == "undone in B: 1 change")
  }

  @Test func `labels that differ are marked, and can be filtered for`() throws {
    let explorer = try compared()
    var state = explorer.state
    state.compare?.labels[.b]?.set(.init(text: "farewell", origin: .own), for: 0)
    state.compare?.refresh()
    explorer.state = state
    let row = try #require(explorer.row(with: "greeting ≠"))
    #expect(row < 12)
    explorer.type("fdisagree = 1<Enter>")
    #expect(explorer.state.compare?.rows.map(\.a) == [0])
  }

  @Test func `the reference's files and ours are written into a new folder`() throws {
    let explorer = try compared()
    explorer.type("E")
    #expect(explorer.state.compare?.textField?.text == "parent-tuned.match")
    let folder = explorer.folder.file("out").path(percentEncoded: false)
    explorer.type("<Ctrl-u>\(folder)<Enter>")
    #expect(explorer.status.hasPrefix("✓ wrote matches.csv, a_dropped.csv"))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    #expect(
      names == [
        "a_dropped.csv", "b_introduced.csv", "comparison.json", "matches.csv", "summary.json",
      ])
    let json = try JSONSerialization.jsonObject(
      with: Data(contentsOf: explorer.folder.file("out/comparison.json")))
    #expect((json as? [String: Any])?["persisted_above_cutoff"] as? Int == 4)
    explorer.type("E<Ctrl-u>\(folder)<Enter>")
    #expect(explorer.status.contains("exists already"))
    explorer.type("E<Ctrl-u>\(folder).csv<Enter>")
    #expect(explorer.status.contains("expected a new folder, or a page's name in .html"))
    explorer.type("<Esc>E<Ctrl-u>\(folder).html<Enter>")
    #expect(explorer.status.hasPrefix("✓ wrote the page of the comparison"))
    let page = try String(contentsOfFile: "\(folder).html", encoding: .utf8)
    #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains("Introduced in B"))
  }

  @Test func `a region opens in its own dictionary`() throws {
    let explorer = try compared()
    explorer.type("3o")
    #expect(explorer.state.screen == .regions)
    #expect(explorer.state.regions?.dictionary.name == "tuned.epdict")
    #expect(explorer.state.regions?.selected == 4)
  }

  @Test func `a document that one region has stands beside where it is on the other side`() throws {
    let samples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "sample-dicts")
    let folder = try TemporaryFolder()
    try FileManager.default.createSymbolicLink(
      at: folder.file("samples"), withDestinationURL: samples)
    let explorer = try ScriptedExplorer(
      columns: 200, rows: 60, folder: folder,
      paths: ["instruct", "refusal"].map { "samples/smollm2-\($0).last.p40.epdict" })
    explorer.failure = { work in
      if case .matchNulls = work.screenWork(CompareWork.self) { "not now" } else { nil }
    }
    explorer.type("gcjc3")
    let compare = try #require(explorer.state.compare)
    #expect(compare.selected?.b == 5)
    let loaded = try #require(compare.detail)
    let flow = try #require(compare.opened.comparison.flow)
    let places = loaded.b.closest.indices.compactMap { loaded.place(ofB: $0)?.region }
    #expect(places.count == loaded.b.closest.count)
    #expect(Set(places).isSubset(of: flow.cells.filter { $0.b == 5 }.map(\.a)))
    #expect(explorer.row(with: "the same in A \(places[0])") != nil)
    #expect(explorer.row(with: "refused 9 of 20 = 45% [26, 66]") != nil)
  }

  @Test func `dictionaries of other widths are refused in the library`() throws {
    let explorer = try CompareFixture.explorer(more: ["narrow"])
    explorer.type("cjc<Esc>")
    explorer.type("gcjjjc")
    #expect(explorer.state.screen == .library)
    let names = (explorer.state.library.entries ?? []).map(\.name)
    #expect(names == ["narrow.epdict", "parent.epdict", "tuned.epdict"])
    #expect(
      explorer.status.hasPrefix(
        "✗ expected models of one width, found exemplars of 9 components in A and 8 in"))
  }

  @Test(arguments: [(80, 24), (200, 60), (60, 16)])
  func `every table and tab is drawn at every size`(columns: Int, rows: Int) throws {
    let explorer = try CompareFixture.withOutcomes(columns: columns, rows: rows)
    for keys in [
      "1", "2", "3", "}}}}2", "5", "<Tab>jjk<Tab>", "6", "<Tab>G<Tab>", "4", "z", "z<Enter>", "z",
      "z",
      "<Esc>/x", "<Esc>", "s", "j<Esc>", "fcos", "<Esc>",
    ] {
      explorer.type(keys)
      #expect(explorer.screen.columns == columns)
    }
    #expect(explorer.text.contains("Compare"))
  }
}
