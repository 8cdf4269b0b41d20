import Foundation
import LanguageModel
import TensorFiles
import TestSupport
import Testing

/// A copy of a tiny model's folder that a test may damage.
struct ModelCopy {
  let folder: TemporaryFolder
  let url: URL

  init(_ name: String) throws {
    folder = try TemporaryFolder()
    url = folder.file("model")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    let source = Fixtures.url("models/\(name)")
    for file in try FileManager.default.contentsOfDirectory(atPath: source.path)
    where !file.hasPrefix("golden") {
      try FileManager.default.copyItem(
        at: source.appending(path: file), to: url.appending(path: file))
    }
  }

  func load() throws -> Transformer { try Transformer(ModelDescription(.hub(url))) }

  /// Puts a tensor of one number into the weights.
  func add(_ name: String) throws {
    let file = url.appending(path: "model.safetensors")
    let bytes = [UInt8](try Data(contentsOf: file))
    let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    var header =
      try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length])) as? [String: Any] ?? [:]
    let end = bytes.count - 8 - length
    header[name] = ["dtype": "F32", "shape": [1], "data_offsets": [end, end + 4]]
    var text = try JSONSerialization.data(withJSONObject: header)
    while text.count % 8 != 0 { text.append(0x20) }
    let count = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) }
    try Data(count + text + bytes[(8 + length)...] + [0, 0, 0, 0]).write(to: file)
  }

  /// Gives every tensor the name that `name` makes of its own.
  func rename(_ name: (String) -> String) throws {
    let file = url.appending(path: "model.safetensors")
    let bytes = [UInt8](try Data(contentsOf: file))
    let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    let header =
      try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length])) as? [String: Any] ?? [:]
    let renamed = header.map { ($0.key == "__metadata__" ? $0.key : name($0.key), $0.value) }
    var text = try JSONSerialization.data(
      withJSONObject: Dictionary(uniqueKeysWithValues: renamed))
    while text.count % 8 != 0 { text.append(0x20) }
    let count = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) }
    try Data(count + text + bytes[(8 + length)...]).write(to: file)
  }

  /// Makes zeros of the tensors whose names `isIt` picks.
  func clear(_ isIt: (String) -> Bool) throws {
    let file = url.appending(path: "model.safetensors")
    var bytes = [UInt8](try Data(contentsOf: file))
    for (name, info) in try SafetensorsFile(file).tensors where isIt(name) {
      for index in info.byteRange { bytes[index] = 0 }
    }
    try Data(bytes).write(to: file)
  }

  /// Rewrites the members of `config.json`; `nil` removes one.
  func configure(_ changes: [String: Any?]) throws {
    let file = url.appending(path: "config.json")
    var object =
      try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
    for (key, value) in changes { object[key] = value }
    try JSONSerialization.data(withJSONObject: object).write(to: file)
  }
}

struct LoadingTests {
  private func failure(_ body: () throws -> Void) -> ModelError? {
    do {
      try body()
      return nil
    } catch let error as ModelError {
      return error
    } catch {
      return nil
    }
  }

  @Test func `an unknown architecture is refused with those known`() throws {
    let copy = try ModelCopy("tiny-llama2")
    try copy.configure(["model_type": "mamba\u{1b}[2J"])
    let error = try #require(failure { _ = try copy.load() })
    #expect(error.code == .unsupported)
    #expect(error.message.contains("mamba\\u{1b}[2J"))
    for type in [
      "llama", "mistral", "mixtral", "qwen2", "qwen3", "qwen3_moe", "gemma2", "gemma3_text", "phi3",
      "olmo2", "granite", "gpt_neox", "gpt2",
    ] {
      #expect(error.message.contains(type))
    }
  }

  @Test(arguments: [
    ("hidden_size", nil as Int?), ("hidden_size", 0), ("hidden_size", -32),
    ("hidden_size", 1 << 40),
    ("num_attention_heads", 0), ("num_attention_heads", 3), ("num_key_value_heads", 3),
    ("num_hidden_layers", 1 << 50), ("vocab_size", -1), ("intermediate_size", nil),
    ("max_position_embeddings", 0), ("head_dim", 7), ("head_dim", .max), ("head_dim", .min),
  ])
  func `a configuration that makes no sense is refused`(key: String, value: Int?) throws {
    let copy = try ModelCopy("tiny-llama2")
    try copy.configure([key: value])
    let error = try #require(failure { _ = try copy.load() })
    #expect([.malformedConfiguration, .misshapenTensor].contains(error.code))
  }

  @Test func `values of another type are refused by key`() throws {
    for (key, value) in [
      ("hidden_size", "32"), ("rms_norm_eps", [1]), ("tie_word_embeddings", 3), ("model_type", 4),
      ("rope_parameters", 7), ("hidden_size", 32.5), ("hidden_act", "relu6"),
      ("rope_parameters", ["rope_type": "yarn"]), ("rope_parameters", ["rope_type": "linear"]),
      ("rope_parameters", ["rope_theta": -1]), ("rms_norm_eps", -1),
    ] as [(String, any Sendable)] {
      let copy = try ModelCopy("tiny-llama2")
      try copy.configure([key: value])
      #expect(failure { _ = try copy.load() } != nil, "\(key): \(value)")
    }
    let copy = try ModelCopy("tiny-llama2")
    try Data("[1, 2".utf8).write(to: copy.url.appending(path: "config.json"))
    #expect(failure { _ = try copy.load() }?.code == .malformedConfiguration)
  }

  @Test func `a missing tensor is named with the shape it should have`() throws {
    let copy = try ModelCopy("tiny-llama2")
    try copy.configure(["num_hidden_layers": 3])
    let error = try #require(failure { _ = try copy.load() })
    #expect(error.code == .missingTensor)
    #expect(error.message.contains("model.layers.2.input_layernorm.weight"))
    #expect(error.message.contains("[32]"))
  }

  @Test func `a misshapen tensor is named with both shapes`() throws {
    let copy = try ModelCopy("tiny-llama2")
    try copy.configure(["intermediate_size": 50])
    let error = try #require(failure { _ = try copy.load() })
    #expect(error.code == .misshapenTensor)
    #expect(error.message.contains("gate_proj.weight: expected shape [50, 32], found [48, 32]"))
  }

  @Test func `a shard that is missing, or reaches outside the folder, is refused`() throws {
    let copy = try ModelCopy("tiny-mistral")
    #expect(throws: Never.self) { try copy.load() }
    let index = copy.url.appending(path: "model.safetensors.index.json")
    let text = try String(contentsOf: index, encoding: .utf8)
    let outside = text.replacingOccurrences(of: "model-00002", with: "../model-00002")
    try Data(outside.utf8).write(to: index)
    #expect(failure { _ = try copy.load() }?.code == .malformedConfiguration)
    let wrong = text.replacingOccurrences(of: "model-00002-of", with: "model-00001-of")
    try Data(wrong.utf8).write(to: index)
    #expect(failure { _ = try copy.load() }?.code == .missingTensor)
    try Data(text.utf8).write(to: index)
    try FileManager.default.removeItem(
      at: copy.url.appending(path: "model-00003-of-00003.safetensors"))
    #expect(throws: TensorFileError.self) { try copy.load() }
  }

  @Test func `a model that does not fit in memory is refused with both numbers`() throws {
    let folder = Fixtures.url("models/tiny-llama")
    let description = try ModelDescription(.hub(folder))
    // Its matrices stay bfloat16.
    #expect(description.requiredByteCount > description.parameterCount * 2)
    let error = try #require(
      failure { _ = try Transformer(description, availableMemory: 100_000_000 / 90) })
    #expect(error.code == .notEnoughMemory)
    #expect(error.message.contains(MemoryBudget.describe(description.requiredByteCount)))
    #expect(error.message.contains("1 MB"))
  }

  @Test func `available memory is known here`() throws {
    #expect(try #require(MemoryBudget.available()) > 1_000_000)
  }

  @Test func `a description tells types, sizes and parameters`() throws {
    let description = try ModelDescription(.hub(Fixtures.url("models/tiny-qwen2")))
    #expect(description.storedTypes == ["BF16": 51])
    #expect(description.configuration.family == "qwen2")
    #expect(description.parameterCount * 2 < description.fileByteCount)
  }

  // MARK: - Finding

  @Test func `a name is found in the hub cache`() throws {
    let home = try TemporaryFolder()
    let model = home.file("hub/models--some-org--tiny")
    let snapshot = model.appending(path: "snapshots/abc123")
    try FileManager.default.createDirectory(at: snapshot, withIntermediateDirectories: true)
    try FileManager.default.createDirectory(
      at: model.appending(path: "refs"), withIntermediateDirectories: true)
    try Data("abc123\n".utf8).write(to: model.appending(path: "refs/main"))
    try Data("{}".utf8).write(to: snapshot.appending(path: "config.json"))
    let environment = ["HF_HOME": home.url.path]
    let found = try ModelFiles.find("some-org/tiny", environment: environment)
    #expect(found.url.path == snapshot.path)
    #expect(
      try ModelFiles.find(
        "some-org/tiny", environment: ["HF_HUB_CACHE": home.file("hub").path]) == found)
    for name in ["some-org/other", "../tiny", "some-org/..", "", "a/b/c"] {
      #expect(
        failure { _ = try ModelFiles.find(name, environment: environment) }?.code == .notFound)
    }
    // A reference may not lead out of the cache.
    try Data("../../../etc".utf8).write(to: model.appending(path: "refs/main"))
    #expect(
      failure { _ = try ModelFiles.find("some-org/tiny", environment: environment) }?.code
        == .notFound)
  }

  @Test func `files and folders are told apart`() throws {
    let gguf = Fixtures.url("models/tiny-llama2/model.gguf")
    #expect(try ModelFiles.find(gguf.path) == .gguf(URL(filePath: gguf.path)))
    let folder = Fixtures.url("models/tiny-llama2").path
    #expect(try ModelFiles.find(folder) == .hub(URL(filePath: folder)))
    #expect(
      failure { _ = try ModelFiles.find(Fixtures.url("README.md").path) }?.code == .notFound)
    #expect(failure { _ = try ModelFiles.find(Fixtures.root.path) }?.code == .notFound)
  }

  @Test func `a GGUF file that is not a model of a known family is refused`() throws {
    let quants = Fixtures.url("gguf/quant-blocks.gguf")
    #expect(failure { _ = try ModelDescription(.gguf(quants)) }?.code == .malformedConfiguration)
  }
}
