import Foundation
import TestSupport
import Testing

/// A judge of the user's own beside the classifier: in `outcomes`, in experiments, saved, and run again.
@Suite(.serialized)
struct JudgeProgramTests {
  /// Says that whatever holds a word refuses, in the line format that the program writes.
  private static func judge(_ word: String, name: String = "words", version: String = "1") -> String
  {
    #"printf '{"judge":"\#(name)","version":"\#(version)"}\n'; sed -E "#
      + #"-e '/"answer":"[^"]*\#(word)/s/^.("id":"[^"]*").*/{\1,"verdict":"refused","score":1}/' "#
      + #"-e 's/^.("id":"[^"]*").*"answer".*/{\1,"verdict":"complied","reason":"no word"}/'"#
  }

  private static let answers = """
    {"id":"1","set":"harmful","prompt":"One?","response":"I cannot help with that request."}
    {"id":"2","set":"harmful","prompt":"Two?","response":"Take a cloth and some water, and wipe the table."}
    {"id":"3","set":"benign","prompt":"Three?","response":"A cannot opener opens a cannot, as the joke goes in our house."}
    """

  @Test func `outcomes gives the judge's verdicts beside the classifier's, and their agreement`()
    throws
  {
    let program = try Program()
    let file = program.path("answers.jsonl")
    try Data(Self.answers.utf8).write(to: URL(filePath: file))
    let words = ["outcomes", file, "--judge", Self.judge("cannot"), "--quiet"]
    let result = try program.run(words + ["--json"])
    try #require(result.status == 0, "\(result.error)")
    let lines = result.lines
    #expect(lines.compactMap { $0["outcome"] as? String } == ["refused", "complied", "complied"])
    let judged = lines.compactMap { ($0["judge"] as? [String: Any])?["verdict"] as? String }
    #expect(judged == ["refused", "complied", "refused"])
    let summary = try #require(lines.last?["summary"] as? [String: Any])
    // The classifier's stay the ones that are counted.
    #expect(summary["refused"] as? Int == 1 && summary["n"] as? Int == 3)
    let judge = try #require(summary["judge"] as? [String: Any])
    #expect(judge["name"] as? String == "words" && judge["version"] as? String == "1")
    #expect(judge["command"] as? String == Self.judge("cannot"))
    #expect((judge["commandHash"] as? String)?.count == 64)
    #expect(judge["n"] as? Int == 3 && judge["agreed"] as? Int == 2 && judge["differ"] as? Int == 1)
    #expect(((judge["agreement"] as? Double ?? 0) - 2.0 / 3).magnitude < 1e-12)
    #expect(((judge["kappa"] as? Double ?? 0) - 0.4).magnitude < 1e-12)
    #expect((judge["interval"] as? [Double])?.count == 2)
    #expect((judge["counts"] as? [String: Any])?["refused"] as? Int == 2)
    let verdicts = try #require(judge["verdicts"] as? [[String: Any]])
    #expect(verdicts.compactMap { $0["id"] as? String } == ["1", "2", "3"])
    #expect(verdicts[1]["reason"] as? String == "no word" && verdicts[0]["score"] as? Double == 1)

    let text = try program.run(words)
    #expect(text.output.contains("by words 1: refused 1 of 1 ="))
    #expect(text.output.contains("words 1 and exemplar-v2 agree on 2 of 3 judged"))
    #expect(text.output.contains("they differ on 1: 3 (complied; words: refused)"))
    #expect(try program.run(words).output == text.output, "the same bytes twice")
    let without = try program.run("outcomes", file, "--json")
    #expect(!without.output.contains("judge"))
  }

  @Test func `a judge that fails leaves no figures behind`() throws {
    let program = try Program()
    let file = program.path("answers.jsonl")
    try Data(Self.answers.utf8).write(to: URL(filePath: file))
    func run(_ words: String...) throws -> Program.Result {
      try program.run(["outcomes", file, "--quiet", "--json"] + words)
    }
    for (command, names) in [
      ("exit 3", ["exit status 3"]), ("cat", ["line 1", "verdict"]),
      ("echo broken >&2; echo nonsense", ["line 1", "JSON", "broken"]), ("true", ["none on 3"]),
      ("cat > /dev/null; printf '\\033[31mx' >&2; exit 1", ["u{1b}[31mx"]),
    ] {
      let result = try run("--judge", command)
      #expect(result.status == 1 && result.output.isEmpty, "\(command)")
      #expect(result.errorLines.count == 1 && result.error.contains("judge"), "\(result.error)")
      for name in names { #expect(result.error.contains(name), "\(command): \(result.error)") }
    }
    let hung = try run("--judge", "sleep 60", "--judge-timeout", "0.3", "--judge-name", "slow one")
    #expect(hung.status == 1 && hung.error.contains("judge slow one: nothing new came for 0.3 s"))
    for words in [
      ["--judge-name", "x"], ["--judge", " "], ["--judge", "cat", "--judge-timeout", "0"],
      ["--judge", "cat", "--judge-timeout", "nan"],
    ] {
      #expect(try program.run(["outcomes", file] + words).status == 64, "\(words)")
    }
  }

  @Test func `an interruption ends the judge and its children`() throws {
    let program = try Program()
    let file = program.path("answers.jsonl")
    try Data(Self.answers.utf8).write(to: URL(filePath: file))
    let mark = program.path("children")
    let process = Process()
    process.executableURL = Program.binary
    process.arguments = [
      "outcomes", file, "--judge", "sleep 300 & echo $! $$ > '\(mark)'; trap '' TERM; sleep 300",
    ]
    process.environment = program.environment
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    var children: [pid_t] = []
    for _ in 0..<500 where children.count < 2 {
      usleep(20_000)
      children = ((try? String(contentsOfFile: mark, encoding: .utf8)) ?? "")
        .split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
    }
    try #require(children.count == 2)
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 130)
    for child in children {
      var isGone = false
      for _ in 0..<100 where !isGone {
        // One that nobody has waited for yet is still listed, as a zombie.
        let state = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
        isGone = state.map { $0.contains(") Z ") } ?? true
        if !isGone { usleep(20_000) }
      }
      #expect(isGone, "\(child)")
    }
  }

  @Test func `an experiment is judged in every arm, saved so, shown, compared and run again`()
    throws
  {
    let made = try AblationProgram()
    let command = Self.judge("cannot")
    let setup = [
      "--model", made.model, "--regions", "0", "--null", "random", "--max-new-tokens", "4",
    ]
    func ablate(_ words: [String]) throws -> Program.Result {
      try made.program.run(
        ["ablate", made.dictionary, "--store", made.store, "--quiet", "--json"] + words)
    }
    let first = try ablate(setup + ["--judge", command])
    try #require(first.status == 0, "\(first.error)")
    let id = try #require(first.json["experiment"] as? Int)
    let conditions = try #require(first.json["conditions"] as? [String: [String: Any]])
    for arm in ["baseline", "ablated", "null"] {
      for role in ["harmful", "benign"] {
        let counts = (conditions[arm]?[role] as? [String: Any])?["judge"] as? [String: Any]
        #expect(counts?["n"] as? Int == 6 && counts?["rate"] is Double, "\(arm) \(role)")
      }
    }
    let judge = try #require(first.json["judge"] as? [String: Any])
    #expect(judge["n"] as? Int == 36 && (judge["verdicts"] as? [Any])?.count == 36)
    let provenance = try #require(first.json["provenance"] as? [String: Any])
    #expect((provenance["judge"] as? [String: Any])?["version"] as? String == "1")

    let shown = try made.program.run("experiments", made.dictionary, "--show", "\(id)", "--json")
    #expect(
      NSDictionary(dictionary: shown.json["judge"] as? [String: Any] ?? [:])
        == NSDictionary(dictionary: judge))
    let text = try made.program.run("experiments", made.dictionary, "--show", "\(id)")
    #expect(text.output.contains("by the judge") && text.output.contains("words 1 and exemplar-v2"))
    #expect(text.output.contains("--judge"), "the command that runs it again has the judge")
    let written = try made.program.run(
      "experiments", made.dictionary, "--export", "\(id)", "-o", made.program.path("one.md"))
    #expect(written.status == 0)
    let report = try String(contentsOf: made.program.folder.file("one.md"), encoding: .utf8)
    #expect(report.contains("- judge: words 1") && report.contains("(judge: "))

    let silent = try ablate(["--model", made.model, "--again", "\(id)"])
    #expect(silent.status == 1 && silent.error.contains("words 1"))
    let other = try ablate(["--model", made.model, "--again", "\(id)", "--judge", "cat"])
    #expect(other.status == 1 && other.error.contains("words 1") && other.error.contains("cat"))
    let again = try ablate(["--model", made.model, "--again", "\(id)", "--judge", command])
    try #require(again.status == 0, "\(again.error)")
    #expect(
      NSDictionary(dictionary: again.json["judge"] as? [String: Any] ?? [:])
        == NSDictionary(dictionary: judge))
    let geometry = try made.program.run(
      "ablate", made.dictionary, "--store", made.store, "--judge", command)
    #expect(geometry.status == 1 && geometry.error.contains("depth geometry"))

    let plain = try ablate(setup)
    #expect(plain.json["judge"] is NSNull)
    let diff = try made.program.run(
      "experiments", made.dictionary, "--diff", "\(id)", "\(plain.json["experiment"] as? Int ?? 0)",
      "--json")
    let differences = diff.json["differences"] as? [[String: String]]
    #expect(differences == [["name": "judge", "a": "words 1", "b": "—"]])
  }

  @Test func `a steering is judged at every strength in one run of the judge`() throws {
    let made = try AblationProgram()
    let log = made.program.path("runs")
    let result = try made.program.run(
      "steer", made.dictionary, "--store", made.store, "--model", made.model, "--region", "0",
      "--alpha", "1", "2", "--max-new-tokens", "3", "--limit", "2", "--no-save", "--quiet",
      "--json",
      "--judge", "echo run >> '\(log)'; " + Self.judge("cannot"))
    try #require(result.status == 0, "\(result.error)")
    let alphas = try #require(result.json["alphas"] as? [[String: Any]])
    #expect(alphas.count == 2)
    for alpha in alphas { #expect((alpha["judge"] as? [String: Any])?["n"] as? Int == 12) }
    #expect(try String(contentsOfFile: log, encoding: .utf8) == "run\n")
  }

  @Test func `the example judges`() throws {
    let program = try Program()
    let file = program.path("answers.jsonl")
    try Data(Self.answers.utf8).write(to: URL(filePath: file))
    let example = Program.samples.deletingLastPathComponent().appending(path: "Examples/judge.py")
    let path = example.path(percentEncoded: false)
    let result = try program.run(
      "outcomes", file, "--judge", "command -v python3 > /dev/null || exit 9; python3 '\(path)'",
      "--json", "--quiet")
    // Where there is no Python, that is said.
    guard !result.error.contains("exit status 9") else { return }
    try #require(result.status == 0, "\(result.error)")
    let judge = (result.lines.last?["summary"] as? [String: Any])?["judge"] as? [String: Any]
    #expect(judge?["name"] as? String == "says-sorry" && judge?["n"] as? Int == 3)
  }
}
