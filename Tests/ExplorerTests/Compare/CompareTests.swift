import ExemplarPartitioning
import Foundation
import Storage
import Terminal
import TestSupport
import Testing

@testable import Explorer

@Suite struct CompareTests {
  /// Two dictionaries of one stream: B has A's first three regions a little turned, its fourth in two, and one of its own.
  private func explorer(columns: Int = 80, rows: Int = 24) throws -> ScriptedExplorer {
    let folder = try TemporaryFolder()
    try Self.write("parent", [[0], [1], [2], [3]], turned: 0, to: folder)
    try Self.write("tuned", [[0], [1], [2], [3], [4]], turned: 0.3, to: folder)
    return try ScriptedExplorer(
      columns: columns, rows: rows, folder: folder, paths: ["parent.epdict", "tuned.epdict"])
  }

  private static func write(
    _ name: String, _ axes: [[Int]], turned: Float, to folder: TemporaryFolder
  ) throws {
    let isTuned = axes.count == 5
    // Rows 0 to 19 of the stream, five a region; of the parent's last five, the tuned one has three elsewhere.
    let members = (0..<axes.count).map { region -> [Int] in
      let own = Array(5 * region..<5 * region + 5)
      guard isTuned, region >= 3 else { return own }
      return region == 3 ? [15, 16] : [17, 18, 19]
    }
    var exemplars: [Float] = []
    for (region, _) in axes.enumerated() {
      var row = [Float](repeating: 0, count: 8)
      row[region] = 1
      row[7] = region == 3 ? 3 * turned : turned
      let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      exemplars += row.map { $0 / norm }
    }
    let documents = (0..<20).map { "Document \($0) is about \($0 % 2 == 0 ? "locks" : "bread")." }
    let regions = members.enumerated().map { region, rows in
      Region(
        memberCount: rows.count, coherence: 0.9, sumDistance: 0.5, sumSquaredDistance: 0.1,
        batches: [0], members: rows,
        closest: rows.prefix(3).enumerated().map {
          Context(distance: Double($0.offset) * 0.1, document: $0.element, position: 1)
        },
        farthest: [], label: region == 0 && !isTuned ? "greeting" : nil)
    }
    var provenance = DictionaryProvenance()
    (provenance.model, provenance.positions, provenance.percentile) = ("tiny-model", "all", 10)
    (provenance.prompts, provenance.activations) = (20, 20)
    try DictionaryWriter.write(
      ExemplarDictionary(
        centre: [Float](repeating: 0.5, count: 8), threshold: 0.5, exemplars: exemplars,
        means: exemplars, regions: regions, documents: documents), provenance: provenance,
      tokenEnds: nil, to: folder.file("\(name).epdict"))
  }

  private func compared(columns: Int = 80, rows: Int = 24) throws -> ScriptedExplorer {
    let explorer = try explorer(columns: columns, rows: rows)
    explorer.type("cjc")
    try #require(explorer.state.screen == .compare)
    return explorer
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
    #expect(explorer.state.library.marked?.lastPathComponent == "parent.epdict")
    explorer.type("jc")
    #expect(explorer.state.compare?.opened.a.dictionary.name == "parent.epdict")
    #expect(explorer.state.compare?.opened.b.dictionary.name == "tuned.epdict")
  }

  @Test func `the cutoff moves the pairs while it is moved`() throws {
    let explorer = try compared()
    #expect(
      explorer.status
        == "cutoff 0.70: 4 of 4 pairs persist · 1 of 5 introduced = 20.0% [3.6%, 62.4%]")
    explorer.type("}}}")
    #expect(explorer.status.hasPrefix("cutoff 0.76: 3 of 4 pairs persist · 2 of 5 introduced"))
    #expect(explorer.text.contains("▲0.76"))
    explorer.type("0")
    #expect(explorer.status.hasPrefix("cutoff 0.70: 4 of 4"))
    explorer.type("{{")
    #expect(explorer.status.hasPrefix("cutoff 0.66"))
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

  @Test func `a filter narrows the table by words, numbers and bounds`() throws {
    let explorer = try compared()
    explorer.type("/greeting<Enter>")
    #expect(explorer.state.compare?.rows.map(\.a) == [0])
    explorer.type("<Esc>")
    #expect(explorer.state.compare?.rows.count == 4)
    explorer.type("/cos<Enter>")
    #expect(explorer.text.contains("nothing matches “cos”"))
    explorer.type("<Esc>/members>4 d<0.1")
    #expect(explorer.state.compare?.rows.map(\.a) == [0, 1, 2])
    explorer.type("<Enter>")
    #expect(explorer.state.compare?.mode == .browsing)
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

  @Test func `a comparison is kept for next time, unless its file was damaged`() throws {
    let explorer = try compared()
    #expect(explorer.state.compare?.opened.isKept == false)
    let urls = ["parent.epdict", "tuned.epdict"].map { explorer.folder.file($0) }
    func again() throws -> OpenedComparison? {
      guard
        case .compared(let opened) = try explorer.performer.compare(
          urls[0], urls[1], progress: { _ in })
      else { return nil }
      return opened
    }
    let second = try again()
    #expect(second?.isKept == true)
    #expect(second?.comparison == explorer.state.compare?.opened.comparison)
    let folder = explorer.folder.file("cache/comparisons-1")
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    let file = try #require(files.first)
    let text = try String(contentsOf: file, encoding: .utf8)
    try Data(text.replacing("\"a\":3", with: "\"a\":99").utf8).write(to: file)
    let third = try again()
    #expect(third?.isKept == false)
  }

  @Test func `work under way is shown with its progress, and Ctrl-c ends it`() throws {
    let explorer = try explorer()
    var state = explorer.state
    for key in KeyPress.keys(in: "cj") { _ = state.update(.key(key)) }
    let effect = try #require(state.update(.run(.compare)).first)
    #expect(state.isBusy)
    _ = state.update(
      .answered(effect.id, .comparing(.init(stage: .assignment, done: 1200, total: 5796))))
    var screen = Screen(columns: 80, rows: 24)
    view(state, theme: .builtIn, into: &screen)
    #expect(screen.text(row: 22).contains("matching 1,200 of 5,796"))
    let stopped = state.update(.interrupt)
    #expect(stopped.map(\.work) == [.stopComparing])
    #expect(!state.isBusy)
    let opened = explorer.performer.perform(effect.work)
    _ = state.update(.answered(effect.id, opened))
    #expect(state.screen == .library)
  }

  @Test func `the summary can be copied, with n and identities`() throws {
    let explorer = try compared()
    explorer.type("y")
    let text = try #require(explorer.copied.first)
    #expect(text.contains("4 of 4 pairs persist, 0 regions of 4 are dropped, 1 of 5 introduced"))
    #expect(text.contains("Wilson 95 %"))
  }

  @Test(arguments: [(80, 24), (200, 60), (60, 16)])
  func `every table is drawn at every size`(columns: Int, rows: Int) throws {
    let explorer = try compared(columns: columns, rows: rows)
    for keys in ["1", "2", "3", "}}}}2", "z", "z<Enter>", "z", "z", "<Esc>/x", "<Esc>"] {
      explorer.type(keys)
      #expect(explorer.screen.columns == columns)
    }
    #expect(explorer.text.contains("Compare"))
  }
}
