import Foundation
import TestSupport
import Testing

@Suite("STORE#SET")
struct StoreSetTests {
  private let program: Program
  private static let dictionary = sample("smollm2-refusal.last.p10.epdict")
  private static let store = sample("smollm2-refusal.epstore")

  init() throws { program = try Program() }

  private static func sample(_ name: String) -> String {
    Program.samples.appending(path: name).path(percentEncoded: false)
  }

  /// Every command that takes a store, in every place where it does; `STORE` stands for it.
  private static let uses: [String: [[String]]] = [
    "build": [["STORE", "--hook", "blocks.16.hook_resid_post", "-o", "OUT.epdict"]],
    "assign": [[dictionary, "STORE", "-o", "OUT.safetensors"]],
    "outcomes": [["STORE"]], "answers": [["STORE"]], "info": [["STORE"]],
    "regions": [[dictionary, "--store", "STORE"]], "metrics": [[dictionary, "--store", "STORE"]],
    "ablate": [[dictionary, "--store", "STORE", "--depth", "geometry", "--no-save"]],
    "steer": [
      [
        dictionary, "--store", "STORE", "--region", "3", "--alpha", "4", "--depth", "geometry",
        "--no-save",
      ]
    ],
    "search": [[dictionary, "a", "--store", "STORE"]],
    "playground": [
      [
        dictionary, "a prompt", "--model", "none", "--regions", "3", "--norms", "1", "--store",
        "STORE",
      ]
    ],
    "coverage": [[dictionary, "STORE"], [dictionary, "name=STORE"]],
    "probe": [[dictionary, "STORE", "--target", "outcome"]],
    "detect": [[dictionary, "STORE", "--concepts", "CONCEPTS"]],
    "compare-sae": [[dictionary, "STORE", "--sae", fixture("claims/sae")]],
    "stability": [["STORE", "--hook", "blocks.16.hook_resid_post"]],
    "directions": [["STORE", "--no-save"]],
    "resolution": [["STORE", "--by", "outcome", "--no-save"]],
    "saturation": [["STORE", "--by", "set", "--no-save"]],
    "match": [
      [dictionary, dictionary, "-o", "OUT", "--store-a", "STORE"],
      [dictionary, dictionary, "-o", "OUT", "--store-b", "STORE"],
    ], "explore": [[dictionary, "--store", "STORE"]],
  ]

  private func arguments(_ name: String, _ use: [String], store: String) -> [String] {
    [name]
      + use.map {
        $0.replacing("STORE", with: store).replacing("OUT", with: program.path("out"))
          .replacing("CONCEPTS", with: program.path("concepts.jsonl"))
      }
  }

  @Test(
    "is understood by every command that takes a store: a set that is not there is refused by name")
  func refused() throws {
    try Data(#"{"concept":"a","text":"x","positive":true}"#.utf8).write(
      to: program.folder.file("concepts.jsonl"))
    for (name, uses) in Self.uses {
      for use in uses {
        let result = try program.run(
          arguments(name, use, store: Self.store + "#harmful,nothere"))
        #expect(result.status == 1, "\(name): \(result.error)")
        #expect(
          result.error.contains("has no set nothere; it has harmful, benign"),
          "\(name) \(use): \(result.error)")
      }
    }
  }

  @Test("is tried with all commands whose help speaks of a store")
  func complete() throws {
    struct Dump: Decodable {
      struct Command: Decodable {
        var commandName: String
        var arguments: [Argument]?
        var subcommands: [Command]?
      }
      struct Argument: Decodable {
        var abstract: String?
        var valueName: String?
      }
      var command: Command
    }
    let dump = try program.run("--experimental-dump-help").output
    let root = try JSONDecoder().decode(Dump.self, from: Data(dump.utf8)).command
    // These write a store, or speak of one that they take from elsewhere.
    let others: Set = ["capture", "import", "help", "manual"]
    for command in root.subcommands ?? [] where !others.contains(command.commandName) {
      let takesStore = (command.arguments ?? []).contains {
        $0.valueName?.hasPrefix("store") == true || $0.abstract?.contains("(.epstore)") == true
      }
      if takesStore { #expect(Self.uses[command.commandName] != nil, "\(command.commandName)") }
    }
  }

  @Test("takes that set alone, wherever prompts are counted")
  func taken() throws {
    func prompts(_ store: String) throws -> (prompts: Int, refused: Int) {
      let lines = try program.run(
        "regions", Self.dictionary, "--store", store, "--json", "--quiet"
      ).lines
      return lines.reduce((0, 0)) {
        ($0.0 + ($1["prompts"] as? Int ?? 0), $0.1 + ($1["refused"] as? Int ?? 0))
      }
    }
    let (all, harmful, benign) = (
      try prompts(Self.store), try prompts(Self.store + "#harmful"),
      try prompts(Self.store + "#benign")
    )
    #expect(harmful.prompts > 0 && benign.prompts > 0)
    #expect(harmful.prompts < all.prompts)
    #expect(harmful.refused > benign.refused)
    let both = try prompts(Self.store + "#harmful,benign")
    #expect(both == (harmful.prompts + benign.prompts, harmful.refused + benign.refused))
    let outcomes = try program.run("outcomes", Self.store + "#benign", "--json")
    let sets = Set(outcomes.lines.compactMap { $0["set"] as? String })
    #expect(sets == ["benign"])
    let info = try program.run("info", Self.store + "#benign", "--json").json
    #expect(info["documents"] as? Int == benign.prompts)
    let nearest =
      try program.run(
        "metrics", Self.dictionary, "--store", Self.store + "#benign", "--json"
      ).json["nearest"] as? [String: Any]
    #expect(nearest != nil)
    for empty in ["#", "#harmful,", "#,"] {
      let result = try program.run("outcomes", Self.store + empty)
      #expect(result.status == 1)
      #expect(result.error.contains("expected names of prompt sets"))
    }
    let other = try program.run(
      "assign", Self.dictionary, Self.store + "#harmful", "--sets", "benign",
      "-o", program.path("x.safetensors"))
    #expect(other.error.contains("found both"))
  }
}
