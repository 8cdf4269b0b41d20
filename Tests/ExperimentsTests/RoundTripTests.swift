import Foundation
import Storage
import TestSupport
import Testing

@testable import Experiments

/// Regions correspond through the prompts that two models have both seen.
struct RoundTripTests {
  private struct Fixture: Decodable {
    var a: [Int32]
    var b: [Int32]
    var da: [Float]
    var db: [Float]
    var kind: [Bool]
    var all: [Int32]
    var allHome: [Int32]
    var sent: [Int32]
    var home: [Int32]
    var mean: Double
    var max: Int
    var p: Double
  }

  @Test func `regions, homes and the null are those of numpy`() throws {
    let known = try JSONDecoder().decode(
      Fixture.self, from: Data(contentsOf: Fixtures.url("roundtrip/roundtrip.json")))
    let a = PromptRegions(regions: known.a, distances: known.da)
    let b = PromptRegions(regions: known.b, distances: known.db)
    let all = RoundTrip(a, b, permutations: 0)
    #expect(all.regions == known.all && all.home == known.allHome && all.null == nil)
    let trip = RoundTrip(a, b, kind: known.kind, permutations: 2000)
    #expect(trip.regions == known.sent && trip.home == known.home)
    let null = try #require(trip.null)
    #expect(null.largest == known.max && abs(null.mean - known.mean) < 1e-12)
    #expect(abs(null.p - known.p) < 1e-12)
  }

  @Test func `the published toy: one of two wholly harmful regions comes home`() {
    let a = PromptRegions(regions: [0, 0, 1, 2, 2, 2], distances: [0, 0.1, 0, 0, 0.2, 0.3])
    let b = PromptRegions(regions: [0, 1, 1, 2, 2, 2], distances: [0, 0, 0.1, 0, 0.2, 0.3])
    let harmful = [true, true, true, false, false, false]
    let trip = RoundTrip(a, b, kind: harmful, permutations: 0)
    #expect(trip.regions == [0, 1] && trip.home == [0])
    #expect(trip.share.rate == 0.5)
  }

  @Test func `of prompts as close to an exemplar the first stands for the region`() {
    let tied = PromptRegions(regions: [3, 3, 3], distances: [0.5, 0.25, 0.25])
    #expect(tied.closest == [3: 1])
  }

  @Test func `a dictionary comes home to itself`() {
    let own = PromptRegions(
      regions: [0, 1, 2, 1, 0, 4], distances: [0.1, 0, 0.2, 0.1, 0, 0.3])
    let trip = RoundTrip(own, own, permutations: 50, seed: 7)
    #expect(trip.home == trip.regions && trip.regions == [0, 1, 2, 4])
    #expect(trip.null?.p ?? 1 < 0.1)
  }

  @Test func `prompts that two stores do not share are counted and named`() throws {
    let samples = Fixtures.root.deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "sample-dicts")
    let parent = try StoreFile(samples.appending(path: "smollm2-instruct.epstore"))
    let child = try StoreFile(samples.appending(path: "smollm2-refusal.epstore"))
    let shared = try SharedPrompts(parent, child, split: "train")
    #expect(shared.a.count == 200 && shared.sentence == nil)
    #expect(zip(shared.a, shared.b).allSatisfy { $0.id == $1.id && $0.prompt == $1.prompt })
    #expect(throws: ExperimentError.self) { try SharedPrompts(parent, child, split: "elsewhere") }
  }
}
