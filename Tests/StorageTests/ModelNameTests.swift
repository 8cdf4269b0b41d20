import Storage
import Testing

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
}
