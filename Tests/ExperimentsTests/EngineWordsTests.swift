import Engines
import Testing

@testable import Experiments

struct EngineWordsTests {
  @Test func `which of several devices of one kind it was makes no engine`() {
    let line = "transformers 5.1, torch 2.11.0+cu128, cuda:3 NVIDIA H100, bfloat16"
    let plain = "transformers 5.1, torch 2.11.0+cu128, cuda NVIDIA H100, bfloat16"
    #expect(EngineDescription.withoutDeviceNumber(line) == plain)
    #expect(
      EngineDescription.withoutDeviceNumber("cpu+cuda:0+cuda:1, from cuda:0 X, f:1")
        == "cpu+cuda+cuda, from cuda X, f:1")
    #expect(EngineWords.difference(of: "a.epdict", line, from: plain) == nil)
  }

  @Test func `another engine is said with both names`() {
    #expect(EngineWords.difference(of: "a", nil, from: EngineDescription.own) == nil)
    let words = EngineWords.difference(of: "a.epdict", nil, from: "torch, cuda, bfloat16")
    #expect(
      words?.hasPrefix("a.epdict was made by the engine exemplar, this is torch, cuda, bfloat16")
        == true)
  }
}
