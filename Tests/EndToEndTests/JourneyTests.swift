import Foundation
import TestSupport
import Testing

/// Ten journeys of a new user, in every kind of terminal that people come with.
@Suite("The ten journeys of a new user", .serialized)
struct JourneyTests {
  private let program: Program
  private static let sample = Program.samples.appending(path: "smollm2-refusal.all.p10.epdict")
    .path(percentEncoded: false)

  init() throws { program = try Program() }

  @Test(arguments: [
    ("linux", 80, 24), ("xterm-256color", 200, 60), ("tmux-256color", 120, 36),
    ("screen", 100, 30), ("vt100", 80, 24),
  ])
  func `all ten can be gone, and nothing of the terminal's own shows`(
    type: String, columns: Int, rows: Int
  ) throws {
    let tmux = try Tmux(
      columns: columns, rows: rows, environment: program.environment, folder: program.folder)
    let binary = Program.binary.path(percentEncoded: false)
    try tmux.shell("cd '\(program.path(""))'")
    try tmux.shell("clear; TERM=\(type) '\(binary)' '\(Self.sample)'; echo left with $?")
    try tmux.wait(for: "1 of 44")
    for journey in Journey.all {
      do {
        try journey.walk(tmux)
      } catch {
        Issue.record("\(type), \(journey.name): \(error)")
        return
      }
      let screen = try tmux.screen()
      // What a terminal should have obeyed, and a control character that came through.
      let stray = screen.firstMatch(of: /\[[0-9;?]+[A-Za-z]|\^\[|\u{1B}|\u{0E}|\u{0F}/)
      #expect(stray == nil, "\(type), \(journey.name):\n\(screen)")
    }
    try tmux.type("q")
    try tmux.wait(for: "left with 0")
    #expect(try tmux.modes() == "0 1")
  }

  /// 3,000 bytes a second, as over a bad radio link.
  @Test func `over a slow link keys are answered, and it can be left`() throws {
    let link = try SlowLink(
      columns: 80, rows: 24, bytesPerSecond: 3000,
      program: Program.binary.path(percentEncoded: false),
      arguments: [Self.sample], environment: program.environment, folder: program.folder)
    defer { link.end() }
    try link.wait(for: "1 of 44", seconds: 20)
    let opened = link.count
    #expect(opened < 12_000, "the first screen took \(opened) bytes")
    // Faster than the link can show: what is between is left out.
    link.type(String(repeating: "j", count: 60))
    try link.wait(for: "44 of 44", seconds: 10)
    let moved = link.count - opened
    #expect(moved < 60 * 1000, "sixty steps took \(moved) bytes")
    link.type("/kidnap\r")
    try link.wait(for: "17 of 44 regions match", seconds: 10)
    link.type("q")
    #expect(try link.status(seconds: 20) == 0)
  }
}
