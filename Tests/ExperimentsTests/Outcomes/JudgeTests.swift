import Experiments
import Foundation
import Storage
import TestSupport
import Testing

/// A judge of the user's own: what it is given, what is believed of what it writes, and what becomes of its process.
@Suite("A judge of the user's own")
struct JudgeTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let answers = [
    Judge.Answer(id: "a", prompt: "One?", text: "I cannot help."),
    Judge.Answer(id: "b", prompt: nil, text: "Here \"it\" is:\n\t`x` $HOME 'q' \u{1B}[31m é"),
    Judge.Answer(id: "c", prompt: "Three?", text: ""),
  ]

  /// A judge that writes these lines whatever it is asked.
  private func writing(_ lines: String..., then more: String = "cat > /dev/null") throws -> Judge {
    let file = folder.file("lines")
    try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: file)
    return Judge(command: "cat '\(file.path(percentEncoded: false))'; \(more)", timeout: 20)
  }

  private func refusal(
    _ judge: Judge, on answers: [Judge.Answer] = JudgeTests.answers
  ) -> String {
    do {
      _ = try judge.verdicts(on: answers)
      return ""
    } catch {
      return "\(error)"
    }
  }

  private let three = [
    #"{"id":"c","verdict":"degenerate"}"#, #"{"id":"a","verdict":"refused","score":0.5}"#,
    #"{"id":"b","verdict":"complied","reason":"it helps","more":[1]}"#,
  ]

  // MARK: - What passes

  @Test func `verdicts come in any order and are given back in the order of the answers`() throws {
    let found = try writing(three[0], "", three[1] + "\r", three[2]).verdicts(on: Self.answers)
    #expect(found.verdicts.map(\.outcome) == [.refused, .complied, .degenerate])
    #expect(found.verdicts.map(\.score) == [0.5, nil, nil])
    #expect(found.verdicts.map(\.reason) == [nil, "it helps", nil])
  }

  @Test func `a judge reads id, prompt and answer as one line of JSON each, and nothing else`()
    throws
  {
    let copy = folder.file("copy")
    var judge = try writing(three[0], three[1], three[2])
    judge.command += "; true"
    judge.command = judge.command.replacing(
      "cat > /dev/null", with: "cat > '\(copy.path(percentEncoded: false))'")
    _ = try judge.verdicts(on: Self.answers)
    let lines = try String(contentsOf: copy, encoding: .utf8).split(separator: "\n")
    let read = try lines.map {
      try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(read.count == 3 && read.allSatisfy { Set($0.keys) == ["id", "prompt", "answer"] })
    #expect(read.map { $0["answer"] as? String } == Self.answers.map(\.text))
    #expect(read[0]["prompt"] as? String == "One?" && read[1]["prompt"] is NSNull)
  }

  @Test func `the same answer is judged once, and answers of one id are told apart by a hash`()
    throws
  {
    let answers = [
      Judge.Answer(id: "p", prompt: "x", text: "yes"),
      Judge.Answer(id: "p", prompt: "x", text: "no"),
      Judge.Answer(id: "p", prompt: "x", text: "yes"),
      Judge.Answer(id: "q", prompt: "x", text: "yes"),
    ]
    // One that refuses whatever holds "no", and keeps what it was asked.
    let asked = folder.file("asked").path(percentEncoded: false)
    let judge = Judge(
      command: """
        tee '\(asked)' | sed -E -e '/"answer":"no"/s/^.("id":"[^"]*").*/{\\1,"verdict":"refused"}/' \
        -e 's/^.("id":"[^"]*").*"answer".*/{\\1,"verdict":"complied"}/'
        """)
    let found = try judge.verdicts(on: answers)
    #expect(found.verdicts.map(\.outcome) == [.complied, .refused, .complied, .complied])
    let lines = try String(contentsOfFile: asked, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 3)
    let ids = try lines.map {
      try #require(
        (JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])?["id"] as? String)
    }
    #expect(ids.last == "q" && ids[..<2].allSatisfy { $0.hasPrefix("p.") && $0.count == 14 })
    #expect(ids[0] < ids[1], "in the order of the hashes, not of the arms")
  }

  @Test func `a judge is called as the user says, as it says, or by the first word of its command`()
    throws
  {
    let plain = try writing(three[0], three[1], three[2])
    let own = try plain.verdicts(on: Self.answers).by
    #expect(own.name == "cat" && own.declared == nil && own.version == nil)
    #expect(own.command == plain.command && own.commandHash == SHA256.hexDigest(of: plain.command))
    var named = try writing(#"{"judge":"mild","version":"2.1"}"#, three[0], three[1], three[2])
    #expect(try named.verdicts(on: Self.answers).by.title == "mild 2.1")
    named.name = "mine"
    let given = try named.verdicts(on: Self.answers).by
    #expect(given.title == "mine 2.1" && given.declared == "mild" && given.givenName == "mine")
    let path = Judge(
      command: "A=1 /bin/cat '\(folder.file("lines").path(percentEncoded: false))'; cat > /dev/null"
    )
    #expect(try path.verdicts(on: Self.answers).by.name == "mild")
  }

  // MARK: - What is refused

  @Test func `a line that is not a verdict is refused, by its number`() throws {
    let wrong: [(String, [String])] = [
      (#"{"id":"a","verdict":"Refused"}"#, ["line 2", "'Refused'", "degenerate"]),
      (#"{"id":"a","verdict":"refusal"}"#, ["line 2", "'refusal'"]),
      (#"{"id":"a","verdict":null}"#, ["line 2", "null"]),
      (#"{"id":"a"}"#, ["line 2", "none"]), (#"{"verdict":"refused"}"#, ["line 2", "id"]),
      (#"{"id":1,"verdict":"refused"}"#, ["line 2", "a number"]),
      (#"{"id":"z\u001b","verdict":"refused"}"#, ["line 2", #"'z\u{1b}'"#]),
      (#"{"id":"c","verdict":"refused"}"#, ["line 2", "'c' has a verdict already, in line 1"]),
      (#"{"id":"a","verdict":"refused","verdict":"complied"}"#, ["line 2", "twice"]),
      (#"{"id":"a","verdict":"refused","score":"high"}"#, ["line 2", "score", "text"]),
      (#"{"id":"a","verdict":"refused","score":1e999}"#, ["line 2", "finite"]),
      (#"{"id":"a","verdict":"refused","reason":3}"#, ["line 2", "reason"]),
      (#"{"id":"a","verdict":"refused""#, ["line 2", "JSON"]),
      (#"{"id":"a","verdict":"refused"} x"#, ["line 2", "JSON"]),
      ("Traceback (most recent call last):", ["line 2", "JSON"]), ("[1]", ["line 2", "a list"]),
      (#"{"judge":"late"}"#, ["line 2", "first line"]),
    ]
    for (line, names) in wrong {
      let said = refusal(try writing(three[0], line, three[2]))
      #expect(said.hasPrefix("judge cat: "), "\(line): \(said)")
      for name in names { #expect(said.contains(name), "\(line): \(said)") }
    }
    #expect(refusal(try writing(#"{"judge":3}"#, three[0])).contains("line 1: judge"))
    #expect(refusal(try writing(#"{"judge":""}"#, three[0])).contains("characters"))
  }

  @Test func `an answer without a verdict is missed by name`() throws {
    let said = refusal(try writing(three[0]))
    #expect(said.contains("each of 3 answers") && said.contains("none on 2: 'a', 'b'"), "\(said)")
    #expect(refusal(Judge(command: "true")).contains("none on 3"))
    #expect(refusal(Judge(command: "cat > /dev/null")).contains("none on 3"))
  }

  @Test func `a judge that fails is refused with the end of what it complained of`() throws {
    let said = refusal(
      Judge(command: #"printf 'one\ntwo\nthree\n\033[31mfour\n' >&2; exit 7"#, name: "mine"))
    #expect(said.hasPrefix("judge mine: ended with exit status 7"), "\(said)")
    #expect(said.contains(#"two / three / \u{1b}[31mfour"#) && !said.contains("one"), "\(said)")
    #expect(refusal(Judge(command: "kill -9 $$")).contains("signal 9"))
    #expect(refusal(Judge(command: "no-such-judge-here")).contains("exit status 127"))
    let whole = try writing(three[0], three[1], three[2], then: "cat > /dev/null; exit 1")
    #expect(refusal(whole).contains("exit status 1"), "all verdicts, and yet it failed")
  }

  @Test func `two answers that would have one id are refused`() throws {
    let twins = [
      Judge.Answer(id: "p", prompt: nil, text: "1"), Judge.Answer(id: "p", prompt: nil, text: "2"),
    ]
    let asked = folder.file("ids").path(percentEncoded: false)
    _ = refusal(Judge(command: "cat > '\(asked)'"), on: twins)
    let line = try String(contentsOfFile: asked, encoding: .utf8).split(separator: "\n")[0]
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    let id = try #require(object?["id"] as? String)
    let third = Judge.Answer(id: id, prompt: nil, text: "3")
    #expect(refusal(Judge(command: "cat"), on: twins + [third]).contains("twice"))
  }

  // MARK: - Its process

  /// More than pipes hold.
  private static let many = (0..<20_000).map {
    Judge.Answer(id: "\($0)", prompt: "p", text: String(repeating: "x", count: 100))
  }

  @Test func `a judge may write everything before it reads anything, and the other way round`()
    throws
  {
    let file = folder.file("many")
    try Data(
      Self.many.map { #"{"id":"\#($0.id)","verdict":"unclear"}"# + "\n" }.joined().utf8
    ).write(to: file)
    let path = "'\(file.path(percentEncoded: false))'"
    for command in ["cat \(path); cat > /dev/null", "cat > /dev/null; cat \(path)"] {
      let found = try Judge(command: command, timeout: 60).verdicts(on: Self.many)
      #expect(found.verdicts.count == Self.many.count, "\(command)")
    }
  }

  @Test func `a judge that stops reading ends nothing here`() throws {
    let file = folder.file("early")
    try Data(
      Self.many.map { #"{"id":"\#($0.id)","verdict":"refused"}"# + "\n" }.joined().utf8
    ).write(to: file)
    let path = "'\(file.path(percentEncoded: false))'"
    let found = try Judge(command: "exec 0<&-; cat \(path)").verdicts(on: Self.many)
    #expect(found.verdicts.allSatisfy { $0.outcome == .refused })
    #expect(refusal(Judge(command: "head -c 100 > /dev/null"), on: Self.many).contains("20000"))
  }

  @Test func `a line without an end is refused before it fills the memory`() {
    let said = refusal(Judge(command: "yes xxxxxxxxxxxxxxxxxxx | tr -d '\\n'"))
    #expect(said.contains("line 1: longer than 1048576 bytes"), "\(said)")
  }

  /// Whether a process of this command line is there.
  private func isRunning(_ mark: String) throws -> Bool {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").contains { entry in
      guard Int(entry) != nil else { return false }
      let line = try? Data(contentsOf: URL(filePath: "/proc/\(entry)/cmdline"))
      return line.map { String(decoding: $0, as: UTF8.self).contains(mark) } ?? false
    }
  }

  @Test func `a judge that hangs is ended with its children`() throws {
    let judge = Judge(command: "sleep 987.25 & trap '' TERM; sleep 987.25", timeout: 0.5)
    let start = ContinuousClock.now
    let said = refusal(judge)
    #expect(said.contains("nothing new came for 0.5 s"), "\(said)")
    #expect(ContinuousClock.now - start < .seconds(10))
    #expect(try !isRunning("987.25"))
  }

  @Test func `stopping ends the judge and its children`() throws {
    struct Stop: Error {}
    let start = ContinuousClock.now
    #expect(throws: Stop.self) {
      _ = try Judge(command: "sleep 987.75 & sleep 987.75").verdicts(on: Self.answers) {
        if ContinuousClock.now - start > .milliseconds(300) { throw Stop() }
      }
    }
    #expect(try !isRunning("987.75"))
  }

  // MARK: - Beside the classifier's

  @Test func `agreement, kappa and what the two differ on are reported`() throws {
    let outcomes: [(Storage.Outcome, Storage.Outcome)] = [
      (.refused, .refused), (.refused, .refused), (.refused, .complied), (.complied, .complied),
      (.complied, .complied), (.complied, .refused), (.complied, .complied), (.unclear, .refused),
    ]
    let report = JudgeReport(
      judge: JudgeProvenance(name: "mine", command: "x", commandHash: ""),
      classifier: "exemplar-v2",
      lines: outcomes.enumerated().map {
        JudgeReport.Line(
          id: "\($0)", condition: nil, classified: $1.0, verdict: JudgeVerdict(outcome: $1.1))
      })
    // scikit-learn's cohen_kappa_score of these.
    #expect(abs((report.agreement.kappa?.kappa ?? 0) - 1.0 / 3) < 1e-12)
    #expect(
      report.agreement.agreed.successes == 5 && report.differing.map(\.id) == ["2", "5", "7"])
    let text = JSONValue(encoding: JudgeRecord(report)).text
    for key in ["\"agreement\":0.625", "\"interval\":[", "\"kappa\":0.3333", "\"differ\":3"] {
      #expect(text.contains(key), "\(key): \(text)")
    }
    #expect(report.sentences[0].hasPrefix("mine and exemplar-v2 agree on 5 of 8 judged = 0.62"))
    #expect(report.sentences[1].hasPrefix("they differ on 3: 2 (refused; mine: complied), "))
  }
}
