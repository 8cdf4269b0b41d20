import ExemplarPartitioning
import Foundation
import Storage
import TensorFiles
import TestSupport
import Testing

@testable import Experiments

/// Members as streamed and nearest exemplars now, and the split that a dictionary is built from.
struct NearestCountsTests {
  private static let samples = Fixtures.root.deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "sample-dicts")

  private func file(_ name: String) throws -> DictionaryFile {
    try DictionaryFile(Self.samples.appending(path: "\(name).epdict"))
  }

  private func store(_ name: String) throws -> StoreFile {
    try StoreFile(Self.samples.appending(path: "\(name).epstore"))
  }

  @Test func `nearest counts are a plain search over all exemplars`() throws {
    let (file, store) = (try file("smollm2-refusal.last.p10"), try store("smollm2-refusal"))
    let counts = try NearestCounts.read(file, store, threads: 2)
    let documents = try store.documents(ofSets: ["harmful", "benign"])
    let rows = try store.lastRows("blocks.16.hook_resid_post", of: documents)
    let (centre, exemplars, width) = (try file.centre(), try file.exemplars(), file.dimension)
    var expected = [Int](repeating: 0, count: file.regionCount)
    for row in 0..<documents.count {
      let products = expected.indices.map { region in
        (0..<width).reduce(0.0) {
          $0 + Double(rows[row * width + $1] - centre[$1]) * Double(exemplars[region * width + $1])
        }
      }
      if let best = products.indices.max(by: { products[$0] < products[$1] }) {
        expected[best] += 1
      }
    }
    #expect(counts.counts == expected)
    #expect(counts.rows == 200 && counts.isOfOwnRows)
    let members = try file.table().memberCounts
    #expect(counts.counts != members && members.reduce(0, +) == 200)
  }

  @Test func `activations of another store are not called the dictionary's own`() throws {
    let (file, store) = (try file("smollm2-refusal.last.p10"), try store("smollm2-instruct"))
    #expect(throws: ExperimentError.self) { try NearestCounts.read(file, store, threads: 1) }
    let counts = try NearestCounts.read(file, store, isOtherAllowed: true, threads: 1)
    #expect(!counts.isOfOwnRows && counts.notices.count == 1)
    #expect(counts.rows == 324)
  }

  @Test func `a split is taken alone, and recorded`() throws {
    let url = Self.samples.appending(path: "smollm2-refusal.epstore")
    let store = try store("smollm2-refusal")
    #expect(try store.standardSplit(ofSets: nil) == "train")
    #expect(try store.indices(ofSets: nil, split: "train").count == 220)
    #expect(try store.indices(ofSets: ["openers"], split: "heldout").count == 4)
    let source = try ActivationSource(
      url, positions: .last, selection: StoreSelection(split: "heldout"))
    #expect(source.recorded.provenance.split == "heldout")
    #expect(source.selectionWords(documents: 104) == "split heldout, 104 of 324 documents")
    let error = #expect(throws: StorageError.self) {
      try ActivationSource(url, selection: StoreSelection(sets: ["harmful"], split: "test"))
    }
    #expect(error?.message.contains("it has train") == true)
  }

  @Test func `a store without splits is taken whole, and one without a train split is asked about`()
    throws
  {
    var options = AblationFixture.Options()
    options.split = false
    #expect(try AblationFixture(options).store.standardSplit(ofSets: nil) == "all")
    let error = #expect(throws: ExperimentError.self) {
      try store("smollm2-refusal").standardSplit(ofSets: ["harmful-heldout"])
    }
    #expect(
      error?.message.contains("heldout") == true && error?.remedy == "choose with \(.split)")
  }
}
