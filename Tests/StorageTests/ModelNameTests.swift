import Testing

@testable import Storage

struct ModelNameTests {
  @Test(arguments: [
    ("SmolLM2-135M-Instruct.Q4_1.gguf", "SmolLM2-135M-Instruct"),
    ("HuggingFaceTB/SmolLM2-135M-Instruct", "SmolLM2-135M-Instruct"),
    ("Qwen2.5-Coder-0.5B-Instruct-q4_k_m.gguf", "Qwen2.5-Coder-0.5B-Instruct"),
    ("model-IQ4_XS.GGUF", "model"), ("model-BF16.gguf", "model"), ("Qwen2.5-0.5B", "Qwen2.5-0.5B"),
    ("quick-quality.gguf", "quick-quality"), ("plain.gguf", "plain"), ("", ""),
  ])
  func `a model's files and its hub name are of one family`(name: String, family: String) {
    #expect(ModelName.family(name) == family)
  }

  @Test func `a record calls a model by its own name, which makes no other store of it`() throws {
    var provenance = StoreProvenance()
    provenance.model = "model.gguf"
    provenance.modelHash = "aa11"
    #expect(provenance.modelTitle == "model.gguf")
    let id = provenance.storeID(hooks: [], elementType: "f32")
    var named = provenance
    named.modelName = "Tiny Story 1B"
    #expect(named.modelTitle == "Tiny Story 1B (model.gguf)")
    #expect(named.storeID(hooks: [], elementType: "f32") == id)
    // A capture that an earlier version began goes on.
    #expect(named.difference(from: provenance) == nil)
    let entries = Dictionary(uniqueKeysWithValues: named.entries.map { ($0.name, $0.value) })
    #expect(try StoreProvenance(entries: entries, file: "s") == named)
  }
}
