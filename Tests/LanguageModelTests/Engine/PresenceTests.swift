import Foundation
import LanguageModel
import TestSupport
import Testing

@Suite struct PresenceTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ names: String..., text: String = "x") throws {
    for name in names { try Data(text.utf8).write(to: folder.file(name)) }
  }

  private var missing: [String] { ModelFiles.hub(folder.url).missingFiles }

  @Test func `a folder of settings alone has no weights`() throws {
    try write("config.json")
    #expect(missing == ["model.safetensors", "tokenizer.json"])
    try write("model.safetensors", "tokenizer.json")
    #expect(missing == [])
    try write("model.safetensors", text: "")
    #expect(missing == ["model.safetensors"])
  }

  @Test func `a link to nothing is no file`() throws {
    try write("config.json", "tokenizer.json")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("model.safetensors").path, withDestinationPath: "../../blobs/gone")
    #expect(missing == ["model.safetensors"])
    try write("there")
    try FileManager.default.removeItem(at: folder.file("model.safetensors"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("model.safetensors").path, withDestinationPath: "there")
    #expect(missing == [])
  }

  @Test func `all shards of an index have to be there`() throws {
    try write("config.json", "tokenizer.json", "model-00001-of-00003.safetensors")
    try write(
      "model.safetensors.index.json",
      text: """
        {"weight_map": {"a": "model-00001-of-00003.safetensors", "b": "model-00002-of-00003.safetensors",
          "c": "model-00003-of-00003.safetensors"}}
        """)
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("model-00003-of-00003.safetensors").path, withDestinationPath: "gone")
    #expect(
      missing == ["model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors"])
    try write("model.safetensors.index.json", text: "{")
    #expect(missing == ["the shards that model.safetensors.index.json should name"])
  }

  @Test func `every part of a GGUF model has to be there`() throws {
    try write("m-00001-of-00002.gguf")
    let files = ModelFiles.gguf(folder.file("m-00001-of-00002.gguf"))
    #expect(files.missingFiles == ["m-00002-of-00002.gguf"])
    try write("m-00002-of-00002.gguf")
    #expect(files.missingFiles == [])
    #expect(ModelFiles.gguf(folder.file("gone.gguf")).missingFiles == ["gone.gguf"])
  }
}
