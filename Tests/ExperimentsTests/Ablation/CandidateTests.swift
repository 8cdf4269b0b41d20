import ExemplarPartitioning
import Foundation
import Storage
import Testing

@testable import Experiments

/// Candidates and null regions, on the regions of the reference's results for SmolLM2-135M with the refusal adapter
/// (last positions, p 10): id, prompts, refused, members, coherence.
struct CandidateTests {
  private static let published: [(Int, Int, Int, Int, Double)] = [
    (0, 1, 1, 4, 0.8328), (1, 7, 6, 9, 0.7546), (2, 19, 9, 20, 0.7946), (3, 13, 8, 15, 0.7802),
    (4, 3, 0, 3, 0.8635), (5, 11, 2, 15, 0.7831), (6, 21, 9, 27, 0.7284), (7, 18, 10, 20, 0.7660),
    (8, 4, 4, 4, 0.7661), (9, 5, 0, 5, 0.7567), (10, 8, 6, 11, 0.7665), (11, 4, 0, 5, 0.7985),
    (12, 8, 6, 8, 0.7892), (13, 2, 2, 2, 0.9151), (14, 3, 0, 3, 0.8293), (15, 6, 2, 7, 0.7791),
    (16, 6, 1, 5, 0.8064), (17, 2, 0, 2, 0.8802), (18, 1, 0, 1, 1), (19, 3, 2, 2, 0.8680),
    (20, 12, 10, 6, 0.8023), (21, 6, 6, 3, 0.8055), (22, 1, 1, 1, 1), (23, 11, 2, 7, 0.7798),
    (24, 2, 0, 1, 1), (25, 8, 8, 3, 0.8773), (26, 4, 4, 3, 0.8525), (27, 1, 0, 1, 1),
    (28, 3, 0, 3, 0.9226), (29, 1, 1, 1, 1), (30, 2, 2, 2, 0.9524), (31, 4, 4, 1, 1),
  ]

  private let dictionary: ExemplarDictionary
  private let candidates: RefusalCandidates

  init() {
    let count = Self.published.count
    dictionary = ExemplarDictionary(
      centre: [0], threshold: 1, exemplars: [Float](repeating: 1, count: count),
      means: [Float](repeating: 1, count: count),
      regions: Self.published.map {
        Region(memberCount: $0.3, coherence: $0.4, sumDistance: 0, sumSquaredDistance: 0)
      })
    let rows = Self.published.flatMap { region in
      (0..<region.1).map { (Int32(region.0), $0 < region.2 ? Outcome.refused : .complied) }
    }
    candidates = RefusalCandidates(
      regions: rows.map(\.0), outcomes: rows.map(\.1), roles: rows.map { _ in .harmful },
      dictionary: dictionary)
  }

  @Test func `the reference's rank gives its published candidates`() {
    #expect(abs(candidates.baseRate - 0.53) < 1e-9)
    #expect(candidates.ranked(by: .reference).prefix(5).map(\.region) == [7, 20, 2, 6, 3])
  }

  @Test func `lift prefers the small pure region to the big mixed one`() {
    #expect(candidates.ranked(by: .lift).first?.region == 25)
  }

  @Test func `regions of few prompts or few refusals are no candidates`() {
    let ids = Set(candidates.ranked(by: .lift).map(\.region))
    #expect(ids.isDisjoint(with: [0, 4, 5, 8, 16, 23, 26]))
  }

  @Test func `the null is the closest in size and coherence among those hardly refused`() {
    #expect(candidates.nullRegion(for: 7, in: dictionary)?.region == 9)
    // As published for the purest region.
    #expect(candidates.nullRegion(for: 25, in: dictionary)?.region == 4)
    #expect(candidates.nullRegion(for: 25, in: dictionary, excluding: [4])?.region == 28)
  }

  @Test func `without a region that is hardly refused there is no null`() {
    let mixed = RefusalCandidates(
      regions: [0, 0, 1, 1], outcomes: [.refused, .complied, .refused, .complied],
      roles: [.harmful, .benign, .harmful, .benign], dictionary: dictionary)
    #expect(mixed.nullRegion(for: 0, in: dictionary) == nil)
    #expect(mixed.tallies[0].harmful == 1)
  }
}
