import Foundation
import TensorFiles
import TestSupport
import Testing

/// The first Python there is with numpy: Debian's, or the one that tests of the worker use.
private let pythonWithNumPy: String? = {
  ["/usr/bin/python3", pythonWithTransformers].compactMap(\.self).first { python in
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [python, "-c", "import numpy"]
    process.standardError = FileHandle.nullDevice
    return (try? process.run()).map { process.waitUntilExit() } != nil
      && process.terminationStatus == 0
  }
}()

/// What `docs/python.md` has people run.
@Suite(.enabled(if: pythonWithNumPy != nil, "needs a Python with numpy (Debian's python3-numpy)"))
struct PythonExampleTests {
  private let program: Program
  private static let examples = Fixtures.root.deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Examples").path(percentEncoded: false)
  private let dictionary = Program.samples.appending(path: "smollm2-refusal.last.p10.epdict")
    .path(percentEncoded: false)
  private let store = Program.samples.appending(path: "smollm2-refusal.epstore")
    .path(percentEncoded: false)

  init() throws { program = try Program() }

  /// Runs Python where the examples are.
  private func run(_ arguments: [String]) throws -> Program.Result {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [try #require(pythonWithNumPy)] + arguments
    process.environment = program.environment.merging([
      "PYTHONPATH": Self.examples, "PYTHONDONTWRITEBYTECODE": "1",
    ]) { $1 }
    let (output, error) = (program.folder.file("out"), program.folder.file("err"))
    for file in [output, error] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: error)
    try process.run()
    process.waitUntilExit()
    return Program.Result(
      status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
      error: try String(contentsOf: error, encoding: .utf8))
  }

  /// What it wrote.
  private func python(_ arguments: [String]) throws -> String {
    let result = try run(arguments)
    try #require(result.status == 0, "\(result.error)")
    return result.output
  }

  @Test func `a dictionary that Python reads has the regions that the program shows`() throws {
    let lines = try python(["\(Self.examples)/read_dictionary.py", dictionary])
      .split(separator: "\n").dropFirst().map { $0.split(separator: "\t") }
    let regions = try program.run("regions", dictionary, "--sort", "members", "--json").lines
    #expect(lines.count == 5)
    for (line, region) in zip(lines, regions) {
      let members = try #require(region["members"] as? Int)
      #expect(line[1] == "\(members)")
      let found = try #require(regions.first { "\($0["id"] as? Int ?? -1)" == line[0] })
      #expect(found["members"] as? Int == members)
      let coherence = try #require(found["coherence"] as? Double)
      #expect(line[2] == String(format: "%.3f", coherence))
    }
  }

  @Test func `rows of a store that Python reads fall into the regions that the program finds`()
    throws
  {
    let lines = try python([
      "-c",
      """
      import sys
      import numpy as np
      from read_dictionary import assign, read_dictionary
      from read_store import read_store
      facts, _, _, directions = read_dictionary(sys.argv[1])
      documents, rows = read_store(sys.argv[2], facts["hook"])
      # Position 0 is left out, as the program leaves it out.
      rows = np.concatenate([rows[first + (place == 0):first + count] for *_, first, place, count, _, _ in documents])
      for region, distance in zip(*assign(rows, facts, directions)): print(region, distance)
      """, dictionary, store,
    ]).split(separator: "\n").map { $0.split(separator: " ") }
    _ = try program.run(
      "assign", dictionary, store, "--quiet", "-o", program.path("nearest.safetensors"))
    let file = try SafetensorsFile(program.folder.file("nearest.safetensors"))
    let (ids, distances) = (try file.int64s("ids"), try file.floats("distances"))
    #expect(lines.count == ids.count && ids.count > 1000)
    let threshold = try #require(
      program.run("info", dictionary, "--json").json["theta"] as? Double)
    var others = 0
    for (line, (id, distance)) in zip(lines, zip(ids, distances)) {
      let theirs = try #require(Float(line[1]))
      #expect(abs(theirs - distance) < 1e-5)
      // Beyond θ it is in none; next to it, or between two that are equally far, float32 decides either way.
      if abs(Double(distance) - threshold) > 1e-5 {
        let expected = Double(distance) <= threshold ? id : -1
        if line[0] != "\(expected)" { others += 1 }
      }
    }
    #expect(others <= 1)
    #expect(lines.contains { $0[0] == "-1" } && lines.contains { $0[0] != "-1" })
  }

  /// A model as TransformerLens has it, of numpy: what the script asks of one, and nothing else.
  private static let standIn = """
    import json, sys
    import numpy as np
    from types import SimpleNamespace
    from from_transformerlens import capture

    class Rows(np.ndarray):
        def float(self): return self.astype("<f4")
        def cpu(self): return self

    class Tokenizer:
        bos_token_id, eos_token_id = 0, 1
        def __call__(self, text, **options):
            return {"input_ids": [ord(letter) + 2 for letter in text], "offset_mapping": [(i, i + 1) for i in range(len(text))]}
        def decode(self, ids): return "".join(chr(id - 2) for id in ids)

    class Model:
        tokenizer, cfg = Tokenizer(), SimpleNamespace(default_prepend_bos=True)
        def to_tokens(self, text): return np.array([[0, *self.tokenizer(text)["input_ids"]]])
        def run_with_cache(self, ids, names_filter):
            assert len({len(own) for own in ids}) == 1
            angles = np.add.outer(ids * 0.37, np.arange(8) * 1.1)
            return None, {names_filter: np.sin(angles).view(Rows)}
        def generate(self, ids, max_new_tokens, **options):
            return np.concatenate([ids, np.tile([ord("n") + 2, ord("o") + 2, 1, 1], (len(ids), 1))], axis=1)

    def save(rows, path):
        rows = np.concatenate(rows)
        header = json.dumps({hook: {"dtype": "F32", "shape": rows.shape, "data_offsets": [0, rows.nbytes]}}).encode()
        with open(path, "wb") as file: file.write(len(header).to_bytes(8, "little") + header + rows.tobytes())

    hook = "blocks.1.hook_resid_post"
    prompts = [json.loads(line) for line in open(sys.argv[1])]
    capture(Model(), hook, prompts, sys.argv[2], np.array, save, batch=4)
    """

  @Test func `what the TransformerLens script writes becomes a store and a dictionary`() throws {
    try program.writeBakingPrompts()
    let prompts = program.folder.file("prompts.jsonl")
    let accents =
      #"{"id":"é","set":"benign","split":"train","prompt":"naïve — 日本"}"# + "\n"
    var text = try String(contentsOf: prompts, encoding: .utf8)
    text += accents
    try Data(text.utf8).write(to: prompts)
    _ = try python(["-c", Self.standIn, program.path("prompts.jsonl"), program.path("folder")])
    for arguments in [
      [
        "import", program.path("folder"), "--model", "stand-in", "-o", program.path("a.epstore"),
        "--quiet",
      ],
      [
        "build", program.path("a.epstore"), "--percentile", "10", "-o", program.path("a.epdict"),
        "--quiet",
      ],
    ] {
      let result = try program.run(arguments)
      try #require(result.status == 0, "\(result.error)")
    }
    let info = try program.run("info", program.path("a.epstore"), "--json").json
    #expect(info["documents"] as? Int == 25)
    // Every byte of a text is some token's, and the token that begins it has none.
    let shown = try program.run(
      "search", program.path("a.epdict"), "日本", "--store", program.path("a.epstore"), "--json")
    #expect(shown.status == 0 && shown.output.contains("naïve"), "\(shown.output)\(shown.error)")
    let answers = try program.run(
      "outcomes", program.path("a.epstore"), "--json", "--quiet")
    #expect(answers.status == 0, "\(answers.error)")
    // A second capture never mixes with the first.
    let again = try run([
      "-c", Self.standIn, program.path("prompts.jsonl"), program.path("folder"),
    ])
    #expect(again.status != 0 && again.error.contains("File exists"))
  }
}
