import Foundation
import LanguageModel
import TensorFiles
import TestSupport
import Testing

struct CheckpointKindTests {
  private static let parts = Fixtures.url("cases/12-split-gguf")

  private func logits(_ path: String) throws -> [Float] {
    try Transformer(path, threads: 1).forward(.tokens([[1, 5, 9]])).logits
  }

  @Test func `a GGUF model in parts is read by any part and by its folder`() throws {
    let first = try ModelFiles.find(Self.parts.path)
    #expect(first.url.lastPathComponent == "tiny-00001-of-00002.gguf")
    let second = Self.parts.appending(path: "tiny-00002-of-00002.gguf").path
    #expect(try logits(second) == logits(first.url.path))
    #expect(try GGUFFile(first.url).tensorNames.count == 21)
    #expect(try GGUFFile(first.url).parts.count == 2)
  }

  @Test func `a missing part, or one of another name, is named`() throws {
    let folder = try TemporaryFolder()
    let name = "tiny-00001-of-00002.gguf"
    for copy in [name, "whole.gguf"] {
      try FileManager.default.copyItem(
        at: Self.parts.appending(path: name), to: folder.file(copy))
    }
    for (copy, word) in [(name, "tiny-00002-of-00002.gguf"), ("whole.gguf", "00001-of-00002")] {
      #expect {
        try GGUFFile(folder.file(copy))
      } throws: {
        "\($0)".contains(word)
      }
    }
    // The first part again, in the second's place.
    try FileManager.default.copyItem(
      at: Self.parts.appending(path: name), to: folder.file("tiny-00002-of-00002.gguf"))
    #expect {
      try GGUFFile(folder.file(name))
    } throws: {
      "\($0)".contains("split.no")
    }
  }

  @Test(arguments: [("bnb8", "bitsandbytes, 8"), ("bnb4", "bitsandbytes, 4"), ("gptq", "gptq, 4")])
  func `a quantised checkpoint is refused by its method`(folder: String, method: String) {
    let url = Fixtures.url("cases/09-int8-checkpoint/\(folder)")
    #expect {
      try ModelDescription(.hub(url))
    } throws: {
      "\($0)".contains("quantization_config") && "\($0)".contains(method)
    }
  }

  @Test func `a type that is not read is an error where its tensor is asked for`() throws {
    let folder = try TemporaryFolder()
    var bytes = [UInt8](try Data(contentsOf: Fixtures.url("gguf/codebook-blocks.gguf")))
    let name = Array("blk.nvfp4.weight".utf8)
    let start = try #require(bytes.indices.first { bytes[$0...].starts(with: name) })
    // Two dimensions of eight bytes after their number, then the type.
    bytes[start + name.count + 4 + 16] = 41
    try Data(bytes).write(to: folder.file("x.gguf"))
    let file = try GGUFFile(folder.file("x.gguf"))
    #expect(try file.floats("blk.iq1_s.weight").count == 3 * 512)
    #expect {
      try file.tensor("blk.nvfp4.weight")
    } throws: {
      "\($0)".contains("Q1_0") && "\($0)".contains("blk.nvfp4.weight")
    }
  }
}
