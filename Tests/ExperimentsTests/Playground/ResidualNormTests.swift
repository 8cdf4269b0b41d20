import Foundation
import LanguageModel
import Storage
import TestSupport
import Testing

@testable import Experiments

struct ResidualNormTests {
  @Test func `the median is over the norms of every position of the store's prompts`() throws {
    let fixture = try AblationFixture()
    let norm = try fixture.material().residualNorm(at: AblationFixture.hook.name)
    let width = fixture.transformer.configuration.hiddenSize
    let output = try fixture.transformer.forward(
      .tokens(fixture.tokens), reading: [AblationFixture.hook], logits: .none)
    let rows = output.hooks[AblationFixture.hook] ?? []
    let norms = (0..<rows.count / width).map { row in
      rows[row * width..<(row + 1) * width].reduce(0.0) { $0 + Double($1) * Double($1) }
        .squareRoot()
    }.sorted()
    #expect(norm.rows == norms.count && norm.rows == fixture.tokens.map(\.count).reduce(0, +))
    let middle = norms.count / 2
    let median =
      norms.count % 2 == 1 ? norms[middle] : (norms[middle - 1] + norms[middle]) / 2
    #expect(abs(norm.median - median) < 1e-9 * median)
    #expect(norm.alpha(2) == Float(2 * median))
    #expect(norm.source == "the 32 prompts of tiny.epstore")
  }

  @Test func `of many rows evenly spaced ones are taken, over all documents`() throws {
    let fixture = try AblationFixture()
    let documents = try fixture.store.documents()
    let name = AblationFixture.hook.name
    let all = try ResidualNorm(fixture.store, documents, at: name)
    let some = try ResidualNorm(fixture.store, documents, at: name, most: 10)
    #expect(some.rows == 10)
    let width = fixture.transformer.configuration.hiddenSize
    let wanted = (0..<10).map { $0 * all.rows / 10 }
    let rows = try fixture.store.rows(name, at: wanted)
    let again = try ResidualNorm(of: rows, dimension: width, hook: name, source: some.source)
    #expect(again == some)
  }

  @Test func `where the norm cannot be known it is refused, naming the hooks there are`() throws {
    let fixture = try AblationFixture()
    let error = try #require(throws: ExperimentError.self) {
      try fixture.material().residualNorm(at: "blocks.3.hook_resid_post")
    }
    #expect(error.code == .missing && "\(error)".contains(AblationFixture.hook.name))
    for rows in [[], [Float](repeating: 0, count: 8), [.nan, 1, 1, 1]] {
      #expect(throws: ExperimentError.self) {
        try ResidualNorm(of: rows, dimension: 4, hook: "h", source: "rows")
      }
    }
    #expect(throws: ExperimentError.self) { try SteeringStrength.norms(1).alpha(nil) }
    #expect(try SteeringStrength.alpha(3).alpha(nil) == 3)
  }

  @Test func `a steering says what its α is in norms, and an old record reads without it`() throws {
    let fixture = try AblationFixture()
    let norm = try fixture.material().residualNorm(at: AblationFixture.hook.name)
    let setup = AblationSetup(
      .steer(alpha: norm.alpha(0.5)), target: .regions([0]), null: .none, depth: .geometry)
    let result = try fixture.runner(model: false).run(setup)
    #expect(result.residualNorm == norm)
    #expect(result.title.contains("(0.5 norms)"))
    #expect(result.remarks.contains { $0.hasPrefix("1 norm is α") })
    let saved = try result.savedContent()
    #expect(try AblationResult(savedContent: saved, id: 1).residualNorm == norm)
    var json = try #require(
      try JSONSerialization.jsonObject(with: Data(saved.utf8)) as? [String: Any])
    var record = try #require(json["record"] as? [String: Any])
    record["residualNorm"] = nil
    json["record"] = record
    let old = try AblationResult(
      savedContent: String(
        decoding: try JSONSerialization.data(withJSONObject: json), as: UTF8.self), id: 1)
    #expect(old.residualNorm == nil && old.setup == setup)
    #expect(old.title.contains("(") == old.title.contains("(mean)"))
  }
}
