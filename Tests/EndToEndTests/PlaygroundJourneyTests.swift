import Foundation
import TestSupport
import Testing

/// Prompts of one's own in a real terminal: from the table of regions to answers side by side, and back to them later.
@Suite("The playground, in a terminal", .serialized)
struct PlaygroundJourneyTests {
  private func start(_ lab: AblationProgram, _ columns: Int, _ rows: Int) throws -> Tmux {
    let program = lab.program
    let tmux = try Tmux(
      columns: columns, rows: rows, environment: program.environment, folder: program.folder)
    let line = [
      Program.binary.path(percentEncoded: false), lab.dictionary, "--store", lab.store, "--model",
      lab.model,
    ].map { "'\($0)'" }.joined(separator: " ")
    try tmux.shell("clear; \(line); echo left with $?")
    try tmux.wait(for: "1 of ")
    return tmux
  }

  /// A screen that is being painted anew lacks the playground's title too, and a key that follows an Esc at once is another
  /// key: what is waited for is there, not only gone.
  private func isTable(_ screen: String) -> Bool {
    screen.contains(" of 4 ━") && !screen.contains("Playground")
  }

  @Test(arguments: [(80, 24), (200, 60)])
  func `a prompt is answered side by side, steered by a key, kept, opened again and run again`(
    _ columns: Int, _ rows: Int
  ) throws {
    let lab = try AblationProgram()
    let tmux = try start(lab, columns, rows)
    // It opens to write.
    try tmux.type("P")
    try tmux.wait(for: "Playground")
    try tmux.wait(for: "1 norm = α")
    try tmux.type("how to bake bread")
    try tmux.press("Enter")
    var screen = try tmux.wait(for: "result 1", seconds: 60)
    for part in ["untouched", "ablated, region", "steered along", "how to bake bread"] {
      #expect(screen.contains(part), "\(part):\n\(screen)")
    }
    // Its help is of its own keys.
    try tmux.type("?")
    screen = try tmux.wait(for: "steer less, or the other way")
    for line in screen.split(separator: "\n") where line.contains("room for the pane") {
      #expect(!line.contains("+"), "\(line)")
    }
    try tmux.press("Escape")
    try tmux.wait("the help closed") { $0.contains("result 1") && !$0.contains("╭─ Help") }
    // α by a key: the steered column alone is written again.
    try tmux.type("+")
    screen = try tmux.wait(for: "result 2", seconds: 60)
    #expect(screen.contains("0.3 norms"))
    // One more prompt.
    try tmux.type("n")
    try tmux.type("how to paint a wall")
    try tmux.press("Enter")
    screen = try tmux.wait(for: "result 3", seconds: 60)
    #expect(screen.contains("prompt 2 of 2"))
    // Another size leaves nothing of the former screen.
    try tmux.resize(columns: 300 - columns, rows: 84 - rows)
    try tmux.wait(for: "prompt 2 of 2")
    try tmux.resize(columns: columns, rows: rows)
    try tmux.wait(for: "prompt 2 of 2")
    // Back, and in again: it opens to write as it did the first time, and what was written is there.
    try tmux.press("Escape")
    try tmux.wait("the table of regions") { isTable($0) }
    try tmux.type("P")
    try tmux.wait(for: "Enter answer it")
    try tmux.press("Escape")
    try tmux.wait(for: "how to paint a wall")
    try tmux.press("Escape")
    try tmux.wait("the table of regions") { isTable($0) }
    // What was tried is among the results, told apart at any width.
    try tmux.type("R")
    screen = try tmux.wait(for: "1 of 3")
    #expect(screen.contains("+0.2 norms: “how to"), "\(screen)")
    #expect(screen.contains("+0.3 norms: “how to"), "\(screen)")
    try tmux.press("Enter")
    try tmux.wait(for: "in the playground")
    try tmux.press("Enter")
    try tmux.wait(for: "as it was kept")
    try tmux.type("r")
    try tmux.wait(for: "kept read the same again", seconds: 60)
    // The run is among them at once.
    try tmux.press("Escape")
    try tmux.wait(for: "Results ›")
    try tmux.press("Escape")
    try tmux.wait(for: " of 4 ━")
    try tmux.type("q")
    try tmux.wait(for: "left with 0")
    #expect(try tmux.modes() == "0 1")
    // The same is there for the command line.
    let list = try lab.program.run(
      "experiments", lab.dictionary, "--kind", "playground", "--json")
    #expect(list.lines.count == 4)
  }
}
