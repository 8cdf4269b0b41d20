import Foundation
import TestSupport
import Testing

/// Two checkpoints compared in a real terminal, on the samples.
@Suite("Comparing in a terminal", .serialized)
struct CompareJourneyTests {
  private let program: Program

  init() throws { program = try Program() }

  @Test(
    "the sample pair: introduced regions, their flow, a summary, and the files",
    arguments: [(80, 24), (200, 60)])
  func pair(columns: Int, rows: Int) throws {
    let tmux = try Tmux(
      columns: columns, rows: rows, environment: program.environment, folder: program.folder)
    let binary = Program.binary.path(percentEncoded: false)
    let samples = Program.samples
    let paths = ["smollm2-instruct.last.p10.epdict", "smollm2-refusal.last.p10.epdict"]
      .map { "'\(samples.appending(path: $0).path(percentEncoded: false))'" }
    try tmux.shell("clear; '\(binary)' \(paths.joined(separator: " ")); echo left with $?")
    try tmux.wait(for: "2 dictionaries")
    // The samples offer a tour, which has Space and X.
    if try tmux.screen().contains("The library · 1 of 6") {
      try tmux.type("X")
      try tmux.wait("the tour ended") { !$0.contains("The library · 1 of 6") }
    }
    try tmux.type("gc")
    try tmux.wait(for: "is A · choose B")
    try tmux.type("jc")
    try tmux.wait(for: "persisted 25", seconds: 60)
    try tmux.type("3")
    let introduced = try tmux.wait(for: "refused 10 of 10")
    #expect(introduced.contains("10/10"))
    #expect(introduced.contains("▸introduced 7"))
    try tmux.type("5")
    try tmux.wait(for: "A 13 · 10")
    try tmux.press("Tab")
    try tmux.wait(for: "activations    of A    of B")
    try tmux.type("6")
    try tmux.wait(for: "To be quoted")
    let folder = program.path("files")
    try tmux.type("E")
    try tmux.wait(for: "write files to")
    try tmux.press("C-u")
    try tmux.type(folder)
    try tmux.press("Enter")
    try tmux.wait(for: "wrote matches.csv")
    let matches = try String(
      contentsOf: program.folder.file("files/matches.csv"), encoding: .utf8)
    #expect(matches.split(separator: "\r\n").count == 33)
    try tmux.type("q")
    try tmux.wait(for: "left with 0")
  }
}
