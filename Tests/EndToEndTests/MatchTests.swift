import Foundation
import TestSupport
import Testing

@Suite("Matching on the command line")
struct MatchTests {
  private let program: Program

  init() throws { program = try Program() }

  @Test func `writes the reference's files and says how good the match is`() throws {
    let result = try program.run(
      "match", fixture("ep/p10/dictionary.pkl"), fixture("ep/match/b.pkl"), "-o",
      program.path("out"), "--json", "--null", "rotations:2")
    #expect(result.status == 0)
    #expect(
      try Data(contentsOf: program.folder.file("out/matches.csv")) == ReferenceMatches.table())
    for name in ["a_dropped.csv", "b_introduced.csv", "summary.json"] {
      #expect(
        try Data(contentsOf: program.folder.file("out/\(name)"))
          == Data(contentsOf: Fixtures.url("ep/match/\(name)")), "\(name)")
    }
    #expect(result.json["persisted_above_cutoff"] as? Int == 14)
    #expect(result.json["cutoff"] as? Double == 0.7)
    #expect((result.json["certificate"] as? [String: Any])?["isOptimal"] as? Bool == true)
    let nulls = result.json["null"] as? [[String: Any]]
    #expect((nulls?.first?["introduced"] as? [String: Any])?["n"] as? Int == 40)
    let details = try JSONSerialization.jsonObject(
      with: Data(contentsOf: program.folder.file("out/comparison.json")))
    #expect(((details as? [String: Any])?["dropped_regions"] as? [Any])?.count == 7)

    let again = try program.run(
      "match", fixture("ep/p10/dictionary.pkl"), fixture("ep/match/b.pkl"), "-o",
      program.path("out"))
    #expect(again.status == 1)
    #expect(again.errorLines == ["exemplar: out: exists already; --overwrite replaces it"])
  }

  @Test func `sees the samples' own activations from a common centre`() throws {
    let samples = Program.samples.path(percentEncoded: false)
    let result = try program.run(
      "match", "\(samples)/smollm2-instruct.last.p40.epdict",
      "\(samples)/smollm2-refusal.last.p40.epdict", "-o", program.path("out"), "--json",
      "--centre", "common", "--activations-a", "\(samples)/smollm2-instruct.epstore",
      "--activations-b",
      "\(samples)/smollm2-refusal.epstore")
    #expect(result.status == 0)
    #expect(result.json["centre"] as? String == "common")
    #expect((result.json["flow"] as? [String: Any])?["sameDocuments"] as? Bool == true)
  }

  @Test func `counts refusals by the stores beside the samples, and refuses another model's`()
    throws
  {
    let samples = Program.samples.path(percentEncoded: false)
    let pair = [
      "\(samples)/smollm2-instruct.last.p10.epdict", "\(samples)/smollm2-refusal.last.p10.epdict",
    ]
    let result = try program.run(
      "match", pair[0], pair[1], "-o", program.path("out"), "--json", "--null", "orders:2")
    #expect(result.status == 0)
    let refusals = try #require(result.json["refusals"] as? [String: Any])
    let top = try #require(refusals["topIntroduced"] as? [String: Any])
    #expect(top["region"] as? Int == 21)
    #expect((top["refusal"] as? [String: Any])?["refused"] as? Int == 10)
    #expect(((result.json["null"] as? [[String: Any]])?.first?["kind"] as? String) == "orders")
    #expect((result.json["sentence"] as? String)?.contains("7 of 32 introduced") == true)
    let other = try program.run(
      "match", pair[0], pair[1], "-o", program.path("other"), "--store-a",
      "\(samples)/smollm2-refusal.epstore")
    #expect(other.status == 1)
    #expect(
      other.errorLines.first?.hasPrefix(
        "exemplar: smollm2-refusal.epstore: expected the adapter none as") == true)
    let without = try program.run(
      "match", pair[0], pair[1], "-o", program.path("without"), "--json", "--no-stores")
    #expect(without.json["refusals"] is NSNull)
    #expect((without.json["flow"] as? [String: Any])?["source"] as? String == "members")
  }

  @Test func `follows regions through several dictionaries`() throws {
    let result = try program.run(
      "match", fixture("ep/match/b.pkl"), fixture("ep/p10/dictionary.pkl"),
      fixture("ep/match/b.pkl"), "-o", program.path("out"), "--json")
    #expect(result.status == 0)
    #expect(result.json["spanning"] as? Int == 14)
    let lineage = try String(contentsOf: program.folder.file("out/lineage.csv"), encoding: .utf8)
    #expect(lineage.hasPrefix("1 b.pkl,cos_1_2,2 dictionary.pkl,cos_2_3,3 b.pkl\r\n"))
  }

  @Test func `a round trip counts the regions that come home, layer by layer`() throws {
    let samples = Program.samples.path(percentEncoded: false)
    func dictionary(_ name: String) -> String { "\(samples)/\(name).epdict" }
    let one = try program.run(
      "match", "--roundtrip", dictionary("smollm2-instruct.last.p10"),
      dictionary("smollm2-refusal.last.p10"), "--json")
    try #require(one.status == 0, "\(one.error)")
    #expect(one.json["regions"] as? Int == 10 && one.json["home"] as? Int == 6)
    #expect((one.json["null"] as? [String: Any])?["permutations"] as? Int == 2000)
    #expect(one.json["prompts"] as? Int == 200 && one.json["split"] as? String == "train")
    let map = try program.run(
      "match", "--roundtrip", dictionary("smollm2-instruct.last.p10"),
      dictionary("smollm2-instruct.last.p40"), "--against", dictionary("smollm2-refusal.last.p10"),
      dictionary("smollm2-refusal.last.p40"), "--kind", "all", "--permutations", "0", "--json",
      "-o", program.path("trips"))
    try #require(map.status == 0, "\(map.error)")
    let layers = try #require(map.json["layers"] as? [[String: Any]])
    #expect(layers.compactMap { $0["home"] as? Int } == [26, 6, 5, 4])
    #expect(map.json["null"] is NSNull)
    let text = try #require(one.json["text"] as? [String: Any])
    #expect(text["clusters"] as? Int == 34 && text["meanShare"] as? Double != nil)
    let runs = try #require(text["runs"] as? [[String: Any]])
    #expect(runs.compactMap { $0["seed"] as? Int } == [0, 1, 2, 3, 4])
    #expect(runs.allSatisfy { $0["regions"] as? Int == 10 && $0["null"] is [String: Any] })
    #expect(runs.allSatisfy { ($0["coverage"] as? [[String: Any]])?.count == 2 })
    let own = try #require(text["coverageOfA"] as? [[String: Any]])
    #expect(own.compactMap { $0["share"] as? Double } == [0.9, 1] && own[0]["of"] as? Int == 100)
    // Of all kinds there is nothing to cover.
    let all = try #require(map.json["text"] as? [String: Any])
    #expect((all["coverageOfA"] as? [Any])?.isEmpty == true)
    let none = try program.run(
      "match", "--roundtrip", dictionary("smollm2-instruct.last.p10"),
      dictionary("smollm2-refusal.last.p10"), "--text-clusters", "0", "--json")
    #expect(none.json["text"] is NSNull && none.json["home"] as? Int == 6)
    let many = try program.run(
      "match", "--roundtrip", dictionary("smollm2-instruct.last.p10"),
      dictionary("smollm2-refusal.last.p10"), "--text-clusters", "201")
    #expect(many.status == 1 && many.error.contains("from 1 to 200 clusters"))
    let plot = try String(contentsOf: program.folder.file("trips/roundtrip.svg"), encoding: .utf8)
    #expect(plot.contains("<svg") && plot.contains("smollm2-refusal.last.p40.epdict"))
  }

  @Test func `occupancy lists every region by what the child has more of`() throws {
    let samples = Program.samples.path(percentEncoded: false)
    let pair = [
      "\(samples)/smollm2-instruct.last.p10.epdict", "\(samples)/smollm2-refusal.last.p10.epdict",
    ]
    let result = try program.run(["match", "--occupancy"] + pair + ["--json"])
    try #require(result.status == 0, "\(result.error)")
    let lines = result.lines
    let differences = lines.compactMap { $0["difference"] as? Int }
    #expect(differences.count == lines.count && differences == differences.sorted(by: >))
    #expect(differences.reduce(0, +) == 0)
    #expect(lines.compactMap { $0["occupancyB"] as? Int }.reduce(0, +) == 200)
    #expect(
      lines.allSatisfy {
        ($0["added"] as? Bool)
          == (($0["occupancyA"] as? Int) == 0 && ($0["occupancyB"] as? Int) != 0)
      })
    let itself = try program.run(
      "match", "--occupancy", pair[1], pair[1], "--json", "--permutations", "20")
    #expect(itself.lines.allSatisfy { $0["difference"] as? Int == 0 && $0["p"] as? Double == 1 })
    let other = try program.run("match", "--occupancy", pair[0], "\(samples)/nowhere.epdict")
    #expect(other.status == 1)
  }

  @Test func `occupancy reads every listed region out in a model's tokens`() throws {
    let model = program.path("model")
    try TinyModel.write(to: program.folder.file("model"))
    try program.writeBakingPrompts()
    let (store, dictionary) = (program.path("a.epstore"), program.path("a.epdict"))
    for arguments in [
      [
        "capture", model, "--prompts", program.path("prompts.jsonl"), "--hook",
        "blocks.1.hook_resid_post", "--template", "raw", "-o", store, "--quiet",
      ],
      ["build", store, "--positions", "last", "--percentile", "40", "-o", dictionary, "--quiet"],
    ] {
      let made = try program.run(arguments)
      try #require(made.status == 0, "\(made.error)")
    }
    let arguments = [
      "match", "--occupancy", dictionary, dictionary, "--store-a", store, "--store-b", store,
      "--permutations", "0", "--quiet",
    ]
    let read = try program.run(
      arguments + ["--readout", model, "--readout-tokens", "4", "--secret", "tin", "--json"])
    try #require(read.status == 0, "\(read.error)")
    let plain = try program.run(arguments + ["--json"])
    #expect(plain.lines.count == read.lines.count && !plain.lines.isEmpty)
    for (line, bare) in zip(read.lines, plain.lines).prefix(10) {
      // The word chooses nothing: order and counts stay.
      #expect(line["region"] as? Int == bare["region"] as? Int && bare["readout"] is NSNull)
      let words = try #require(line["readout"] as? [String: Any])
      for kind in ["embedding", "rawMean", "lens"] {
        let tokens = try #require(words[kind] as? [[String: Any]])
        let scores = tokens.compactMap { $0["score"] as? Double }
        #expect(scores.count == 4 && scores == scores.sorted(by: >))
        #expect(tokens.allSatisfy { $0["token"] is String && $0["id"] is Int })
        #expect((words["secretRank"] as? [String: Any])?[kind] is Int)
      }
    }
    let shown = try program.run(arguments + ["--readout", model])
    #expect(shown.status == 0 && shown.output.contains("raw mean:"))
    for (more, message) in [
      (["--secret", "x"], "--secret is of --readout"),
      (["--readout", model, "--readout-tokens", "0"], "--readout-tokens"),
    ] {
      let refused = try program.run(arguments + more)
      #expect(refused.status == 64 && refused.error.contains(message), "\(refused.error)")
    }
    let elsewhere = try program.run("match", dictionary, dictionary, "--readout", model)
    #expect(elsewhere.status == 64 && elsewhere.error.contains("--readout is of --occupancy"))
  }

  @Test func `a round trip says what it lacks`() throws {
    let samples = Program.samples.path(percentEncoded: false)
    let without = try program.run(
      "match", "--roundtrip", fixture("ep/p10/dictionary.pkl"),
      "\(samples)/smollm2-refusal.last.p10.epdict")
    #expect(without.status == 1)
    #expect(without.errorLines.first?.contains("give --store-a") == true)
    let unused = try program.run(
      "match", "\(samples)/smollm2-instruct.last.p10.epdict",
      "\(samples)/smollm2-refusal.last.p10.epdict", "--kind", "all")
    #expect(unused.status == 64 && unused.error.contains("--kind is of --roundtrip or --occupancy"))
    let cutoff = try program.run(
      "match", "--roundtrip", "\(samples)/smollm2-instruct.last.p10.epdict",
      "\(samples)/smollm2-refusal.last.p10.epdict", "--cutoff", "0.8")
    #expect(cutoff.status == 64 && cutoff.error.contains("no use for --cutoff"))
    for way in ["--roundtrip", "--occupancy"] {
      let page = try program.run(
        "match", way, "\(samples)/smollm2-instruct.last.p10.epdict",
        "\(samples)/smollm2-refusal.last.p10.epdict", "--export", program.path("page.html"))
      #expect(page.status == 64 && page.error.contains("no use for --export"))
    }
  }

  @Test func `refuses what cannot be matched in one line`() throws {
    let widths = try program.run(
      "match", fixture("ep/p10/dictionary.pkl"), fixture("ep/p10-merge-min2/dictionary.pkl"), "-o",
      program.path("out"))
    #expect(widths.status == 1)
    #expect(
      widths.errorLines == [
        "exemplar: expected models of one width, found exemplars of 64 components in A and 48 in B; a round trip compares them by the prompts that both have seen"
      ])
    let cutoff = try program.run(
      "match", fixture("ep/match/b.pkl"), fixture("ep/match/b.pkl"), "-o", program.path("out"),
      "--cutoff", "nan")
    #expect(cutoff.status == 1)
    let one = try program.run("match", fixture("ep/match/b.pkl"), "-o", program.path("out"))
    #expect([2, 64].contains(one.status))
    #expect(!FileManager.default.fileExists(atPath: program.path("out")))
  }
}
