import Foundation
import TestSupport
import Testing

/// A use of the explorer, from the command that starts it to what was wanted.
struct FirstUse: Sendable {
  enum Step: Sendable {
    /// A key by tmux's name, or a letter.
    case key(String)
    /// Words of one's own, which are not counted as keys.
    case text(String)
    case see(String)
  }

  /// As the README has it.
  var name: String
  /// The most keys that it may take.
  var limit: Int
  var steps: [Step]

  var keys: Int { steps.count { if case .key = $0 { true } else { false } } }

  func walk(_ tmux: Tmux) throws {
    for step in steps {
      switch step {
      case .key(let key) where key.count == 1: try tmux.type(key)
      case .key(let key): try tmux.press(key)
      case .text(let text): try tmux.type(text)
      case .see(let text): try tmux.wait(for: text, seconds: 60)
      }
    }
  }

  static let search = FirstUse(
    name: "a search hit", limit: 6,
    steps: [
      .see("6 dictionaries"), .key("Enter"), .see("1 of 32"), .key("/"), .text("kidnap"),
      .see("regions match"), .key("Enter"), .see("in the store's"), .key("Enter"),
      .see("Enter document"),
    ])
  static let label = FirstUse(
    name: "a label", limit: 4,
    steps: [
      .see("6 dictionaries"), .key("Enter"), .see("1 of 32"), .key("l"), .text("the turn's end"),
      .key("Enter"), .see("labelled region"),
    ])
  static let comparison = FirstUse(
    name: "a comparison", limit: 5,
    steps: [
      .see("6 dictionaries"), .key("c"), .see("choose B"), .key("k"), .key("k"), .key("k"),
      .key("c"), .see("▸persisted"),
    ])
  /// The weights are at hand.
  static let ablation = FirstUse(
    name: "a measured ablation", limit: 5,
    steps: [
      .see("1 dictionary"), .key("Enter"), .see("1 of "), .key("a"), .see("Ablation lab"),
      .see("harmful"), .key("2"), .see("MEASURED"), .see("First tokens are measured"),
    ])
}

@Suite("The first hour, in a terminal", .serialized)
struct FirstHourTests {
  private static let readme = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "README.md")

  private func terminal(_ program: Program, _ columns: Int, _ rows: Int) throws -> Tmux {
    try Tmux(
      columns: columns, rows: rows, environment: program.environment, folder: program.folder)
  }

  private func start(_ tmux: Tmux, _ arguments: [String]) throws {
    let line = ([Program.binary.path(percentEncoded: false)] + arguments).map { "'\($0)'" }
      .joined(separator: " ")
    try tmux.shell("clear; \(line); echo left with $?")
  }

  @Test(
    arguments: [FirstUse.search, .label, .comparison], [(80, 24), (200, 60)])
  func `each use is reached from a cold start in as many keys as the README says`(
    _ use: FirstUse, _ size: (columns: Int, rows: Int)
  ) throws {
    let program = try Program()
    let tmux = try terminal(program, size.columns, size.rows)
    try start(tmux, [Program.samples.path(percentEncoded: false)])
    try use.walk(tmux)
    try check(use)
  }

  @Test(arguments: [(80, 24), (200, 60)])
  func `so is an ablation that is measured`(_ columns: Int, _ rows: Int) throws {
    let lab = try AblationProgram()
    let tmux = try terminal(lab.program, columns, rows)
    try FileManager.default.removeItem(at: lab.program.folder.file("captured.epstore"))
    try start(tmux, [lab.program.path(""), "--model", lab.model])
    try FirstUse.ablation.walk(tmux)
    try check(.ablation)
  }

  private func check(_ use: FirstUse) throws {
    #expect(use.keys <= use.limit, "\(use.name) takes \(use.keys) keys")
    let text = try String(contentsOf: Self.readme, encoding: .utf8)
    #expect(
      text.contains("\(use.name) takes \(use.keys) keys")
        || text.contains("\(use.name) \(use.keys)"), "\(use.name): \(use.keys) keys")
  }

  @Test(arguments: [(80, 24), (200, 60)])
  func `the whole tour can be gone by doing what it says`(_ columns: Int, _ rows: Int) throws {
    let program = try Program()
    let tmux = try terminal(program, columns, rows)
    try start(tmux, [Program.samples.path(percentEncoded: false)])
    try tmux.wait(for: "The library · 1 of 6")
    try tmux.press("Enter")
    try tmux.wait(for: "Regions · 2 of 6")
    try tmux.type("j")
    let search = try tmux.wait(for: "Search · 3 of 6")
    #expect(search.contains("Try cook"))
    try tmux.type("/cook")
    try tmux.wait(for: "regions match")
    try tmux.press("Enter")
    try tmux.wait(for: "Evidence · 4 of 6")
    try tmux.press("Enter")
    try tmux.wait(for: "Labels · 5 of 6")
    try tmux.type("lkitchens")
    try tmux.press("Enter")
    try tmux.wait(for: "Everything else · 6 of 6")
    try tmux.type("?")
    try tmux.wait(for: "╭─ Help")
    try tmux.press("Escape")
    let last = try tmux.wait("the tour ended") { !$0.contains("6 of 6") && !$0.contains("╭─ Help") }
    #expect(last.contains("kitchens"))
    // It is not begun again.
    try tmux.type("q")
    try tmux.wait(for: "left with 0")
    try start(tmux, [Program.samples.path(percentEncoded: false)])
    try tmux.wait(for: "6 dictionaries")
    #expect(try !tmux.screen().contains("1 of 6 ─"))
  }

  @Test(arguments: [(80, 24), (200, 60)])
  func `a size changed in mid-run leaves nothing of the former screen`(
    _ columns: Int, _ rows: Int
  ) throws {
    let lab = try AblationProgram()
    let tmux = try terminal(lab.program, columns, rows)
    try start(tmux, [lab.dictionary, "--store", lab.store, "--model", lab.model])
    try tmux.wait(for: "1 of ")
    try tmux.type("a")
    try tmux.wait(for: "Ablation lab")
    try tmux.wait(for: "harmful")
    try tmux.type("3")
    try tmux.resize(columns: 300 - columns, rows: 84 - rows)
    try tmux.wait(for: "MEASURED", seconds: 60)
    try tmux.wait(for: "saved as experiment", seconds: 60)
    // The status line is the key's own: what was said there goes with it.
    func body() throws -> [Substring] {
      try settled(tmux).split(separator: "\n", omittingEmptySubsequences: false).dropLast(3)
    }
    let changed = try body()
    // What a full redraw shows is what was there.
    try tmux.press("C-l")
    #expect(try body() == changed)
  }

  /// The screen once it has been the same for a while.
  private func settled(_ tmux: Tmux) throws -> String {
    var last = try tmux.screen()
    for _ in 0..<100 {
      Thread.sleep(forTimeInterval: 0.3)
      let now = try tmux.screen()
      if now == last { return now }
      last = now
    }
    return last
  }
}
