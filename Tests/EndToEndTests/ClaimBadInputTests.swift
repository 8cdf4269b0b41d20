import Foundation
import TensorFiles
import TestSupport
import Testing

/// What the claims' commands say of input they cannot use: one line, exit 1, nothing written.
@Suite("Bad input to the claims")
struct ClaimBadInputTests {
  private let program: Program
  private let dictionary = fixture("ep/p10/dictionary.pkl")
  private let shards = fixture("ep/p10/activations")
  private let concepts = fixture("claims/runs/concepts.jsonl")
  private let sae = fixture("claims/runs/sae")

  init() throws { program = try Program() }

  private func refused(
    _ arguments: [String], _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let exports = ["json", "csv", "svg"].map { program.path("export.\($0)") }
    let result = try program.run(
      arguments + ["--json", "--quiet"] + exports.flatMap { ["--export", $0] })
    let message = String(result.errorLines.last ?? "")
    #expect(result.status == 1, "\(result.error)", sourceLocation: sourceLocation)
    #expect(result.output.isEmpty, sourceLocation: sourceLocation)
    #expect(result.errorLines.count == 1, "\(result.error)", sourceLocation: sourceLocation)
    for word in words {
      #expect(message.contains(word), "\(message)", sourceLocation: sourceLocation)
    }
    for path in exports {
      #expect(!FileManager.default.fileExists(atPath: path), sourceLocation: sourceLocation)
    }
    // Only what a pickle's import cached is there; no notebook was begun for nothing.
    #expect(
      !FileManager.default.fileExists(atPath: program.path("data/exemplar/notebook.sqlite")),
      sourceLocation: sourceLocation)
  }

  private func write(_ name: String, _ lines: String...) throws -> String {
    try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: program.folder.file(name))
    return program.path(name)
  }

  private func rows(_ name: String, _ values: [Float], _ shape: [Int]) throws -> String {
    try NumPyWriter.write(NumPyOutput(values, shape: shape), to: program.folder.file(name))
    return program.path(name)
  }

  private func commands(_ path: String) -> [[String]] {
    [
      ["coverage", dictionary, path],
      [
        "probe", dictionary, path, "--target", "level", "--pool", "token", "--labels",
        fixture("claims/runs/labels.jsonl"),
      ],
      ["detect", dictionary, path, "--concepts", concepts],
      ["compare-sae", dictionary, path, "--sae", sae, "--sae-hook", "blocks.1.hook_resid_post"],
    ]
  }

  @Test func `activations of another width, with both widths and both files`() throws {
    let path = try rows("narrow.npy", [Float](repeating: 1, count: 30), [10, 3])
    for command in commands(path) {
      try refused(command, "narrow.npy", "64 components", "dictionary.pkl", "found 3")
    }
  }

  @Test func `activations that are not numbers, with the row`() throws {
    var values = [Float](repeating: 0.5, count: 4 * 64)
    values[2 * 64 + 7] = .nan
    let path = try rows("holes.npy", values, [4, 64])
    for command in commands(path) + [["stability", path, "--seeds", "2"]] {
      try refused(command, "holes.npy", "row 2")
    }
  }

  @Test func `activations that are missing, empty or cut short`() throws {
    let empty = try rows("empty.npy", [], [0, 64])
    let nothing = program.path("nothing.npy")
    try Data().write(to: program.folder.file("nothing.npy"))
    let whole = try Data(contentsOf: Fixtures.url("claims/runs/far.npz"))
    try whole.prefix(whole.count / 2).write(to: program.folder.file("cut.npz"))
    for path in [empty, nothing, program.path("cut.npz"), program.path("absent.npy")] {
      for command in commands(path) + [["stability", path, "--seeds", "2"]] {
        try refused(command, URL(filePath: path).lastPathComponent)
      }
    }
  }

  @Test func `one class only, no such field, labels without lines`() throws {
    func probe(_ labels: String, _ more: String...) -> [String] {
      ["probe", dictionary, shards, "--target", "level", "--labels", labels] + more
    }
    let text = try String(
      contentsOf: Fixtures.url("claims/runs/labels.jsonl"), encoding: .utf8)
    let low = text.split(separator: "\n").filter { $0.contains("\"low\"") }.joined(separator: "\n")
    try refused(probe(try write("low.jsonl", low)), "at least 2 classes", "'low'")
    let labels = fixture("claims/runs/labels.jsonl")
    try refused(probe(labels, "--classes", "low,tall"), "'tall'", "high, low, middle")
    try refused(probe(labels, "--classes", "low"), "at least 2 classes")
    try refused(
      ["probe", dictionary, shards, "--target", "colour", "--labels", labels], "'colour'",
      "batch, level")
    try refused(probe(labels, "--group-by", "colour"), "'colour'")
    try refused(probe(try write("empty.jsonl", "")), "empty.jsonl")
    try refused(probe(try write("bad.jsonl", "{\"text\": ")), "bad.jsonl:1")
    try refused(probe(program.path("absent.jsonl")), "absent.jsonl")
  }

  @Test func `concepts without positives or negatives, and lines that are none`() throws {
    func detect(_ file: String) -> [String] {
      ["detect", dictionary, shards, "--concepts", file]
    }
    let lines = try String(contentsOf: Fixtures.url("claims/runs/concepts.jsonl"), encoding: .utf8)
      .split(separator: "\n").filter { $0.contains("\"concept\": \"music\"") }
    func without(_ label: String, _ split: String) throws -> String {
      try write(
        "\(label)-\(split).jsonl",
        lines.filter { !($0.contains("\"\(label)\"") && $0.contains("\"\(split)\"")) }
          .joined(separator: "\n"))
    }
    try refused(detect(try without("positive", "train")), "train positive", "'music'", "none")
    try refused(detect(try without("negative", "test")), "held-out negative", "'music'")
    try refused(
      detect(
        try write("strange.jsonl", #"{"concept":"a","text":"b","label":"maybe","split":"test"}"#)),
      "strange.jsonl:1", "positive or negative", "'maybe'")
    try refused(
      detect(try write("nosplit.jsonl", #"{"concept":"a","text":"b","label":"positive"}"#)),
      "nosplit.jsonl:1", "split")
    try refused(
      detect(
        try write(
          "unknown.jsonl", #"{"concept":"a","text":"b","label":"positive","split":"train"}"#,
          #"{"concept":"a","text":"c","label":"negative","split":"train"}"#)),
      "not among the documents")
    try refused(detect(try write("none.jsonl", "")), "none.jsonl")
    try refused(detect(try write("cut.jsonl", "{\"concept\": \"a\",")), "cut.jsonl:1")
  }

  @Test func `an autoencoder of another hook or width, damaged, or none`() throws {
    func copy(_ name: String, _ config: String? = nil) throws -> URL {
      let target = program.folder.file(name)
      try FileManager.default.copyItem(at: URL(filePath: sae), to: target)
      if let config { try Data(config.utf8).write(to: target.appending(path: "cfg.json")) }
      return target
    }
    func compare(_ dictionary: String? = nil, _ folder: String) -> [String] {
      ["compare-sae", dictionary ?? self.dictionary, shards, "--sae", program.path(folder)]
    }
    _ = try copy(
      "other", #"{"architecture": "jumprelu", "hook_name": "blocks.9.hook_resid_post"}"#)
    let sample = Program.samples.appending(path: "smollm2-instruct.all.p10.epdict")
      .path(percentEncoded: false)
    try refused(
      compare(sample, "other"), "other", "blocks.16.hook_resid_post", "blocks.9.hook_resid_post")
    _ = try copy(
      "narrow", #"{"architecture": "jumprelu", "hook_name": "blocks.16.hook_resid_post"}"#)
    try refused(compare(sample, "narrow"), "narrow", "576", "found 64")
    let cut = try copy("cut").appending(path: "sae_weights.safetensors")
    let whole = try Data(contentsOf: cut)
    try whole.prefix(whole.count - 100).write(to: cut)
    try refused(compare(nil, "cut"), "cut/sae_weights.safetensors")
    let holes = try copy("holes").appending(path: "sae_weights.safetensors")
    var bytes = try Data(contentsOf: holes)
    bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0xC0, 0x7F])
    try bytes.write(to: holes)
    _ = try? program.run(compare(nil, "holes"))
    try refused(compare(nil, "holes"), "holes", "NaN")
    try FileManager.default.createDirectory(
      at: program.folder.file("bare"), withIntermediateDirectories: true)
    try refused(compare(nil, "bare"), "bare", "cfg.json")
    try refused(compare(nil, "absent"), "absent", "no such file")
  }

  @Test func `regions that are not there, dictionaries of different widths`() throws {
    try refused(["paths", dictionary, "--from", "0", "--to", "21"], "--to", "0…20", "found 21")
    try refused(["paths", dictionary, "--from=-1", "--to", "2"], "--from", "found -1")
    let sample = Program.samples.appending(path: "smollm2-instruct.all.p10.epdict")
      .path(percentEncoded: false)
    for command in [
      ["paths", dictionary, sample, "--from", "0", "--to", "1"], ["stability", dictionary, sample],
    ] {
      try refused(command, "smollm2-instruct.all.p10.epdict", "64 components", "found 576")
    }
  }

  @Test func `a model of another width, and prompt sets of what has none`() throws {
    try TinyModel.write(to: program.folder.file("model"))
    let sample = Program.samples.appending(path: "smollm2-instruct.all.p10.epdict")
      .path(percentEncoded: false)
    let align = ["alignment", sample, "--model", program.path("model"), "--quiet"]
    try refused(align, "smollm2-instruct.all.p10.epdict", "of hash b179c9523d0e", "--other-model")
    try refused(
      align + ["--other-model"], "smollm2-instruct.all.p10.epdict", "64 components", "found 576")
    try refused(
      ["trace", dictionary, program.path("model"), "some text"], "dictionary.pkl", "hook")
    try refused(
      ["trace", dictionary, program.path("model"), "text", "--hook", "blocks.44.hook_resid_post"],
      "blocks.44")
    let far = fixture("claims/runs/far.npz")
    try refused(["coverage", dictionary, "\(far)#near"], "far.npz", "store")
    let store = Program.samples.appending(path: "smollm2-instruct.epstore")
      .path(percentEncoded: false)
    try refused(["coverage", sample, "\(store)#near"], "smollm2-instruct.epstore", "near")
    try refused(
      ["coverage", dictionary, store], "smollm2-instruct.epstore", "64 components", "found 576")
  }

  @Test func `an export that exists is left as it is`() throws {
    try Data("mine".utf8).write(to: program.folder.file("mine.csv"))
    let result = try program.run(
      "paths", dictionary, "--from", "0", "--to", "1", "--export", program.path("mine.csv"))
    #expect(result.status == 1 && result.error.contains("mine.csv"))
    #expect(try Data(contentsOf: program.folder.file("mine.csv")) == Data("mine".utf8))
  }

  @Test func `Streams that cannot share a centre, a batch or a field are refused by name`() throws {
    let far = fixture("claims/runs/far.npz")
    try refused(
      ["saturation", shards, far], "expected 16 documents a batch", "--documents-per-batch")
    try refused(["saturation", shards, "--by", "level"], "--labels", "level")
    try refused(
      ["saturation", shards, "--by", "size", "--labels", fixture("claims/runs/labels.jsonl")],
      "expected a field size", "level")
    try refused(["saturation", shards, shards], "expected sources of different names")
    let wide = try rows("wide.npy", [Float](repeating: 1, count: 12), [3, 4])
    try refused(
      ["saturation", wide, "--calibration", dictionary], "expected activations of 64 components")
    try refused(
      ["saturation", shards, "--calibration", program.path("none.npz")], "found no such file")
    let narrow = try rows("narrow.npy", [Float](repeating: 1, count: 12), [6, 2])
    try refused(
      ["saturation", narrow, wide, "--documents-per-batch", "2"], "expected activations of")
    try refused(["saturation", shards, "--percentile", "100"], "percentile")
  }

  @Test func `A resolution without a field, without two values of it, or without a p is refused`()
    throws
  {
    let labels = fixture("claims/runs/labels.jsonl")
    func refuse(_ arguments: [String], _ words: String...) throws {
      let found = try program.run(["resolution", shards, "--positions", "all"] + arguments)
      #expect(found.status != 0 && words.allSatisfy { found.error.contains($0) }, "\(found.error)")
    }
    try refuse(["--by", "level"], "--labels", "level")
    try refuse(["--by", "size", "--labels", labels], "expected a field size", "level")
    try refuse(["--by", "level,level", "--labels", labels], "each once")
    for text in ["0", "100", "10,,20", "60..6", "6..60/0", "ten"] {
      try refuse(["--by", "level", "--labels", labels, "--percentiles", text], "--percentiles")
    }
    let one = program.folder.file("one.jsonl")
    let given = try String(contentsOf: URL(filePath: labels), encoding: .utf8)
    let lines = given.replacing(#/"level": ?"?[^",}]*"?/#, with: #""level": "same""#)
    try lines.write(to: one, atomically: true, encoding: .utf8)
    try refuse(["--by", "level", "--labels", one.path], "expected two values of level")
    try (given + lines).write(to: one, atomically: true, encoding: .utf8)
    try refuse(["--by", "level", "--labels", one.path], "expected one level of each text")
    for numbers in [["--percentiles", "10..20/inf"], ["--orders", "9223372036854775807"]] {
      try refuse(["--by", "level", "--labels", labels] + numbers, "expected \(numbers[0])")
    }
  }
}
