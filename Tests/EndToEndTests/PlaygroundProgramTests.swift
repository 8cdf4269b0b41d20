import Foundation
import Storage
import TestSupport
import Testing

/// Steering in norms, and prompts of one's own, in the real program.
@Suite(.serialized)
struct PlaygroundProgramTests {
  let made: AblationProgram

  init() throws { made = try AblationProgram() }

  private func steer(_ more: String...) throws -> Program.Result {
    try made.program.run(
      ["steer", made.dictionary, "--store", made.store, "--region", "0", "--quiet", "--json"] + more
    )
  }

  @Test func `a strength in norms is α times the median norm, and both are recorded`() throws {
    let result = try steer("--norms", "0.5", "1", "--depth", "geometry")
    try #require(result.status == 0, "\(result.error)")
    let norm = try #require(result.json["residualNorm"] as? [String: Any])
    let median = try #require(norm["median"] as? Double)
    let store = try StoreFile(URL(filePath: made.store))
    let rows = try store.rows(AblationProgram.hook, at: Array(0..<store.rowCount))
    let width = rows.count / store.rowCount
    let norms = (0..<store.rowCount).map { row in
      rows[row * width..<(row + 1) * width].reduce(0.0) { $0 + Double($1) * Double($1) }
        .squareRoot()
    }.sorted()
    let middle = norms.count / 2
    let expected = norms.count % 2 == 1 ? norms[middle] : (norms[middle - 1] + norms[middle]) / 2
    #expect(abs(median - expected) < 1e-9 * expected && norm["rows"] as? Int == store.rowCount)
    let arms = try #require(result.json["alphas"] as? [[String: Any]])
    #expect(
      arms.compactMap { ($0["alpha"] as? Double).map(Float.init) }
        == [0.5, 1].map { Float($0 * median) })
    // α alone keeps its meaning, and the command has it.
    let raw = try #require(arms[0]["alpha"] as? Double)
    let command = try #require(arms[0]["command"] as? String ?? result.json["command"] as? String)
    #expect(command.contains("--alpha="))
    let again = try steer("--alpha=\(raw)", "--depth", "geometry")
    let arm = try #require((again.json["alphas"] as? [[String: Any]])?.first)
    #expect((arm["alpha"] as? Double).map(Float.init) == Float(raw))
    #expect(abs((arm["norms"] as? Double ?? 0) - 0.5) < 1e-6)
  }

  @Test func `strengths below zero are given like others, and notes are said once for all`() throws
  {
    func alphas(_ words: String...) throws -> [Double] {
      let result = try made.program.run(
        [
          "steer", made.dictionary, "--store", made.store, "--region", "0", "--quiet", "--json",
          "--depth", "geometry", "--no-save",
        ] + words)
      try #require(result.status == 0, "\(result.error)")
      return try #require(result.json["alphas"] as? [[String: Any]]).compactMap {
        $0["norms"] as? Double
      }
    }
    let expected = try alphas("--norms=-0.5,0.5")
    #expect(expected.count == 2 && expected[0] < 0)
    #expect(try alphas("--norms", "-0.5", "0.5") == expected)
    #expect(try alphas("--norms", "-0.5,0.5") == expected)
    #expect(try alphas("--norms", "0.5", "-0.5") == expected.reversed())
    #expect(try alphas("--alpha", "-4").first ?? 0 < 0)
    let played = try made.program.run(
      "playground", made.dictionary, "how to bake", "--model", made.model, "--regions", "0",
      "--norms", "-0.5", "--max-new-tokens", "2", "--no-save", "--quiet", "--json")
    #expect(played.json["norms"] as? Double == -0.5, "\(played.error)")
    let text = try made.program.run(
      "steer", made.dictionary, "--store", made.store, "--region", "0", "--quiet", "--depth",
      "geometry", "--no-save", "--norms", "0.25", "0.5", "1")
    let lines = text.output.split(separator: "\n")
    #expect(lines.count { $0.hasPrefix("1 norm is α") } == 1, "\(text.output)")
    #expect(lines.count { $0.hasPrefix("readout: ") } == 1, "\(text.output)")
    let notes = lines.filter { $0.hasPrefix("note: ") }
    #expect(Set(notes).count == notes.count)
    #expect(lines.count { $0.contains("steer along") && $0.contains("geometry") } == 3)
  }

  @Test func `a strength in norms is refused where the norm cannot be known`() throws {
    let both = try steer("--norms", "1", "--alpha", "1")
    #expect(both.status == 64 && both.error.contains("--alpha and --norms exclude each other"))
    let none = try steer()
    #expect(none.status == 64 && none.error.contains("expected an --alpha, or --norms"))
    let elsewhere = try steer(
      "--norms", "1", "--at", "blocks.2.hook_resid_post", "--model", made.model, "--depth", "resume"
    )
    #expect(elsewhere.status == 1 && elsewhere.errorLines.count == 1)
    #expect(elsewhere.error.contains("median norm is not known"))
    #expect(elsewhere.error.contains(AblationProgram.hook))
    for wrong in ["nan", "inf", "x"] {
      #expect(try steer("--norms", wrong).status == 64)
    }
  }

  private func options(_ name: String) throws -> Set<String> {
    struct Dump: Decodable {
      struct Command: Decodable {
        var commandName: String
        var arguments: [Argument]?
        var subcommands: [Command]?
      }
      struct Argument: Decodable {
        struct Name: Decodable { var name: String }
        var names: [Name]?
      }
      var command: Command
    }
    let dump = try made.program.run("--experimental-dump-help").output
    let root = try JSONDecoder().decode(Dump.self, from: Data(dump.utf8)).command
    let command = try #require(root.subcommands?.first { $0.commandName == name })
    return Set((command.arguments ?? []).flatMap { ($0.names ?? []).map(\.name) })
  }

  @Test(arguments: ["ablate", "steer", "trace"])
  func `regions, adapter and template go by the same names in all three`(_ name: String) throws {
    let shared: Set = [
      "regions", "region", "adapter", "other-model", "template", "template-name", "template-file",
      "system", "no-system", "threads", "json", "quiet", "no-save",
    ]
    #expect(shared.subtracting(try options(name)).isEmpty)
  }

  @Test func `a template is let pass where it makes the store's prompts, and refused else`() throws
  {
    let same = try made.ablate(
      "--model", made.model, "--depth", "resume", "--template", "chatml", "--json")
    #expect(same.status == 0, "\(same.error)")
    for other in [["--template", "gemma"], ["--template", "chatml", "--system", "Be brief."]] {
      let refused = try made.program.run(
        [
          "ablate", made.dictionary, "--store", made.store, "--quiet", "--model", made.model,
          "--depth", "resume",
        ] + other)
      #expect(refused.status == 1 && refused.errorLines.count == 1, "\(refused.error)")
      #expect(refused.error.contains("its prompts were rendered by"), "\(refused.error)")
    }
    let without = try made.ablate("--template", "chatml")
    #expect(without.status == 64 && without.error.contains("--model"))
  }

  @Test func `a trace tells the tokens of some regions alone`() throws {
    let arguments = [
      "trace", made.dictionary, made.model, "steal", "--json", "--no-save", "--quiet",
    ]
    let all = try made.program.run(arguments)
    try #require(all.status == 0, "\(all.error)")
    let region = try #require(all.lines.first?["region"] as? Int)
    let some = try made.program.run(arguments + ["--regions", "\(region)"])
    #expect(
      some.lines.map { $0["position"] as? Int }
        == all.lines.filter { $0["region"] as? Int == region }.map { $0["position"] as? Int })
    let absent = try made.program.run(arguments + ["--regions", "9999"])
    #expect(absent.status == 1 && absent.error.contains("found 9999"))
  }

  @Test func `a trace says why most tokens are outside a dictionary of final positions`() throws {
    func trace(_ dictionary: String) throws -> (text: String, outside: Int, count: Int) {
      let arguments = ["trace", dictionary, made.model, "steal the paint", "--no-save", "--quiet"]
      let lines = try made.program.run(arguments + ["--json"]).lines
      let text = try made.program.run(arguments).output
      return (text, lines.count { $0["outside"] as? Bool == true }, lines.count)
    }
    let final = try trace(made.dictionary)
    try #require(2 * final.outside > final.count)
    #expect(final.text.contains("built from the final positions of prompts only"))
    let whole = made.program.path("whole.epdict")
    let built = try made.program.run(
      "build", made.store, "--positions", "all", "--percentile", "5", "--quiet", "-o", whole)
    try #require(built.status == 0, "\(built.error)")
    #expect(!(try trace(whole).text.contains("final positions of prompts only")))
  }

  @Test func `prompts of one's own are answered side by side, kept, and run again by number`()
    throws
  {
    let program = made.program
    let result = try program.run(
      "playground", made.dictionary, "how to bake", "and to paint", "--model", made.model,
      "--regions", "0", "--ablate", "1", "--norms", "0.5", "--max-new-tokens", "6", "--json",
      "--quiet")
    try #require(result.status == 0, "\(result.error)")
    let json = result.json
    #expect(json["conditions"] as? [String] == ["baseline", "ablated", "steered"])
    let norm = try #require(json["residualNorm"] as? [String: Any])
    #expect(norm["of"] as? String == "the 36 prompts of tiny.epstore")
    let median = try #require(norm["median"] as? Double)
    #expect((json["alpha"] as? Double).map(Float.init) == Float(median * 0.5))
    let prompts = try #require(json["prompts"] as? [[String: Any]])
    #expect(prompts.map { ($0["answers"] as? [String: Any])?.count } == [3, 3])
    let id = try #require(json["experiment"] as? Int)
    let again = try program.run(
      "playground", made.dictionary, "--model", made.model, "--again", "\(id)", "--json", "--quiet")
    try #require(again.status == 0, "\(again.error)")
    let notices = try #require(again.json["notices"] as? [String])
    #expect(notices.contains("all 6 answers that were kept read the same again"))
    func answers(_ json: [String: Any]) throws -> Data {
      try JSONSerialization.data(
        withJSONObject: try #require(json["prompts"]), options: .sortedKeys)
    }
    #expect(try answers(again.json) == answers(json))
    let list = try program.run("experiments", made.dictionary, "--kind", "playground", "--json")
    #expect(list.lines.count == 2)
    let shown = try program.run("experiments", made.dictionary, "--show", "\(id)")
    for part in [
      "# how to bake", "# and to paint", "## untouched", "## steered along 0", "run again: ",
    ] {
      #expect(shown.output.contains(part), "\(part): \(shown.output)")
    }
    // Of what is longer than six words or 48 characters, or spaced otherwise, the notebook keeps the first words.
    let cut = prompts.flatMap { ($0["answers"] as? [String: [String: Any]] ?? [:]).values }
      .compactMap { $0["text"] as? String }
      .filter { text in
        let words = text.split(whereSeparator: \.isWhitespace).prefix(6).joined(separator: " ")
        return words != text || words.count >= 48
      }
    #expect(
      shown.output.components(separatedBy: "its first words").count == cut.count + 1,
      "\(cut): \(shown.output)")
    // The command names files alone, so it is run where they are.
    let command = try #require(json["command"] as? String)
    #expect(command.hasSuffix("-- 'how to bake' 'and to paint'"))
    let text = try program.run(
      "playground", made.dictionary, "how to bake", "--model", made.model, "--no-save", "--quiet")
    #expect(text.output.contains("# how to bake") && text.output.contains("## untouched"))
  }

  @Test func `what the playground cannot use is refused`() throws {
    func refused(_ status: Int32, _ word: String, _ more: [String]) throws {
      let result = try made.program.run(
        ["playground", made.dictionary, "--model", made.model, "--quiet"] + more)
      #expect(result.status == status && result.error.contains(word), "\(more): \(result.error)")
      #expect(result.output.isEmpty)
    }
    try refused(64, "expected a prompt", [])
    try refused(64, "expected --regions", ["a", "--ablate", "1"])
    try refused(64, "exclude each other", ["a", "--regions", "0", "--alpha", "1", "--norms", "1"])
    try refused(64, "are of an edit", ["a", "--regions", "0"])
    try refused(64, "whole setup", ["a", "--again", "1"])
    try refused(64, "finite", ["a", "--regions", "0", "--norms", "nan"])
    try refused(1, "found 999", ["a", "--regions", "999", "--norms", "1"])
    try refused(1, "found 7", ["--again", "7"])
    try refused(
      1, "blocks.77", ["a", "--regions", "0", "--alpha", "1", "--at", "blocks.77.hook_resid_post"])
    try refused(1, "prompt 1", [" "])
  }
}
