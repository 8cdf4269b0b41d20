import Foundation
import Testing

struct ManualTests {
  @Test func `the manual page names every subcommand and every option of exploring`() throws {
    let program = try Program()
    let page = try program.run("manual")
    #expect(page.status == 0)
    let help = try program.run("--help").output
    let names = help.split(separator: "\n").compactMap { line -> String? in
      guard line.hasPrefix("  "), let first = line.dropFirst(2).first, first.isLowercase else {
        return nil
      }
      return line.dropFirst(2).prefix { $0.isLetter || $0 == "-" }.description
    }
    #expect(names.count > 8)
    for name in names where !name.isEmpty {
      let spelled = name.replacing("-", with: "\\-")
      #expect(page.output.contains(".SS exemplar \(spelled)"), "\(name)")
    }
    for option in ["\\-\\-theme", "\\-\\-region", "\\-\\-pick"] {
      #expect(page.output.contains(option))
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `a shell can complete subcommands`(shell: String) throws {
    let script = try Program().run("--generate-completion-script", shell)
    #expect(script.status == 0)
    let help = try Program().run("--help").output
    let names = help.matches(of: /\n  ([a-z][a-z-]*)/).map { String($0.1) }
    #expect(names.count > 20)
    for word in names + ["theme", "cells"] { #expect(script.output.contains(word), "\(word)") }
  }

  @Test func `a recorded session is played without a terminal, and a bad one is told`() throws {
    let program = try Program()
    let dictionary = Program.samples.appending(path: "smollm2-instruct.all.p10.epdict").path()
    let lines = [
      "{\"columns\":80,\"paths\":[\"\(dictionary)\"],\"rows\":24,\"session\":1}",
      "{\"command\":\"down\",\"key\":\"j\",\"us\":1000}",
    ]
    let log = program.folder.file("session.jsonl")
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: log)
    let played = try program.run("replay", log.path(), "--batch")
    #expect(played.status == 0)
    #expect(played.output.contains("2 of 44"))
    try Data((lines[0] + "\n" + Self.exporting).utf8).write(to: log)
    let home = ["HOME": program.path("")]
    let kept = try program.run(["replay", log.path(), "--batch"], adding: home)
    #expect(kept.output.contains("a replay writes no files"))
    #expect(!FileManager.default.fileExists(atPath: program.folder.file("planted.tsv").path()))
    let wrote = try program.run(["replay", log.path(), "--batch", "--allow-writes"], adding: home)
    #expect(wrote.status == 0)
    #expect(FileManager.default.fileExists(atPath: program.folder.file("planted.tsv").path()))
    try Data("nonsense\n".utf8).write(to: log)
    let refused = try program.run("replay", log.path(), "--batch")
    #expect(refused.status == 1)
    #expect(refused.errorLines.count == 1 && refused.error.contains("line 1"))
  }

  /// Opens the export of the regions and names a file in the home folder.
  private static let exporting = """
    {"us": 2000000, "key": "E"}
    {"us": 2300000, "key": "Ctrl-u"}
    {"us": 2600000, "paste": "~/planted.tsv"}
    {"us": 2900000, "key": "Enter"}

    """
}
