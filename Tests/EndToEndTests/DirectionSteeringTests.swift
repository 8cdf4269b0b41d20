import Foundation
import TestSupport
import Testing

/// `exemplar steer --direction`: at one layer and at several in one run, with a tiny model.
struct DirectionSteeringProgramTests {
  private let made: AblationProgram
  private let hooks = ["blocks.0.hook_resid_post", "blocks.1.hook_resid_post"]
  private var store: String { made.program.path("two.epstore") }

  init() throws {
    made = try AblationProgram()
    let captured = try made.program.run(
      made.capture(to: "two.epstore", hook: hooks[0]) + ["--hook", hooks[1], "--generate", "3"])
    try #require(captured.status == 0, "\(captured.error)")
    for (layer, hook) in hooks.enumerated() {
      let built = try made.program.run(
        [
          "build", store, "--hook", hook, "--positions", "last", "--percentile", "4", "--quiet",
          "-o", dictionary(layer),
        ])
      try #require(built.status == 0, "\(built.error)")
    }
  }

  private func dictionary(_ layer: Int) -> String { made.program.path("layer-\(layer).epdict") }

  private func steer(_ more: String...) throws -> Program.Result {
    try made.program.run(
      [
        "steer", dictionary(1), "--store", store, "--direction", "ep", "--purity", "kept", "--json",
        "--quiet",
      ] + more)
  }

  @Test func `All layers are steered in one run, and the experiments are kept`() throws {
    let result = try steer(
      "--with", dictionary(0), "--norms", "0.5", "-0.5", "--model", made.model,
      "--max-new-tokens", "3")
    try #require(result.status == 0, "\(result.error)")
    #expect(result.json["at"] as? String == hooks.joined(separator: ", "))
    let steps = try #require(result.json["alphas"] as? [[String: Any]])
    #expect(steps.compactMap { $0["alpha"] as? Double } == [0.5, -0.5])
    #expect(steps.compactMap { $0["norms"] as? Double } == [0.5, -0.5])
    for step in steps {
      let conditions = try #require(step["conditions"] as? [String: [String: Any]])
      #expect(Set(conditions.keys) == ["baseline", "steered", "null", "ablated"])
      for role in ["harmful", "benign"] {
        #expect((conditions["steered"]?[role] as? [String: Any])?["n"] as? Int == 6)
      }
      let directions = try #require(step["directions"] as? [String: Any])
      let layers = try #require(directions["layers"] as? [[String: Any]])
      #expect(layers.compactMap { $0["hook"] as? String } == hooks)
      #expect(directions["heldOut"] as? Int == 12 && directions["prompts"] as? Int == 36)
    }
    let saved = try #require(steps[0]["experiment"] as? Int)
    let shown = try made.program.run(
      "experiments", dictionary(1), "--show", String(saved), "--json")
    #expect(shown.json["norms"] as? Double == 0.5)
    let again = try made.program.run(
      "ablate", dictionary(1), "--store", store, "--model", made.model, "--again", String(saved))
    #expect(
      again.status == 1 && again.error.contains("dictionaries of 2 layers, found 1"),
      "\(again.error)")
  }

  @Test func `One layer is the same alone, and again by the command that it names`() throws {
    let alone = try steer(
      "--norms=-0.5", "--model", made.model, "--max-new-tokens", "3", "--no-save")
    try #require(alone.status == 0, "\(alone.error)")
    let step = try #require((alone.json["alphas"] as? [[String: Any]])?.first)
    let command = try #require(step["command"] as? String)
    #expect(command.contains("--direction ep --norms=-0.5 --purity kept"))
    let words = command.split(separator: " ").dropFirst().map { word in
      switch word {
      case "layer-1.epdict": dictionary(1)
      case "two.epstore": store
      case "model": made.model
      default: String(word)
      }
    }
    let again = try made.program.run(words + ["--json", "--quiet", "--no-save"])
    try #require(again.status == 0, "\(again.error)")
    let other = try #require((again.json["alphas"] as? [[String: Any]])?.first)
    for key in ["conditions", "mcnemar", "conclusion"] {
      #expect(
        NSDictionary(object: step[key] ?? 0, forKey: key as NSString)
          == NSDictionary(object: other[key] ?? 0, forKey: key as NSString))
    }
  }

  @Test func `What does not belong to a direction is refused by name`() throws {
    func refused(_ arguments: [String], _ words: String) throws {
      let found = try made.program.run(
        ["steer", dictionary(1), "--store", store, "--quiet", "--no-save"] + arguments)
      #expect(found.status != 0 && found.error.contains(words), "\(found.error)")
    }
    try refused(["--direction", "ep", "--region", "0", "--norms", "1"], "--regions")
    try refused(["--direction", "ep", "--alpha", "1"], "--alpha")
    try refused(["--direction", "ep", "--norms", "1", "--basis", "exemplar"], "--basis")
    try refused(["--direction", "shuffled", "--norms", "1"], "--direction")
    try refused(
      ["--region", "0", "--norms", "1", "--with", dictionary(0)], "--with is of --direction")
    try refused(["--norms", "1"], "or --direction")
    try refused(
      ["--direction", "ep", "--norms", "1", "--with", dictionary(1)], "different hooks")
    try refused(["--direction", "ep", "--norms", "1", "--null", "0"], "expected no regions")
    try refused(
      ["--direction", "ep", "--purity", "kept", "--norms", "1", "--with", dictionary(0)],
      "depth geometry knows")
  }
}
