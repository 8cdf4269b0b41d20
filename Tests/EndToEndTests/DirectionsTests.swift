import Foundation
import Storage
import TestSupport
import Testing

/// `exemplar directions` on the sample stores: what it finds, writes and keeps, and what it refuses by name.
struct DirectionsTests {
  private let program: Program
  private let store: String = Self.sample("smollm2-refusal.epstore")

  init() throws { program = try Program() }

  private static func sample(_ name: String) -> String {
    Fixtures.root.deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "sample-dicts/\(name)").path(percentEncoded: false)
  }

  @Test func `Directions come with their scores, are written, and are kept`() throws {
    let output = program.path("directions.safetensors")
    let result = try program.run(
      ["directions", store, "--json", "--quiet", "-o", output]
        + ["json", "csv", "svg", "html"].flatMap { ["--export", program.path("d.\($0)")] })
    try #require(result.status == 0, "\(result.error)")
    let layer = try #require((result.json["layers"] as? [[String: Any]])?.first)
    #expect(layer["hook"] as? String == "blocks.16.hook_resid_post")
    let directions = try #require(layer["directions"] as? [[String: Any]])
    #expect(
      directions.compactMap { $0["direction"] as? String } == ["ep", "prompt-mean", "shuffled"])
    #expect(directions[0]["cosine"] as? Double == 1)
    for direction in directions {
      let area = try #require(direction["auroc"] as? Double)
      #expect(area > 0.8)
      #expect((direction["across"] as? [[String: Any]])?.first?["auroc"] as? Double == area)
    }
    #expect((result.json["held"] as? [String: Any])?["harmful"] as? Int == 50)
    #expect((result.json["notices"] as? [String])?.first?.contains("--purity kept") == true)
    let info = try program.run("info", output, "--json")
    for name in ["ep", "prompt-mean", "shuffled", "random", "medianNorm", "cosine"] {
      #expect(info.output.contains(name), "\(info.output)")
    }
    let csv = try String(contentsOf: URL(filePath: program.path("d.csv")), encoding: .utf8)
    #expect(csv.split(separator: "\n").count == 4)
    let identity = try #require(layer["identity"] as? String)
    let notebook = try Notebook(
      program.folder.file("data").appending(path: "exemplar/notebook.sqlite"))
    let kept = try notebook.experiments(on: identity)
    #expect(kept.map(\.kind) == [.directions])
    #expect(kept.first?.conclusion.contains("held-out prompts") == true)
    // Both are as good here, and the text says so, by the numbers of the record.
    let over = try #require(layer["overShuffled"] as? [String: Any])
    let interval = try #require(over["interval95"] as? [Double])
    let difference = try #require(over["difference"] as? Double)
    let areas = directions.compactMap { $0["auroc"] as? Double }
    #expect(abs(difference - (areas[0] - areas[2])) < 1e-9)
    let sentence =
      interval[0] > 0
      ? "ep is better than shuffled at"
      : interval[1] < 0 ? "ep is worse than shuffled at" : "ep is no better than shuffled at"
    #expect(kept.first?.conclusion.contains(sentence) == true)
    let page = try String(contentsOf: URL(filePath: program.path("d.html")), encoding: .utf8)
    #expect(page.contains(sentence))
    let text = try program.run(["directions", store, "--quiet", "--no-save"]).output
    #expect(text.contains(sentence) && text.contains("DeLong's 95 % interval"))
    let again = try program.run(["directions", store, "--quiet", "-o", output])
    #expect(again.status == 1 && again.error.contains("--overwrite"))
  }

  @Test
  func `The regions of a dictionary are taken, and held-out prompts need not decide about them`()
    throws
  {
    let result = try program.run(
      [
        "directions", store, "--with", Self.sample("smollm2-refusal.last.p10.epdict"), "--purity",
        "kept", "--no-save", "--json", "--quiet",
      ])
    try #require(result.status == 0, "\(result.error)")
    let layer = try #require((result.json["layers"] as? [[String: Any]])?.first)
    #expect(layer["dictionary"] as? String == "smollm2-refusal.last.p10.epdict")
    #expect(layer["regions"] as? Int == 32)
    #expect((layer["omittedRegions"] as? [Int])?.isEmpty == true)
    #expect(result.json["notices"] == nil)
  }

  @Test func `What has no directions, or does not belong together, is refused by name`() throws {
    func refused(
      _ arguments: [String], _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let output = program.path("none.safetensors")
      let found = try program.run(["directions"] + arguments + ["--quiet", "-o", output])
      #expect(found.status == 1, "\(found.error)", sourceLocation: sourceLocation)
      #expect(found.errorLines.count == 1, "\(found.error)", sourceLocation: sourceLocation)
      for word in words {
        #expect(found.error.contains(word), "\(found.error)", sourceLocation: sourceLocation)
      }
      #expect(!FileManager.default.fileExists(atPath: output), sourceLocation: sourceLocation)
    }
    let (p10, p40) = (
      Self.sample("smollm2-refusal.last.p10.epdict"), Self.sample("smollm2-refusal.last.p40.epdict")
    )
    try refused(
      [store, "--percentile", "60"], "a region whose prompts are all harmful", "found none")
    try refused(["\(store)#harmful,harmful-heldout"], "found no benign one")
    try refused([store, "--with", p10, p40], "different hooks", "blocks.16.hook_resid_post")
    try refused(
      [store, "--with", Self.sample("smollm2-instruct.last.p10.epdict")], "smollm2-refusal.epstore",
      "adapter")
    try refused(
      [store, Self.sample("smollm2-instruct.epstore")], "expected the adapter", "found none")
    try refused(
      ["\(store)#harmful,benign", store], "expected the prompts of", "200 prompts are in both")
    try refused([store, store], "expected each hook in one store", "blocks.16.hook_resid_post")
    try refused([store, "--hook", "blocks.3.hook_resid_post"], "no activations at blocks.3")
    try refused([store, "--held", "validation"], "split validation", "heldout, train")
    try refused([store, "--held", "150"], "expected to hold out 1 to 149 of 150 harmful prompts")
  }
}
