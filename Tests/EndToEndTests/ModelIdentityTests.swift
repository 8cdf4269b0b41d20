import Foundation
import Storage
import TestSupport
import Testing

/// Through the program: a dictionary's model, adapter, hook and split.
struct ModelIdentityTests {
  private let ablation: AblationProgram
  private var program: Program { ablation.program }
  /// Built with the adapter, `adapters/tuned`.
  private let tuned: String
  private let adapter: String

  init() throws {
    ablation = try AblationProgram()
    let program = ablation.program
    try FileManager.default.createDirectory(
      at: program.folder.file("adapters"), withIntermediateDirectories: true)
    try TinyAdapter.write(to: program.folder.file("adapters/tuned"))
    adapter = program.path("adapters/tuned")
    tuned = program.path("tuned.epdict")
    let store = program.path("tuned.epstore")
    for command in [
      ablation.capture(to: "tuned.epstore") + ["--adapter", adapter],
      ["build", store, "--quiet", "-o", tuned],
    ] {
      let result = try program.run(command)
      try #require(result.status == 0, "\(result.error)")
    }
  }

  private func regions(_ arguments: String...) throws -> (Program.Result, [Double]) {
    let result = try program.run(arguments + ["--json", "--no-save"])
    return (result, result.lines.compactMap { $0["distance"] as? Double })
  }

  @Test func `a trace finds the adapter, and without it says so or refuses`() throws {
    let (given, expected) = try regions(
      "trace", tuned, ablation.model, "steal", "--adapter", adapter)
    #expect(given.status == 0 && expected.count == 5)
    // Not beside the dictionary: refused by name.
    let (missing, _) = try regions("trace", tuned, ablation.model, "steal")
    #expect(missing.status == 1 && missing.error.contains("tuned"))
    try FileManager.default.moveItem(
      at: program.folder.file("adapters/tuned"), to: program.folder.file("moved"))
    let (found, distances) = try regions("trace", tuned, ablation.model, "steal")
    #expect(found.status == 0 && distances == expected)
    #expect(found.lines.allSatisfy { $0["modelMatch"] as? String == "same" })
    let (bare, other) = try regions(
      "trace", tuned, ablation.model, "steal", "--other-model")
    #expect(bare.status == 0 && other != expected && bare.error.contains("note:"))
    #expect(bare.lines.allSatisfy { $0["modelMatch"] as? String == "other" })
  }

  @Test func `alignment and coverage do likewise`() throws {
    let aligned = ["alignment", tuned, "--model", ablation.model, "--permutations", "10"]
    let refused = try program.run(aligned + ["--no-save"])
    #expect(refused.status == 1 && refused.error.contains("tuned"))
    let given = try program.run(aligned + ["--adapter", adapter, "--json", "--no-save"])
    let checkpoint = given.json["checkpoint"] as? [String: Any]
    #expect(checkpoint?["match"] as? String == "same", "\(given.error)")
    #expect(checkpoint?["adapter"] as? String == "tuned")
    let covered = try program.run(
      "coverage", tuned, program.path("tuned.epstore"), "--model", ablation.model,
      "--random-tokens", "64", "--no-save")
    #expect(covered.status == 1 && covered.error.contains("adapter tuned"))
    let store = try program.run(
      "coverage", tuned, program.path("captured.epstore"), "--baseline-rows", "0", "--no-save")
    #expect(store.status == 1 && store.error.contains("tuned") && store.error.contains("none"))
    let allowed = try program.run(
      "coverage", tuned, program.path("captured.epstore"), "--baseline-rows", "0", "--no-save",
      "--other-model", "--json")
    #expect((allowed.json["notices"] as? [String])?.count == 1)
  }

  @Test func `an adapter on a dictionary without one is refused`() throws {
    let result = try program.run(
      "trace", ablation.dictionary, ablation.model, "steal", "--adapter", adapter)
    #expect(result.status == 1 && result.error.contains("without an adapter"))
  }

  @Test func `a hook against the record is refused, and counts where none is recorded`() throws {
    let clash = try program.run(
      "trace", ablation.dictionary, ablation.model, "steal", "--hook", "blocks.2.hook_resid_post")
    #expect(clash.status == 1)
    #expect(clash.error.contains(AblationProgram.hook) && clash.error.contains("blocks.2"))
    let pickle = Fixtures.url("ep/p10/dictionary.pkl").path(percentEncoded: false)
    let imported = program.path("imported.epdict")
    let result = try program.run(
      "import", pickle, "--hook", "blocks.3.hook_resid_post", "--model", "org/m", "--percentile",
      "10", "--seed", "4", "-o", imported, "--json")
    #expect(result.json["hook"] as? String == "blocks.3.hook_resid_post", "\(result.error)")
    #expect(result.json["model"] as? String == "org/m")
    #expect(result.json["percentile"] as? Double == 10 && result.json["seed"] as? Int == 4)
    #expect(
      result.json["givenByHand"] as? [String] == ["model", "hook", "percentile", "seed"])
    let read = try DictionaryFile(program.folder.file("imported.epdict"))
    #expect(read.provenance.hook == "blocks.3.hook_resid_post")
    let engine = try program.run("import", pickle, "--engine", "x", "-o", program.path("no.epdict"))
    #expect(engine.status == 1)
  }

  @Test func `a dictionary is built from the train split unless told otherwise`() throws {
    func build(_ more: String...) throws -> Program.Result {
      try program.run(
        ["build", ablation.store, "--positions", "last", "--overwrite", "--json", "-o"]
          + [program.path("split.epdict")] + more)
    }
    let train = try build()
    #expect(train.json["split"] as? String == "train" && train.json["activations"] as? Int == 24)
    let all = try build("--split", "all")
    #expect(all.json["split"] as? String == "all" && all.json["activations"] as? Int == 36)
    let heldOut = try build("--split", "heldout")
    #expect(heldOut.json["activations"] as? Int == 12)
    let unknown = try build("--split", "test")
    #expect(unknown.status == 1 && unknown.error.contains("heldout, train"))
    let sets = try program.run(
      "build", ablation.store + "#harmful", "--positions", "last", "--split", "heldout",
      "--overwrite", "--json", "-o", program.path("split.epdict"))
    #expect(sets.json["activations"] as? Int == 6, "\(sets.error)")
    let contradicted = try build("--model", "gemma")
    #expect(contradicted.status == 1 && contradicted.error.contains("gemma"))
  }

  // MARK: - Dictionaries that earlier versions built

  /// Those recorded no split and of an adapter the name alone, and were built from every document.
  private func older() throws -> String {
    let whole = program.path("whole.epdict")
    let built = try program.run(
      "build", program.path("tuned.epstore"), "--split", "all", "--quiet", "-o", whole)
    try #require(built.status == 0, "\(built.error)")
    let file = try DictionaryFile(program.folder.file("whole.epdict"))
    var provenance = file.provenance
    try #require(provenance.split == "all" && provenance.adapterHash != nil)
    (provenance.split, provenance.adapterHash) = (nil, nil)
    try DictionaryWriter.write(
      try file.load(), provenance: provenance, to: program.folder.file("older.epdict"))
    return program.path("older.epdict")
  }

  @Test func `an older dictionary is traced with the adapter that its store names, or refused`()
    throws
  {
    let older = try older()
    let (given, expected) = try regions(
      "trace", program.path("whole.epdict"), ablation.model, "steal", "--adapter", adapter)
    #expect(given.status == 0 && expected.count == 5)
    try FileManager.default.moveItem(
      at: program.folder.file("adapters/tuned"), to: program.folder.file("moved"))
    // An adapter of the recorded name and other weights is not taken for it.
    try TinyAdapter.write(to: program.folder.file("tuned"), seed: 5)
    let (found, distances) = try regions("trace", older, ablation.model, "steal")
    #expect(found.status == 0 && distances == expected, "\(found.error)")
    #expect(found.lines.allSatisfy { $0["modelMatch"] as? String == "same" })
    try FileManager.default.removeItem(at: program.folder.file("moved"))
    let (missing, _) = try regions("trace", older, ablation.model, "steal")
    #expect(missing.status == 1 && missing.error.contains("tuned"))
  }

  @Test func `an older dictionary held all of its sets, and an ablation says so`() throws {
    let older = try older()
    func evaluated(_ dictionary: String) throws -> (Program.Result, [String: Any]?) {
      let result = try program.run(
        "ablate", dictionary, "--store", program.path("tuned.epstore"), "--regions", "0",
        "--null", "none", "--no-save", "--json")
      return (result, result.json["evaluated"] as? [String: Any])
    }
    let (result, own) = try evaluated(older)
    #expect(result.status == 0, "\(result.error)")
    #expect(own?["n"] as? Int == 12 && own?["dictionarysOwn"] as? Int == 12)
    let notices = result.json["notices"] as? [String] ?? []
    #expect(notices.contains { $0.contains("12 of the 12") })
    // Of one that records its train split, none.
    let (_, others) = try evaluated(tuned)
    #expect(others?["dictionarysOwn"] as? Int == 0)
  }

  @Test func `an older dictionary covers what it would with everything recorded`() throws {
    let older = try older()
    func covered(_ dictionary: String, _ store: String, _ more: String...) throws -> Program.Result
    {
      try program.run(
        [
          "coverage", dictionary, program.path(store), "--baseline-rows", "0", "--no-save",
          "--json",
        ] + more)
    }
    let (old, new) = (
      try covered(older, "tuned.epstore"),
      try covered(program.path("whole.epdict"), "tuned.epstore")
    )
    #expect(old.status == 0 && new.status == 0, "\(old.error)\(new.error)")
    let sources = [old, new].map {
      ($0.json["sources"] as? [[String: Any]])?.first.map { NSDictionary(dictionary: $0) }
    }
    #expect(sources[0] != nil && sources[0] == sources[1])
    let other = try covered(older, "captured.epstore")
    #expect(other.status == 1 && other.error.contains("tuned") && other.error.contains("none"))
  }
}
