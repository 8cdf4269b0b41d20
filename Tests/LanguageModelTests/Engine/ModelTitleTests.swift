import Foundation
import LanguageModel
import TestSupport
import Testing

struct ModelTitleTests {
  /// A GGUF header of metadata alone, which is all that a name takes.
  private func write(
    _ name: String?, to file: String, _ folder: TemporaryFolder, architecture: String = "llama"
  ) throws -> URL {
    var bytes = Data("GGUF".utf8)
    func append(_ value: some FixedWidthInteger) {
      withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    func append(_ text: String) {
      append(UInt64(text.utf8.count))
      bytes.append(contentsOf: text.utf8)
    }
    let entries =
      [("general.architecture", architecture)] + (name.map { [("general.name", $0)] } ?? [])
    append(UInt32(3))
    append(UInt64(0))
    append(UInt64(entries.count))
    for (key, value) in entries {
      append(key)
      append(UInt32(8))
      append(value)
    }
    let url = folder.file(file)
    try bytes.write(to: url)
    return url
  }

  @Test func `an architecture that is not known is said with the file's name`() throws {
    let folder = try TemporaryFolder()
    let url = try write(nil, to: "a.gguf", folder, architecture: "other")
    do {
      _ = try ModelDescription(.gguf(url))
      Issue.record("expected a refusal")
    } catch let error as ModelError {
      #expect(error.message.hasPrefix("a.gguf: the architecture other is not implemented"))
    }
  }

  @Test(arguments: [
    ("Tiny Story 1B", "model.gguf", "Tiny Story 1B (model.gguf)"),
    // What the file's own name says already is not said twice.
    ("SmolLM2 135M Instruct", "SmolLM2-135M-Instruct.Q4_1.gguf", "SmolLM2-135M-Instruct.Q4_1.gguf"),
    ("Other", "SmolLM2.gguf", "Other (SmolLM2.gguf)"),
    ("a\u{1b}[31mb", "model.gguf", "a\\u{1b}[31mb (model.gguf)"),
    (nil, "model.gguf", "model.gguf"), ("  ", "model.gguf", "model.gguf"),
  ])
  func `a model is called by the name that its file gives`(
    _ name: String?, _ file: String, _ title: String
  ) throws {
    let folder = try TemporaryFolder()
    let url = try write(name, to: file, folder)
    #expect(ModelFiles.gguf(url).title == title)
    // What records keep beside the file's name, where that is another.
    let own = title == file ? nil : String(title.dropLast(file.count + 3))
    #expect(ModelFiles.gguf(url).ownName == own)
  }

  @Test func `a folder is called as it is`() throws {
    let folder = try TemporaryFolder()
    try TinyModel.write(to: folder.file("my-model"))
    let files = try ModelFiles.find(folder.file("my-model").path(percentEncoded: false))
    #expect(files.title == "my-model")
  }
}
