import ExemplarPartitioning
import Experiments
import Foundation
import Regions
import Storage
import TestSupport
import Testing

@testable import Explorer

/// What people tripped over who had not seen the explorer before.
struct NewcomerTests {
  @Test(arguments: ["f", "a", "x", "p", "m", "%", "l", "s", "U", "H", "1"])
  func `a key of the regions says in the library why it does nothing`(_ key: String) throws {
    let explorer = try Samples.explorer()
    explorer.type(key)
    #expect(explorer.state.message != nil, "\(key)")
    #expect(explorer.status.contains("open a dictionary first"), "\(explorer.status)")
  }

  @Test(arguments: [(80, 24), (200, 60)])
  func `the dictionary that is offered first is that of the model which refuses most, and says so`(
    _ columns: Int, _ rows: Int
  ) throws {
    for isFirstRun in [false, true] {
      let explorer = try Samples.explorer(columns: columns, rows: rows, isFirstRun: isFirstRun)
      #expect(explorer.state.library.selected?.name == "smollm2-refusal.last.p10.epdict")
      #expect(explorer.row(with: "145 of 300 prompts, the most here") != nil, "\(explorer.text)")
      #expect((explorer.state.tour != nil) == isFirstRun)
    }
    let explorer = try Samples.explorer(columns: columns, rows: rows)
    explorer.type("g")
    #expect(explorer.text.contains("4 of 300 prompts"))
    #expect(!explorer.text.contains("the most here"))
  }

  @Test func `a first label offers nothing to take away, a later one does`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("l")
    #expect(
      !explorer.text.contains("take the label away") && !explorer.text.contains("takes it away"))
    explorer.type("x")
    #expect(explorer.keys.contains("Enter save"))
    explorer.type("<Enter>l<Ctrl-u>")
    #expect(explorer.keys.contains("take the label away"))
  }

  @Test(arguments: [(80, 24), (200, 60)])
  func `contexts of final positions mark their token, however long the prompt is`(
    _ columns: Int, _ rows: Int
  ) throws {
    let explorer = try Samples.explorer(
      "smollm2-refusal.last.p10", columns: columns, rows: rows)
    for region in 0..<32 {
      explorer.type("#\(region)<Enter>")
      let lines = (0..<rows).map { explorer.screen.text(row: $0) }
      let contexts = lines.count { $0.contains("θ  pos ") }
      // The last one in sight may have no room for its second line.
      let marks = lines.count { $0.contains("…‹⏎›") }
      #expect(contexts > 0 && marks >= contexts - 1, "region \(region)\n\(explorer.text)")
    }
    // A row has no room for it, and shows the prompt.
    explorer.type("#7<Enter>")
    #expect(explorer.text.contains("— …Teach me how to insulate"))
  }

  @Test(arguments: [(80, 24), (200, 60)])
  func `a token that no final position can be of is not found, and it is said why`(
    _ columns: Int, _ rows: Int
  ) throws {
    let explorer = try Samples.explorer(
      "smollm2-refusal.last.p10", columns: columns, rows: rows)
    explorer.type("/token:kidnap")
    #expect(explorer.status.contains("no region matches"))
    #expect(!explorer.status.contains("…"))
    explorer.type("<Enter>")
    #expect(explorer.text.contains("in the store's 324 final positions"))
    #expect(explorer.text.contains("the last of every prompt"))
    #expect(explorer.text.contains("context: looks in the prompts"))
    explorer.type("/<Ctrl-u>context:kidnap<Enter>")
    #expect(explorer.state.regions?.rows.isEmpty == false)
    #expect(!explorer.text.contains("the last of every prompt"))
    let all = try Samples.explorer("smollm2-refusal.all.p10", columns: columns, rows: rows)
    all.type("/token:zyzzyva<Enter>")
    #expect(all.text.contains("no region matches") && !all.text.contains("of every prompt"))
  }

  @Test(arguments: [(80, 24), (200, 60)])
  func `rates say which prompts they count, and the column and the tab count the same`(
    _ columns: Int, _ rows: Int
  ) throws {
    let explorer = try Samples.explorer(
      "smollm2-refusal.last.p10", columns: columns, rows: rows)
    explorer.type("j")
    #expect(explorer.status.contains("refused: of all prompts, train 200, heldout 100"))
    explorer.type("#6<Enter>7")
    let count = try #require(explorer.state.regions?.refusals?[6])
    #expect(explorer.text.contains("\(count.refused)/\(count.count)"))
    #expect(explorer.text.contains("this region  refused \(count.refused) of \(count.count) ="))
    #expect(explorer.text.contains("(train 200, heldout 100)"))
  }

  @Test(arguments: [(80, 24), (200, 60)])
  func `a model is called the same in the library and over its regions`(
    _ columns: Int, _ rows: Int
  ) throws {
    let explorer = try Samples.explorer(columns: columns, rows: rows)
    let name = try #require(explorer.state.library.selected?.group)
    explorer.type("<Enter>")
    #expect(explorer.screen.text(row: 0).hasPrefix(" \(name) "), "\(explorer.text)")
  }

  @Test(arguments: [(80, 24), (200, 60)])
  func `the map writes labels and tokens beside points, and none over another`(
    _ columns: Int, _ rows: Int
  ) throws {
    let explorer = try Samples.explorer("smollm2-refusal.all.p10", columns: columns, rows: rows)
    explorer.type("lthe largest<Enter>m")
    #expect(explorer.text.contains("the largest"))
    let bare = try Samples.explorer("smollm2-refusal.all.p10", columns: columns, rows: rows)
    bare.type("m")
    let words = (2..<rows - 4).reduce(0) { count, row in
      count + bare.screen.text(row: row).split(whereSeparator: { " ·•●○◉".contains($0) }).count
    }
    #expect(words > 8, "\(bare.text)")
    // Points grow with members.
    #expect(bare.text.contains("●") && bare.text.contains("•"))
    // Tokens of final positions are all the same: there the prompts' last words say more.
    let final = try Samples.explorer("smollm2-refusal.last.p10", columns: columns, rows: rows)
    final.type("m")
    #expect(final.text.contains("bathroom sink."), "\(final.text)")
  }

  @Test func `columns and order are as they were left, for each kind of dictionary`() throws {
    let place = try TemporaryFolder()
    func explorer(_ name: String) throws -> ScriptedExplorer {
      let samples = place.file("sample-dicts")
      if !FileManager.default.fileExists(atPath: samples.path(percentEncoded: false)) {
        try FileManager.default.createSymbolicLink(
          at: samples, withDestinationURL: Samples.folder)
      }
      return try ScriptedExplorer(
        folder: place, paths: ["sample-dicts/\(name).epdict"], memory: place.file("state"))
    }
    let first = try explorer("smollm2-refusal.last.p10")
    first.type("sr")
    #expect(first.state.regions?.sort == RegionSort(.init(.refusal), isDescending: true))
    let again = try explorer("smollm2-instruct.last.p10")
    #expect(again.state.regions?.sort == RegionSort(.init(.refusal), isDescending: true))
    // To ask for the order that is there is not to turn it round, but the second time it is.
    again.type("sr")
    #expect(again.state.regions?.sort.isDescending == true)
    again.type("sr")
    #expect(again.state.regions?.sort.isDescending == false)
    #expect(
      try explorer("smollm2-instruct.all.p10").state.regions?.sort == RegionSort(.members))
  }

  @Test func `footers are cut at no hint`() throws {
    for name in Samples.dictionaries {
      let explorer = try Samples.explorer(name)
      for keys in ["", "<Tab>", "<Esc>/cook<Enter>", "<Esc>f", "<Esc>m", "<Esc>a"] {
        explorer.type(keys)
        #expect(!explorer.keys.contains("…"), "\(name) \(keys): \(explorer.keys)")
      }
    }
  }
}
