import Foundation
import TestSupport
import Testing

/// The same command twice: what it prints and every file that it writes, byte for byte.
///
/// Swift seeds its hashes anew in each process, so what follows the order of a dictionary or set differs
/// between two runs. Times and rates are passed over; the date is given.
struct SamenessTests {
  /// Words by subcommand: several lists where a subcommand does several things. `OUT` is a folder for results.
  private static func commands(_ tiny: AblationProgram) -> [String: [[String]]] {
    let (model, store, own) = (tiny.model, tiny.store, tiny.dictionary)
    let shards = fixture("ep/p10/activations")
    let pickle = fixture("ep/p10/dictionary.pkl")
    let other = fixture("ep/match/b.pkl")
    let claims = fixture("claims/runs")
    let hook = AblationProgram.hook
    let prompts = tiny.program.path("harmful.jsonl")
    let out = tiny.program.path("OUT")
    return [
      "explore": [[own]],
      // What it prints is the hub's own state; its tests have a server.
      "fetch": [],
      "build": [[shards, "-o", "\(out)/a.epdict"], [store, "-o", "\(out)/b.epdict"]],
      "import": [
        [pickle, "-o", "\(out)/i.epdict"], [shards, "--hook", hook, "-o", "\(out)/i.epstore"],
      ],
      "export": ["npz", "safetensors", "jsonl", "csv"].map {
        [own, "--format", $0, "-o", "\(out)/e.\($0)"]
      },
      "info": [[own], [store], [pickle], [model], [fixture("ep/p10/expected.safetensors")]],
      "regions": [[own], [own, "--sort", "members"]],
      "search": [[own, "a*"], [own, "*a* OR harmful"]],
      "metrics": [[own]],
      "assign": [[own, store, "-o", "\(out)/ids.safetensors"]],
      "label": [
        [own, "0", "a label"], [own, "--import", tiny.program.path("labels.jsonl")],
        [own, "--list"],
      ],
      "tokenize": [
        [model, "Some text."], [model, "--chat", "--template", "chatml", "Some text."],
      ],
      "forward": [
        [
          model, "--hook", "blocks.0.hook_resid_post", "--hook", "blocks.2.hook_resid_post",
          "--tokens", "1,20,30", "--hook", hook, "-o", "\(out)/f.safetensors",
        ]
      ],
      "generate": [
        [
          model, "--prompts", prompts, "--template", "chatml", "--max-new-tokens", "3", "-o",
          "\(out)/g.jsonl",
        ]
      ],
      "match": [[pickle, other, "-o", "\(out)/m"]],
      "trace": [[own, model, "Some text.", "--no-save"]],
      "coverage": [
        [pickle, "near=\(shards)", "far=\(claims)/far.npz", "--by-region", "--no-save"]
      ],
      "ablate": [
        [own, "--store", store, "--depth", "geometry", "--no-save"],
        [
          own, "--store", store, "--model", model, "--depth", "generate", "--max-new-tokens", "3",
          "--top", "1", "--no-save",
        ],
      ],
      "steer": [
        [
          own, "--store", store, "--model", model, "--region", "0", "--alpha", "1",
          "--max-new-tokens", "3", "--no-save",
        ]
      ],
      "playground": [
        [
          own, "Some text.", "--model", model, "--regions", "0", "--ablate", "1", "--norms", "0.5",
          "--max-new-tokens", "3", "--no-save",
        ]
      ],
      "experiments": [[own]],
      "capture": [
        [
          model, "--prompts", prompts, "--template", "chatml", "--hook", hook, "--generate", "2",
          "-o", "\(out)/c.epstore",
        ]
      ],
      "answers": [[store, "--dict", own]],
      "outcomes": [
        [store],
        [
          store, "--judge",
          #"sed -E 's/.*"id":("[^"]*").*/{"id":\1,"verdict":"refused","score":0.5}/'"#,
        ],
      ],
      "replay": [[tiny.program.path("session.jsonl"), "--batch"]],
      "manual": [[]],
      "probe": [
        [
          pickle, shards, "--target", "level", "--labels", "\(claims)/labels.jsonl", "--group-by",
          "batch", "--null-rounds", "2", "--no-save",
        ]
      ],
      "detect": [
        [
          pickle, shards, "--concepts", "\(claims)/concepts.jsonl", "--random-regions", "4",
          "--no-save",
        ]
      ],
      "compare-sae": [
        [
          pickle, shards, "--sae", "\(claims)/sae", "--top-k", "50", "--min-activations", "20",
          "--null-rounds", "2", "--no-save", "--sae-hook", "blocks.3.hook_resid_post",
        ]
      ],
      "stability": [[pickle, other, "--no-save"]],
      // Beside the reference's own scripts, and beside the engine without a protocol, in tests of their own.
      "patch": [], "engine": [],
      "neighbourhood": [[pickle, "--regions", "0", "--no-save"]],
      "saturation": [[shards, "--orders", "2", "--deals", "1", "--no-save"]],
      "directions": [
        [store, "--no-save"],
        [store, "--with", own, "--purity", "kept", "-o", "\(out)/d.safetensors", "--no-save"],
      ],
      "resolution": [
        [
          shards, "--labels", "\(claims)/labels.jsonl", "--by", "level", "--positions", "all",
          "--percentiles", "10,30", "--orders", "2", "--permutations", "9", "--no-save",
        ]
      ],
      "paths": [[pickle, other, "--from", "2", "--to", "9", "--no-save"]],
      "alignment": [[pickle, "--model", model, "--permutations", "20", "--no-save"]],
    ]
  }

  private struct Found: Equatable {
    var status: Int32
    var output: String
    var error: String
    /// By path below the output folder.
    var files: [String: Data]

    /// What differs, in a few words.
    func difference(to other: Found) -> String? {
      if status != other.status { return "exit \(status) and \(other.status)" }
      if output != other.output { return "standard output: " + Self.first(output, other.output) }
      if error != other.error { return "standard error: " + Self.first(error, other.error) }
      if files.keys.sorted() != other.files.keys.sorted() { return "files \(files.keys)" }
      for (name, data) in files.sorted(by: { $0.key < $1.key }) where data != other.files[name] {
        return "\(name): "
          + Self.first(
            String(decoding: data, as: UTF8.self),
            String(decoding: other.files[name] ?? Data(), as: UTF8.self))
      }
      return nil
    }

    private static func first(_ a: String, _ b: String) -> String {
      for (left, right) in zip(a.split(separator: "\n"), b.split(separator: "\n"))
      where left != right {
        return "\(left.prefix(300)) / \(right.prefix(300))"
      }
      return "\(a.utf8.count) and \(b.utf8.count) bytes"
    }
  }

  /// Takes out what may differ: how long it took, and how fast it was.
  private static func untimed(_ text: String) -> String {
    text
      .replacing(/"(seconds|tokensPerSecond|milliseconds)" ?: ?[-+0-9.eE]+/) { "\"\($0.1)\":0" }
      .replacing(/[0-9][0-9.,]* ?(ms|s|min|tokens\/s|rows\/s)\b/, with: "TIME")
  }

  private static func run(_ words: [String], _ program: Program) throws -> Found {
    let files = FileManager.default
    let out = program.folder.file("OUT")
    // The lab keeps answers beside the store, and says of an answer that it comes from there.
    for folder in ["OUT", "data", "cache", "state", "config", "tiny.epstore/experiments"] {
      try? files.removeItem(at: program.folder.file(folder))
    }
    try files.createDirectory(at: out, withIntermediateDirectories: true)
    let result = try program.run(words)
    var found: [String: Data] = [:]
    for path in try files.subpathsOfDirectory(atPath: out.path(percentEncoded: false)) {
      let url = out.appending(path: path)
      guard (try? url.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile == true else {
        continue
      }
      let data = try Data(contentsOf: url)
      let isText = ["json", "jsonl", "csv", "svg", "txt"].contains(url.pathExtension)
      found[path] = isText ? Data(untimed(String(decoding: data, as: UTF8.self)).utf8) : data
    }
    return Found(
      status: result.status, output: untimed(result.output), error: untimed(result.error),
      files: found)
  }

  private struct Tool: Decodable {
    struct Command: Decodable {
      var commandName: String
      var subcommands: [Command]?
    }

    var command: Command
  }

  @Test func `every subcommand gives the same bytes twice`() throws {
    let tiny = try AblationProgram()
    var program = tiny.program
    program.environment["SOURCE_DATE_EPOCH"] = "1700000000"
    // Two of the same seeds would hide what this is for.
    program.environment["SWIFT_DETERMINISTIC_HASHING"] = nil
    try Data(
      """
      {"columns":80,"paths":["\(tiny.dictionary)"],"rows":24,"session":1}
      {"command":"down","key":"j","us":1000}

      """.utf8
    ).write(to: program.folder.file("session.jsonl"))
    _ = try program.run("label", tiny.dictionary, "1", "another label")
    _ = try program.run(
      "label", tiny.dictionary, "--export", program.path("labels.jsonl"), "--quiet")

    let dump = try program.run("--experimental-dump-help").output
    let tool = try JSONDecoder().decode(Tool.self, from: Data(dump.utf8))
    let names = (tool.command.subcommands ?? []).map(\.commandName).filter { $0 != "help" }
    let commands = Self.commands(tiny)
    #expect(Set(names) == Set(commands.keys), "a subcommand is added here when it is made")

    for name in names.sorted() {
      for words in commands[name] ?? [] {
        // Rows that are printed for a person and for programs come from one value.
        let style = ["explore", "replay", "manual"].contains(name) ? [] : ["--json", "--quiet"]
        let first = try Self.run([name] + words + style, program)
        let second = try Self.run([name] + words + style, program)
        let shown = words.map { URL(filePath: $0).lastPathComponent }.joined(separator: " ")
        #expect(first.difference(to: second) == nil, "\(name) \(shown)")
        if name != "explore" {
          #expect(first.status == 0, "\(name) \(shown): \(first.error)")
          // A list of nothing is empty.
          let isList = name == "experiments" || words.contains("--list")
          #expect(isList || !first.output.isEmpty || !first.files.isEmpty, "\(name) \(shown)")
        }
      }
    }
  }
}
