import Foundation
import LanguageModel
import TensorFiles
import TestSupport
import Testing

@testable import struct LanguageModel.NamePattern

/// Adapters that the PEFT library saved, with the logits that it gives with them.
struct AdapterKindTests {
  static let kinds = [
    ("head", "tiny-llama2"), ("embed", "tiny-llama2"), ("saved", "tiny-llama2"),
    ("patterns", "tiny-llama2"), ("stabilised", "tiny-llama2"),
    ("tied-head", "tiny-gemma2-hooks"), ("tied-embed", "tiny-gemma2-hooks"),
    ("tied-both", "tiny-gemma2-hooks"), ("tied-saved-head", "tiny-gemma2-hooks"),
    ("tied-saved-embed", "tiny-gemma2-hooks"), ("tied-kept", "tiny-gemma2-hooks"),
    ("conv-bias", "tiny-gpt2"), ("lora-bias", "tiny-gpt2"),
    ("lora-bias-none", "tiny-llama2"), ("lora-bias-tied", "tiny-gemma2-hooks"),
    ("dora", "tiny-llama2"),
    ("dora-conv", "tiny-gpt2"), ("dora-tied", "tiny-gemma2-hooks"),
  ]

  private func logits(_ model: String, _ adapter: URL?) throws -> [Float] {
    try Transformer(
      ModelDescription(ModelFiles.find(Fixtures.url("models/\(model)").path)),
      adapter: adapter.map { try LoRAAdapter(folder: $0) }, threads: 1
    ).forward(.tokens([[1, 5, 9, 33, 7, 12]])).logits
  }

  @Test(arguments: kinds)
  func `an adapter gives what PEFT gives with it, over folders and GGUF files`(
    kind: String, model: String
  ) throws {
    let golden = try SafetensorsFile(Fixtures.url("adapters/expected.safetensors"))
    let folder = Fixtures.url("adapters/\(kind)")
    let found = try logits(model, folder)
    #expect(relativeError(found, try golden.floats(kind)) < 1e-5)
    #expect(relativeError(try logits(model, nil), found) > 1e-2)
    #expect(relativeError(try logits("\(model)/model.gguf", folder), found) < 1e-5)
  }

  @Test(arguments: ["overlap", "caret"])
  func `the first pattern in the file that fits a module decides`(name: String) throws {
    let folder = Fixtures.url("cases/10-peft-alpha-pattern")
    let found = try logits("tiny-llama2", folder.appending(path: name))
    let merged = try Transformer(folder.appending(path: "\(name)-merged").path)
      .forward(.tokens([[1, 5, 9, 33, 7, 12]])).logits
    #expect(relativeError(found, merged) < 1e-5)
  }

  @Test func `names of tensors may hold the adapter's own`() throws {
    let folder = Fixtures.url("cases/11-peft-embed-head")
    let found = try logits("tiny-llama2", folder.appending(path: "default_name"))
    #expect(relativeError(try logits("tiny-llama2", nil), found) > 1e-3)
  }

  @Test func `an adapter with lengths in its file or its settings alone is refused`() throws {
    let folder = try TemporaryFolder()
    let (own, plain) = (folder.file("own"), folder.file("plain"))
    try FileManager.default.copyItem(at: Fixtures.url("adapters/dora"), to: own)
    try FileManager.default.copyItem(at: Fixtures.url("adapters/stabilised"), to: plain)
    for (url, from, to) in [
      (own, #""use_dora": true"#, #""use_dora": false"#),
      (plain, #""use_dora": false"#, #""use_dora": true"#),
    ] {
      let file = url.appending(path: "adapter_config.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(text.contains(from))
      try Data(text.replacing(from, with: to).utf8).write(to: file)
      #expect {
        try LoRAAdapter(folder: url)
      } throws: { "\($0)".contains("lora_magnitude_vector") }
    }
  }

  @Test func `an adapter in GGUF is refused as such`() throws {
    let folder = try TemporaryFolder()
    try Data("GGUF\u{3}\0\0\0".utf8).write(to: folder.file("lora.gguf"))
    #expect {
      try LoRAAdapter(folder: folder.file("lora.gguf"))
    } throws: { "\($0)".contains("GGUF") }
  }

  @Test func `a pickle of weights is refused as such`() {
    let folder = Fixtures.url("cases/11-peft-embed-head/bin_only")
    #expect {
      try LoRAAdapter(folder: folder)
    } throws: {
      "\($0)".contains("adapter_model.bin")
    }
  }

  @Test(arguments: [
    ("q_proj", "model.layers.0.self_attn.q_proj", true), ("q_proj", "model.xq_proj", false),
    ("q_proj", "q_proj", true), ("q_pro", "model.q_proj", false), ("layers.1", "layers.1.q", false),
    ("^model.layers.0.self_attn.q_proj", "model.layers.0.self_attn.q_proj", true),
    ("^layers.0.q", "model.layers.0.q", false), (#"layers\.[0-3]\..*"#, "model.layers.2.x", true),
    (#"layers\.[^0-3]\..*"#, "model.layers.2.x", false),
    (#"layers\.\d+\.(q|v)_proj"#, "m.layers.12.v_proj", true), ("q_proj|v_proj", "a.v_proj", true),
    ("(?!.*layers.0).*q_proj", "model.layers.0.q_proj", true),
    ("^(?!.*layers.0).*q_proj", "model.layers.0.q_proj", false),
    (#"layers\.(?:1|2){2,3}\.q"#, "layers.121.q", true),
    (#"layers\.(?:1|2){2,3}\.q"#, "layers.1.q", false), ("q_proj$", "model.q_proj", true),
    ("a{,2}b", "x.aab", true), ("a{x}", "a{x}", true), (#"\w+_proj\Z"#, "x.k_proj", true),
    ("[]_]+", "x.]_", true), ("", "model.", true), ("", "model", false),
  ])
  func `patterns match as Python's regular expressions do`(
    pattern: String, path: String, fits: Bool
  ) throws {
    #expect(try NamePattern(pattern).matches(path) == fits)
  }

  @Test(arguments: [
    "(a", "a)", "*a", "a**", "[a", #"\1"#, "(?<=a)b", "(?i)a", "a++", #"\"#, "a{3,2}",
  ])
  func `a pattern that is not understood is refused by name`(pattern: String) {
    #expect(throws: ModelError.self) { try NamePattern(pattern) }
  }

  @Test(arguments: ["(a+)+b", "((a*)*)*b", "(a|a)*b", "((((a{99}){99}){99}){99})b"])
  func `no pattern takes long`(pattern: String) throws {
    let start = ContinuousClock.now
    let path = String(repeating: "a", count: 300)
    _ = try? NamePattern(pattern).matches(path)
    #expect(ContinuousClock.now - start < .seconds(20))
  }
}
