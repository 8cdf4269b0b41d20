import Foundation
import TestSupport
import Testing

/// The real binary in a real terminal.
@Suite("The explorer in a terminal", .serialized)
struct ExplorerJourneyTests {
  private let program: Program
  private static let sample = "smollm2-refusal.all.p10.epdict"

  init() throws { program = try Program() }

  private func terminal(columns: Int, rows: Int) throws -> Tmux {
    try Tmux(
      columns: columns, rows: rows, environment: program.environment, folder: program.folder)
  }

  private func open(_ tmux: Tmux, _ path: String? = nil) throws {
    let binary = Program.binary.path(percentEncoded: false)
    let path =
      path ?? Program.samples.appending(path: Self.sample).path(percentEncoded: false)
    try tmux.shell("clear; '\(binary)' '\(path)'; echo left with $?")
  }

  @Test(
    "opens, searches, labels, and shows the label after a restart",
    arguments: [(80, 24), (200, 60)])
  func label(columns: Int, rows: Int) throws {
    let tmux = try terminal(columns: columns, rows: rows)
    try open(tmux)
    try tmux.wait(for: "SmolLM2-135M-Instruct")
    try tmux.wait(for: "1 of 44")

    try tmux.type("/kidnap")
    try tmux.wait(for: "17 of 44 regions match")
    try tmux.press("Enter")
    try tmux.type("l")
    try tmux.type("declines to help")
    try tmux.press("Enter")
    try tmux.wait(for: "declines to help")
    try tmux.wait(for: "labelled region")
    try tmux.type("q")
    try tmux.wait(for: "left with 0")
    #expect(try tmux.modes() == "0 1")

    try open(tmux)
    try tmux.wait(for: "1 of 44")
    try tmux.type("/declines")
    let found = try tmux.wait(for: "1 of 44 regions match")
    #expect(found.contains("declines to help"))
    try tmux.press("Escape")
    // Escape and a key at once would be Alt and the key.
    try tmux.wait("the search cleared") { !$0.contains("/declines") }
    try tmux.type("q")
    try tmux.wait(for: "left with 0")
  }

  @Test("a label is there after kill -9 right after it was acknowledged")
  func killed() throws {
    let tmux = try terminal(columns: 100, rows: 30)
    try open(tmux)
    try tmux.wait(for: "1 of 44")
    try tmux.type("lnever lost")
    try tmux.press("Enter")
    try tmux.wait(for: "labelled region")
    try killExplorer(signal: "-9")
    let dictionary = Program.samples.appending(path: Self.sample).path(percentEncoded: false)
    #expect(try program.run("label", dictionary).output.contains("never lost"))
  }

  @Test("SIGTERM leaves the terminal usable")
  func terminated() throws {
    let tmux = try terminal(columns: 80, rows: 24)
    try tmux.shell("cd '\(program.path(""))'; stty -a > before.txt")
    try open(tmux)
    try tmux.wait(for: "1 of 44")
    #expect(try tmux.modes().hasPrefix("1"))
    try killExplorer(signal: "-TERM")
    try tmux.wait(for: "left with 143")
    #expect(try tmux.modes() == "0 1")
    try tmux.shell("stty -a > after.txt; cmp before.txt after.txt && echo same modes")
    try tmux.wait(for: "same modes")
  }

  @Test("follows the size of the window, and says when it is too small")
  func resizing() throws {
    let tmux = try terminal(columns: 80, rows: 24)
    try open(tmux)
    try tmux.wait(for: "1 of 44")
    try tmux.resize(columns: 200, rows: 60)
    try tmux.wait("a wide frame") { screen in
      screen.split(separator: "\n").contains { $0.count > 120 }
    }
    try tmux.resize(columns: 20, rows: 5)
    try tmux.wait("the size it needs") { $0.lowercased().contains("small") }
    try tmux.resize(columns: 80, rows: 24)
    try tmux.wait(for: "1 of 44")
    try tmux.type("q")
    try tmux.wait(for: "left with 0")
  }

  @Test("shows every sample in the library, and opens the one picked")
  func library() throws {
    let tmux = try terminal(columns: 100, rows: 50)
    try open(tmux, Program.samples.path(percentEncoded: false))
    try tmux.wait(for: "smollm2-instruct.all.p10")
    try tmux.wait(for: "smollm2-refusal.last.p40")
    // Of the model that refuses most.
    try tmux.press("Enter")
    try tmux.wait(for: "1 of 32")
    try tmux.type("?")
    try tmux.wait(for: "Finding regions")
    try tmux.press("Escape")
    try tmux.wait("the help closed") { !$0.contains("Finding regions") }
    try tmux.type("q")
    try tmux.wait(for: "left with 0")
  }

  @Test("without a terminal it says so, and fails")
  func noTerminal() throws {
    let result = try program.run(Program.samples.path(percentEncoded: false))
    #expect(result.status == 1)
    #expect(result.errorLines.count == 1)
    #expect(result.error.contains("terminal"))
  }

  /// Sends a signal to the explorer whose notebook lies in this test's folder.
  private func killExplorer(signal: String) throws {
    let find = Process()
    find.executableURL = URL(filePath: "/bin/sh")
    let data = program.environment["XDG_DATA_HOME"] ?? ""
    // Every process whose environment names the folder and whose program is ours.
    find.arguments = [
      "-c",
      "for p in /proc/[0-9]*; do case $(readlink $p/exe) in */exemplar) "
        + "tr '\\0' '\\n' < $p/environ | grep -qx \"XDG_DATA_HOME=\(data)\" && kill \(signal) ${p#/proc/};; esac; done; true",
    ]
    find.standardError = FileHandle.nullDevice
    try find.run()
    find.waitUntilExit()
  }
}
