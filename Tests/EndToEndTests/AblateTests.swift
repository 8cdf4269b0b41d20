import Foundation
import Storage
import TensorFiles
import TestSupport
import Testing

@Suite(.serialized)
struct AblateTests {
  let made: AblationProgram

  init() throws { made = try AblationProgram() }

  private let counts = ["n", "refused", "complied", "degenerate", "unclear", "rate", "wilson95"]

  @Test func `a swap has the author's conditions, and its command makes it again`() throws {
    let samples = Program.samples.path(percentEncoded: false)
    let arguments = [
      "ablate", "\(samples)/smollm2-refusal.last.p10.epdict", "--store",
      "\(samples)/smollm2-refusal.epstore", "--swap", "--json", "--no-save", "--limit", "20",
    ]
    let result = try made.program.run(arguments)
    try #require(result.status == 0, "\(result.error)")
    let conditions = try #require(result.json["conditions"] as? [String: [String: Any]])
    #expect(
      Set(conditions.keys) == [
        "baseline", "swap", "ablated", "null", "random-span", "harmful-span", "benign-span",
        "meanshift", "meanshift-back", "swap-global",
      ])
    let swap = try #require(result.json["swap"] as? [String: Any])
    #expect(swap["rank"] as? Int == 11 && swap["trainPrompts"] as? Int == 200)
    #expect(swap["evaluatedAmongThem"] as? Int == 0)
    #expect((result.json["command"] as? String)?.contains(" --swap ") == true)
    let refused = try made.program.run(arguments + ["--top", "2"])
    #expect(refused.status == 64 && refused.error.contains("--swap decides about --top itself"))
  }

  @Test func `every depth prints the experiment under the keys of the manual`() throws {
    for (depth, model) in [("geometry", false), ("resume", true), ("generate", true)] {
      let result = try made.program.run(
        ["ablate", made.dictionary, "--store", made.store, "--depth", depth, "--json", "--quiet"]
          + (model ? ["--model", made.model] : []))
      try #require(result.status == 0, "\(result.error)")
      let json = result.json
      for key in [
        "depth", "hook", "basis", "regions", "nullRegion", "conditions", "mcnemar", "prompts",
        "experiment", "command", "countedBy", "agreement",
      ] {
        #expect(json[key] != nil, "\(depth): \(key)")
      }
      #expect(json["depth"] as? String == depth && json["basis"] as? String == "mean")
      let conditions = try #require(json["conditions"] as? [String: [String: Any]])
      #expect(Set(conditions.keys) == ["baseline", "ablated", "null"])
      for (name, condition) in conditions {
        for role in ["harmful", "benign"] {
          let found = try #require(condition[role] as? [String: Any], "\(depth) \(name) \(role)")
          #expect(Set(found.keys).isSuperset(of: counts), "\(depth) \(name) \(role)")
          #expect(found["n"] as? Int == 6)
        }
        #expect(condition["firstTokenKL"] != nil)
      }
      #expect((json["prompts"] as? [Any])?.count == 12)
      #expect((json["mcnemar"] is NSNull) == (depth == "geometry"))
      #expect(json["predicted"] as? Bool == (depth == "geometry"))
    }
    let list = try made.program.run("experiments", made.dictionary, "--json")
    #expect(list.lines.compactMap { $0["depth"] as? String } == ["generate", "resume", "geometry"])
    #expect(list.lines.allSatisfy { $0["n"] as? Int == 6 && $0["complete"] as? Bool == true })
  }

  /// The parts of an experiment that the same one has again.
  private func essence(_ json: [String: Any]) throws -> Data {
    var kept = json
    for key in ["seconds", "experiment", "id", "kind", "date", "title"] { kept[key] = nil }
    kept["prompts"] = (json["prompts"] as? [[String: Any]])?.map { prompt in
      prompt.mapValues { value in
        guard var condition = value as? [String: Any] else { return value }
        condition["origin"] = nil
        return condition
      }
    }
    return try JSONSerialization.data(withJSONObject: kept, options: .sortedKeys)
  }

  @Test
  func `a saved experiment is shown, run again by its number and by its command, and exported`()
    throws
  {
    let program = made.program
    let first = try made.ablate(
      "--model", made.model, "--basis", "exemplar", "--regions", "1,0", "--null", "random",
      "--seed", "5", "--strength", "0.5", "--max-new-tokens", "4", "--json")
    try #require(first.status == 0, "\(first.error)")
    let id = try #require(first.json["experiment"] as? Int)
    let shown = try program.run("experiments", made.dictionary, "--show", "\(id)", "--json")
    #expect(try essence(shown.json) == essence(first.json))
    let again = try made.ablate("--model", made.model, "--again", "\(id)", "--json")
    try #require(again.status == 0, "\(again.error)")
    #expect(try essence(again.json) == essence(first.json))
    // The command names files alone, so it is run where they are.
    var words = try #require(first.json["command"] as? String).split(separator: " ")
      .map(String.init)
    #expect(words.removeFirst() == "exemplar")
    for (name, path) in [
      ("tiny.epdict", made.dictionary), ("tiny.epstore", made.store), ("model", made.model),
    ] {
      words = words.map { $0 == name ? path : $0 }
    }
    let typed = try program.run(words + ["--quiet", "--json"])
    try #require(typed.status == 0, "\(typed.error)")
    #expect(try essence(typed.json) == essence(first.json))

    for name in ["one.json", "one.md"] {
      let written = try program.run(
        "experiments", made.dictionary, "--export", "\(id)", "-o", program.path(name))
      #expect(written.status == 0, "\(written.error)")
    }
    let text = try String(contentsOf: program.folder.file("one.md"), encoding: .utf8)
    #expect(text.contains("## Where it comes from") && text.contains("run again: exemplar ablate"))
    let taken = try program.run(
      "experiments", made.dictionary, "--export", "\(id)", "-o", program.path("one.md"))
    #expect(taken.status == 1 && taken.error.contains("exists already"))
    let wrong = try made.ablate("--model", made.model, "--again", "99")
    #expect(wrong.status == 1 && wrong.error.contains("found 99"))
    #expect(wrong.errorLines.count == 1)
    let both = try made.ablate("--again", "1", "--basis", "exemplar")
    #expect(both.status == 64 && both.error.contains("whole setup"))
  }

  @Test func `two saved experiments are compared`() throws {
    for basis in ["mean", "exemplar"] {
      let run = try made.ablate("--model", made.model, "--regions", "0", "--basis", basis)
      try #require(run.status == 0, "\(run.error)")
      #expect(run.output.contains("saved as experiment"))
    }
    let diff = try made.program.run("experiments", made.dictionary, "--diff", "1", "2", "--json")
    try #require(diff.status == 0, "\(diff.error)")
    let differences = try #require(diff.json["differences"] as? [[String: String]])
    #expect(differences == [["name": "basis", "a": "mean", "b": "exemplar"]])
    #expect(diff.json["shared"] as? Int == 12)
    let flips = try #require(diff.json["flips"] as? [[String: Any]])
    let tests = try #require(diff.json["mcnemar"] as? [String: [String: Any]])
    let changed = flips.count { $0["refusesInA"] as? Bool != $0["refusesInB"] as? Bool }
    #expect(
      changed == tests.values.reduce(0) { $0 + ($1["b"] as? Int ?? 0) + ($1["c"] as? Int ?? 0) })
    let removed = try made.program.run("experiments", made.dictionary, "--remove", "1", "--json")
    #expect(removed.json["removed"] as? Int == 1)
    let gone = try made.program.run("experiments", made.dictionary, "--diff", "1", "2")
    #expect(gone.status == 1 && gone.errorLines.count == 1)
  }

  @Test func `steering gives the shape of an ablation for each α`() throws {
    let result = try made.program.run(
      "steer", made.dictionary, "--store", made.store, "--model", made.model, "--region", "0",
      "--alpha", "0", "8", "--depth", "resume", "--json", "--quiet")
    try #require(result.status == 0, "\(result.error)")
    let arms = try #require(result.json["alphas"] as? [[String: Any]])
    #expect(arms.compactMap { $0["alpha"] as? Double } == [0, 8])
    for arm in arms {
      #expect(["depth", "hook", "basis", "regions", "mcnemar"].allSatisfy { arm[$0] != nil })
      let conditions = try #require(arm["conditions"] as? [String: [String: Any]])
      #expect(Set(conditions.keys) == ["baseline", "steered", "ablated", "null"])
    }
    let divergences = arms.compactMap { arm in
      ((arm["conditions"] as? [String: [String: Any]])?["steered"])?["firstTokenKL"] as? Double
    }
    try #require(divergences.count == 2)
    #expect(divergences[0] < 1e-6 && divergences[1] > divergences[0])
    let list = try made.program.run(
      "experiments", made.dictionary, "--kind", "steering", "--json")
    #expect(list.lines.count == 2 && list.lines.allSatisfy { $0["role"] as? String == "benign" })
  }

  @Test func `a series of strengths draws the share of a script's letters`() throws {
    let plot = made.program.path("latin.svg")
    let arguments = [
      "steer", made.dictionary, "--store", made.store, "--model", made.model, "--region", "0",
      "--alpha", "2", "8", "--counts-as", "script: latin", "--baselines", "--plot", plot, "--json",
      "--texts", "--no-save", "--quiet",
    ]
    let result = try made.program.run(arguments)
    try #require(result.status == 0, "\(result.error)")
    for arm in try #require(result.json["alphas"] as? [[String: Any]]) {
      let concept = try #require(arm["concept"] as? [String: Any])
      #expect(concept["countsAs"] as? String == "script: Latin")
      let conditions = try #require(concept["conditions"] as? [String: [String: [String: Any]]])
      #expect(Set(conditions.keys) == ["baseline", "steered", "null", "diffmean", "random"])
      let prompts = try #require(arm["prompts"] as? [[String: Any]])
      let shares = try prompts.filter { $0["role"] as? String == "benign" }.map { prompt in
        let text = try #require((prompt["steered"] as? [String: Any])?["text"] as? String)
        func count(_ pattern: String) throws -> Double {
          Double(text.matches(of: try Regex(pattern).matchingSemantics(.unicodeScalar)).count)
        }
        let letters = try count(#"\p{L}"#)
        return letters == 0 ? 0 : try count(#"[\p{Script=Latin}&&\p{L}]"#) / letters
      }
      let mean =
        (conditions["steered"]?["benign"]?["letterShare"] as? [String: Any])?["mean"] as? Double
      #expect(abs((mean ?? -1) - shares.reduce(0, +) / Double(shares.count)) < 1e-12)
    }
    let drawn = try String(contentsOfFile: plot, encoding: .utf8)
    for word in ["letters that are Latin", "steered", "difference of means", "random direction"] {
      #expect(drawn.contains(word), "\(word)")
    }
    let again = try made.program.run(arguments)
    #expect(again.status == 1 && again.error.contains("latin.svg: exists already"))
  }

  @Test func `something else than refusals is counted where it is asked for, and again by number`()
    throws
  {
    let result = try made.ablate(
      "--model", made.model, "--regions", "0", "--counts-as", "words: cannot", "--json")
    try #require(result.status == 0, "\(result.error)")
    let concept = try #require(result.json["concept"] as? [String: Any])
    #expect(concept["countsAs"] as? String == "words: cannot")
    let conditions = try #require(concept["conditions"] as? [String: [String: [String: Any]]])
    #expect(Set(conditions.keys) == ["baseline", "ablated", "null"])
    #expect(conditions["baseline"]?["harmful"]?["counted"] as? Int == 6)
    #expect(conditions["baseline"]?["benign"]?["counted"] as? Int == 0)
    #expect((result.json["command"] as? String)?.contains("--counts-as 'words: cannot'") == true)
    let id = try #require(result.json["experiment"] as? Int)
    let again = try made.ablate("--model", made.model, "--again", "\(id)", "--json")
    let same = try #require(again.json["concept"] as? [String: Any])
    #expect(NSDictionary(dictionary: same) == NSDictionary(dictionary: concept))
    let text = try made.ablate(
      "--model", made.model, "--regions", "0", "--counts-as", "regex: ^I", "--no-save")
    #expect(text.output.contains("harmful answers with “regex: ^I”: baseline 6/6"))
    for (status, word, more) in [
      (Int32(64), "found neither", ["--counts-as", "cannot"]),
      (1, "depth generate", ["--counts-as", "words: a", "--depth", "resume"]),
      (64, "whole setup", ["--counts-as", "words: a", "--again", "1"]),
    ] {
      let refused = try made.program.run(
        ["ablate", made.dictionary, "--store", made.store, "--model", made.model, "--quiet"] + more)
      #expect(refused.status == status && refused.error.contains(word), "\(refused.error)")
    }
  }

  @Test func `a region entered or a probe is counted in answers, and again by number`() throws {
    let probe = made.program.path("probe.npy")
    let width = try StoreFile(URL(filePath: made.store)).hooks[0].dimension
    try NumPyWriter.write(
      NumPyOutput((0..<width).map { Float($0 % 3) - 1 }, shape: [width]), to: URL(filePath: probe))
    for (concept, words) in [
      ("region: 0, 1", "answers that enter region 0 or 1 (at "),
      ("probe: \(probe)", "answers on whose mean at "),
    ] {
      let result = try made.ablate(
        "--model", made.model, "--regions", "0", "--counts-as", concept, "--json")
      try #require(result.status == 0, "\(result.error)")
      let counted = try #require(result.json["concept"] as? [String: Any])
      #expect(counted["countsAs"] as? String == concept)
      #expect(counted["measuredAt"] as? String == AblationProgram.hook)
      let conditions = try #require(counted["conditions"] as? [String: [String: [String: Any]]])
      #expect(conditions["ablated"]?["harmful"]?["n"] as? Int == 6)
      let id = try #require(result.json["experiment"] as? Int)
      let again = try made.ablate("--model", made.model, "--again", "\(id)", "--json")
      let same = try #require(again.json["concept"] as? [String: Any], "\(again.error)")
      #expect(NSDictionary(dictionary: same) == NSDictionary(dictionary: counted))
      let steered = try made.program.run(
        [
          "steer", made.dictionary, "--store", made.store, "--model", made.model, "--quiet",
          "--region", "0", "--norms", "0.5", "--counts-as", concept, "--limit", "2",
        ])
      #expect(steered.output.contains(words + AblationProgram.hook), "\(steered.output)")
    }
    for (word, more) in [
      ("depth generate", ["--counts-as", "region: 0", "--depth", "resume"]),
      ("expected regions of 0…", ["--counts-as", "region: 9999"]),
      ("no such file", ["--counts-as", "probe: \(probe)x.npy"]),
    ] {
      // Before the weights are read: those are not there.
      let refused = try made.program.run(
        [
          "ablate", made.dictionary, "--store", made.store, "--model", made.program.path("absent"),
          "--quiet",
        ] + more)
      #expect(
        refused.status == 1 && refused.errorLines.count == 1 && refused.error.contains(word),
        "\(refused.error)")
    }
  }

  @Test func `regions are ranked by the first token alone`() throws {
    let result = try made.ablate(
      "--model", made.model, "--depth", "resume", "--sweep", "regions", "--json")
    try #require(result.status == 0, "\(result.error)")
    let changes = try #require(result.json["regions"] as? [[String: Any]])
      .compactMap { $0["refusalLogOddsChange"] as? Double }
    #expect(changes == changes.sorted() && changes.count > 1)
  }

  @Test func `a person's verdicts are reported, and counted where that is asked for`() throws {
    let first = try made.ablate("--model", made.model, "--regions", "0", "--json")
    try #require(first.status == 0, "\(first.error)")
    let store = try StoreFile(URL(filePath: made.store))
    let answer = try #require(
      try store.continuations().first { try store.documents()[$0.document].id == "harmful-12" })
    let notebook = try Notebook(
      made.program.folder.file("data").appending(path: "exemplar/notebook.sqlite"))
    try notebook.setVerdict(
      .unclear,
      on: ContinuationKey(
        store: store.storeID, document: "harmful-12", condition: "baseline",
        text: answer.text), seen: ("exemplar-v1", .refused))
    func baseline(_ json: [String: Any]) throws -> [String: Any] {
      let conditions = try #require(json["conditions"] as? [String: [String: Any]])
      return try #require(conditions["baseline"]?["harmful"] as? [String: Any])
    }
    let beside = try made.ablate("--model", made.model, "--regions", "0", "--json").json
    #expect(try baseline(beside)["refused"] as? Int == 6)
    #expect((beside["agreement"] as? [String: Any])?["n"] as? Int == 1)
    let counted = try made.ablate(
      "--model", made.model, "--regions", "0", "--with-verdicts", "--json"
    ).json
    #expect(try baseline(counted)["refused"] as? Int == 5)
    #expect(try baseline(counted)["unclear"] as? Int == 1)
    #expect((counted["countedBy"] as? String)?.hasPrefix("a person's 1 verdict (") == true)

    let outcomes = try made.program.run("outcomes", made.store, "--json").lines
    let line = try #require(outcomes.first { $0["id"] as? String == "harmful-12" })
    #expect(line["outcome"] as? String == "refused" && line["person"] as? String == "unclear")
    let summary = try #require(outcomes.last?["summary"] as? [String: Any])
    #expect(summary["refused"] as? Int == 18)
    let own = try made.program.run("outcomes", made.store, "--with-verdicts", "--json").lines
    #expect((own.last?["summary"] as? [String: Any])?["refused"] as? Int == 17)
  }
}
