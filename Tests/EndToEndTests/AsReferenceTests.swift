import Foundation
import TensorFiles
import TestSupport
import Testing

/// `build --as-reference` on a sample store, beside the reference's own pipeline on the same activations.
@Suite("Builds as the reference's script")
struct AsReferenceTests {
  private let program: Program
  private let store = Program.samples.appending(path: "smollm2-refusal.epstore").path(
    percentEncoded: false)
  private let sets = ["--sets", "harmful,benign"]

  init() throws { program = try Program() }

  private struct Golden: Decodable {
    struct Case: Decodable {
      var name: String
      var last: Bool
      var documents: Int
      var calibration: Int
      var maxTokens: Int
      var maxPrompts: Int?
      var window: Int
      var percentile: Double
      var theta: Double
      var cachedTheta: Double
      var centerNorm: Double
      var calibrationActivations: Int
      var activations: Int
      var prompts: Int
      var regions: Int
      var saturated: Bool
      var growth: [[Double]]
      var members: [Int]
    }

    var cases: [Case]
  }

  private func golden() throws -> [Golden.Case] {
    try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: Fixtures.url("reference-build/golden.json"))
    ).cases
  }

  private func build(_ arguments: String...) throws -> Program.Result {
    try program.run(["build", store] + sets + arguments + ["--json", "--quiet"])
  }

  @Test func `calibrates on the first texts, builds on those after them, and stops where it does`()
    throws
  {
    for item in try golden() {
      let output = program.path("\(item.name).epdict")
      let calibration = program.path("\(item.name).npz")
      let limits = item.maxPrompts.map { ["--max-documents", "\($0)"] } ?? []
      let result = try program.run(
        ["build", store] + sets + limits + [
          "--as-reference", "--documents-per-batch", "\(item.documents)", "--positions",
          item.last ? "last" : "all", "--calibration-activations", "\(item.calibration)",
          "--max-tokens", "\(item.maxTokens)", "--saturation-window", "\(item.window)",
          "--percentile", "\(item.percentile)", "--seed", "3", "--write-calibration", calibration,
          "-o", output, "--json", "--quiet",
        ])
      try #require(result.status == 0, "\(item.name): \(result.error)")
      let found = result.json
      func number(_ key: String) -> Double { (found[key] as? NSNumber)?.doubleValue ?? .nan }
      #expect(abs(number("theta") - item.theta) < 1e-6, "\(item.name)")
      #expect(abs(number("centerNorm") - item.centerNorm) < 1e-6 * item.centerNorm)
      #expect(found["activations"] as? Int == item.activations, "\(item.name)")
      #expect(found["prompts"] as? Int == item.prompts, "\(item.name)")
      #expect(found["regions"] as? Int == item.regions, "\(item.name)")
      #expect(found["saturated"] as? Bool == item.saturated, "\(item.name)")
      let regions = try program.run("regions", output, "--json", "--sort", "id").lines
      let members = regions.compactMap { line in
        (line["id"] as? Int).flatMap { id in (line["members"] as? Int).map { (id, $0) } }
      }
      #expect(members.sorted { $0.0 < $1.0 }.map(\.1) == item.members, "\(item.name)")
      let growth = try #require(
        try program.run("metrics", output, "--json").json["growth"] as? [[NSNumber]])
      #expect(growth.count == item.growth.count, "\(item.name)")
      for (own, expected) in zip(growth, item.growth) {
        #expect(own[0].doubleValue == expected[0] && own[2].doubleValue == expected[1])
        #expect(abs(own[3].doubleValue - expected[2]) < 1e-6)
      }

      let archive = try NPZArchive(URL(filePath: calibration))
      #expect(try archive.array("threshold").shape.isEmpty)
      #expect(try archive.array("threshold").doubles() == [Double(Float(number("theta")))])
      #expect(abs(try archive.array("threshold").doubles()[0] - item.cachedTheta) < 1e-6)
      #expect(
        try archive.array("n_activations").doubles() == [Double(item.calibrationActivations)])
      #expect(try archive.array("version").doubles() == [2])
    }
  }

  @Test func `a calibration given is the cache's hit: the build begins with the first text`() throws
  {
    let (first, cache) = (program.path("first.epdict"), program.path("first.npz"))
    let made = try build(
      "--as-reference", "--documents-per-batch", "16", "--calibration-activations", "400",
      "--saturation-window", "50", "--write-calibration", cache, "-o", first)
    #expect(made.json["prompts"] as? Int == 168)
    for given in [cache, first] {
      let output = program.path("second.epdict")
      let again = try build(
        "--as-reference", "--documents-per-batch", "16", "--saturation-window", "50",
        "--calibration", given, "-o", output, "--overwrite")
      #expect(again.status == 0, "\(again.error)")
      #expect(again.json["prompts"] as? Int == 200, "\(given)")
      let theta = (again.json["theta"] as? NSNumber)?.doubleValue ?? .nan
      let expected = (made.json["theta"] as? NSNumber)?.doubleValue ?? .nan
      #expect(given == first ? theta == expected : theta == Double(Float(expected)))
    }
  }

  @Test func `without it a build is as before, and --seed shuffles`() throws {
    let plain = try build("-o", program.path("a.epdict")).json
    let sample = try program.run(
      "info",
      Program.samples.appending(path: "smollm2-refusal.all.p10.epdict").path(percentEncoded: false),
      "--json"
    ).json
    #expect(plain["identity"] as? String == sample["identity"] as? String)
    let shuffled = try build("--seed", "3", "-o", program.path("b.epdict")).json
    #expect(shuffled["identity"] as? String != plain["identity"] as? String)
    let cut = try build("--max-documents", "40", "-o", program.path("c.epdict")).json
    #expect(cut["prompts"] as? Int == 40)
  }

  @Test func `what it cannot be done with is refused by name`() throws {
    let shards = fixture("ep/p10/activations")
    func refused(_ arguments: [String], _ words: String...) throws {
      let result = try program.run(
        ["build"] + arguments + ["-o", program.path("x.epdict"), "--quiet"])
      #expect(result.status == 1, "\(result.error)")
      #expect(result.errorLines.count == 1)
      for word in words { #expect(result.error.contains(word), "\(result.error)") }
      #expect(!FileManager.default.fileExists(atPath: program.path("x.epdict")))
    }
    try refused([shards, "--as-reference"], "activations:", "--calibration")
    try refused([shards, "--max-tokens", "9"], "--max-tokens needs a store")
    try refused([fixture("claims/runs/far.npz"), "--as-reference"], "far.npz", "shards")
    try refused(
      [store] + sets + ["--as-reference"], "took all 200 documents", "--calibration-activations")
    try refused(
      [store] + sets + ["--calibration", fixture("ep/p10/dictionary.pkl")], "components")
    let (npz, taken) = (program.path("c.txt"), program.path("there.npz"))
    try refused([store] + sets + ["--write-calibration", npz], ".npz")
    try Data("x".utf8).write(to: URL(filePath: taken))
    try refused([store] + sets + ["--write-calibration", taken], "exists already")
    #expect(try Data(contentsOf: URL(filePath: taken)) == Data("x".utf8))
    let calibration = try #require(
      try FileManager.default.contentsOfDirectory(atPath: fixture("ep/p10/calibration")).first)
    let built = try program.run(
      "build", shards, "--as-reference", "--calibration",
      fixture("ep/p10/calibration") + "/" + calibration, "-o", program.path("s.epdict"), "--json",
      "--quiet")
    #expect(built.status == 0, "\(built.error)")
  }
}
