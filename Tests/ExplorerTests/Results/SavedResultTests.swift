import Experiments
import Foundation
import Storage
import TestSupport
import Testing

@testable import Explorer

@Suite struct SavedResultTests {
  private static let date = Date(timeIntervalSince1970: 1_700_000_000)

  /// An explorer with results in its notebook, on the dictionary that is open.
  private func explorer(columns: Int = 80, rows: Int = 24) throws -> ScriptedExplorer {
    let explorer = try ScriptedExplorer(columns: columns, rows: rows)
    let identity = try #require(explorer.state.regions?.dictionary.identity)
    let notebook = try explorer.performer.openNotebook()
    func save(_ kind: SavedExperiment.Kind, _ title: String, _ content: String) throws {
      try notebook.save(
        SavedExperiment(
          identity: identity, kind: kind, title: title, conclusion: "\(kind) n 6, share 0.500",
          isComplete: true, date: Self.date), content: content)
    }
    func report(_ content: SVGPlot.Content, identities: [String] = []) -> ResultReport {
      ResultReport(
        identities: identities, text: "text", header: ["source", "n", "share"],
        rows: [["code", "6", "0.500"], ["random tokens", "6", "0.000"]],
        plot: SVGPlot(title: "Shares", caption: "six rows", content: content),
        csv: "source,n\ncode,6\n")
    }
    try save(
      .coverage, "sample.epdict: 6 regions",
      report(
        .bars(
          [.init("code", 0.5, .init(lower: 0.25, upper: 0.75, confidence: 0.95))], axis: "share",
          reference: 0.5)
      )
      .content(with: [("share", .number(0.5))]))
    try save(
      .stability, "2 dictionaries of 6, 6 regions",
      report(.points([(0, 1), (1, 0.5)], xAxis: "x", yAxis: "y"), identities: [identity, "other"])
        .content(with: [
          ("sizes", .array([.integer(6), .integer(6)])), ("nullCosine", .number(0.1)),
          (
            "regions",
            .array(
              (0..<5).map { region in
                .object([
                  ("dictionary", .integer(0)), ("region", .integer(region)),
                  ("bestCosine", .number(0.95 - 0.1 * Double(region))),
                  ("adjustedRand", .number(0.5)),
                ])
              })
          ),
        ]))
    let match = { (id: Int, f1: Double) -> JSONValue in
      .object([
        ("id", .integer(id)), ("partner", .integer(70 + id)), ("overlap", .integer(4)),
        ("precision", .number(0.5)), ("recall", .number(0.25)), ("f1", .number(f1)),
        ("active", .integer(9)),
      ])
    }
    let places = { (id: Int, text: String) -> JSONValue in
      .object([
        ("id", .integer(id)),
        (
          "rows",
          .array([
            .object([
              ("text", .string(text)), ("token", .array([.integer(0), .integer(4)])),
              ("position", .integer(3)), ("activation", .number(2.5)),
            ])
          ])
        ),
      ])
    }
    let directions = JSONValue.object([("matches", .array([match(2, 0.4), match(1, 0.8)]))])
    try save(
      .autoencoder, "sample.epdict and sae",
      report(.bars([.init("region → feature", 0.5)], axis: "share", reference: 0))
        .content(with: [
          ("sae", .string("sae")), ("topK", .integer(10)), ("rows", .integer(100)),
          ("regionToFeature", directions), ("firingRegionToFeature", directions),
          ("regionContexts", .array([places(1, "door of a stranger")])),
          ("featureContexts", .array([places(71, "tap that drips")])),
        ]))
    try save(
      .paths, "region 3 to region 1",
      report(.bars([.init("sample.epdict", 1)], axis: "hops", reference: nil))
        .content(with: [
          ("from", .integer(3)), ("to", .integer(1)), ("neighbours", .integer(3)),
          (
            "dictionaries",
            .array([
              .object([
                ("dictionary", .string("sample.epdict")), ("regions", .integer(6)),
                ("theta", .number(0.5)), ("from", .integer(3)), ("to", .integer(1)),
                ("hops", .integer(1)), ("medianHops", .number(2)),
                (
                  "path",
                  .array(
                    [3, 1].map { region in
                      .object([
                        ("region", .integer(region)), ("members", .integer(12)), ("label", .null),
                        ("tokens", .array([.string(" lock"), .string("door")])),
                      ])
                    })
                ),
              ])
            ])
          ),
        ]))
    try save(.probe, "of another shape", #"{"report":7}"#)
    return explorer
  }

  @Test func `results are listed with their date, kind, subject and headline`() throws {
    let explorer = try explorer()
    explorer.type("R")
    #expect(explorer.status == "5 results in the notebook")
    #expect(explorer.row(with: "▸ 5  2023-11-14 22:13  probe") != nil)
    #expect(explorer.row(with: "sparse autoencoder  sample.epdict and sae") != nil)
    #expect(explorer.row(with: "probe n 6, share 0.500") != nil)
    explorer.type("G")
    #expect(explorer.row(with: "coverage n 6, share 0.500") != nil)
    explorer.type("<Esc>")
    #expect(explorer.state.screen == .regions)
  }

  @Test func `a result is read with its table, its plot and what it cannot say`() throws {
    let explorer = try explorer(rows: 40)
    explorer.type("RG<Enter>")
    #expect(explorer.row(with: "random tokens  6  0.000") != nil)
    #expect(explorer.row(with: "0.500 [0.250, 0.750]") != nil)
    #expect(explorer.row(with: "├─┤ 95 % · ┊ chance, or the null: 0.500") != nil)
    #expect(explorer.row(with: "How to read it") != nil)
    #expect(explorer.row(with: "Inside does not mean understood") != nil)
    explorer.type("<Esc>")
    #expect(explorer.state.results?.page == nil)
  }

  @Test func `a table too wide for the screen is told in paragraphs, nothing left out`() throws {
    let explorer = try explorer(columns: 60, rows: 40)
    explorer.type("R")
    var page = ResultsPage(
      SavedExperiment(
        identity: "aa", kind: .coverage, title: "t", conclusion: "c", isComplete: true,
        date: Self.date))
    let header = (0..<12).map { "column \($0)" }
    page.result = SavedResult(
      report: ResultReport(
        identities: [], text: "", header: header, rows: [header.map { "value of \($0)" }],
        plot: nil, csv: ""))
    let lines = try #require(explorer.state.results).lines(of: page, in: explorer.state).lines
    let text = lines.flatMap { $0.line.pieces }.map(\.text).joined(separator: " ")
      .replacing("  ", with: " ")
    for name in header { #expect(text.contains("value of \(name)")) }
  }

  /// Read, and in the list.
  @Test(arguments: ["RG<Enter>", "RG"])
  func `a result is written as JSON, CSV, SVG and page, and never over another file`(keys: String)
    throws
  {
    let explorer = try explorer()
    explorer.type(keys)
    for (name, beginning) in [
      ("r.json", #"{"share":0.5,"#), ("r.csv", "source,n\n"), ("r.svg", "<svg"),
      ("r.html", "<!DOCTYPE html>"),
    ] {
      let path = explorer.folder.file(name).path(percentEncoded: false)
      explorer.type("E<C-u>")
      explorer.act(.paste(path, isTruncated: false))
      explorer.type("<Enter>")
      #expect(explorer.status == "✓ wrote the result to \(path)")
      #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix(beginning))
    }
    explorer.type("E<C-u>")
    let path = explorer.folder.file("r.csv").path(percentEncoded: false)
    explorer.act(.paste(path, isTruncated: false))
    explorer.type("<Enter>")
    #expect(explorer.status.hasPrefix("✗"))
    explorer.type("E<C-u>r.txt<Enter>")
    #expect(explorer.status.contains("must end in .json, .csv, .svg or .html"))
  }

  @Test func `a region and its best feature stand side by side, and lead to the region`() throws {
    let explorer = try explorer(columns: 100)
    explorer.type("Rjj<Enter><Tab>")
    #expect(explorer.row(with: "▸        1       71  0.80") != nil)
    explorer.type("<Enter>")
    #expect(explorer.row(with: "region 1 and feature 71") != nil)
    #expect(explorer.row(with: "F1 0.800 · 4 of the 10 most active rows are the same") != nil)
    let row = try #require(explorer.row(with: "‹door› of a stranger"))
    #expect(
      explorer.screen.text(row: row).contains("‹tap › that drips")
        || explorer.screen.text(row: row).contains("‹tap ›that drips"))
    explorer.type("J")
    #expect(explorer.row(with: "region 2 and feature 72") != nil)
    #expect(explorer.text.contains("no text was kept of its rows"))
    explorer.type("K<Enter>")
    #expect(explorer.state.screen == .regions)
    #expect(explorer.state.regions?.selected == 1)
  }

  @Test func `a path is shown region by region with its lens, and leads to them`() throws {
    let explorer = try explorer(rows: 40)
    explorer.type("Rj<Enter>")
    #expect(explorer.row(with: "3 to 1: 1 hop, where a region of this dictionary is 2.0") != nil)
    #expect(explorer.row(with: "lens: ·lock door") != nil)
    explorer.type("<Tab>j<Enter>")
    #expect(explorer.state.regions?.selected == 1)
  }

  @Test func `stability is a column, an order, a filter and a line of the statistics`() throws {
    let explorer = try explorer(columns: 200, rows: 40)
    explorer.type("sa")
    #expect(explorer.status.contains("stability is not known yet"))
    explorer.type("<Esc>R<Esc>")
    #expect(explorer.state.regions?.stability?.regions.best[0] == 0.95)
    explorer.type("sa")
    #expect(explorer.state.regions?.rows.map(Int.init) == [0, 1, 2, 3, 4, 5])
    explorer.type("S")
    #expect(explorer.state.regions?.rows.first == 4)
    explorer.type("fstable<Space>><Space>0.8<Enter>")
    #expect(explorer.state.regions?.rows.map(Int.init).sorted() == [0, 1])
    explorer.type("5")
    #expect(explorer.text.contains("cosine 0.850 with the best match in 1 other build"))
    #expect(explorer.text.contains("adjusted Rand 0.50 · cosine at random 0.10 · result 2"))
  }

  @Test func `stability that was kept before is there from the start`() throws {
    let first = try explorer()
    let again = try ScriptedExplorer(folder: first.folder)
    #expect(again.state.regions?.stability?.regions.dictionaries == 2)
    again.type("fstable<Space>><Space>0.8<Enter>")
    #expect(again.state.regions?.rows.count == 2)
  }

  @Test func `a result that cannot be read says so, and the others stay`() throws {
    let explorer = try explorer()
    explorer.type("R<Enter>")
    #expect(explorer.status.contains("of a shape that this program does not read"))
    explorer.type("<Esc>j<Enter>")
    #expect(explorer.state.results?.page?.result?.paths != nil)
  }

  @Test func `without results the screen names the commands that make them`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("R")
    #expect(explorer.row(with: "nothing is kept yet") != nil)
    #expect(explorer.row(with: "exemplar coverage sample.epdict SOURCES…") != nil)
    #expect(explorer.status == "no result is kept yet")
    explorer.type("<Enter>a")
    #expect(explorer.state.results?.showsAll == true)
  }

  @Test(arguments: [(80, 24), (200, 60), (60, 16)])
  func `every page is drawn at every size`(columns: Int, rows: Int) throws {
    let explorer = try explorer(columns: columns, rows: rows)
    for index in 0..<5 {
      explorer.type("R" + String(repeating: "j", count: index) + "<Enter>")
      for keys in ["<Tab>", "G", "g", "<Tab><Enter>"] {
        explorer.type(keys)
        #expect(explorer.screen.columns == columns)
      }
    }
  }
}
