import Foundation
import TestSupport
import Testing

/// `trace --attribution` on a tiny model with a dictionary of the reference's.
@Suite("Attribution", .serialized)
struct AttributionTests {
  private let program: Program
  private let model: String
  private let dictionary: String
  private static let pickle = fixture("claims/reference/coarse.pkl")
  private static let text = "A ring of gold is dear"

  init() throws {
    program = try Program()
    model = program.path("model")
    dictionary = program.path("coarse.epdict")
    try TinyModel.write(
      to: program.folder.file("model"), tokenizer: "claims/reference/tokenizer.json")
    // Before version 5 transformers reads the base of rotary frequencies under its older name alone.
    let settings = program.folder.file("model/config.json")
    var config = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: settings)) as? [String: Any])
    if let base = (config["rope_parameters"] as? [String: Any])?["rope_theta"] {
      config["rope_theta"] = base
    }
    try JSONSerialization.data(withJSONObject: config).write(to: settings)
    try Data(#"{"tokenizer_class":"PreTrainedTokenizerFast"}"#.utf8)
      .write(to: program.folder.file("model/tokenizer_config.json"))
    let imported = try program.run(
      "import", Self.pickle, "--hook", "blocks.1.hook_resid_post", "-o", dictionary, "--quiet")
    try #require(imported.status == 0, "\(imported.error)")
  }

  private func trace(_ arguments: [String]) throws -> Program.Result {
    try program.run(["trace", dictionary, model, Self.text] + arguments + ["--quiet"])
  }

  private func number(_ value: Any?) -> Double { (value as? NSNumber)?.doubleValue ?? .nan }

  @Test func `our own engine, and what serves it, are refused by name`() throws {
    let serve = "exec '\(Program.binary.path(percentEncoded: false))' engine serve --threads 1"
    for more in [[], ["--engine", serve]] {
      let result = try trace(["--attribution", "3"] + more)
      #expect(result.status != 0 && result.output.isEmpty)
      #expect(result.errorLines.count == 1, "\(result.error)")
      #expect(
        result.error.contains("computes no") && result.error.contains("gradients"),
        "\(result.error)")
    }
  }

  @Test(arguments: [
    (["--attribution", "x"], "expected a region"), (["--attribution", "3@"], "expected a region"),
    (["--attribution", "3@1@2"], "expected a region"), (["--attribution", "-3"], "--attribution"),
    (["--controls", "3"], "--controls is of --attribution"),
    (["--attribution", "3", "--controls", "-1"], "--controls"),
    (["--attribution", "3", "--regions", "3"], "--attribution is of one text"),
    (["--attribution", "3", "--with", "x.epdict"], "--attribution is of one text"),
    (["--figure", "overlap"], "--figure"), (["--seed", "3"], "--seed is of"),
  ])
  func `what is not understood is refused`(_ arguments: [String], _ words: String) throws {
    let result = try trace(arguments)
    #expect(result.status == 64 && result.output.isEmpty)
    #expect(result.error.contains(words), "\(result.error)")
  }

  private static let python = """
    exec '\(pythonWithTransformers ?? "")' '\(Program.samples.deletingLastPathComponent().path(percentEncoded: false))/Engines/exemplar_engine.py' \
    serve --device cpu --dtype float32
    """

  @Test(
    .enabled(
      if: pythonWithTransformers != nil,
      "EXEMPLAR_PYTHON names no Python with torch and transformers"))
  func `attributions, controls and what was to explain are those of autograd`() throws {
    let engine = ["--engine", Self.python]
    let exports = ["json", "csv", "svg", "html"].map { program.path("found.\($0)") }
    let result = try trace(
      ["--attribution", "6@-2", "--controls", "3", "--seed", "4", "--json"] + engine
        + exports.flatMap { ["--export", $0] })
    try #require(result.status == 0, "\(result.error)")
    let found = result.json
    for path in exports { #expect(FileManager.default.fileExists(atPath: path)) }
    let saved = try program.run("experiments", dictionary, "--json")
    #expect(saved.output.contains("attribution to region 6"))
    let traced = try trace(["--json", "--no-save"]).lines
    let ids = traced.compactMap { $0["id"] as? Int }
    let position = ids.count - 2
    #expect(found["position"] as? Int == position && found["region"] as? Int == 6)
    let tokens = try #require(found["tokens"] as? [[String: Any]])
    #expect(tokens.compactMap { $0["id"] as? Int } == Array(ids.dropLast()))
    #expect(found["nearest"] as? Int == traced[position]["region"] as? Int)

    func byHand(_ region: Int) throws -> [String: Any] {
      try #require(
        JSONSerialization.jsonObject(
          with: pythonOutput(
            "attribution_by_hand.py", model,
            asking: [
              "ids": ids, "layer": 1, "position": position, "pickle": Self.pickle,
              "region": region,
            ])) as? [String: Any])
    }
    let known = try byHand(6)
    let expected = try #require(known["attributions"] as? [Double])
    #expect(abs(number(found["similarity"]) - number(known["similarity"])) < 1e-5)
    #expect(
      abs(number(found["similarityWithoutInput"]) - number(known["withoutInput"])) < 1e-5)
    for (own, other) in zip(tokens, expected) {
      #expect(abs(number(own["attribution"]) - other) < 1e-5)
      #expect(number(own["score"]) == abs(number(own["attribution"])))
    }
    #expect(abs(number(found["sum"]) - expected.reduce(0, +)) < 1e-5)
    // What comes after the position has no part in it.
    #expect(expected.last == 0)

    let controls = try #require(found["controls"] as? [String: Any])
    let drawn = try #require(controls["regions"] as? [Int])
    #expect(drawn.count == 3 && Set(drawn).count == 3 && !drawn.contains(6))
    let others = try drawn.map { try #require(try byHand($0)["attributions"] as? [Double]) }
    for (index, own) in tokens.enumerated() {
      let scores = others.map { abs($0[index]) }
      #expect(abs(number(own["regionsMean"]) - scores.reduce(0, +) / 3) < 1e-5)
      let p = Double(1 + scores.count { $0 >= number(own["score"]) }) / 4
      #expect(number(own["regionsP"]) == p)
    }
    let again = try trace(
      ["--attribution", "6@\(position)", "--controls", "3", "--seed", "4", "--json", "--no-save"]
        + engine)
    #expect(again.output == result.output)
    let shown = try trace(["--attribution", "6", "--controls", "0", "--no-save"] + engine)
    #expect(shown.status == 0 && shown.output.contains("█") && shown.output.contains("sum "))
  }

  @Test(
    .enabled(
      if: pythonWithTransformers != nil,
      "EXEMPLAR_PYTHON names no Python with torch and transformers"),
    arguments: [("900", "found 900"), ("6@99", "found 99"), ("6@-99", "found -99")])
  func `a region or a position that is not there is refused`(
    _ target: String, _ words: String
  ) throws {
    let result = try trace(["--attribution", target, "--engine", Self.python])
    #expect(result.status != 0 && result.output.isEmpty)
    #expect(result.error.contains(words) && result.errorLines.count == 1, "\(result.error)")
  }
}
