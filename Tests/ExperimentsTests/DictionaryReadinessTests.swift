import Foundation
import LanguageModel
import Storage
import TestSupport
import Testing

@testable import Experiments

@Suite struct DictionaryReadinessTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The reference's dictionary as one of this model and hook.
  private func dictionary(model: String?, hook: String?) throws -> DictionaryFile {
    var source = try PickleImport(Fixtures.url("ep/p10/dictionary.pkl"))
    (source.provenance.model, source.provenance.hook) = (model, hook)
    let url = folder.file("d.epdict")
    try source.write(to: url, overwrite: true)
    return try DictionaryFile(url)
  }

  private func needs(
    _ model: String?, hook: String? = "blocks.1.hook_resid_post"
  ) throws -> [String: String?] {
    let places = ModelPlaces(folders: [folder.file("models")], hubCache: folder.file("hub"))
    let ready = DictionaryReadiness(try dictionary(model: model, hook: hook), places: places)
    return Dictionary(uniqueKeysWithValues: ready.items.map { ($0.task, $0.needs) })
  }

  private func make(_ path: String, _ names: String...) throws {
    let place = folder.file(path)
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    for name in names { try Data("x".utf8).write(to: place.appending(path: name)) }
  }

  private let trace = "trace, search by example, lens"
  private let coverage = "coverage, assignment of new text"

  @Test func `weights in the hub cache count where they are really there`() throws {
    let snapshot = "hub/models--org--m/snapshots/c0"
    #expect(try needs("org/m")[trace]??.contains("hf download org/m") == true)
    try make(snapshot, "config.json", "tokenizer.json")
    for task in [trace, coverage, "alignment", "patch", "playground"] {
      let found = try needs("org/m")[task] ?? nil
      #expect(found?.contains("model.safetensors is not in") == true, "\(task): \(found ?? "")")
    }
    let weights = folder.file("\(snapshot)/model.safetensors")
    try FileManager.default.createSymbolicLink(
      atPath: weights.path, withDestinationPath: "../../blobs/gone")
    #expect(try needs("org/m")[trace]??.contains("model.safetensors is not in") == true)
    try make("hub/models--org--m/blobs", "gone")
    let found = try needs("org/m")
    #expect(found[trace] == .some(nil) && found[coverage] == .some(nil))
    #expect(found["ablation"]??.contains("exemplar capture") == true)
  }

  @Test func `weights are looked for where the explorer does, and beside the dictionary`() throws {
    #expect(try needs("m.gguf")[trace]??.contains("name the file with --model") == true)
    try make("models", "m.gguf")
    #expect(try needs("m.gguf")[trace] == .some(nil))
    try make("", "n.gguf")
    #expect(try needs("n.gguf")[trace] == .some(nil))
    // A name is not a path.
    try make("hub/other", "o.gguf")
    #expect(try needs("../hub/other/o.gguf")[trace] != .some(nil))
  }

  @Test func `what is not recorded is asked for, and what needs nothing is ready`() throws {
    let found = try needs(nil, hook: nil)
    #expect(found["browse, search, label, compare"] == .some(nil))
    #expect(found["paths, neighbourhood"] == .some(nil))
    #expect(found["alignment"]??.contains("--model") == true)
    #expect(found["patch"]??.contains("--hook") == true)
    #expect(found["playground"]??.contains("build or import it with --hook") == true)
  }

  private func ready(_ store: StoreFile?) throws -> [String: String?] {
    let ready = DictionaryReadiness(
      try dictionary(model: "org/m", hook: "blocks.1.hook_resid_post"), store: store,
      places: ModelPlaces(), given: .onEngine)
    return Dictionary(uniqueKeysWithValues: ready.items.map { ($0.task, $0.needs) })
  }

  /// A store of a tiny model's that was captured from some prompts, or from text.
  private func store(
    _ name: String, prompts: String? = nil, answers: Int = 0
  ) throws -> StoreFile {
    let model = folder.file("tiny")
    if !FileManager.default.fileExists(atPath: model.path) { try TinyModel.write(to: model) }
    let transformer = try Transformer(model.path(percentEncoded: false), threads: 1)
    let input = folder.file(prompts.map { "\($0).jsonl" } ?? "text.txt")
    try Data((prompts == nil ? "yes no yes no" : #"{"id":"a","prompt":"yes"}"#).utf8)
      .write(to: input)
    let plan = try CapturePlan(
      CaptureRequest(
        inputs: [prompts == nil ? .text(input) : .prompts(input)],
        hooks: [.residualPost(layer: 1)], template: ChatTemplate(.chatml), maxNewTokens: answers,
        contextLength: 4),
      tokenizer: TokenizerLoader.fromTokenizerJSON(model.appending(path: "tokenizer.json")),
      configuration: transformer.configuration)
    let writer = try StoreWriter(
      folder.file(name), provenance: plan.provenance, hooks: plan.hooks, elementType: .f32)
    _ = try Capture.run(plan, transformer, into: writer)
    return try StoreFile(folder.file(name))
  }

  @Test
  func `of a store it is said which of prompts, answers and sets it lacks, and what gives them`()
    throws
  {
    let (refusals, ablation) = ("refusals by region, answers", "ablation")
    let text = try ready(store("text.epstore"))
    for task in [refusals, ablation] {
      #expect(
        text[task]??.contains(
          "prompts, of which text.epstore has none: “exemplar capture org/m --prompts FILE")
          == true)
    }
    let steering = "steering"
    #expect(text[steering]??.contains("prompts, of which text.epstore has none") == true)
    // All of its documents are of one set.
    #expect(text["probe"]??.contains("a field with two values or more") == true)
    let silent = try ready(store("silent.epstore", prompts: "harmful"))
    #expect(
      silent[refusals]??.contains("answers, of which silent.epstore has none") == true)
    #expect(silent[refusals]??.contains("--generate 48") == true)
    #expect(silent[ablation]??.contains("answers, of which silent.epstore") == true)
    #expect(silent[steering] == .some(nil))
    let other = try ready(store("other.epstore", prompts: "questions", answers: 2))
    #expect(other[refusals] == .some(nil))
    #expect(other[ablation]??.contains("sets named harmful and benign") == true)
    #expect(other[steering]??.contains("sets named harmful and benign") == true)
    let whole = try ready(store("whole.epstore", prompts: "benign-1", answers: 2))
    #expect(whole[refusals] == .some(nil) && whole[ablation] == .some(nil))
  }

  @Test func `a store whose prompts are of two sets has a field for a probe`() throws {
    let store = try StoreFile(
      Fixtures.root.deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "sample-dicts/smollm2-refusal.epstore"))
    #expect(try ready(store)["probe"] == .some(nil))
  }

  @Test func `tasks of one need stand together`() throws {
    let ready = DictionaryReadiness(
      try dictionary(model: "org/m", hook: "blocks.1.hook_resid_post"), places: ModelPlaces())
    let groups = ready.grouped
    #expect(groups.flatMap(\.tasks).count == ready.items.count)
    #expect(Set(groups.map(\.needs)).count == groups.count)
    #expect(ready.missing.map(\.name) == ["weights", "store"])
    #expect(groups[0].tasks.contains("paths, neighbourhood"))
  }
}
