import Foundation
import TestSupport
import Testing

@testable import Experiments

@Suite struct ConceptTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func read(_ name: String, _ lines: String) throws -> [ConceptExample] {
    try Data(lines.utf8).write(to: folder.file(name))
    return try ConceptFile.read([folder.file(name)])
  }

  @Test func `AxBench's files give the concepts that they were made from`() throws {
    let ours = try ConceptFile.read([Fixtures.url("claims/runs/concepts.jsonl")])
    let theirs = try ConceptFile.read(
      ["train_data", "latent_eval_data"].map { Fixtures.url("claims/parquet/\($0).parquet") })
    func summary(_ examples: [ConceptExample]) -> Set<String> {
      Set(examples.map { "\($0.concept) \($0.texts[0]) \($0.isPositive) \($0.isHeldOut)" })
    }
    #expect(theirs.count == ours.count)
    #expect(summary(theirs) == summary(ours))
  }

  @Test func `Negatives of id −1 are every concept's of their genre`() throws {
    let examples = try read(
      "train_data.jsonl",
      """
      {"input": "a", "output": "b", "output_concept": "EEEEE", "concept_genre": "code", "category": "negative", "concept_id": -1}
      {"input": "c", "output": "d", "output_concept": "EEEEE", "concept_genre": "text", "category": "negative", "concept_id": -1}
      {"input": "e", "output": "f", "output_concept": "birds", "concept_genre": "text", "category": "positive", "concept_id": 0}
      {"input": "g", "output": "h", "output_concept": "loops", "concept_genre": "code", "category": "positive", "concept_id": 1}
      """)
    #expect(examples.filter { $0.concept == "birds" }.map { $0.texts[0] } == ["ef", "cd"])
    #expect(examples.filter { $0.concept == "loops" }.map { $0.texts[0] } == ["gh", "ab"])
    #expect(examples.allSatisfy { !$0.isHeldOut })
  }

  @Test func `Two ids of one name stay two concepts`() throws {
    let examples = try read(
      "latent_eval_data.jsonl",
      """
      {"input": "e", "output_concept": "birds", "category": "positive", "concept_id": 0}
      {"input": "g", "output_concept": "birds", "category": "positive", "concept_id": 1}
      """)
    #expect(Set(examples.map(\.concept)) == ["birds (0)", "birds (1)"])
  }

  @Test(
    arguments: [
      "train_brotli.parquet", "train_data.parquet", "train_gzip.parquet", "train_lz4.parquet",
      "train_snappy.parquet", "train_snappy_v2.parquet",
    ])
  func `Concepts are the same whatever packs their table`(_ name: String) throws {
    let lines = try ConceptFile.read([Fixtures.url("cases/06-parquet-zstd/train_data.jsonl")])
    #expect(lines.count > 10)
    #expect(try ConceptFile.read([Fixtures.url("cases/06-parquet-zstd/\(name)")]) == lines)
  }

  @Test func `A bad line is named by its own number, blank ones counted`() throws {
    let error = #expect(throws: ExperimentError.self) {
      _ = try ConceptFile.read([Fixtures.url("cases/06-parquet-zstd/train_badline.jsonl")])
    }
    #expect(error?.file == "train_badline.jsonl:7")
  }

  @Test func `A Parquet file of another kind names its columns`() throws {
    let error = #expect(throws: ExperimentError.self) {
      _ = try ConceptFile.read([Fixtures.url("claims/parquet/lists.parquet")])
    }
    #expect(error?.message.contains("found lists") == true)
    #expect(throws: ExperimentError.self) {
      _ = try ConceptFile.read([Fixtures.url("claims/parquet/empty.parquet")])
    }
  }
}
