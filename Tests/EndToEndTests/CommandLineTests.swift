import Foundation
import TensorFiles
import TestSupport
import Testing

@Suite("The command line")
struct CommandLineTests {
  private let program: Program

  init() throws { program = try Program() }

  private func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: program.path(name))
  }

  private func expected(_ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: Fixtures.url("ep/\(name)/expected.json"))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  @Test("builds a dictionary from the reference's shards and says what came out")
  func build() throws {
    let result = try program.run(
      "build", fixture("ep/p10/activations"), "-o", program.path("a.epdict"), "--json")
    #expect(result.status == 0)
    let json = result.json
    #expect(json["regions"] as? Int == 21)
    #expect(json["activations"] as? Int == 4123)
    #expect(json["batches"] as? Int == 19)
    #expect(json["percentile"] as? Double == 10)
    #expect(json["saturated"] as? Bool == false)
    #expect(abs((json["theta"] as? Double ?? 0) - 0.8146749329690576) < 1e-9)
    #expect(abs((json["centerNorm"] as? Double ?? 0) - 13.492696762084961) < 1e-5)
    #expect((json["identity"] as? String)?.count == 64)
    #expect(json["seconds"] is Double)

    let again = try program.run(
      "build", fixture("ep/p10/activations"), "-o", program.path("a.epdict"))
    #expect(again.status == 1)
    #expect(again.errorLines == ["exemplar: a.epdict: exists already; --overwrite replaces it"])
    let replaced = try program.run(
      "build", fixture("ep/p10/activations"), "-o", program.path("a.epdict"), "--overwrite",
      "--threads", "1", "--json")
    #expect(replaced.json["identity"] as? String == json["identity"] as? String)
  }

  @Test("imports both pickles of the reference as the dictionary that a build makes")
  func importing() throws {
    let built = try program.run(
      "build", fixture("ep/p10/activations"), "-o", program.path("a.epdict"), "--json")
    for name in ["dictionary", "dictionary-legacy"] {
      let imported = try program.run(
        "import", fixture("ep/p10/\(name).pkl"), "-o", program.path("\(name).epdict"), "--json")
      #expect(imported.status == 0)
      #expect(imported.json["identity"] as? String == built.json["identity"] as? String)
    }
    // A pickle is taken wherever a dictionary is.
    let direct = try program.run("regions", fixture("ep/p10/dictionary.pkl"), "--json")
    #expect(direct.lines.count == 21)
  }

  @Test("lists every region with its statistics and contexts, as the reference has them")
  func regions() throws {
    _ = try program.run(
      "build", fixture("ep/p10-merge-min2/activations"), "-o", program.path("m.epdict"),
      "--merge-close", "--min-members", "2")
    let lines = try program.run("regions", program.path("m.epdict"), "--json").lines
    let regions = try expected("p10-merge-min2")["regions"] as? [[String: Any]] ?? []
    #expect(lines.count == regions.count)
    for (line, region) in zip(lines, regions) {
      #expect(line["members"] as? Int == region["member_count"] as? Int)
      #expect(line["batches"] as? [Int] == region["source_iterations"] as? [Int])
      #expect(
        abs((line["coherence"] as? Double ?? 0) - (region["coherence"] as? Double ?? 1)) < 1e-5)
      let closest = line["closest"] as? [[String: Any]] ?? []
      let golden = region["closest"] as? [[Any]] ?? []
      #expect(closest.map { $0["text"] as? String } == golden.map { $0[1] as? String })
      #expect(closest.map { $0["position"] as? Int } == golden.map { $0[2] as? Int })
    }
    let few = try program.run(
      "regions", program.path("m.epdict"), "--where", "members > 100", "--sort", "members",
      "--limit", "2", "--json"
    ).lines
    #expect(few.count == 2)
    #expect(few.allSatisfy { $0["members"] as? Int ?? 0 > 100 })
  }

  @Test("computes the reference's metrics under its own names")
  func metrics() throws {
    _ = try program.run(
      "build", fixture("ep/p1/activations"), "-o", program.path("p1.epdict"), "--percentile", "1")
    let json = try program.run("metrics", program.path("p1.epdict"), "--json").json
    let golden = try expected("p1")["metrics"] as? [String: Double] ?? [:]
    #expect(!golden.isEmpty)
    for (key, value) in golden {
      let found = json[key] as? Double ?? .nan
      #expect(abs(found - value) <= 1e-5 * max(1, abs(value)), "\(key)")
    }
    #expect((json["growth"] as? [[Double]])?.count == 14)
  }

  @Test("assigns activations read-only")
  func assign() throws {
    let result = try program.run(
      "assign", fixture("ep/p10/dictionary.pkl"), fixture("ep/p10/activations"), "-o",
      program.path("a.safetensors"), "--json")
    #expect(result.json["activations"] as? Int == 4123)
    #expect(result.json["withinThreshold"] as? Double == 1)
    let ours = try SafetensorsFile(program.folder.file("a.safetensors"))
    let golden = try SafetensorsFile(Fixtures.url("ep/p10/expected.safetensors"))
    #expect(try ours.int64s("ids") == golden.int64s("assign_ids"))
    let pairs = zip(try ours.floats("distances"), try golden.floats("assign_distances"))
    #expect(pairs.allSatisfy { abs($0 - $1) <= 1e-5 })
  }

  @Test("searches labels and contexts, best first")
  func search() throws {
    let dictionary = fixture("ep/p10/dictionary.pkl")
    let hits = try program.run("search", dictionary, "river AND lamp", "--json").lines
    #expect(!hits.isEmpty)
    let scores = hits.compactMap { $0["score"] as? Double }
    #expect(scores == scores.sorted(by: >))
    #expect(hits.allSatisfy { $0["field"] is String && $0["snippet"] is String })
    let mistake = try program.run("search", dictionary, "river AND", "--json")
    #expect(mistake.status == 1)
    #expect(mistake.error.contains("column"))
  }

  @Test("of a label as long as a book a line shows the beginning, and how much is left out")
  func longLabel() throws {
    let dictionary = Program.samples.appending(path: "smollm2-refusal.all.p10.epdict")
      .path(percentEncoded: false)
    let label = String(repeating: "a", count: 100_000)
    #expect(try program.run("label", dictionary, "8", label).status == 0)
    for command in [["label", dictionary, "--list"], ["regions", dictionary]] {
      let output = try program.run(command).output
      #expect(output.utf8.count < 90_000 && output.contains("and 34464 bytes more"))
    }
    #expect(try program.run("label", dictionary, "--list", "--json").output.contains(label))
  }

  @Test("keeps labels with their history, and exchanges them as lines")
  func labels() throws {
    let dictionary = Program.samples.appending(path: "smollm2-refusal.all.p10.epdict")
      .path(percentEncoded: false)
    #expect(
      try program.run("label", dictionary, "8", "declines", "harm").output == "8\tdeclines harm\n")
    _ = try program.run("label", dictionary, "8", "refusal")
    #expect(
      try program.run("label", dictionary, "--json").lines.first?["label"] as? String == "refusal")
    #expect(try program.run("label", dictionary, "8", "--history", "--json").lines.count == 2)
    _ = try program.run("label", dictionary, "--undo")
    #expect(try program.run("label", dictionary, "8").output == "8\tdeclines harm\n")
    let file = program.path("labels.jsonl")
    #expect(try program.run("label", dictionary, "--export", file).status == 0)
    _ = try program.run("label", dictionary, "8", "--clear")
    let merged = try program.run("label", dictionary, "--import", file, "--json")
    #expect((merged.json["conflicts"] as? [Any])?.count == 1)
    let regions = try program.run("regions", dictionary, "--where", "label:~harm", "--json")
    #expect(regions.lines.isEmpty)
    #expect(try program.run("label", dictionary, "99", "x").status == 1)
  }

  @Test(
    "exports for Python and for spreadsheets", arguments: ["npz", "safetensors", "jsonl", "csv"])
  func export(format: String) throws {
    let file = program.path("out.\(format)")
    let result = try program.run(
      "export", fixture("ep/p10/dictionary.pkl"), "--format", format, "-o", file)
    #expect(result.status == 0)
    let golden = try SafetensorsFile(Fixtures.url("ep/p10/expected.safetensors"))
    switch format {
    case "npz":
      let archive = try NPZArchive(URL(filePath: file))
      #expect(
        Set(archive.names) == [
          "center", "threshold", "exemplar_directions", "mean_directions", "member_counts",
          "coherence",
        ])
      #expect(
        try archive.array("exemplar_directions").floats() == golden.floats("exemplar_directions"))
      #expect(try archive.array("member_counts").int64s().reduce(0, +) == 4123)
    case "safetensors":
      let tensors = try SafetensorsFile(URL(filePath: file))
      #expect(tensors.tensors["mean_directions"]?.shape == [21, 64])
    default:
      let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
      #expect(lines.count == (format == "csv" ? 22 : 21))
    }
  }

  @Test("labels of several lines are one field of a spreadsheet")
  func labelsOfLines() throws {
    let source = Program.samples.appending(path: "smollm2-refusal.last.p40.epdict")
    let dictionary = program.folder.file("d.epdict")
    try FileManager.default.copyItem(at: source, to: dictionary)
    for (region, label) in [("0", "a\nb"), ("1", "a\rb"), ("2", "a, \"b\"")] {
      let set = try program.run("label", program.path("d.epdict"), region, label)
      #expect(set.status == 0, "\(set.error)")
    }
    let file = program.path("out.csv")
    let result = try program.run(
      "export", program.path("d.epdict"), "--format", "csv", "-o", file)
    #expect(result.status == 0, "\(result.error)")
    let text = try String(contentsOfFile: file, encoding: .utf8)
    for field in ["\"a\nb\"", "\"a\rb\"", "\"a, \"\"b\"\"\""] { #expect(text.contains(field)) }
  }

  @Test("says what a file is")
  func info() throws {
    let sample = Program.samples.appending(path: "smollm2-refusal.last.p40.epdict")
      .path(percentEncoded: false)
    let json = try program.run("info", sample, "--verify", "--json").json
    #expect(json["kind"] as? String == "dictionary")
    #expect(json["positions"] as? String == "last")
    #expect(json["model"] as? String == "SmolLM2-135M-Instruct.Q4_1.gguf")
    #expect(json["verified"] as? Bool == true)
    // Counts that stand side by side say what they are of.
    let text = try program.run("info", sample).output
    for words in ["activations streamed", "texts of kept contexts", "members of all regions"] {
      #expect(text.contains(words), "\(words)")
    }
    let shards = try program.run("info", fixture("ep/p10/activations"), "--json").json
    #expect(shards["activations"] as? Int == 4123)
    let model = try program.run("info", fixture("models/tiny-llama"), "--json").json
    #expect(model["kind"] as? String == "language model")
  }

  @Test("a mistake in the call is a usage error")
  func usage() throws {
    #expect(try program.run("build").status == 64)
    #expect(try program.run("regions", "x", "--sort", "size").status == 64)
    #expect(try program.run("--help").status == 0)
    #expect(try program.run("--version").output == "0.1.0\n")
  }
}
