import ExemplarPartitioning
import Foundation
import LanguageModel
import Storage
import TestSupport
import Testing

@testable import Experiments

/// A swap takes the wholly harmful regions' span out and puts the wholly benign ones' part of it back.
struct RegionSwapTests {
  private struct Fixture: Decodable {
    var dimension: Int
    var rows: [Float]
    var harmful: [Bool]
    var regions: [Int32]
    var distances: [Float]
    var centre: [Float]
    var pureHarmful: [Int]
    var pureBenign: [Int]
    var exemplar: [String: [Double]]
    var mean: [String: [Double]]

    var roles: [AblationPrompt.Role] { harmful.map { $0 ? .harmful : .benign } }
  }

  private static func fixture() throws -> Fixture {
    try JSONDecoder().decode(
      Fixture.self, from: Data(contentsOf: Fixtures.url("swap/swap.json")))
  }

  private static func swap(
    _ known: Fixture, _ basis: RegionSwap.Basis = .mean
  ) throws -> RegionSwap {
    try RegionSwap(
      rows: known.rows, roles: known.roles, regions: known.regions, distances: known.distances,
      centre: known.centre, basis: basis)
  }

  @Test(arguments: [RegionSwap.Basis.exemplar, .mean])
  func `every condition changes activations as numpy does from the definition`(
    basis: RegionSwap.Basis
  ) throws {
    let known = try Self.fixture()
    let swap = try Self.swap(known, basis)
    #expect(swap.pure.harmful == known.pureHarmful && swap.pure.benign == known.pureBenign)
    let expected = basis == .mean ? known.mean : known.exemplar
    let conditions = swap.conditions(
      nil, centre: known.centre, at: HookPoint.residualPost(layer: 1))
    #expect(Set(conditions.map(\.name.rawValue)) == Set(expected.keys))
    for condition in conditions {
      var rows = known.rows
      switch try #require(condition.edits.first).operation {
      case .ablate(let centre, let basis, let strength):
        Subspace.remove(basis: basis, from: &rows, centre: centre, strength: strength)
      case .steer(let direction, let alpha):
        for index in rows.indices {
          rows[index] += alpha * direction[index % known.dimension]
        }
      case .replace: Issue.record("a swap replaces no rows")
      }
      let right = try #require(expected[condition.name.rawValue])
      let error = zip(rows, right).map { abs(Double($0) - $1) / max(1, abs($1)) }.max() ?? 1
      #expect(error < 2e-6, "\(condition.name.rawValue)")
    }
  }

  @Test func `a region with prompts of both kinds is in neither span`() throws {
    let pure = PureRegions(
      regions: [4, 4, 2, 2, 2, 9, 7, 1],
      roles: [
        .harmful, .harmful, .benign, .benign, .benign, .harmful, .benign, .harmful,
      ])
    #expect(pure.harmful == [4, 1, 9] && pure.benign == [2, 7] && pure.mixed == 0)
    let mixed = PureRegions(regions: [4, 4, 1], roles: [.harmful, .benign, .benign])
    #expect(mixed.harmful.isEmpty && mixed.benign == [1] && mixed.mixed == 1)
  }

  @Test func `without two regions wholly of each kind there is no swap`() throws {
    var known = try Self.fixture()
    known.regions = known.regions.map { $0 % 2 }
    #expect(throws: RegionSwapError.self) { try Self.swap(known) }
    var one = try Self.fixture()
    for place in one.regions.indices where one.harmful[place] { one.regions[place] = 0 }
    for place in one.regions.indices where !one.harmful[place] {
      one.regions[place] = Int32(1 + place % 3)
    }
    #expect(throws: RegionSwapError.tooFew(harmful: 1, benign: 3, mixed: 0)) {
      try Self.swap(one)
    }
  }

  @Test func `a span as wide as the model is refused`() throws {
    var known = try Self.fixture()
    for place in known.regions.indices { known.regions[place] = Int32(place) }
    #expect(throws: RegionSwapError.asWideAsModel(rank: known.dimension)) {
      try Self.swap(known)
    }
  }

  @Test func `a direction within the span of the others counts once`() throws {
    var known = try Self.fixture()
    // Two prompts of one row, in regions of their own.
    let harmful = known.harmful.indices.filter { known.harmful[$0] }
    let (first, second) = (harmful[0], harmful[1])
    for d in 0..<known.dimension {
      known.rows[second * known.dimension + d] = known.rows[first * known.dimension + d]
    }
    (known.regions[first], known.regions[second]) = (20, 21)
    let swap = try Self.swap(known)
    #expect(swap.dependent == [21])
    #expect(swap.span.rank == swap.pure.harmful.count - 1)
  }

  // MARK: - On the shipped samples

  private static let samples = Fixtures.root.deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "sample-dicts")

  private func subject(_ dictionary: String) throws -> AblationSubject {
    let file = try DictionaryFile(Self.samples.appending(path: "\(dictionary).epdict"))
    let store = try StoreFile(Self.samples.appending(path: "smollm2-refusal.epstore"))
    return try AblationSubject(
      file, dictionary: try file.load(), material: try AblationMaterial(store), threads: 1)
  }

  @Test func `held-out prompts are in nothing that a swap is made from`() throws {
    let subject = try subject("smollm2-refusal.last.p10")
    let held = try subject.directions(AblationSetup(.swap)).target
    let record = try #require(held.swap)
    #expect(record.evaluatedAmongThem == 0 && record.prompts == 200)
    #expect(record.rank == record.harmful.count && held.regions == record.harmful)
    #expect(held.nullRank == record.rank)
    #expect(!held.notices.contains { $0.contains("not held out") })
    let all = try subject.directions(AblationSetup(.swap, split: "all")).target
    #expect(all.swap?.evaluatedAmongThem == 200)
    #expect(all.notices.contains { $0.contains("200 of the evaluated prompts are among those") })
  }

  @Test func `a swap is refused what it cannot take`() throws {
    let subject = try subject("smollm2-refusal.last.p10")
    func refusal(_ setup: AblationSetup) -> String {
      do {
        _ = try subject.directions(setup)
        return ""
      } catch { return "\(error)" }
    }
    #expect(refusal(AblationSetup(.swap, basis: .reanchored)).contains("expected basis exemplar"))
    #expect(refusal(AblationSetup(.swap, null: .regions([3, 4]))).contains("expected no regions"))
  }

  @Test func `a swap without weights is a prediction, and is kept and read back`() throws {
    let runner = try AblationRunner(try subject("smollm2-refusal.last.p10"), threads: 1)
    let result = try runner.run(AblationSetup(.swap, limit: 20))
    #expect(
      result.conditions == [
        .baseline, .swapped, .null, .harmfulSpan, .benignSpan, .meanShift, .meanShiftBack,
        .globalSwap,
      ])
    #expect(result.conclusion.kind == .notMeasured)
    #expect(result.command.contains("--swap") && !result.command.contains("--regions"))
    let read = try AblationResult(savedContent: result.savedContent(), id: 1)
    #expect(read.target == result.target && read.setup == result.setup)
    let again = try runner.run(result.setup)
    #expect(again.prompts == result.prompts)
  }
}
