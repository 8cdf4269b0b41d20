import Foundation
import Terminal
import TestSupport
import Testing

@testable import Explorer

/// What holds on every screen: leaps, copies, files, jobs, panes.
struct FrameUpdateTests {
  private func selected(_ explorer: ScriptedExplorer) -> Int? { explorer.state.regions?.selected }

  // MARK: - Leaps

  @Test func `an interrupt asks whether to leave, and a second one leaves`() throws {
    var state = try ScriptedExplorer().state
    // Help lies over the screen.
    _ = state.update(.run(.help))
    _ = state.update(.interrupt)
    #expect(state.overlay == .question(.leave) && state.exit == nil)
    _ = state.update(.interrupt)
    #expect(state.exit == .quit)
  }

  @Test func `Ctrl-o goes back to where one leapt from, Alt-o forward again`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("j#4<Enter>#2<Enter>")
    explorer.type("<C-o>")
    #expect(selected(explorer) == 4)
    explorer.type("<C-o>")
    #expect(selected(explorer) == 1)
    explorer.type("<A-o><A-o>")
    #expect(selected(explorer) == 2)
    explorer.type("<A-o>")
    #expect(explorer.status == "nowhere to go forward to")
  }

  @Test func `moving by a row is no leap, and a new leap forgets what was ahead`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("jj<C-o>")
    #expect(explorer.status.contains("nowhere to go back to"))
    explorer.type("#5<Enter><C-o>#3<Enter><A-o>")
    #expect(selected(explorer) == 3)
  }

  @Test func `a search is one leap, however many letters it has`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("/needle<Enter>")
    #expect(selected(explorer) == 4)
    explorer.type("<Esc><C-o>")
    #expect(selected(explorer) == 0)
  }

  // MARK: - Copies

  @Test func `a context, a row and a command that leads here can be copied`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("jY<A-y>")
    #expect(explorer.copied[0] == "Can you help me repair a dripping kitchen tap?")
    let path = explorer.folder.file("sample.epdict").path()
    #expect(explorer.copied[1] == "exemplar \(path) --region 1")
    #expect(explorer.status.hasPrefix("✓ copied exemplar "))
  }

  @Test(arguments: [
    ("/d/a.epdict", "/d/a.epdict"), ("/my d/a", "'/my d/a'"), ("it's", "'it'\\''s'"), ("", "''"),
    ("$(reboot)", "'$(reboot)'"),
  ])
  func `a path is one word for a shell`(_ path: String, _ word: String) {
    #expect(RegionsScreen.quoted(path) == word)
  }

  @Test func `a region named in the command line is the first one shown`() throws {
    let explorer = try ScriptedExplorer(startRegion: 3)
    #expect(selected(explorer) == 3)
  }

  @Test func `a region that is not there is told, and the table is shown`() throws {
    let explorer = try ScriptedExplorer(startRegion: 99)
    #expect(explorer.status == "✗ “99” is no region: expected 0 to 5")
    #expect(selected(explorer) == 0)
  }

  @Test func `picking ends with the region under the cursor`() throws {
    let explorer = try ScriptedExplorer()
    explorer.state.isPicking = true
    #expect(explorer.keys.hasPrefix("Enter choose this region"))
    explorer.type("j<Enter>")
    #expect(explorer.state.exit == .picked(1))
  }

  // MARK: - Files

  private func export(_ script: String, to name: String) throws -> (ScriptedExplorer, String) {
    let explorer = try ScriptedExplorer()
    explorer.type(script + "E<C-u>")
    explorer.act(.paste(explorer.folder.file(name).path(), isTruncated: false))
    explorer.type("<Enter>")
    let text = try String(contentsOf: explorer.folder.file(name), encoding: .utf8)
    return (explorer, text)
  }

  @Test func `the table is written as it is sorted and searched`() throws {
    let (explorer, text) = try export("*lmy label<Enter>sc", to: "out.tsv")
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 8)
    #expect(
      lines[0] == "id\tstarred\tlabel\tlabel_origin\tmembers\tshare\tcoherence\tmean_distance_theta"
    )
    #expect(lines[1].hasPrefix("5\t0\t\t\t1\t0.0005\t1.0\t0.0"))
    #expect(text.contains("\n0\t1\tmy label\town\t1200\t0.6\t"))
    #expect(explorer.status.contains("wrote 6 rows to"))
  }

  @Test func `as JSON Lines too, one object a row`() throws {
    let (_, text) = try export("", to: "out.jsonl")
    let rows = try text.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
    #expect(rows.count == 6)
    #expect(rows[0]["id"] as? Int == 0)
    #expect(rows[0]["label"] is NSNull)
    #expect(rows[2]["label"] as? String == "refusal opener")
    #expect(rows[2]["label_origin"] as? String == "imported")
  }

  @Test func `as a page too, of all that is listed or of the region that is read`() throws {
    let (explorer, page) = try export("fmembers > 100<Enter>", to: "out.html")
    #expect(page.hasPrefix("<!DOCTYPE html>"))
    #expect(page.contains("of 6 regions, for which members &gt; 100"))
    let count = try #require(explorer.state.regions?.rows.count)
    #expect(explorer.status.hasPrefix("✓ wrote a page of \(count) regions to"))
    let (_, one) = try export("#4<Enter><Enter>", to: "out.html")
    #expect(one.contains("1 of 6 regions, θ") && one.contains("<h2>Region 4"))
    // No control character of a file is live in it.
    #expect(!one.contains("\u{1b}"))
  }

  @Test func `with the contexts in focus those are written, without live controls`() throws {
    let (_, text) = try export("#4<Enter><Enter>", to: "out.tsv")
    let lines = text.split(separator: "\n")
    #expect(lines[0].hasPrefix("region\tkind\trank\tdistance"))
    #expect(lines[1].hasPrefix("4\tclosest\t0\t0.0\t0.0\t6\t1\tbell␇ esc␛[31mred"))
    #expect(lines.count == 4)
    #expect(lines.allSatisfy { $0.count { $0 == "\t" } == 7 })
  }

  @Test func `a file that is there is never overwritten`() throws {
    let (explorer, text) = try export("", to: "out.tsv")
    explorer.type("SE<C-u>")
    explorer.act(.paste(explorer.folder.file("out.tsv").path(), isTruncated: false))
    explorer.type("<Enter>")
    #expect(explorer.status == "✗ out.tsv: not overwritten: File exists")
    #expect(try String(contentsOf: explorer.folder.file("out.tsv"), encoding: .utf8) == text)
    let names = try FileManager.default.contentsOfDirectory(atPath: explorer.folder.url.path())
    #expect(!names.contains { $0.hasSuffix(".partial") })
  }

  @Test func `a name that does not say the form is asked for again`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("E<C-u>out.csv<Enter>")
    #expect(
      explorer.status
        == "✗ the name must end in .tsv, .jsonl or .html, which says in what form")
    explorer.type("<Esc>")
    #expect(explorer.state.overlay == nil)
  }

  // MARK: - Jobs

  @Test func `a job is listed while it runs and can be cancelled`() {
    var state = Session(paths: [URL(filePath: "/d")], columns: 80, rows: 24)
    let scan = state.update(.start).first { $0.work.jobTitle != nil }
    #expect(state.jobs.map(\.title) == ["looking for dictionaries"])
    _ = state.update(.tick(.seconds(3)))
    _ = state.update(.run(.cancelJob))
    var screen = Terminal.Screen(columns: 80, rows: 24)
    view(state, theme: .builtIn, into: &screen)
    #expect(screen.text.contains("● looking for dictionaries  for 0:03  x cancels"))
    _ = state.update(.key(.character("x")))
    #expect(state.jobs.first?.isCancelled == true)
    #expect(state.library.scan == nil)
    _ = state.update(.replied(scan?.id ?? 0, ScanLibrary.reply([])))
    #expect(state.jobs.isEmpty)
  }

  @Test func `a long message can be read whole in the log`() throws {
    let explorer = try ScriptedExplorer()
    explorer.state.say(.error, (0..<40).map { "word\($0)" }.joined(separator: " "))
    explorer.type("!")
    #expect(explorer.text.contains("word39"))
  }

  // MARK: - Panes

  @Test func `panes take more room and give it back`() throws {
    let explorer = try ScriptedExplorer(columns: 160, rows: 40)
    let before = try #require(explorer.state.regions.map { $0.layout(in: explorer.state) })
    explorer.type("++")
    let after = try #require(explorer.state.regions.map { $0.layout(in: explorer.state) })
    #expect(after.list.columns > before.list.columns + 10)
    explorer.type("<Enter>++++")
    let detail = try #require(explorer.state.regions.map { $0.layout(in: explorer.state) })
    #expect(detail.list.columns < before.list.columns)
  }

  @Test(arguments: [(160, 40), (80, 24)])
  func `the line between panes can be dragged, and stays in bounds`(columns: Int, rows: Int) throws
  {
    let explorer = try ScriptedExplorer(columns: columns, rows: rows)
    func panes() throws -> PaneLayout {
      try #require(explorer.state.regions.map { $0.layout(in: explorer.state) })
    }
    let isWide = try panes().arrangement == .sideBySide
    let line = isWide ? try panes().divider : try panes().detailTitle
    explorer.mouse(.press, row: line.row, column: line.column)
    explorer.mouse(.drag, row: isWide ? 9 : 6, column: isWide ? 60 : 9)
    #expect(isWide ? try panes().divider.column == 60 : try panes().detailTitle.row == 6)
    for place in [0, 999] {
      explorer.mouse(.drag, row: place, column: place)
      #expect(try panes().list.columns >= 40 && panes().list.rows >= 3)
      #expect(try panes().detail.columns >= 39 && panes().detail.rows >= 3)
    }
    explorer.mouse(.release, row: 3, column: 3)
    let kept = try panes()
    explorer.mouse(.drag, row: 8, column: 70)
    #expect(try panes() == kept)
  }
}
