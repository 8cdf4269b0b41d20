import Foundation
import TestSupport
import Testing

/// A text of one's own through a tiny model, in the real program.
@Suite("Tracing in a terminal", .serialized)
struct TraceJourneyTests {
  private let program: Program

  init() throws { program = try Program() }

  private func make() throws {
    try TinyModel.write(to: program.folder.file("model"))
    let prompts = (0..<24).map { #"{"id":"p\#($0)","prompt":"how to bake thing \#($0)"}"# }
    try Data((prompts.joined(separator: "\n") + "\n").utf8)
      .write(to: program.folder.file("prompts.jsonl"))
    let hooks = ["blocks.0.hook_resid_post", "blocks.2.hook_resid_post"]
    let capture = try program.run(
      ["capture", program.path("model"), "--prompts", program.path("prompts.jsonl")]
        + hooks.flatMap { ["--hook", $0] }
        + ["--template", "raw", "-o", program.path("tiny.epstore"), "--quiet"])
    #expect(capture.status == 0, "\(capture.error)")
    for (hook, name) in zip(hooks, ["lower", "upper"]) {
      let build = try program.run(
        "build", program.path("tiny.epstore"), "--hook", hook, "--percentile", "30", "-o",
        program.path("\(name).epdict"), "--quiet")
      #expect(build.status == 0, "\(build.error)")
    }
    let stability = try program.run(
      "stability", program.path("tiny.epstore"), "--hook", hooks[0], "--percentile", "30",
      "--seeds", "2", "--quiet")
    #expect(stability.status == 0, "\(stability.error)")
  }

  @Test("a text is followed as it is typed, and stability is a column")
  func trace() throws {
    try make()
    let where80 = try program.run(
      "regions", program.path("lower.epdict"), "--where", "stable > 2", "--json")
    #expect(where80.status == 0 && where80.output.isEmpty, "\(where80.error)")
    let tmux = try Tmux(
      columns: 100, rows: 30, environment: program.environment, folder: program.folder)
    let binary = Program.binary.path(percentEncoded: false)
    try tmux.shell(
      "clear; '\(binary)' '\(program.path("lower.epdict"))' --model '\(program.path("model"))'; echo left with $?"
    )
    try tmux.wait(for: "0.hook_resid_post")
    try tmux.type("p")
    try tmux.wait(for: "type, or paste a text")
    try tmux.type("how to paint")
    try tmux.wait(for: "inside ")
    try tmux.wait(for: "12 tokens")
    try tmux.press("Enter")
    try tmux.type("L")
    try tmux.wait(for: "2 resid_post")
    try tmux.type("v")
    try tmux.wait(for: "0 → 2")
    try tmux.press("Escape")
    try tmux.wait(for: "Enter contexts")
    try tmux.type("R")
    try tmux.wait(for: "1 result in the notebook")
    try tmux.press("Enter")
    try tmux.wait(for: "How to read it")
    try tmux.type("q")
    try tmux.wait(for: "left with 0")
  }
}
