import Foundation
import LanguageModel
import Storage
import TensorFiles
import TestSupport
import Testing

@testable import Experiments

/// Which weights belong to what was recorded.
struct CheckpointTests {
  private let folder: TemporaryFolder
  private let files: ModelFiles
  private let modelHash: String

  init() throws {
    folder = try TemporaryFolder()
    try TinyModel.write(to: folder.file("model"))
    files = .hub(folder.file("model"))
    modelHash = try FileHash.of(files)
  }

  private func adapter(_ name: String, seed: Int = 1) throws -> (url: URL, hash: String) {
    let url = folder.file(name)
    try TinyAdapter.write(to: url, seed: seed)
    return (url, try FileHash.ofAdapter(url))
  }

  private func recorded(
    adapter: String? = nil, _ adapterHash: String? = nil, hash: String? = nil
  ) -> RecordedCheckpoint {
    RecordedCheckpoint(
      owner: "tiny.epdict", model: "model", modelHash: hash ?? modelHash, adapter: adapter,
      adapterHash: adapterHash)
  }

  private func resolve(
    _ recorded: RecordedCheckpoint, adapter: URL? = nil, isOtherAllowed: Bool = false,
    places: [URL]? = nil
  ) throws -> Checkpoint {
    try Checkpoint.resolve(
      [recorded], model: files, adapter: adapter, isOtherAllowed: isOtherAllowed,
      places: places ?? [folder.url])
  }

  private func message(_ body: () throws -> Checkpoint) -> String {
    do {
      return "no error: \(try body().match)"
    } catch {
      return (error as? ExperimentError)?.text { "\($0)" } ?? "\(error)"
    }
  }

  @Test func `an adapter is found by its hash, whatever its folder is called now`() throws {
    _ = try adapter("another", seed: 5)
    let wanted = try adapter("renamed")
    let found = try resolve(recorded(adapter: "tuned", wanted.hash))
    #expect(found.adapterName == "renamed")
    #expect(found.match == .same && found.notices.isEmpty && found.isAdapterFound)
  }

  @Test func `an adapter that is not there is named with its hash and the places`() throws {
    let other = try adapter("tuned", seed: 5)
    let hash = String(repeating: "ab", count: 32)
    let message = message { try resolve(recorded(adapter: "tuned", hash)) }
    for part in [
      "tiny.epdict", "tuned", "abababababab", folder.url.lastPathComponent, "give it with adapter",
    ] {
      #expect(message.contains(part), "\(message)")
    }
    #expect(!message.contains(String(other.hash.prefix(12))))
  }

  @Test func `another adapter than recorded is refused with both names`() throws {
    let (own, other) = (try adapter("tuned"), try adapter("other", seed: 5))
    let message = message { try resolve(recorded(adapter: "tuned", own.hash), adapter: other.url) }
    for part in ["tuned", String(own.hash.prefix(12)), "other", String(other.hash.prefix(12))] {
      #expect(message.contains(part), "\(message)")
    }
    let allowed = try resolve(
      recorded(adapter: "tuned", own.hash), adapter: other.url, isOtherAllowed: true)
    #expect(allowed.match == .other && allowed.notices.count == 1)
  }

  private func configure(_ url: URL, _ settings: String) throws {
    try Data(settings.utf8).write(to: url.appending(path: "adapter_config.json"))
  }

  @Test(arguments: [
    #"{"peft_type":"LORA","r":2,"lora_alpha":32,"bias":"none"}"#,
    #"{"peft_type":"LORA","r":2,"lora_alpha":64,"use_rslora":true}"#,
    #"{"peft_type":"LORA","r":2,"lora_alpha":64,"alpha_pattern":{"q_proj":3}}"#,
    #"{"peft_type":"LORA","r":2,"lora_alpha":64,"target_modules":["q_proj"]}"#,
    #"{"peft_type":"LORA","r":2,"lora_alpha":64,"fan_in_fan_out":true}"#,
  ])
  func `the same weights under other settings are another adapter`(settings: String) throws {
    let own = try adapter("tuned")
    let other = try adapter("other")
    try configure(other.url, settings)
    let message = message { try resolve(recorded(adapter: "tuned", own.hash), adapter: other.url) }
    #expect(message.contains("settings") && message.contains("other"), "\(message)")
    // And it is not the one that is found.
    let found = try resolve(recorded(adapter: "tuned", own.hash))
    #expect(found.adapterName == "tuned")
  }

  @Test func `settings that change nothing are no part of what an adapter is`() throws {
    let own = try adapter("tuned")
    let other = try adapter("other")
    try configure(
      other.url,
      """
      {"task_type": "CAUSAL_LM", "lora_alpha": 64.0, "base_model_name_or_path": "/somewhere/else",
       "r": 2, "peft_type": "LORA", "use_dora": false, "rank_pattern": {}, "inference_mode": true,
       "init_lora_weights": true, "lora_dropout": 0.05, "modules_to_save": null}
      """)
    #expect(try FileHash.ofAdapter(other.url) == own.hash)
    // Lists that PEFT writes in any order.
    let orders = try [#"["q_proj","v_proj"]"#, #"["v_proj","q_proj"]"#].map {
      try configure(other.url, #"{"peft_type":"LORA","r":2,"target_modules":\#($0)}"#)
      return try FileHash.ofAdapter(other.url)
    }
    #expect(orders[0] == orders[1])
    // The order of patterns counts.
    let patterns = try [#"{"a":1,"b":2}"#, #"{"b":2,"a":1}"#].map {
      try configure(other.url, #"{"peft_type":"LORA","r":2,"alpha_pattern":\#($0)}"#)
      return try FileHash.ofAdapter(other.url)
    }
    #expect(patterns[0] != patterns[1])
  }

  @Test func `a record of the weights alone matches them, and that is said`() throws {
    let own = try adapter("tuned")
    let weights = String(try #require(own.hash.split(separator: "+").first))
    #expect(weights.count == 64 && weights != own.hash)
    let found = try resolve(recorded(adapter: "tuned", weights))
    #expect(found.match == .same && found.adapterName == "tuned")
    #expect(found.notices.count == 1)
    #expect(found.notices.first?.contains("only they were compared") == true)
    let other = try adapter("other", seed: 5)
    #expect(
      message { try resolve(recorded(adapter: "tuned", weights), adapter: other.url) }
        .contains("but the model's is other"))
  }

  @Test func `an adapter where none was recorded is refused`() throws {
    let own = try adapter("tuned")
    #expect(message { try resolve(recorded(), adapter: own.url) }.contains("without an adapter"))
  }

  @Test func `the bare model is read through a tuned dictionary only on purpose, and says so`()
    throws
  {
    let own = try adapter("tuned")
    let bare = try resolve(recorded(adapter: "tuned", own.hash), isOtherAllowed: true)
    #expect(bare.adapter == nil && bare.match == .other)
    #expect(bare.notices.first?.contains("the model's is none") == true)
  }

  @Test func `other weights are refused with both hashes`() throws {
    let hash = String(repeating: "cd", count: 32)
    let message = message { try resolve(recorded(hash: hash)) }
    #expect(message.contains("cdcdcdcdcdcd") && message.contains(modelHash.prefix(12)))
    #expect(try resolve(recorded(hash: hash), isOtherAllowed: true).match == .other)
  }

  @Test func `what was not recorded is not called the same`() throws {
    let silent = try resolve(RecordedCheckpoint(owner: "tiny.epdict"))
    #expect(silent.match == .unknown)
    #expect(silent.notices.first?.contains("does not record its model") == true)
    let named = try resolve(RecordedCheckpoint(owner: "tiny.epdict", model: "model"))
    #expect(named.match == .unknown && named.notices.first?.contains("without a hash") == true)
    // Of an adapter the name alone: found by it, and not called the same.
    _ = try adapter("tuned")
    #expect(try resolve(recorded(adapter: "tuned (rank 2)")).match == .unknown)
  }

  @Test func `dictionaries of different checkpoints are not traced together unasked`() throws {
    let own = try adapter("tuned")
    #expect(throws: ExperimentError.self) {
      try Checkpoint.resolve(
        [recorded(), recorded(adapter: "tuned", own.hash)], model: files, adapter: nil,
        places: [folder.url])
    }
  }

  @Test func `a torch file of weights is an adapter's hash too`() throws {
    let own = folder.file("pickled")
    try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
    try Data("{}".utf8).write(to: own.appending(path: "adapter_config.json"))
    try Data("weights".utf8).write(to: own.appending(path: "adapter_model.bin"))
    let hash = SHA256.hexDigest(of: "weights")
    #expect(AdapterIdentity(try FileHash.ofAdapter(own)).weights == hash)
    #expect(try resolve(recorded(adapter: "tuned", hash)).adapterName == "pickled")
  }

  @Test func `a hash is kept until the file changes`() throws {
    let file = folder.file("weights.bin")
    let cache = folder.file("cache")
    func hash(_ later: Double = 100) throws -> String {
      try HashCache(folder: cache, smallest: 0).hash(of: file, now: Date() + later)
    }
    func kept() -> [String] {
      (try? FileManager.default.contentsOfDirectory(atPath: cache.path(percentEncoded: false)))
        ?? []
    }
    try Data("one".utf8).write(to: file)
    // Just written: the next change may fall into the same tick.
    #expect(try hash(0) == SHA256.hexDigest(of: "one") && kept().isEmpty)
    #expect(try hash() == SHA256.hexDigest(of: "one") && kept().count == 1)
    // What is kept is what is given while the file is as it was.
    let entry = cache.appending(path: kept()[0])
    var lines = try String(contentsOf: entry, encoding: .utf8).split(separator: "\n")
    lines[1] = Substring(String(repeating: "0", count: 64))
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: entry)
    #expect(try hash() == String(repeating: "0", count: 64))
    try Data("two".utf8).write(to: file)
    #expect(try hash() == SHA256.hexDigest(of: "two"))
    // Rubbish in the cache is no hash.
    try Data("rubbish".utf8).write(to: entry)
    #expect(try hash() == SHA256.hexDigest(of: "two"))
  }

  // MARK: - By hand

  @Test func `what a person gives counts where nothing is recorded, and is marked`() throws {
    var provenance = DictionaryProvenance()
    let tuned = try adapter("tuned")
    try ProvenanceByHand(
      model: folder.file("model").path(percentEncoded: false), hook: "blocks.1.hook_resid_post",
      adapter: tuned.url.path(percentEncoded: false), percentile: 10, seed: 3
    ).apply(to: &provenance, of: "a.pkl")
    #expect(provenance.adapter == "tuned" && provenance.adapterHash == tuned.hash)
    #expect(provenance.model == "model" && provenance.modelHash == modelHash)
    #expect(provenance.hook == "blocks.1.hook_resid_post")
    #expect(provenance.fieldsByHand == ["model", "hook", "adapter", "percentile", "seed"])
  }

  @Test func `what a person gives against the record is refused with both`() throws {
    var provenance = DictionaryProvenance()
    (provenance.hook, provenance.model) = ("blocks.1.hook_resid_post", "SmolLM2.Q4_1.gguf")
    for (given, named) in [
      (ProvenanceByHand(hook: "blocks.2.hook_resid_post"), "blocks.2.hook_resid_post"),
      (ProvenanceByHand(model: "gemma"), "gemma"),
    ] {
      var copy = provenance
      let message = #expect(throws: ExperimentError.self) {
        try given.apply(to: &copy, of: "shards")
      }
      #expect(message?.message.contains(named) == true)
      #expect(copy.givenByHand == nil)
    }
    // The same in other words stays as it was recorded.
    try ProvenanceByHand(model: "SmolLM2", hook: "blocks.1.hook_resid_post")
      .apply(to: &provenance, of: "shards")
    #expect(provenance.model == "SmolLM2.Q4_1.gguf" && provenance.givenByHand == nil)
  }
}
