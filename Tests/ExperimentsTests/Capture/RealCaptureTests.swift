import ExemplarPartitioning
import Foundation
import LanguageModel
import Numerics
import Storage
import TensorFiles
import TestSupport
import Testing

@testable import Experiments

/// The real model's file, where the environment names a folder with it.
private let smol: URL? = {
  guard let folder = ProcessInfo.processInfo.environment["EXEMPLAR_MODELS"] else { return nil }
  let file = URL(filePath: folder).appending(path: "SmolLM2-135M-Instruct.Q4_1.gguf")
  return FileManager.default.fileExists(atPath: file.path) ? file : nil
}()

private let adapter = Fixtures.root.deletingLastPathComponent().deletingLastPathComponent()
  .appending(path: "sample-dicts/refusal-adapter")

/// What the reference implementation found in the same prompts.
private struct ReferenceDictionaries: Decodable {
  struct Dictionary: Decodable {
    var positions: String
    var percentile: Double
    var theta: Double
    var regions: Int
    var lastPositionIDs: [Int]

    enum CodingKeys: String, CodingKey {
      case positions, percentile, theta, regions
      case lastPositionIDs = "last_position_ids"
    }
  }

  var hook: String
  var instruct: [Dictionary]
  var tuned: [Dictionary]

  enum CodingKeys: String, CodingKey {
    case hook, instruct
    case tuned = "refusal-tuned"
  }
}

@Suite(.serialized)
struct RealCaptureTests {
  @Test(
    .enabled(if: smol != nil, "EXEMPLAR_MODELS does not name a folder with SmolLM2-135M-Instruct"),
    arguments: [false, true])
  func `the reference's dictionaries come out of our own capture`(isTuned: Bool) throws {
    let file = try #require(smol)
    let folder = try TemporaryFolder()
    let reference = try JSONDecoder().decode(
      ReferenceDictionaries.self,
      from: Data(contentsOf: Fixtures.url("real/reference-dictionaries.json")))
    let description = try ModelDescription(ModelFiles.find(file.path))
    let tokenizer = try TokenizerLoader.fromGGUF(metadata: GGUFFile(file))
    let plan = try CapturePlan(
      CaptureRequest(
        inputs: [.prompts(Fixtures.url("real/reference-prompts.jsonl"))],
        hooks: [HookPoint(reference.hook)], template: ChatTemplate(.chatml)),
      tokenizer: tokenizer, configuration: description.configuration)
    let writer = try StoreWriter(
      folder.file("a.epstore"), provenance: plan.provenance, hooks: plan.hooks, elementType: .f32)
    let model = try Transformer(
      description, adapter: isTuned ? LoRAAdapter(folder: adapter) : nil)
    _ = try Capture.run(plan, model, into: writer)
    for expected in isTuned ? reference.tuned : reference.instruct {
      let positions = try #require(Positions(rawValue: expected.positions))
      let found = try DictionaryBuild.run(
        DictionaryBuildRequest(
          source: try ActivationSource(folder.file("a.epstore"), positions: positions),
          calibration: .percentile(expected.percentile, activations: 200_000),
          options: BuildOptions(seed: 0, threads: 2)))
      let name = "\(expected.positions) p\(expected.percentile)"
      #expect(abs(found.calibration.threshold - expected.theta) < 1e-4, "\(name)")
      #expect(abs(found.dictionary.count - expected.regions) <= 1, "\(name)")
      let url = folder.file("\(name).epdict")
      try DictionaryWriter.write(found.dictionary, provenance: found.provenance, to: url)
      let assigned = try ActivationAssignment.run(
        try DictionaryFile(url),
        try ActivationSource(folder.file("a.epstore"), positions: .last), threads: 2)
      // A position at θ itself may fall on either side of it by rounding, and found another region.
      let same = zip(assigned.ids, expected.lastPositionIDs).filter { Int($0) == $1 }.count
      #expect(same >= expected.lastPositionIDs.count - 4, "\(name): \(same) ids agree")
    }
  }
}
