import Foundation
import Storage
import Testing

@testable import Explorer

@Suite struct ProvenanceLineTests {
  private func line(_ columns: Int) -> String {
    var provenance = DictionaryProvenance()
    provenance.model = "SmolLM2-135M-Instruct"
    provenance.adapter = "refusal-adapter (PEFT LoRA, rank 4)"
    provenance.hook = "blocks.16.hook_resid_post"
    provenance.percentile = 10
    provenance.positions = "all"
    let dictionary = OpenedDictionary(
      url: URL(filePath: "/one.epdict"), name: "one.epdict", identity: "0123456789abcdef",
      provenance: provenance, threshold: 0.76, activationCount: 4432, table: RegionTable())
    return ProvenanceLine(of: dictionary, columns: columns).texts.joined(separator: " · ")
  }

  @Test func `the model and its adapter come first, then what decides a region`() {
    #expect(
      line(78) == "SmolLM2-135M-Instruct + refusal-adapter · 16.hook_resid_post · θ 0.760 · K 0")
    #expect(line(58) == "SmolLM2-135M-Instruct + refusal-adapter · θ 0.760 · K 0")
    #expect(line(20) == "SmolLM2-135M-Instruct + refusal-adapter")
  }

  @Test func `where there is room all is told in full`() {
    #expect(
      line(198) == """
        SmolLM2-135M-Instruct + refusal-adapter (PEFT LoRA, rank 4) · blocks.16.hook_resid_post · \
        all positions · p 10 · θ 0.760 · K 0 · 4,432 activations · 01234567
        """)
  }

  @Test(arguments: 40...200)
  func `the line is never wider than it may be`(_ columns: Int) {
    #expect(line(columns).count <= columns)
  }
}
