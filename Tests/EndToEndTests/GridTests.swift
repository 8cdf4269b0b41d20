import Foundation
import Numerics
import TestSupport
import Testing

/// `ablate --grid`: each cell is what building and ablating by hand give.
@Suite(.serialized)
struct GridTests {
  let made: AblationProgram

  init() throws { made = try AblationProgram() }

  private func grid(_ arguments: String...) throws -> Program.Result {
    try made.program.run(
      ["ablate", made.dictionary, "--store", made.store, "--json", "--quiet", "--no-save"]
        + arguments)
  }

  private func value(_ json: [String: Any]?, _ keys: String...) -> Double? {
    var found: Any? = json
    for key in keys { found = (found as? [String: Any])?[key] }
    return (found as? NSNumber)?.doubleValue
  }

  private var journal: URL { made.program.folder.file("tiny.epstore/experiments/grid.jsonl") }

  @Test func `a cell is the dictionary of its p and seed, ablated in its basis`() throws {
    for depth in ["resume", "generate"] {
      let model = ["--model", made.model, "--depth", depth, "--max-new-tokens", "4"]
      let result = try made.program.run(
        ["ablate", made.dictionary, "--store", made.store, "--json", "--quiet", "--no-save"]
          + model + ["--grid", "p=30,40", "seeds=0..1", "basis=exemplar,mean"])
      try #require(result.status == 0, "\(result.error)")
      let cells = result.lines
      #expect(cells.count == 8)
      #expect(cells.map { value($0, "p") } == [30, 30, 30, 30, 40, 40, 40, 40])
      #expect(cells.map { value($0, "seed") } == [0, 0, 1, 1, 0, 0, 1, 1])
      #expect(cells.compactMap { $0["basis"] as? String }.prefix(2) == ["exemplar", "mean"])
      for cell in cells {
        let (p, seed) = (try #require(value(cell, "p")), try #require(value(cell, "seed")))
        let built = made.program.path("by-hand.epdict")
        let build = try made.program.run(
          "build", made.store, "--positions", "last", "--percentile", "\(p)", "--seed",
          "\(Int(seed))", "--overwrite", "--json", "--quiet", "-o", built)
        try #require(build.status == 0, "\(build.error)")
        #expect(build.json["identity"] as? String == cell["identity"] as? String)
        let ablated = try made.program.run(
          [
            "ablate", built, "--store", made.store, "--basis",
            try #require(cell["basis"] as? String), "--json", "--quiet", "--no-save",
          ] + model)
        guard ablated.status == 0 else {
          #expect(cell["reason"] is String && cell["ablated"] is NSNull, "\(ablated.error)")
          continue
        }
        let json = ablated.json
        let after = cell["ablated"] as? [String: Any]
        #expect(after?["regions"] as? [Int] == json["regions"] as? [Int])
        for (name, reading) in [("ablated", after), ("null", cell["null"] as? [String: Any])] {
          let condition = (json["conditions"] as? [String: [String: Any]])?[name]
          #expect(value(condition, "firstTokenKL") == value(reading, "firstTokenKL"))
          if depth == "generate" {
            for role in ["harmful", "benign"] {
              #expect(value(condition, role, "refused") == value(reading, role, "count"))
              #expect(value(condition, role, "n") == value(reading, role, "n"))
            }
            let bad = ["harmful", "benign"].compactMap { value(condition, $0, "degenerate") }
            #expect(value(reading, "degenerate", "count") == bad.reduce(0, +))
          } else {
            #expect(reading?["degenerate"] is NSNull)
          }
        }
        #expect(value(json, "mcnemar", "p") == value(after, "mcnemar", "p"))
        let change = try #require(value(after, "change"))
        let before = try #require(value(cell, "baseline", "rate"))
        #expect(abs(before + change - (value(after, "harmful", "rate") ?? .nan)) < 1e-12)
      }
    }
  }

  @Test func `a grid goes on from the cells that are kept, also after one that was cut short`()
    throws
  {
    let axes = ["--model", made.model, "--depth", "resume", "--grid", "p=40", "seeds=0,1", "k=1"]
    let first = try made.program.run(
      ["ablate", made.dictionary, "--store", made.store, "--json", "--quiet", "--no-save"] + axes)
    try #require(first.status == 0, "\(first.error)")
    let kept = try String(contentsOf: journal, encoding: .utf8)
    let whole = kept.split(separator: "\n")
    #expect(!whole.isEmpty && whole.count <= first.lines.count)
    // The last cell as a kill would leave it, and a number changed in the first to see that it is read.
    var lines = whole.map(String.init)
    lines[lines.count - 1] = String(lines[lines.count - 1].prefix(40))
    try Data(lines.joined(separator: "\n").utf8).write(to: journal)
    let again = try made.program.run(
      ["ablate", made.dictionary, "--store", made.store, "--json", "--quiet", "--no-save"] + axes)
    #expect(again.output == first.output)
    let mended = try String(contentsOf: journal, encoding: .utf8).split(separator: "\n")
    #expect(mended.last == whole.last)
    let third = try made.program.run(
      ["ablate", made.dictionary, "--store", made.store, "--json", "--quiet", "--no-save"] + axes)
    #expect(third.output == first.output)
    #expect(
      try String(contentsOf: journal, encoding: .utf8).split(separator: "\n").count == mended.count)
  }

  @Test
  func `its table, page and plot have means and intervals over seeds, and why a cell is empty`()
    throws
  {
    let (page, plot) = (made.program.path("grid.html"), made.program.path("grid.svg"))
    let result = try made.program.run(
      "ablate", made.dictionary, "--store", made.store, "--quiet", "--grid", "p=40,60",
      "seeds=0..2", "k=1,40", "--export", page, "--plot", plot)
    try #require(result.status == 0, "\(result.error)")
    #expect(result.output.contains("no reading:"))
    #expect(result.output.contains("K=40: expected 1 to"))
    #expect(result.output.contains("predicted by a readout"))
    let svg = try String(contentsOfFile: plot, encoding: .utf8)
    #expect(svg.contains("null of mean, K = 1") && !svg.contains("K = 40"))
    #expect(try String(contentsOfFile: page, encoding: .utf8).contains("<svg"))
    let saved = try made.program.run("experiments", made.dictionary, "--json")
    #expect(saved.status == 0, "\(saved.error)")

    let lines = try grid("--grid", "p=40", "seeds=0..2", "basis=mean").lines
    let changes = lines.compactMap { value($0, "ablated", "change") }.sorted()
    try #require(changes.count == 3)
    let row = try #require(
      result.output.split(separator: "\n").first { $0.hasPrefix("40  ") || $0.hasPrefix("40 ") })
    #expect(row.contains(String(format: "%.3f", changes.mean)), "\(row)")
  }

  @Test func `axes that make no sense, and options that a grid decides about, are refused`() throws
  {
    for (arguments, word) in [
      (["--grid", "seeds=0"], "expected p="), (["--grid", "p=0"], "(0, 100)"),
      (["--grid", "p=4", "basis=other"], "basis"), (["--grid", "p=4", "k=0"], "k of 1 or more"),
      (["--grid", "p=4", "seeds=4..1"], "seeds"), (["--grid", "p=4,4"], "differ"),
      (["--grid", "p=4", "p=5"], "once"), (["--grid", "what=4"], "what=4"),
      (["--grid", "p=4", "--top", "2"], "--top"),
      (["--grid", "p=4", "--basis", "exemplar"], "--basis"),
      (["--plot", "x.svg"], "--plot is of --grid"), (["--grid", "p=4", "--plot", "x.png"], ".svg"),
    ] {
      let result = try made.program.run(
        ["ablate", made.dictionary, "--store", made.store, "--quiet"] + arguments)
      #expect(result.status == 64, "\(arguments): \(result.error)")
      #expect(result.error.contains(word), "\(arguments): \(result.error)")
    }
    let noModel = try grid("--grid", "p=40", "--depth", "resume")
    #expect(noModel.status == 1 && noModel.error.contains("--model"))
  }

  @Test func `a kept grid is shown with every cell`() throws {
    let run = try made.program.run([
      "ablate", made.dictionary, "--store", made.store, "--quiet", "--grid", "p=30,40",
      "seeds=0..1", "basis=mean",
    ])
    try #require(run.status == 0, "\(run.error)")
    let list = try made.program.run("experiments", made.dictionary, "--kind", "grid", "--json")
    let id = try #require(list.lines.first?["id"] as? Int)
    let shown = try made.program.run("experiments", made.dictionary, "--show", "\(id)")
    #expect(shown.output.contains("4 cells"), "\(shown.output)")
    // Each with its p, seed and basis, as the command itself told it.
    for line in run.output.split(separator: "\n") where line.contains("mean") {
      #expect(shown.output.contains(line), "\(line)")
    }
  }
}
