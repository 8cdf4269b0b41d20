import Foundation
import TestSupport
import Testing

@Suite("Suggestions by a program")
struct SuggestionTests {
  private let program: Program
  private let dictionary = Program.samples.appending(path: "smollm2-refusal.last.p10.epdict")
    .path(percentEncoded: false)

  init() throws { program = try Program() }

  /// A program that answers by `label` for a label and `detect` for a detection, in Python.
  private func command(_ name: String = "namer.py", label: String, detect: String) throws -> String
  {
    let text = """
      import json, sys
      q = json.loads(sys.stdin.readline())
      assert sys.stdin.readline() == ""
      open(\(String(reflecting: program.path("asked.jsonl"))), "a").write(json.dumps(q) + "\\n")
      if q["task"] == "label":
          \(label)
      else:
          \(detect)

      """
    try Data(text.utf8).write(to: program.folder.file(name))
    return "python3 '\(program.path(name))'"
  }

  private func asked() throws -> [[String: Any]] {
    guard let text = try? String(contentsOf: program.folder.file("asked.jsonl"), encoding: .utf8)
    else { return [] }
    return text.split(separator: "\n").compactMap {
      (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
    }
  }

  private func suggest(_ command: String, _ more: String...) throws -> Program.Result {
    try program.run(["label", dictionary, "--suggest", command] + more)
  }

  @Test(
    "are kept under the program's name, with a score on contexts it had not seen, and are no labels"
  )
  func kept() throws {
    let command = try command(
      label:
        #"print(json.dumps({"label": "region %d\u001b[31m  of\n it" % q["region"], "author": "Namer", "version": 2}))"#,
      detect: #"print("1" * len(q["contexts"]))"#)
    let first = try suggest(command, "--regions", "0,1,2", "--json")
    #expect(first.status == 0, "\(first.error)")
    #expect(first.error.contains("the command gets a line like this for each of 3 regions"))
    let suggestions = try #require(first.json["suggestions"] as? [[String: Any]])
    #expect(suggestions.compactMap { $0["id"] as? Int } == [0, 1, 2])
    #expect(suggestions[1]["suggestion"] as? String == "region 1 [31m of it")
    #expect(suggestions[1]["author"] as? String == "Namer")
    #expect(suggestions[1]["version"] as? String == "2")
    // Whoever calls all of them so is right about half of them.
    for detection in suggestions.compactMap({ $0["detection"] as? [String: Any] }) {
      #expect(detection["accuracy"] as? Double == 0.5)
      #expect((detection["n"] as? Int ?? 1) % 2 == 0)
      #expect((detection["wilson95"] as? [Double])?.count == 2)
    }
    #expect(suggestions.contains { $0["detection"] is [String: Any] })
    let questions = try asked()
    let labels = questions.filter { $0["task"] as? String == "label" }
    #expect(labels.count == 3)
    for question in labels {
      let contexts = try #require(question["contexts"] as? [[String: Any]])
      #expect(contexts.allSatisfy { ($0["text"] as? String)?.contains("<<") == true })
      let prompt = try #require(question["prompt"] as? String)
      for context in contexts { #expect(prompt.contains(try #require(context["text"] as? String))) }
      // What is held out for the test was not shown.
      let own = questions.first {
        $0["task"] as? String == "detect" && $0["region"] as? Int == question["region"] as? Int
      }
      let shown = Set(contexts.compactMap { $0["text"] as? String })
      let tested = (own?["contexts"] as? [[String: Any]] ?? []).compactMap { $0["text"] as? String }
      #expect(shown.isDisjoint(with: tested))
    }

    let listed = try program.run("label", dictionary, "--suggestions", "--json")
    #expect(listed.lines.compactMap { $0["id"] as? Int } == [0, 1, 2])
    #expect(try program.run("label", dictionary, "--list", "--json").lines.isEmpty)
    let regions = try program.run("regions", dictionary, "--limit", "2", "--json").lines
    #expect(regions.allSatisfy { $0["label"] is NSNull })

    // What is there is not asked for again, nor shown again.
    let before = try asked().count
    let again = try suggest(command, "--regions", "0,1,2,3", "--json")
    #expect(again.json["done"] as? Int == 3)
    #expect((again.json["suggestions"] as? [[String: Any]])?.count == 1)
    #expect(!again.error.contains("gets a line like this"))
    #expect(try asked().count - before <= 2)
  }

  @Test("take a plain line, and a test that is answered by words or not at all")
  func plain() throws {
    let words = try command(
      label: #"print('"asks for harm"')"#, detect: #"print(", ".join(["no"] * len(q["contexts"])))"#
    )
    let result = try suggest(words, "--regions", "1", "--author", "me & my model")
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("1\tasks for harm\tme & my model\t"))
    #expect(result.output.contains("tells nothing: no to all 8 texts"))
    let silent = try command("other.py", label: #"print("x")"#, detect: "pass")
    #expect(try suggest(silent, "--regions", "1").output == "1\tx\tpython3\tnot tested\n")
    let untested = try command("third.py", label: #"print("x")"#, detect: "sys.exit(3)")
    #expect(try suggest(untested, "--regions", "1", "--held-out", "0").status == 0)
  }

  @Test("show what would be sent, and then run nothing")
  func shown() throws {
    let result = try suggest(
      "touch '\(program.path("ran"))'", "--regions", "2,0", "--show-prompts")
    #expect(result.lines.compactMap { $0["region"] as? Int } == [2, 0])
    #expect(result.lines.allSatisfy { $0["task"] as? String == "label" })
    #expect(!FileManager.default.fileExists(atPath: program.path("ran")))
    #expect(try program.run("label", dictionary, "--suggestions").output.isEmpty)
  }

  @Test(
    "that are of no use are named, whatever the program does",
    arguments: [
      ("true", "expected one line, found none"), ("printf 'a\\nb\\n'", "found more"),
      ("echo '   '", "found none"), ("printf '\\033\\007\\n'", "expected words, found none"),
      ("echo '{\"name\": 3}'", "expected a label that is text"),
      ("head -c 5000 /dev/zero | tr '\\0' x", "expected at most 300 characters, found 5000"),
      ("echo '[1]'", "found a list"),
    ])
  func unusable(command: String, reason: String) throws {
    let result = try suggest(command, "--regions", "0")
    #expect(result.status == 1)
    #expect(result.error.contains("region 0: no suggestion: "))
    #expect(result.error.contains(reason), "\(result.error)")
    #expect(result.output.isEmpty)
  }

  @Test(
    "of a program that fails, hangs or never stops end with an error, and keep what was there",
    arguments: [
      ("echo no >&2; exit 3", "exit status 3; its standard error ends: no"),
      ("sleep 60", "nothing new came for 0.5 s; --suggest-timeout"),
      ("tr '\\0' x < /dev/zero", "longer than 1048576 bytes"), ("kill -9 $$", "signal 9"),
      ("yes", "expected one line, found more than 1000"),
    ])
  func failing(failure: String, reason: String) throws {
    let flag = program.path("flag")
    let command =
      "if test -e '\(flag)'; then \(failure); else touch '\(flag)'; echo first; fi"
    let result = try suggest(
      command, "--regions", "0,1", "--held-out", "0", "--suggest-timeout", "0.5", "--quiet")
    #expect(result.status == 1)
    #expect(result.error.contains("region 1: "), "\(result.error)")
    #expect(result.error.contains(reason), "\(result.error)")
    let listed = try program.run("label", dictionary, "--suggestions")
    #expect(listed.output == "0\tfirst\tif\tnot tested\n")
  }

  @Test("stop where a program answers nothing useful again and again")
  func stubborn() throws {
    let result = try suggest("true", "--json")
    #expect(result.status == 1)
    #expect(result.error.contains("5 answers in a row were of no use"))
  }

  @Test("come from a model on this machine where no program is named, under the model's name")
  func byModel() throws {
    let made = try AblationProgram()
    let program = made.program
    func suggest(_ more: String...) throws -> Program.Result {
      try program.run(["label", made.dictionary, "--suggest"] + more)
    }
    // Its own weights lie beside it.
    let first = try suggest("--regions", "0", "--held-out", "0", "--json")
    #expect(first.error.contains("is asked, on this machine, the prompt of a line like this"))
    #expect(first.error.contains(#"{"task":"label","region":0"#), "\(first.error)")
    // A model of 256 places cannot read the question: that is said, and nothing is made up.
    #expect(first.status == 1 && first.error.contains("reads at most 256"), "\(first.error)")
    #expect((first.json["by"] as? [String: Any])?["name"] as? String == "model")
    // And so they are found where models are kept.
    let kept = program.folder.file("cache/exemplar/models")
    try FileManager.default.createDirectory(at: kept, withIntermediateDirectories: true)
    try FileManager.default.moveItem(
      at: URL(filePath: made.model), to: kept.appending(path: "model"))
    let cached = try suggest("--regions", "0", "--held-out", "0")
    #expect(cached.error.contains("reads at most 256"), "\(cached.error)")
    let shown = try suggest("--show-prompts", "--regions", "1")
    #expect(shown.lines.compactMap { $0["region"] as? Int } == [1])
    for (words, reason) in [
      (["--suggest", "python3 x.py", "--model", made.model], "--model is of --suggest without"),
      (["--model", made.model], "--model is of --suggest without"),
      (["--suggest", "--suggest-timeout", "3"], "--suggest-timeout is of a command"),
    ] {
      let refused = try program.run(["label", made.dictionary] + words)
      #expect(refused.status == 64 && refused.error.contains(reason), "\(refused.error)")
    }
    let absent = try program.run("label", dictionary, "--suggest", "--regions", "0")
    #expect(absent.status == 1 && absent.errorLines.count == 1)
    #expect(absent.error.contains("expected --model, or the weights of"), "\(absent.error)")
  }
}
