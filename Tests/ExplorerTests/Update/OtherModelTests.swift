import Testing

@testable import Explorer

/// A store of another model beside a dictionary: no number of it is shown as if it were the dictionary's.
struct OtherModelTests {
  private static let words = [
    "store is of SmolLM2-135M-Instruct.Q4_1.gguf + refusal-adapter",
    "dictionary of SmolLM2-135M-Instruct.Q4_1.gguf",
  ]

  private func rates(isOtherAllowed: Bool) throws -> ScriptedExplorer {
    let explorer = try Samples.explorer(
      "smollm2-instruct.last.p10", columns: 200, rows: 40, store: "smollm2-refusal",
      isOtherAllowed: isOtherAllowed)
    explorer.type("7")
    return explorer
  }

  private func text(of explorer: ScriptedExplorer) -> String {
    explorer.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  @Test func `its rates are refused, in words that name both models`() throws {
    let explorer = try rates(isOtherAllowed: false)
    #expect(explorer.state.regions?.refusals == nil)
    #expect(explorer.state.regions?.extras.outcomes == nil)
    let failure = try #require(explorer.state.regions?.extras.failure(.outcomes, region: nil))
    for words in Self.words { #expect(failure.contains(words)) }
    #expect(failure.contains("--other-model"))
    #expect(!explorer.text.contains("refused 0 of"))
  }

  @Test func `where it is allowed they are marked, in the same words`() throws {
    let explorer = try rates(isOtherAllowed: true)
    #expect(explorer.state.regions?.refusals != nil)
    let text = text(of: explorer)
    #expect(text.contains("⚠ not this dictionary's model"))
  }

  @Test func `a store of the same model needs no mark`() throws {
    let explorer = try Samples.explorer(
      "smollm2-instruct.last.p10", columns: 200, rows: 40, store: "smollm2-instruct")
    explorer.type("7")
    #expect(explorer.text.contains("all prompts"))
    #expect(!explorer.text.contains("not this dictionary's model"))
  }
}
