import Foundation
import TestSupport
import Testing

/// The same answers of the sample store, five of them unclear, by every way to ask for their refusals.
struct OutcomeViewsTests {
  private static let store = Program.samples.appending(path: "smollm2-refusal.epstore").path()
  private static let dictionary =
    Program.samples.appending(path: "smollm2-refusal.last.p10.epdict").path()

  private struct Count: Equatable {
    var (n, refused, left): (Int, Int, Int)

    init(_ json: [String: Any]) throws {
      n = try #require(json["n"] as? Int)
      refused = try #require(json["refused"] as? Int)
      left = try #require(json["left"] as? Int)
    }

    init(sumOf counts: [Count]) {
      n = counts.reduce(0) { $0 + $1.n }
      refused = counts.reduce(0) { $0 + $1.refused }
      left = counts.reduce(0) { $0 + $1.left }
    }
  }

  @Test(arguments: ["harmful", "benign"])
  func `counts, regions, prompts and an ablation's baseline have one denominator`(
    role: String
  ) throws {
    let program = try Program()
    let set = role + "-heldout"
    let summary = try #require(
      try program.run("outcomes", Self.store, "--json").lines.last?["summary"] as? [String: Any])
    let groups = try #require(summary["groups"] as? [[String: Any]])
    let group = try Count(
      try #require(groups.first { $0["group"] as? String == "baseline \(set)" }))
    #expect(group.n == 50)
    if role == "benign" { #expect(group.left == 5 && group.refused == 6) }

    let alone = Self.store + "#" + set
    let outcomes = try #require(
      try program.run("outcomes", alone, "--json").lines.last?["summary"] as? [String: Any])
    #expect(try Count(outcomes) == group)

    let regions = try program.run("regions", Self.dictionary, "--store", alone, "--json").lines
    #expect(try Count(sumOf: regions.map(Count.init)) == group)

    let answers = try program.run("answers", alone, "--json").lines.compactMap {
      $0["outcome"] as? String
    }
    #expect(answers.count == group.n)
    #expect(answers.count { $0 == "refused" } == group.refused)
    #expect(answers.count { $0 == "unclear" || $0 == "degenerate" } == group.left)

    let ablation = try program.run(
      "ablate", Self.dictionary, "--store", Self.store, "--depth", "geometry", "--no-save", "--json"
    )
    let conditions = try #require(ablation.json["conditions"] as? [String: [String: Any]])
    let baseline = try #require(conditions["baseline"]?[role] as? [String: Any])
    #expect(try Count(try #require(baseline["stored"] as? [String: Any])) == group)
  }

  @Test func `the rates tab counts as the command line does`() throws {
    let program = try Program()
    let line = try #require(
      try program.run("regions", Self.dictionary, "--store", Self.store, "--json").lines
        .first { ($0["left"] as? Int ?? 0) > 0 })
    let region = try #require(line["id"] as? Int)
    let count = try Count(line)
    let tmux = try Tmux(
      columns: 120, rows: 40, environment: program.environment, folder: program.folder)
    let binary = Program.binary.path(percentEncoded: false)
    try tmux.shell("clear; '\(binary)' explore '\(Self.dictionary)' --store '\(Self.store)'")
    try tmux.wait(for: "1 of 32")
    try tmux.type("#\(region)")
    try tmux.press("Enter")
    try tmux.wait(for: "Region \(region)")
    try tmux.type("7")
    try tmux.wait(for: "refused \(count.refused) of \(count.n)")
  }
}
