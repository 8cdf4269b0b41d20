import Foundation
import TestSupport
import Testing

/// An option that could have no effect is refused, never passed over: who gave it would read the answer as if it had one.
@Suite struct OptionTests {
  private let program: Program
  private let dictionary = Program.samples.appending(path: "smollm2-refusal.last.p40.epdict")
    .path(percentEncoded: false)
  private let finer = Program.samples.appending(path: "smollm2-refusal.last.p10.epdict")
    .path(percentEncoded: false)
  private let parent = Program.samples.appending(path: "smollm2-instruct.last.p40.epdict")
    .path(percentEncoded: false)
  private let store = Program.samples.appending(path: "smollm2-refusal.epstore")
    .path(percentEncoded: false)

  init() throws { program = try Program() }

  private func refused(
    _ arguments: [String], _ word: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let result = try program.run(arguments)
    #expect(result.status == 64 || result.status == 1, sourceLocation: sourceLocation)
    #expect(result.output.isEmpty, sourceLocation: sourceLocation)
    #expect(
      result.errorLines.first?.contains(word) == true, "\(result.error)",
      sourceLocation: sourceLocation)
  }

  @Test func `Options of one action of label are refused beside another`() throws {
    try refused(["label", dictionary, "2", "--undo"], "no region")
    try refused(["label", dictionary, "2", "--redo"], "no region")
    try refused(["label", dictionary, "2", "--list"], "no region")
    try refused(["label", dictionary, "--prefer", "newest"], "--prefer")
    try refused(["label", dictionary, "--overwrite"], "--overwrite")
    try refused(["label", dictionary, "--list", "--author", "me"], "--author")
  }

  @Test func `An empty label takes none away`() throws {
    #expect(try program.run("label", dictionary, "2", "first").status == 0)
    try refused(["label", dictionary, "2", ""], "--clear")
    try refused(["label", dictionary, "2", "  "], "--clear")
    #expect(try program.run("label", dictionary, "2").output == "2\tfirst\n")
    #expect(try program.run("label", dictionary, "2", "--clear").output == "2\t—\n")
  }

  @Test func `A mistyped command is told what it may have meant`() throws {
    try refused(["regoins", dictionary, "--json"], "did you mean “exemplar regions”")
    try refused(["meritcs", dictionary], "did you mean “exemplar metrics”")
    try refused(["--theme", "ember", "sreach"], "did you mean “exemplar search”")
    try refused(["xyzzy", dictionary, "--json"], "no command of that name")
    try refused(["nowhere/build"], "no such file or folder")
  }

  @Test func `An option of one value is refused where it is given twice, under either name`() throws
  {
    try refused(["regions", dictionary, "--limit", "1", "--limit=2"], "--limit once, found it 2")
    try refused(["match", dictionary, finer, "-o", "a", "--output", "b"], "--output once")
    try refused([dictionary, "--theme", "ember", "--theme", "tide"], "--theme once")
    let several = [
      "coverage", dictionary, store, "--with", finer, "--with", dictionary, "--json", "--quiet",
    ]
    #expect(try program.run(several).status == 0)
  }

  @Test func `A region to show first needs one dictionary to be of`() throws {
    let folder = Program.samples.path(percentEncoded: false)
    try refused([folder, "--region", "3"], "--region 3")
    try refused([dictionary, finer, "--region", "3"], "2 paths")
  }

  @Test func `A build refuses what its activations or its calibration decide`() throws {
    let out = ["-o", program.path("x.epdict")]
    try refused(["build", store, "--batch-size", "10"] + out, "single file of rows")
    try refused(["build", store, "--sets", ""] + out, "prompt sets")
    try refused(["build", store + "#"] + out, "prompt sets")
    try refused(
      ["build", store, "--calibration", "c.npz", "--calibration-activations", "10"] + out,
      "--calibration-activations")
    let ids = ["-o", program.path("x.safetensors")]
    try refused(["assign", dictionary, store, "--sets", "harmful,"] + ids, "prompt sets")
  }

  @Test func `An output whose name says another kind of file is refused`() throws {
    try refused(["assign", dictionary, store, "-o", program.path("x.npz")], ".safetensors")
    try refused(["build", store, "-o", program.path("x.json")], ".epdict")
    try refused(["export", dictionary, "--format", "npz", "-o", program.path("x.csv")], ".npz")
    try refused(["replay", "nowhere", "--cells", program.path("x.txt")], ".json")
    try refused(["label", dictionary, "--export", program.path("x.xlsx")], ".jsonl, .csv or .tsv")
    try refused(
      ["forward", "nowhere", "--tokens", "1", "-o", program.path("x.npz")], ".safetensors")
    try refused(
      ["generate", "nowhere", "--prompts", "p.jsonl", "-o", program.path("x.csv")], ".jsonl")
    try refused(
      ["capture", "nowhere", "--text", "t.txt", "--hook", "h", "-o", program.path("x.npz")],
      ".epstore")
    let pickle = Fixtures.url("ep/p10/dictionary.pkl").path(percentEncoded: false)
    try refused(["import", pickle, "-o", program.path("x.json")], ".epdict")
    let nothing = try program.run(["import", "nowhere.pkl", "-o", program.path("x.epdict")])
    #expect(nothing.status == 1)
    #expect(nothing.error == "exemplar: nowhere.pkl: no such file or folder\n")
  }

  @Test func `A text that is no chat turn has no template`() throws {
    for command in [["tokenize", "nowhere", "a"], ["trace", dictionary, "nowhere", "a"]] {
      try refused(command + ["--system", "s"], "--chat")
      try refused(command + ["--template", "chatml"], "--chat")
      try refused(command + ["--no-system"], "--chat")
      try refused(command + ["--chat", "--no-special"], "--no-special")
      try refused(command + ["--prompt-field", "x"], "--prompt-field")
    }
    try refused(["trace", dictionary, "nowhere", "a", "--seed", "3"], "--seed")
  }

  @Test func `Final positions are not set beside texts that are captured at every position`() throws
  {
    let coverage = ["coverage", dictionary, "here=" + store + "#harmful", "--no-save"]
    try refused(
      coverage + ["--positions", "last", "--random-tokens", "9", "--model", "nowhere"],
      "--positions last")
    try refused(coverage + ["--model", "nowhere"], "--model")
    try refused(coverage + ["here=" + store + "#benign"], "different names")
  }

  @Test func `Coverage says per region in words what it says in JSON`() throws {
    let coverage = [
      "coverage", dictionary, "here=" + store + "#harmful", "--positions", "last", "--no-save",
      "--by-region",
    ]
    let json = try program.run(coverage + ["--json"]).json
    let regions = try #require(json["byRegion"] as? [[String: Any]])
    let text = try program.run(coverage).output
    let table = text.split(separator: "\n").drop { !$0.hasPrefix("region ") }.dropFirst()
    try #require(regions.count == 6 && table.count >= 6)
    for (row, region) in zip(table, regions) {
      let sources = try #require(region["sources"] as? [[String: Any]])
      let words = row.split(separator: " ")
      #expect(words[0] == "\(try #require(region["region"] as? Int))")
      #expect(words[1] == "\(try #require(sources[0]["n"] as? Int))")
    }
  }

  @Test func `A dictionary of final positions says so where every position is read`() throws {
    let all = try program.run(
      "assign", dictionary, store, "-o", program.path("all.safetensors"), "--json")
    #expect((all.json["notices"] as? [String])?.first?.contains("--positions last") == true)
    let last = try program.run(
      "assign", dictionary, store, "-o", program.path("last.safetensors"), "--positions", "last",
      "--json")
    #expect((last.json["notices"] as? [String])?.isEmpty == true)
  }

  @Test func `Dictionaries are compared as they were built`() throws {
    for option in [
      ["--seeds", "3"], ["--percentile", "30"], ["--positions", "last"], ["--max-rows", "9"],
      ["--hook", "blocks.1.hook_resid_post"], ["--split", "all"],
    ] {
      try refused(["stability", dictionary, finer] + option, option[0])
    }
  }

  @Test func `Dictionaries of two models are refused, or said to be`() throws {
    let path = ["paths", dictionary, parent, "--from", "0", "--to", "1", "--no-save"]
    try refused(path, "--other-model")
    let allowed = try program.run(path + ["--other-model", "--json"])
    #expect((allowed.json["notices"] as? [String])?.count == 1, "\(allowed.error)")
    let compared = try program.run("stability", dictionary, parent, "--no-save", "--json")
    #expect((compared.json["notices"] as? [String])?.count == 1, "\(compared.error)")
    let own = try program.run("stability", dictionary, finer, "--no-save", "--json")
    #expect(own.status == 0 && own.json["notices"] == nil)
  }

  @Test func `A series refuses what it decides itself`() throws {
    let ablate = ["ablate", dictionary, "--store", store, "--no-save"]
    try refused(ablate + ["--sweep", "strength", "--strength", "0.5"], "--strength")
    try refused(ablate + ["--sweep", "k", "--regions", "1"], "--regions")
    try refused(ablate + ["--sweep", "layer", "--at", "blocks.1.hook_resid_post"], "--at")
    try refused(ablate + ["--sweep", "regions", "--top", "2"], "--top")
    try refused(ablate + ["--sweep", "regions", "--report", program.path("r.md")], "--report")
    try refused(ablate + ["--regions", "1", "--rank", "lift"], "--rank")
    try refused(ablate + ["--texts"], "--texts")
  }

  @Test func `An option whose object is not there is refused`() throws {
    try refused(["experiments", dictionary, "--overwrite"], "--overwrite")
    try refused(["experiments", dictionary, "--show", "1", "--kind", "probe"], "--kind")
    try refused(["experiments", dictionary, "--with-verdicts"], "--with-verdicts")
    try refused(["outcomes", store, "--answer-field", "x"], "--answer-field")
    try refused(["regions", dictionary, "--other-model"], "--other-model")
    try refused(["metrics", dictionary, "--other-model"], "--other-model")
    let capture = ["capture", "nowhere", "--hook", "blocks.1.hook_resid_post", "-o", "x.epstore"]
    try refused(capture + ["--text", "t.txt", "--template", "chatml"], "--template")
    try refused(capture + ["--text", "t.txt", "--generate", "3"], "--generate")
    try refused(capture + ["--prompts", "p.jsonl", "--context-length", "9"], "--context-length")
    try refused(capture + ["--prompts", "p.jsonl", "--openings", "9"], "--openings")
    let generate = ["generate", "nowhere", "--prompts", "p.jsonl", "-o", "x.jsonl"]
    try refused(generate + ["--seed", "3"], "--seed")
    try refused(generate + ["--alpha", "3"], "--alpha")
    try refused(["match", dictionary, finer, "--seed", "3", "-o", program.path("m")], "--seed")
    try refused(["replay", "nowhere", "--batch", "--colors", "monochrome"], "--colors")
  }

  @Test func `A field that there is none of is looked for as a word, and that is said`() throws {
    let found = try program.run("search", finer, "lable:lock OR lock")
    #expect(found.status == 0 && found.output.hasPrefix("0\t"))
    #expect(found.error.contains("lable:") && found.error.contains("label:"))
    for known in ["context:lock", "http://lock", "\"lable:lock\" OR lock", "lock"] {
      #expect(!(try program.run("search", finer, known).error.contains("is none of")), "\(known)")
    }
  }

  @Test func `Nothing is printed of answers that cannot all be read`() throws {
    let result = try program.run("outcomes", store, "--classifier", "exemplar-v2")
    #expect(result.status == 1 && result.output.isEmpty && result.errorLines.count == 1)
  }

  @Test func `What the explorer is to open is looked for before it takes the screen`() throws {
    try refused(["lable"], "no command of that name")
    try refused([dictionary, "--model", program.path("weights.gguf")], "weights.gguf")
    try refused([dictionary, "--store", program.path("run.epstore")], "run.epstore")
    try refused([dictionary, "--adapter", program.path("lora")], "adapter_config.json")
    let named = try program.run(dictionary, "--store", store)
    #expect(named.status == 1 && named.error.contains("terminal"), "\(named.error)")
  }

  @Test func `Folds that cannot be had are refused, and regions that are not there`() throws {
    try refused(
      [
        "probe", dictionary, store + "#harmful,benign", "--target", "set", "--pool", "last",
        "--folds", "1000", "--no-save",
      ], "--folds")
    let empty = program.path("empty.epdict")
    #expect(
      try program.run(
        "build", store, "--positions", "last", "--min-members", "1000", "--quiet", "-o", empty
      ).status == 0)
    try refused(
      ["probe", empty, store, "--target", "outcome", "--pool", "last", "--no-save", "--quiet"],
      "with regions")
    try refused(["paths", empty, "--from", "0", "--to", "0", "--no-save"], "with regions")
  }

  @Test func `A seed is told whole, whatever its size`() throws {
    let largest = "18446744073709551615"
    let built = try program.run(
      "build", store, "--positions", "last", "--seed", largest, "--json", "--quiet", "-o",
      program.path("x.epdict"))
    #expect(built.output.contains("\"seed\":\(largest),"), "\(built.error)")
    let compared = try program.run(
      "stability", dictionary, finer, "--no-save", "--json", "--seed", largest)
    #expect(compared.output.contains("\"seed\":\(largest),"), "\(compared.error)")
  }
}
