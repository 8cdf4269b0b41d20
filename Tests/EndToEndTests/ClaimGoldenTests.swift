import Foundation
import Numerics
import TensorFiles
import TestSupport
import Testing

/// The real commands on the reference's own dictionary and activations, beside what numpy, scipy and scikit-learn say.
@Suite("Claims agree with numpy, scipy and scikit-learn")
struct ClaimGoldenTests {
  private let program: Program
  private let golden: [String: Any]
  private let dictionary = fixture("ep/p10/dictionary.pkl")
  private let shards = fixture("ep/p10/activations")

  init() throws {
    program = try Program()
    golden = try #require(
      try JSONSerialization.jsonObject(
        with: Data(contentsOf: Fixtures.url("claims/runs/golden.json"))) as? [String: Any])
  }

  private func run(_ arguments: String...) throws -> [String: Any] {
    let result = try program.run(arguments + ["--json", "--quiet", "--no-save"])
    #expect(result.status == 0, "\(result.error)")
    return result.json
  }

  /// Everything that `expected` has must be in `found`: numbers to 1e-6, the rest as it is.
  private func check(
    _ found: Any?, _ expected: Any?, _ path: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    switch expected {
    case let expected as [String: Any]:
      let found = found as? [String: Any]
      for (key, value) in expected {
        check(found?[key], value, "\(path).\(key)", sourceLocation: sourceLocation)
      }
    case let expected as [Any]:
      let found = found as? [Any] ?? []
      #expect(found.count == expected.count, "\(path)", sourceLocation: sourceLocation)
      for (index, (own, other)) in zip(found, expected).enumerated() {
        check(own, other, "\(path)[\(index)]", sourceLocation: sourceLocation)
      }
    case let expected as NSNumber:
      let number = (found as? NSNumber)?.doubleValue ?? .nan
      #expect(
        abs(number - expected.doubleValue) <= 1e-6 * max(1, abs(expected.doubleValue)),
        "\(path): expected \(expected), found \(number)", sourceLocation: sourceLocation)
    case let expected as String:
      #expect(found as? String == expected, "\(path)", sourceLocation: sourceLocation)
    default:
      #expect(found is NSNull, "\(path): expected null", sourceLocation: sourceLocation)
    }
  }

  private func part(_ name: String, _ inner: String...) -> Any? {
    inner.reduce(golden[name]) { ($0 as? [String: Any])?[$1] }
  }

  @Test func `coverage: rates, percentiles, AUROC, intervals and both baselines`() throws {
    let found = try run(
      "coverage", dictionary, "near=\(shards)", "far=\(fixture("claims/runs/far.npz"))",
      "--by-region", "--seed", "3")
    check(found["sources"], part("coverage", "sources"))
    let baselines = try #require(found["baselines"] as? [String: Any])
    let source = (baselines["sources"] as? [[String: Any]])?.first
    for (key, value) in try #require(part("coverage", "baselines") as? [String: Any]) {
      check(value is NSNumber ? baselines[key] : source?[key], value, key)
    }
    let regions = found["byRegion"] as? [[String: Any]]
    check(
      regions?.map { ($0["sources"] as? [Any])?.last as Any }, part("coverage", "byRegion"))
  }

  @Test func `probe: held-out accuracy and AUROC, what is retained, and the null`() throws {
    let found = try run(
      "probe", dictionary, shards, "--target", "level", "--labels",
      fixture("claims/runs/labels.jsonl"), "--group-by", "batch", "--null-rounds", "3", "--seed",
      "2", "--pool", "last")
    check(found, golden["probe"])
  }

  private func measures(_ name: String) throws -> [String: Any] {
    let all =
      try JSONSerialization.jsonObject(
        with: Data(contentsOf: Fixtures.url("claims/runs/measures.json"))) as? [String: Any]
    return try #require(all?[name] as? [String: Any])
  }

  @Test func `probe: tokens encoded and averaged, on few features and on all, unless asked else`()
    throws
  {
    let found = try run(
      "probe", dictionary, shards, "--target", "level", "--labels",
      fixture("claims/runs/labels.jsonl"), "--group-by", "batch", "--null-rounds", "0", "--seed",
      "2")
    let expected = try measures("pooled")
    #expect(found["pool"] as? String == "mean")
    check(found["rows"], expected["rows"])
    check((found["readout"] as? [String: Any])?["accuracy"], expected["readout"])
    check((found["raw"] as? [String: Any])?["accuracy"], expected["raw"])
    check(found["sparse"], expected["sparse"])
  }

  @Test func `detect: AUROC chooses, raw products score, exemplars and means both`() throws {
    let expected = try #require(try measures("detect")["concepts"] as? [[String: Any]])
    for (arguments, name) in [
      ([String](), "auroc"), (["--score", "cosine"], "cosine"), (["--precision", "bf16"], "bf16"),
    ] {
      let result = try program.run(
        [
          "detect", dictionary, shards, "--concepts", fixture("claims/runs/concepts.jsonl"),
          "--json", "--quiet", "--no-save",
        ] + arguments)
      let concepts = try #require(result.json["concepts"] as? [[String: Any]])
      #expect(concepts.count == expected.count)
      for (found, expected) in zip(concepts, expected) {
        for basis in ["exemplar", "mean"] {
          let (own, other) = (found[basis] as? [String: Any], expected[basis] as? [String: Any])
          check(own?["region"], other?["region"], basis)
          check(own?["selected"], other?["selected"], basis)
          check(own?["auroc"], other?[name], "\(basis) \(name)")
        }
      }
      check(
        (result.json["mean"] as? [String: Any])?["distinctWinners"],
        (try measures("detect")["distinctWinners"] as? [String: Any])?["mean"])
    }
  }

  @Test func `detect: the region, its AUROC, the baselines and random regions`() throws {
    func detect(_ selection: String) throws -> [String: Any] {
      try run(
        "detect", dictionary, shards, "--concepts", fixture("claims/runs/concepts.jsonl"),
        "--selection", selection, "--score", "cosine", "--random-regions", "12", "--seed", "5")
    }
    let expected = try #require(part("detect", "concepts") as? [[String: Any]])
    let found = try detect("contrast")
    check(found["meanAUROC"], part("detect", "meanAUROC"))
    let byAUROC = try detect("auroc")["concepts"] as? [[String: Any]]
    for (index, concept) in expected.enumerated() {
      check(
        (found["concepts"] as? [[String: Any]])?[index],
        concept.filter { !$0.key.hasSuffix("ByAUROC") }, concept["concept"] as? String ?? "")
      check(byAUROC?[index]["region"], concept["regionByAUROC"])
      check(byAUROC?[index]["selected"], concept["selectedByAUROC"])
    }
  }

  @Test func `compare-sae: best partners by top sets and by firing, both ways, and the null`()
    throws
  {
    let found = try run(
      "compare-sae", dictionary, shards, "--sae", fixture("claims/runs/sae"), "--sae-hook",
      "blocks.1.hook_resid_post", "--top-k", "50",
      "--min-activations", "20", "--null-rounds", "5", "--seed", "7")
    for (key, value) in try #require(golden["sparse"] as? [String: Any]) {
      guard var expected = value as? [String: Any] else {
        check(found[key], value, key)
        continue
      }
      let own = try #require(found[key] as? [String: Any])
      let matches = (own["matches"] as? [[String: Any]])?.map { match in
        ["id", "partner", "overlap", "f1"].map { match[$0] as Any }
      }
      check(matches, expected.removeValue(forKey: "matches"), key)
      check(own, expected, key)
    }
  }

  @Test
  func `compare-sae: one to one, leading features and coherence in both bases are the reference's`()
    throws
  {
    let other = fixture("ep/match/b.pkl")
    let found = try run(
      "compare-sae", dictionary, shards, "--with", other, "--sae", fixture("claims/runs/sae"),
      "--sae-hook", "blocks.1.hook_resid_post", "--top-k", "50", "--min-activations", "20",
      "--null-rounds", "3")
    let expected = try #require(
      try JSONSerialization.jsonObject(
        with: Data(contentsOf: Fixtures.url("claims/runs/matching.json"))) as? [String: Any])
    let all = try #require(found["comparisons"] as? [[String: Any]])
    #expect(all.compactMap { $0["basis"] as? String } == ["mean", "exemplar", "mean", "exemplar"])
    for own in all.prefix(2) {
      let basis = try #require(own["basis"] as? String)
      let golden = try #require(expected[basis] as? [String: Any])
      let pairs = try #require(own["oneToOne"] as? [String: Any])
      for key in ["matched", "meanF1", "medianF1", "shareAbove0.5"] {
        check(pairs[key], golden[key], "\(basis) \(key)")
      }
      let matches = try #require(pairs["matches"] as? [[String: Any]])
      let sum = matches.compactMap { ($0["f1"] as? NSNumber)?.doubleValue }.reduce(0, +)
      check(sum as NSNumber, golden["sum"], basis)
      #expect(Set(matches.compactMap { $0["partner"] as? Int }).count == matches.count)
      check(own["distinctLeaders"], golden["distinctLeaders"], basis)
      check(own["meanDistinctLeaders"], golden["meanDistinctLeaders"], basis)
      check(own["sharedLeader"], golden["sharedLeader"], basis)
      let coherence = own["coherenceF1"] as? [String: Any]
      check(coherence?["spearman"], golden["spearman"], basis)
      check(coherence?["n"], golden["n"], basis)
      check((own["regionToFeature"] as? [String: Any])?["meanF1"], golden["regionToFeature"], basis)
      let null = pairs["null"] as? [String: Any]
      let mean = (null?["meanF1"] as? NSNumber)?.doubleValue ?? .nan
      #expect(mean < 0.3)
      check(null?["p"], 0.25 as NSNumber, basis)
    }
    // What stands for the first dictionary alone is what a run of it alone says.
    let alone = try run(
      "compare-sae", other, shards, "--sae", fixture("claims/runs/sae"), "--sae-hook",
      "blocks.1.hook_resid_post", "--top-k", "50", "--min-activations", "20", "--null-rounds", "3",
      "--basis", "exemplar")
    check(all[3]["oneToOne"], alone["oneToOne"])
    check(all[3]["featureToRegion"], alone["featureToRegion"])
  }

  @Test func `coverage: each of several dictionaries has what a run of it alone says`() throws {
    let other = fixture("ep/match/b.pkl")
    let sources = ["near=\(shards)", "far=\(fixture("claims/runs/far.npz"))"]
    let both = try run("coverage", dictionary, sources[0], sources[1], "--with", other)
    let all = try #require(both["dictionaries"] as? [[String: Any]])
    #expect(all.count == 2)
    for (own, path) in zip(all, [dictionary, other]) {
      let alone = try run("coverage", path, sources[0], sources[1])
      for key in ["sources", "theta", "regions", "baselines", "identity"] {
        check(own[key], alone[key], key)
      }
      #expect(alone["dictionaries"] == nil)
    }
    check(both["sources"], all[0]["sources"])
  }

  @Test func `stability: matched and best cosines, and the predictor`() throws {
    let found = try run("stability", dictionary, fixture("ep/match/b.pkl"))
    let pair = try #require((found["pairs"] as? [[String: Any]])?.first)
    for key in ["matched", "cosMean", "cosExemplar"] {
      check(pair[key], part("stability", key), key)
    }
    let regions = try #require(found["regions"] as? [[String: Any]])
    let best = try #require(part("stability", "bestCosine") as? [[Double]])
    for (number, expected) in best.enumerated() {
      let own = regions.filter { $0["dictionary"] as? Int == number }
      for region in own {
        check(region["bestCosine"], expected[try #require(region["region"] as? Int)])
      }
      #expect(!own.isEmpty)
    }
    let predictor = try #require(part("stability", "predictor") as? [Double])
    for region in regions where region["dictionary"] as? Int == 0 {
      check(region["predictor"], predictor[try #require(region["region"] as? Int)])
    }
  }

  @Test func `saturation: growth, equal activations, intervals and deals are the reference's`()
    throws
  {
    let found = try run(
      "saturation", "near=\(shards)", "far=\(fixture("claims/runs/far.npz"))",
      "--documents-per-batch", "12", "--percentile", "8", "--orders", "3", "--deals", "2", "--seed",
      "5")
    let expected = try JSONSerialization.jsonObject(
      with: Data(contentsOf: Fixtures.url("saturation/golden.json")))
    check(found, expected)
  }

  @Test func `paths: hops, and how far everything else is`() throws {
    let found = try run(
      "paths", dictionary, fixture("ep/match/b.pkl"), "--from", "2", "--to", "9")
    check(found, golden["paths"])
  }

  @Test func `alignment: Spearman's correlation and its null`() throws {
    try TinyModel.write(to: program.folder.file("model"))
    let found = try run(
      "alignment", dictionary, "--model", program.path("model"), "--permutations", "50", "--seed",
      "4")
    check(found, golden["alignment"])
  }

  @Test func `trace: the region nearest to each token's residual stream, by a plain loop`() throws {
    try TinyModel.write(to: program.folder.file("model"))
    let (model, hook) = (program.path("model"), "blocks.1.hook_resid_post")
    let traced = try program.run(
      "trace", dictionary, model, "Some text, <s> and more.", "--hook", hook, "--json", "--quiet",
      "--no-save")
    #expect(traced.status == 0, "\(traced.error)")
    let lines = traced.lines
    let ids = lines.compactMap { $0["id"] as? Int }
    let forward = try program.run(
      "forward", model, "--tokens", ids.map { "\($0)" }.joined(separator: ","), "--hook", hook,
      "-o", program.path("f.safetensors"), "--quiet")
    #expect(forward.status == 0, "\(forward.error)")
    let rows = try SafetensorsFile(program.folder.file("f.safetensors")).floats(hook)
    let expected = try SafetensorsFile(Fixtures.url("ep/p10/expected.safetensors"))
    let centre = try expected.floats("center").map(Double.init)
    let exemplars = try expected.floats("exemplar_directions").map(Double.init)
    let theta = 0.8146749329690576
    #expect(rows.count == lines.count * 64 && lines.count > 10)
    for (position, line) in lines.enumerated() {
      let row = (0..<64).map { Double(rows[position * 64 + $0]) - centre[$0] }
      let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let cosines = (0..<21).map { region in
        (0..<64).reduce(0.0) { $0 + row[$1] * exemplars[region * 64 + $1] } / norm
      }
      let best = try #require(cosines.indices.max { cosines[$0] < cosines[$1] })
      check(line["position"], position as NSNumber)
      check(line["region"], best as NSNumber)
      check(line["distance"], (1 - cosines[best]) as NSNumber)
      check(line["ratio"], ((1 - cosines[best]) / theta) as NSNumber)
      #expect(line["outside"] as? Bool == (1 - cosines[best] > theta))
      #expect(line["token"] is String)
    }
  }

  @Test func `coverage of what records neither model nor hook says so, and takes a hook`() throws {
    let found = try run("coverage", dictionary, shards, "--baseline-rows", "0")
    let notices = found["notices"] as? [String] ?? []
    #expect(
      notices == [
        "activations: whether its model and hook are those of dictionary.pkl is not known: not recorded in both"
      ])
    let given = try run(
      "coverage", dictionary, shards, "--baseline-rows", "0", "--hook", "blocks.1.hook_resid_post")
    #expect((given["sources"] as? [Any])?.count == 1)
    let other = try program.run(
      "coverage", dictionary, "--hook", "blocks.1.hook_resid_post", "--text",
      "t=\(fixture("ep/p10/expected.json"))", shards)
    #expect(other.error.contains("need --model"))
  }

  @Test func `info has numbers as numbers, and what was given by hand as a list`() throws {
    let output = program.path("d.epdict")
    let made = try program.run(
      "import", dictionary, "-o", output, "--percentile", "10", "--seed", "4", "--hook",
      "blocks.1.hook_resid_post")
    #expect(made.status == 0, "\(made.error)")
    let found = try program.run("info", output, "--json").json
    #expect(found["percentile"] as? Double == 10 && found["percentile"] as? String == nil)
    #expect(found["seed"] as? Int == 4)
    #expect(found["mergeClose"] as? Bool == false)
    #expect(found["givenByHand"] as? [String] == ["hook", "percentile", "seed"])
    #expect(found["model"] is NSNull && found["maxTokens"] is NSNull)
  }
}
