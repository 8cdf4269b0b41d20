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
      Set(examples.map { "\($0.concept) \($0.text) \($0.isPositive) \($0.isHeldOut)" })
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
    #expect(examples.filter { $0.concept == "birds" }.map { $0.text } == ["ef", "cd"])
    #expect(examples.filter { $0.concept == "loops" }.map { $0.text } == ["gh", "ab"])
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

  @Test func `Hard negatives are told apart, and those of the evaluation's names count`() throws {
    let lines = [
      "positive", "negative", "hard negative", "hard negative seen", "hard negative unseen",
    ]
    .map {
      #"{"input": "a", "output": "b", "output_concept": "c", "category": "\#($0)", "concept_id": 0}"#
    }
    let labels = try read("latent_eval_data.jsonl", lines.joined(separator: "\n")).map(\.label)
    #expect(
      labels == [
        .positive, .negative, .hardNegative, .countedHardNegative, .countedHardNegative,
      ])
    #expect(labels.map(\.isScored) == [true, true, false, true, true])
    #expect(labels.map(\.isHard) == [false, false, true, true, true])
  }

  private func rows(_ documents: [String]) -> ActivationRows {
    var rows = ActivationRows()
    rows.documents = documents
    for (document, text) in documents.enumerated() {
      for position in 0..<text.utf8.count {
        rows.documentOfRow.append(Int32(document))
        rows.positions.append(Int32(position))
      }
    }
    rows.count = rows.documentOfRow.count
    rows.dimension = 1
    rows.rows = [Float](repeating: 0, count: rows.count)
    return rows
  }

  private func example(_ input: String, _ output: String) -> ConceptExample {
    ConceptExample(
      concept: "c", text: input + output, input: input, output: output, label: .positive,
      isHeldOut: true)
  }

  @Test func `A chat turn counts from the user's first token to the answer's last`() throws {
    let text = "<u>\nSay it.<e><a>\nSaid so.<e>\n"
    let rows = rows([text])
    let bytes = (1...Int32(text.utf8.count)).map { $0 }
    let found = try ConceptDocuments(rows, ends: [bytes]).rows(
      of: example("Say it. ", "Said so."), file: "store")
    let start = "<u>\n".utf8.count
    let end = text.utf8.count - "<e>\n".utf8.count
    #expect(found == .init(rows: Array(start..<end), isBounded: true))
    let unknown = try ConceptDocuments(rows).rows(of: example("Say it.", "Said so."), file: "store")
    #expect(unknown?.isBounded == false)
  }

  @Test func `A store that has the inputs alone is refused, and never scored by them`() throws {
    for documents in [["Say it."], ["<u>\nSay it.<e><a>\n"], ["<u>\nSay it.<e><a>\nOther.<e>"]] {
      let error = #expect(throws: ExperimentError.self) {
        _ = try ConceptDocuments(rows(documents)).rows(
          of: example("Say it.", "Said so."), file: "store")
      }
      #expect(error?.message.contains("the input alone") == true)
    }
    let absent = try ConceptDocuments(rows(["Else."])).rows(
      of: example("Say it.", "Said so."), file: "store")
    #expect(absent == nil)
  }

  @Test func `Numbers round to bfloat16 to the nearest, ties to even`() {
    // 1 + 2⁻⁸ lies between 1 and 1 + 2⁻⁷; 1 + 3·2⁻⁸ between the odd 1 + 2⁻⁷ and the even 1 + 2⁻⁶.
    #expect(BrainFloat.rounded(1 + 0x1p-8) == 1)
    #expect(BrainFloat.rounded(1 + 3 * 0x1p-8) == 1 + 0x1p-6)
    #expect(BrainFloat.rounded(-1 - 0x1.1p-8) == -1 - 0x1p-7)
  }
}
