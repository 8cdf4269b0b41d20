import ExemplarPartitioning
import Foundation
import Storage
import TestSupport
import Testing

@testable import Experiments

/// The control has the rank of the target, and an experiment says which prompts its dictionary was built from.
struct ControlTests {
  private static let samples = Fixtures.root.deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "sample-dicts")

  /// The shipped dictionary of final positions: 32 regions, candidates and nulls enough.
  private func subject(
    _ dictionary: String = "smollm2-refusal.last.p10", isOtherAllowed: Bool = false
  ) throws -> AblationSubject {
    let file = try DictionaryFile(Self.samples.appending(path: "\(dictionary).epdict"))
    let store = try StoreFile(Self.samples.appending(path: "smollm2-refusal.epstore"))
    return try AblationSubject(
      file, dictionary: try file.load(), material: try AblationMaterial(store),
      isOtherAllowed: isOtherAllowed, threads: 1)
  }

  @Test(arguments: 1...8)
  func `the control of K regions is K other regions`(count: Int) throws {
    let subject = try subject()
    let directions = try subject.directions(AblationSetup(target: .top(count, .reference)))
    let target = directions.target
    #expect(target.nullRank == count && target.null.regions.count == count)
    #expect(directions.subspace.rank == count && directions.nullSubspace?.rank == count)
    #expect(Set(target.null.regions).isDisjoint(with: target.regions))
    #expect(Set(target.null.regions).count == count)
    let rates = Dictionary(
      uniqueKeysWithValues: (subject.candidates?.tallies ?? []).map { ($0.region, $0.rate) })
    #expect(target.null.regions.allSatisfy { rates[$0] ?? 1 <= 0.05 })
    #expect((target.null.region != nil) == (count == 1))
  }

  @Test func `nulls are matched one to one, the closest pair first`() throws {
    let subject = try subject()
    let candidates = try #require(subject.candidates)
    let single = try #require(candidates.nullRegion(for: 20, in: subject.dictionary))
    // Twice the same region would be the nearest for both.
    let pair = try #require(candidates.nullRegions(for: [20, 21], in: subject.dictionary))
    #expect(Set(pair).count == 2)
    #expect(candidates.nullRegions(for: [20], in: subject.dictionary) == [single.region])
    #expect(
      candidates.nullRegions(for: Array(0..<30), in: subject.dictionary) == nil)
  }

  @Test func `where too few regions qualify the control is as many random directions`() throws {
    let subject = try subject("smollm2-refusal.last.p40")
    let setup = AblationSetup(target: .regions([0, 1, 2, 3]), seed: 7)
    let directions = try subject.directions(setup)
    #expect(directions.target.null == .random(seed: 7))
    #expect(directions.nullSubspace?.rank == 4)
    #expect(directions.target.notices.contains { $0.contains("4 random directions, seed 7") })
  }

  @Test func `a control that is named has to have the target's rank`() throws {
    let subject = try subject()
    func message(_ null: AblationSetup.Null) -> String {
      let error = #expect(throws: ExperimentError.self) {
        try subject.target(AblationSetup(target: .top(3, .reference), null: null))
      }
      return error?.message ?? ""
    }
    #expect(message(.region(4)).contains("expected 3 null regions"))
    #expect(message(.regions([4, 14])).contains("found 2"))
    #expect(message(.regions([4, 14, 20])).contains("found 20"))
    #expect(message(.regions([4, 4, 14])).contains("twice"))
    let named = try subject.target(
      AblationSetup(target: .top(3, .reference), null: .regions([4, 14, 28])))
    #expect(named.null == .regions([4, 14, 28]))
  }

  @Test
  func `an experiment that was kept with one direction against several carries no conclusion`()
    throws
  {
    let subject = try subject()
    let runner = try AblationRunner(subject, threads: 1)
    var result = try runner.run(AblationSetup(target: .top(2, .reference)))
    #expect(result.json().text.contains(#""nullRegions":[11,16]"#))
    result.target.null = .region(4)
    #expect(result.remarks.contains { $0.contains("the control has 1 direction and the target 2") })
    result.setup.depth = .generate
    for index in result.prompts.indices {
      func answer(_ outcome: Outcome) -> Answer {
        Answer(
          tokens: [], text: "", ending: "length",
          verdict: OutcomeVerdict(outcome: outcome, classifier: "test", reason: ""),
          origin: .generated)
      }
      let isHarmful = result.prompts[index].role == .harmful
      result.prompts[index].answers = [
        .baseline: answer(isHarmful ? .refused : .complied), .ablated: answer(.complied),
        .null: answer(isHarmful ? .refused : .complied),
      ]
    }
    #expect(result.conclusion.kind == .refused)
    #expect(result.conclusion.sentence.contains("the control has 1 direction and the target 2"))
    result.target.null = .regions([4, 14])
    #expect(result.conclusion.kind == .effect)
  }

  @Test func `an experiment of an earlier version is read without what it did not know`() throws {
    let result = try AblationRunner(try subject(), threads: 1).run(AblationSetup())
    var content = try #require(
      try JSONSerialization.jsonObject(with: Data(result.savedContent().utf8)) as? [String: Any])
    var record = try #require(content["record"] as? [String: Any])
    var provenance = try #require(record["provenance"] as? [String: Any])
    #expect(provenance.removeValue(forKey: "match") != nil)
    #expect(record.removeValue(forKey: "evaluated") != nil)
    record["provenance"] = provenance
    content["record"] = record
    let text = String(
      decoding: try JSONSerialization.data(withJSONObject: content), as: UTF8.self)
    let read = try AblationResult(savedContent: text, id: 1)
    #expect(read.evaluated == nil && read.provenance.match == nil)
    #expect(read.target == result.target && read.table == result.table)
    #expect(read.markdown.contains("null region 11"))
  }

  @Test func `evaluated prompts that the dictionary was built from are counted and said`() throws {
    let runner = try AblationRunner(try subject(), threads: 1)
    let heldOut = try runner.run(AblationSetup())
    #expect(heldOut.evaluated == EvaluatedPrompts(count: 100, own: 0, isComplete: true))
    #expect(!heldOut.notices.contains { $0.contains("built from") })
    let all = try runner.run(AblationSetup(split: "all"))
    #expect(all.evaluated?.own == 200 && all.evaluated?.count == 300)
    let sentence =
      "200 of the 300 evaluated prompts are among those that the dictionary was built from"
    #expect(all.remarks.contains { $0.contains(sentence) })
    #expect(all.json().text.contains(sentence) && all.markdown.contains("200 of 300"))
  }

  @Test func `a dictionary of another checkpoint than the store is allowed on purpose, and said`()
    throws
  {
    #expect(throws: ExperimentError.self) { try subject("smollm2-instruct.last.p10") }
    let other = try subject("smollm2-instruct.last.p10", isOtherAllowed: true)
    #expect(other.match == .other)
    // Its prompts are those of the store by their texts, though it was built from another one.
    let result = try AblationRunner(other, threads: 1).run(AblationSetup(split: "train"))
    #expect(result.evaluated?.own == 200)
    #expect(result.notices.contains { $0.contains("built from adapter none") })
    #expect(result.command.contains("--other-model"))
  }
}
