import Foundation
import Storage
import TestSupport
import Testing

@testable import Experiments

@Suite("Comparing two dictionaries")
struct ComparisonTests {
  private func compare(
    _ folder: TemporaryFolder
  ) throws -> (DictionaryComparison, DictionaryFile, DictionaryFile) {
    let cache = folder.file("cache")
    let a = try DictionaryLocation.open(Fixtures.url("ep/p10/dictionary.pkl"), cache: cache)
    let b = try DictionaryLocation.open(Fixtures.url("ep/match/b.pkl"), cache: cache)
    return (try DictionaryComparison.run(a, b, threads: 2), a, b)
  }

  @Test func `the four files are the reference's, byte for byte`() throws {
    let folder = try TemporaryFolder()
    let (comparison, a, b) = try compare(folder)
    try ComparisonFiles(comparison, a, b, cutoff: 0.7).writeReferenceFiles(to: folder.url)
    for name in ["matches.csv", "a_dropped.csv", "b_introduced.csv", "summary.json"] {
      let expected = try Data(contentsOf: Fixtures.url("ep/match/\(name)"))
      #expect(try Data(contentsOf: folder.file(name)) == expected, "\(name)")
    }
    #expect(comparison.proof.isOptimal)
  }

  @Test func `the sides may be swapped`() throws {
    let folder = try TemporaryFolder()
    let (comparison, a, b) = try compare(folder)
    let turned = try DictionaryComparison.run(b, a, threads: 1)
    #expect(Set(turned.pairs.map { [$0.b, $0.a] }) == Set(comparison.pairs.map { [$0.a, $0.b] }))
    #expect(turned.division(at: 0.7).dropped == comparison.division(at: 0.7).introduced)
    #expect(turned.a.nearest == comparison.b.nearest)
  }

  @Test func `a cutoff divides every region exactly once`() throws {
    let (comparison, _, _) = try compare(TemporaryFolder())
    for cutoff in [-1, 0, 0.5, 0.7, 0.95, 1.0] {
      let division = comparison.division(at: cutoff)
      #expect(division.persisted.count + division.dropped.count == comparison.a.count)
      #expect(division.persisted.count + division.introduced.count == comparison.b.count)
      #expect(division.persisted.allSatisfy { $0.cosine >= Float(cutoff) })
      #expect(Set(division.dropped).isDisjoint(with: division.persisted.map(\.a)))
    }
  }

  @Test func `figures round as Python rounds them`() {
    #expect(ComparisonFiles.rounded(0.5, 6) == "0.5")
    #expect(ComparisonFiles.rounded(1, 4) == "1.0")
    #expect(ComparisonFiles.rounded(0.00003, 6) == "3e-05")
    #expect(ComparisonFiles.rounded(-0.0000001, 6) == "-0.0")
    #expect(ComparisonFiles.rounded(0.15625, 4) == "0.1562")
    #expect(ComparisonFiles.rounded(0.46875, 4) == "0.4688")
  }

  @Test func `prompts are cut, put on one line and quoted as the reference does`() {
    #expect(ComparisonFiles.topPrompt(" \n a\r\nb\u{A0}") == "a  b")
    #expect(
      ComparisonFiles.topPrompt(String(repeating: "é", count: 160)).unicodeScalars.count == 160)
    let long = ComparisonFiles.topPrompt(String(repeating: "x", count: 161))
    #expect(long == String(repeating: "x", count: 157) + "...")
    #expect(ComparisonFiles.topPrompt(" \n ") == "")
    #expect(ComparisonFiles.field("a,\"b\"") == "\"a,\"\"b\"\"\"")
    #expect(ComparisonFiles.field("plain text") == "plain text")
  }

  @Test func `means are summed in numpy's order`() {
    // numpy.mean of the same 300 f32, to the last bit.
    let values = (0..<300).map { Float($0) / 7 - 20 }
    #expect(NumpyStatistics.mean(values).bitPattern == 1_068_349_146)
    #expect(NumpyStatistics.mean([1, 2, 4]) == Float(7) / 3)
    #expect(NumpyStatistics.median([3, 1, 2, 10]) == 2.5)
    #expect(NumpyStatistics.percentile([0, 1, 2, 3, 4], 10) == 0.4)
  }

  @Test func `a dictionary matched with itself persists whole`() throws {
    let folder = try TemporaryFolder()
    let a = try DictionaryLocation.open(
      Fixtures.url("ep/p10/dictionary.pkl"), cache: folder.file("cache"))
    let comparison = try DictionaryComparison.run(a, a, threads: 1)
    let division = comparison.division(at: 0.99)
    #expect(division.persisted.count == a.regionCount)
    #expect(comparison.pairs.allSatisfy { $0.a == $0.b })
    let flow = try #require(comparison.flow)
    let index = MemberFlow.Index(flow)
    #expect(flow.onlyA == 0 && flow.onlyB == 0 && flow.rows == 4123)
    let fates = (0..<a.regionCount).map { MemberFlow.fate(index.parts(of: $0, on: .a)) }
    #expect(fates.allSatisfy { $0 == .kept })
  }

  @Test func `random rotations say what chance matches, and the same seed says the same`() throws {
    let folder = try TemporaryFolder()
    let (_, a, b) = try compare(folder)
    func null(_ seed: UInt64) throws -> ComparisonNull {
      try ComparisonNull.rotations(
        a, b, count: 3, seed: seed, cutoff: 0.7, threads: 2, progress: { _, _ in })
    }
    let first = try null(1)
    #expect(try null(1) == first)
    #expect(try null(9) != first)
    #expect(first.runs.count == 3)
    #expect(first.introduced.count == 60)
    let real = try DictionaryComparison.run(a, b, threads: 1)
    #expect(first.runs[0].meanCosine < Double(NumpyStatistics.mean(real.pairs.map(\.cosine))))
    let again = try ComparisonNull.dictionary(a, a, cutoff: 0.7, threads: 1, progress: { _, _ in })
    #expect(again.introduced == Proportion(0, of: 21))
  }

  @Test func `members are followed and what became of regions is named`() {
    // A: 0 splits into 0 and 1; 1 and 2 merge into 2; 3 goes its way; 4 has nobody left.
    let a = [(0, 10), (1, 4), (2, 4), (3, 5), (4, 2)].flatMap { region, count in
      (0..<count).map { (row: 100 * region + $0, region: region) }
    }
    let b =
      (0..<10).map { (row: $0, region: $0 < 6 ? 0 : 1) }
      + (0..<4).map { (row: 100 + $0, region: 2) } + (0..<4).map { (row: 200 + $0, region: 2) }
      + (0..<5).map { (row: 300 + $0, region: 3) } + [(row: 900, region: 3)]
    let flow = MemberFlow(a.reversed(), b, isVerified: true)
    let index = MemberFlow.Index(flow)
    #expect(flow.rows == 23)
    #expect(flow.onlyA == 2 && flow.onlyB == 1)
    let words = { MemberFlow.words(index.parts(of: $0, on: $1), on: $1) }
    #expect(words(0, .a) == "split into 0 and 1")
    #expect(words(1, .a) == "merged into 2")
    #expect(words(3, .a) == "kept as 3")
    #expect(words(4, .a) == "no member in any region of B")
    #expect(words(2, .b) == "merge of 1 and 2")
    #expect(words(1, .b) == "split off 0")
    #expect(index.parts(of: 0, on: .a).map(\.count) == [6, 4])
    #expect(index.parts(of: 0, on: .a)[1].share == 0.4)
  }

  @Test func `regions are followed through several dictionaries`() {
    let pair = { (a: Int, b: Int) in DictionaryComparison.Pair(a: a, b: b, cosine: 0.75) }
    let lineage = Lineage(
      counts: [2, 2, 3], persisted: [[pair(0, 1)], [pair(1, 2), pair(0, 0)]])
    #expect(
      lineage.rows.map { [$0.first] + $0.regions } == [[0, 0, 1, 2], [0, 1], [1, 0, 0], [2, 1]])
    #expect(
      lineage.csv(names: ["x", "y,z", "w"])
        == "1 x,cos_1_2,\"2 y,z\",cos_2_3,3 w\r\n0,0.75,1,0.75,2\r\n1,,,,\r\n,,0,0.75,0\r\n,,,,1\r\n"
    )
  }
}
