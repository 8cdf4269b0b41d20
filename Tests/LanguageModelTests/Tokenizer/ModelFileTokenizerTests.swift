import Foundation
import TensorFiles
import Testing

@testable import LanguageModel

/// Published models: run where `EXEMPLAR_MODELS` names a folder that holds them.
@Suite(
  .enabled(
    if: ProcessInfo.processInfo.environment["EXEMPLAR_MODELS"] != nil,
    "EXEMPLAR_MODELS does not name a folder with the models; `make test-models` fetches them"))
struct ModelFileTokenizerTests {
  static let smolLM = ("SmolLM2-135M-Instruct.Q4_1.gguf", "smollm2")
  static let qwen = ("Qwen2.5-Coder-0.5B-Instruct.Q4_K_M.gguf", "qwen2.5-coder")

  static func tokenizer(_ file: String) throws -> Tokenizer {
    let folder = ProcessInfo.processInfo.environment["EXEMPLAR_MODELS"] ?? ""
    return try TokenizerLoader.fromGGUF(
      metadata: try GGUFFile(URL(filePath: folder).appending(path: file)))
  }

  @Test(arguments: [smolLM, qwen])
  func `ids are those of llama.cpp and text comes back`(file: String, golden: String) throws {
    let tokenizer = try Self.tokenizer(file)
    for text in try GoldenText.read("tokenizer/\(golden).jsonl") {
      let ids = tokenizer.encode(
        text.text, addSpecial: true, parseSpecial: text.parseSpecial ?? false)
      #expect(ids == text.ids, "\(text.text)")
      #expect(sameBytes(tokenizer.decode(ids, skipSpecial: false), text.text), "\(text.text)")
    }
  }

  @Test(arguments: [
    (smolLM.0, "You are a helpful AI assistant named SmolLM, trained by Hugging Face"),
    (qwen.0, "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."),
  ])
  func `the file's template is chatml with its own system turn`(
    file: String, system: String
  ) throws {
    let tokenizer = try Self.tokenizer(file)
    let template = try ChatTemplate(of: tokenizer)
    #expect(template.name == "own")
    let chat = try template.render(prompt: "Hi", system: .none)
    #expect(chat.text == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n")
    let ids = tokenizer.encode(chat)
    #expect(ids == tokenizer.encode(chat.text, addSpecial: false, parseSpecial: true))
    #expect(ids.first == tokenizer.id(of: "<|im_start|>"))
    #expect(tokenizer.endOfTurn == tokenizer.id(of: "<|im_end|>"))
  }
}
