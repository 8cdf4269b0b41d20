import ExemplarPartitioning
import Experiments
import Foundation
import Storage
import TestSupport
import Testing

@Suite("The sample dictionaries")
struct SampleDictionaryTests {
  static let samples:
    [(file: String, store: String, positions: Positions, percentile: Double, regions: Int)] = [
      ("smollm2-instruct.all.p10", "smollm2-instruct", .all, 10, 44),
      ("smollm2-instruct.last.p40", "smollm2-instruct", .last, 40, 5),
      ("smollm2-instruct.last.p10", "smollm2-instruct", .last, 10, 34),
      ("smollm2-refusal.all.p10", "smollm2-refusal", .all, 10, 44),
      ("smollm2-refusal.last.p40", "smollm2-refusal", .last, 40, 6),
      ("smollm2-refusal.last.p10", "smollm2-refusal", .last, 10, 32),
    ]
  static let folder = Fixtures.root.deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "sample-dicts")

  @Test("come out of the stores beside them, region by region", arguments: 0..<samples.count)
  func rebuilt(index: Int) throws {
    let sample = Self.samples[index]
    let shipped = try DictionaryFile(Self.folder.appending(path: "\(sample.file).epdict"))
    #expect(shipped.regionCount == sample.regions)
    let source = try ActivationSource(
      Self.folder.appending(path: "\(sample.store).epstore"), positions: sample.positions,
      selection: StoreSelection(sets: ["harmful", "benign"], split: "train"))
    let result = try DictionaryBuild.run(
      DictionaryBuildRequest(
        source: source, calibration: .percentile(sample.percentile, activations: 200_000),
        options: BuildOptions(threads: 2)))
    let loaded = try shipped.load()
    #expect(result.dictionary.regions.map(\.members) == loaded.regions.map(\.members))
    #expect(result.dictionary.regions.map(\.closest) == loaded.regions.map(\.closest))
    #expect(result.dictionary.identity == shipped.identity)
    #expect(result.provenance == shipped.provenance)
  }

  @Test("stand on stores that are whole, and hold no answer to a harmful prompt beyond its opening")
  func stores() throws {
    for (name, refused) in [("smollm2-instruct", 4), ("smollm2-refusal", 130)] {
      let store = try StoreFile(Self.folder.appending(path: "\(name).epstore"))
      try store.verify()
      #expect(store.isFinished && store.documentCount == 324)
      let harmful = Set(
        try store.documents(ofSets: ["harmful", "harmful-heldout"]).map(\.index))
      let answers = try store.continuations().filter { harmful.contains($0.document) }
      #expect(answers.count == 150)
      #expect(answers.count { $0.verdict?.outcome == .refused } == refused)
      for answer in answers where answer.verdict?.outcome != .refused {
        #expect((answer.tokens ?? []).count <= 8)
      }
    }
  }

  @Test("mark the token that activated a region")
  func tokens() throws {
    let file = try DictionaryFile(Self.folder.appending(path: "smollm2-refusal.all.p10.epdict"))
    let context = try #require(try file.detail(of: 1).closest.first)
    let text = try #require(context.text)
    let token = try #require(context.token)
    let bytes = Array(text.utf8)[token]
    #expect(!bytes.isEmpty)
    #expect(String(decoding: bytes, as: UTF8.self) == "\n")
  }

  @Test("cut into batches of final positions in the order of the prompts")
  func finalPositions() throws {
    let source = try ActivationSource(
      Self.folder.appending(path: "smollm2-instruct.epstore"), positions: .last,
      selection: StoreSelection(sets: ["harmful", "benign"]))
    var sizes: [Int] = []
    var documents = 0
    try source.forEachBatch { batch in
      sizes.append(batch.count)
      #expect(batch.documentOfRow == (0..<batch.count).map { Int32(documents + $0) })
      documents += batch.documents.count
      return true
    }
    #expect(sizes == [64, 64, 64, 8])
  }
}
