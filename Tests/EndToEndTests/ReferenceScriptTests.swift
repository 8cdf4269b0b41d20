import Foundation
import TestSupport
import Testing

/// The real commands beside the reference's own scripts on a tiny model; `Fixtures/claims/reference/make.py` ran those.
@Suite("Commands agree with the reference's scripts")
struct ReferenceScriptTests {
  private let program: Program
  private let golden: [String: Any]
  private let model: String
  private let items = fixture("claims/reference/items.jsonl")

  init() throws {
    program = try Program()
    golden = try #require(
      try JSONSerialization.jsonObject(
        with: Data(contentsOf: Fixtures.url("claims/reference/golden.json"))) as? [String: Any])
    model = program.path("model")
    try TinyModel.write(
      to: program.folder.file("model"), tokenizer: "claims/reference/tokenizer.json")
  }

  private func pickle(_ name: String) -> String { fixture("claims/reference/\(name).pkl") }

  private func run(_ arguments: String...) throws -> [String: Any] {
    let result = try program.run(arguments + ["--json", "--quiet", "--no-save"])
    #expect(result.status == 0, "\(result.error)")
    return result.json
  }

  private func refusal(_ arguments: String...) throws -> String {
    let result = try program.run(arguments + ["--quiet", "--no-save"])
    #expect(result.status != 0 && result.output.isEmpty)
    return result.error
  }

  private func imported(_ name: String, layer: Int) throws -> String {
    let path = program.path("\(name).epdict")
    let result = try program.run(
      "import", pickle(name), "--hook", "blocks.\(layer).hook_resid_post", "-o", path, "--quiet")
    #expect(result.status == 0, "\(result.error)")
    return path
  }

  private func number(_ value: Any?) -> Double { (value as? NSNumber)?.doubleValue ?? .nan }

  // MARK: - Patching

  @Test func `patch: every pair but for the region that is drawn, whatever the threads`() throws {
    let hook = ["--hook", "blocks.1.hook_resid_post"]
    let rows = try #require(
      (golden["patching-mean"] as? [String: Any])?["rows"] as? [[String: Any]])
    let arguments = ["patch", pickle("coarse"), model, "--prompts", items] + hook
    let result = try program.run(arguments + ["--json", "--quiet", "--no-save"])
    #expect(result.status == 0, "\(result.error)")
    let found = try #require(result.json["pairResults"] as? [[String: Any]])
    #expect(found.count == rows.count)
    for row in rows {
      let pair = try #require(
        found.first {
          $0["receiverFill"] as? String == row["a_fill"] as? String
            && $0["sourceFill"] as? String == row["b_fill"] as? String
        })
      for (name, key) in [("region", "target"), ("self", "self"), ("row", "row")] {
        let effect = try #require(pair[name] as? [String: Any])
        #expect((effect["flip"] as? Bool) == (number(row["flip_\(key)"]) == 1))
        #expect(
          abs(number(effect["kl"]) - number(row["kl_\(key)_to_baseline_b"])) < 5e-5)
      }
    }
    let conditions = try #require(result.json["conditions"] as? [String: Any])
    let region = try #require(conditions["region"] as? [String: Any])
    #expect(number(region["n"]) == Double(rows.count))
    #expect((region["null"] as? [String: Any])?["p"] != nil)
    #expect((result.json["byRegion"] as? [Any])?.isEmpty == false)
    let again = try program.run(
      arguments + ["--threads", "1", "--json", "--quiet", "--no-save"])
    #expect(
      NSDictionary(dictionary: again.json["conditions"] as? [String: Any] ?? [:])
        == NSDictionary(dictionary: conditions))
  }

  @Test func `patch: a saved result, a table, a plot and a page`() throws {
    let exports = ["csv", "svg", "html"].map { program.path("patch.\($0)") }
    let made = try program.run(
      ["patch", pickle("coarse"), model, "--prompts", items, "--hook", "blocks.1.hook_resid_post"]
        + exports.flatMap { ["--export", $0] } + ["--quiet"])
    #expect(made.status == 0, "\(made.error)")
    #expect(made.output.contains("source's region") && made.output.contains("random region"))
    for path in exports { #expect(FileManager.default.fileExists(atPath: path)) }
    let saved = try program.run("experiments", pickle("coarse"), "--json")
    #expect(saved.output.contains("patching"))
  }

  @Test func `patch: what cannot be patched is refused by name`() throws {
    let dictionary = pickle("coarse")
    #expect(try refusal("patch", dictionary, model, "--prompts", items).contains("--hook"))
    #expect(
      try refusal(
        "patch", dictionary, model, "--prompts", items, "--hook", "blocks.1.hook_resid_post",
        "--regions", "900"
      ).contains("found 900"))
    #expect(
      try refusal(
        "patch", dictionary, model, "--prompts", items, "--hook", "blocks.9.hook_resid_post"
      ).contains("blocks.9"))
  }

  // MARK: - Paths

  @Test(arguments: ["exemplar", "mean", "identity"])
  func `paths: the same anchors, ends, hops and members`(name: String) throws {
    let more =
      name == "identity"
      ? ["--basis", "exemplar", "--identity", "--max-members", "40"] : ["--basis", name]
    let result = try program.run(
      ["paths", pickle("coarse"), pickle("fine"), "--model", model, "--pairs", "4"] + more
        + ["--json", "--quiet", "--no-save"])
    #expect(result.status == 0, "\(result.error)")
    let found = try #require(result.json["pairs"] as? [[String: Any]])
    let expected = try #require(golden["paths-\(name)"] as? [[String: Any]])
    #expect(found.count == expected.count)
    for (own, other) in zip(found, expected) {
      #expect(number(own["from"]) == number(other["seed_anchor_a_pid"]))
      #expect(number(own["to"]) == number(other["seed_anchor_b_pid"]))
      let legs = try #require(own["dictionaries"] as? [[String: Any]])
      let levels = try #require(other["per_resolution"] as? [[String: Any]])
      for (leg, level) in zip(legs, levels) {
        #expect(number(leg["from"]) == number(level["anchor_a_pid"]))
        #expect(number(leg["to"]) == number(level["anchor_b_pid"]))
        #expect(leg["hops"] as? Int == level["hops"] as? Int)
      }
    }
  }

  @Test func `paths: both bases, and a picture of each kind`() throws {
    for figure in ["hops", "walk", "cells", "between"] {
      let svg = program.path("\(figure).svg")
      let found = try run(
        "paths", pickle("coarse"), pickle("fine"), "--from", "6", "--to", "12", "--figure", figure,
        "--export", svg)
      let pairs = try #require(found["pairs"] as? [[String: Any]])
      #expect(pairs.map { $0["basis"] as? String } == ["exemplar", "mean"])
      let text = try String(contentsOfFile: svg, encoding: .utf8)
      #expect(text.hasPrefix("<svg") && text.hasSuffix("</svg>\n") && text.contains("<path"))
    }
    #expect(try refusal("paths", pickle("coarse")).contains("--model"))
    #expect(try refusal("paths", pickle("coarse"), "--from", "1").contains("--to"))
  }

  // MARK: - Trajectories

  @Test func `trace: paths, cohesion, separation and purity of categories`() throws {
    let (fine, above) = (try imported("fine", layer: 1), try imported("above", layer: 2))
    let export = program.path("trace.json")
    let svg = program.path("trace.svg")
    _ = try run(
      "trace", fine, model, "--with", above, "--prompts", fixture("claims/reference/probes.jsonl"),
      "--export", export, "--export", svg)
    let found = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: export)))
        as? [String: Any])
    let expected = try #require(golden["trajectories"] as? [String: Any])
    let paths = try #require(found["paths"] as? [[String: Any]])
    #expect(paths.compactMap { $0["path"] as? [Int] } == expected["paths"] as? [[Int]])
    let layers = try #require(found["cohesion"] as? [[String: Any]])
    for (layer, name) in zip(layers, ["fine", "above"]) {
      let firing = try #require(golden["firing-\(name)"] as? [String: Any])
      let categories = try #require(layer["categories"] as? [[String: Any]])
      for (category, cohesion) in try #require(firing["cohesion"] as? [String: Any]) {
        let own = categories.first { $0["category"] as? String == category }
        #expect(abs(number(own?["cohesion"]) - number(cohesion)) < 1e-6, "\(category)")
        let regions = (firing["n_unique_partitions_per_category"] as? [String: Any])?[category]
        #expect(number(own?["regions"]) == number(regions))
        #expect(own?["purityP"] != nil && own?["cohesionNullMean"] != nil)
      }
      let separation = try #require(layer["separation"] as? [[String: Any]])
      for (pair, distance) in try #require(firing["separation"] as? [String: Any]) {
        let names = Set(pair.split(separator: "|").map(String.init))
        let own = separation.first { Set($0["categories"] as? [String] ?? []) == names }
        #expect(abs(number(own?["distance"]) - number(distance)) < 1e-6, "\(pair)")
      }
      let within = try #require(layer["within"] as? [String: Any])
      #expect(abs(number(within["cohesion"]) - number(firing["obs_within_mean"])) < 1e-6)
    }
    let purity = try #require(expected["purity"] as? [String: [[Any]]])
    for (layer, key) in zip(layers, ["1", "2"]) {
      let regions = try #require(layer["regions"] as? [[String: Any]])
      let rows = try #require(purity[key])
      #expect(regions.count == rows.count)
      for (region, row) in zip(regions, rows) {
        #expect(number(region["region"]) == number(row[0]))
        #expect(number(region["prompts"]) == number(row[1]))
        #expect(abs(number(region["purity"]) - number(row[3])) < 6e-4)
      }
    }
    let shared = try #require(found["sharedPaths"] as? [[String: Any]])
    #expect(number(shared.first?["prompts"]) == number((expected["top"] as? [[Any]])?.first?[1]))
    #expect(try String(contentsOfFile: svg, encoding: .utf8).contains("fill-opacity=\"0.45\""))
  }

  @Test func `trace: the other picture is of what categories have in common, beside chance`() throws
  {
    let fine = try imported("fine", layer: 1)
    let svg = program.path("overlap.svg")
    let arguments = ["trace", fine, model, "--figure", "overlap", "--quiet", "--no-save"]
    let made = try program.run(
      arguments + ["--prompts", fixture("claims/reference/probes.jsonl"), "--export", svg])
    try #require(made.status == 0, "\(made.error)")
    let picture = try String(contentsOfFile: svg, encoding: .utf8)
    #expect(picture.contains("Jaccard") && picture.contains("code · math"))
    #expect(picture.components(separatedBy: "dealt anew<").count == 4)
    try Data(#"{"prompt":"x = [1, 2","category":"code"}"#.utf8)
      .write(to: program.folder.file("one.jsonl"))
    let one = try program.run(arguments + ["--prompts", program.path("one.jsonl")])
    #expect(one.status == 1 && one.error.contains("two categories"), "\(one.error)")
  }

  // MARK: - Alignment and neighbourhoods

  @Test func `alignment: over all regions, with the neighbours of both kinds`() throws {
    let found = try run(
      "alignment", pickle("fine"), "--model", model, "--permutations", "20", "--anchors", "5")
    let expected = try #require(golden["alignment"] as? [String: Any])
    #expect(number(found["regions"]) == number(expected["K"]))
    #expect(number(found["allRegions"]) == number(expected["K"]))
    // The reference's ranks break ties by place, and its sums are of f32.
    #expect(abs(number(found["spearman"]) - number(expected["spearman_rho"])) < 1e-4)
    let own = try #require(found["anchors"] as? [[String: Any]])
    let other = try #require(expected["anchor_panel"] as? [[String: Any]])
    for (own, other) in zip(own, other) {
      let anchor = own["anchor"] as? [String: Any]
      #expect(number(anchor?["region"]) == number(other["partition_id"]))
      let near = try #require(own["geometric"] as? [[String: Any]])
      let known = try #require(other["geometric_neighbours"] as? [[String: Any]])
      for (a, b) in zip(near, known) {
        #expect(number(a["region"]) == number(b["partition_id"]))
        #expect(abs(number(a["geometric"]) - number(b["geom_dist"])) < 1e-6)
        #expect(abs(number(a["behavioural"]) - number(b["beh_dist"])) < 1e-6)
      }
    }
  }

  @Test func `neighbourhood: the nearest regions, in glyphs and as SVG, kept in the notebook`()
    throws
  {
    let svg = program.path("near.svg")
    let result = try program.run(
      "neighbourhood", pickle("fine"), "--regions", "3", "--model", model, "--export", svg,
      "--quiet")
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) })
    let found = try run("neighbourhood", pickle("fine"), "--regions", "3", "--model", model)
    let near = try #require(found["neighbours"] as? [[String: Any]])
    #expect(near.count == 5)
    let distances = near.map { number($0["distance"]) }
    #expect(distances == distances.sorted() && distances[0] < number(found["medianDistance"]))
    #expect(try String(contentsOfFile: svg, encoding: .utf8).contains("#ee6677"))
    #expect(
      try refusal("neighbourhood", pickle("fine"), "--regions", "114").contains("found 114"))
    #expect(try program.run("experiments", pickle("fine")).output.contains("neighbourhood"))
  }
}
