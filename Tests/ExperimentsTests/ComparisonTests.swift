import ExemplarPartitioning
import Foundation
import Numerics
import Regions
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

  @Test func `the four files are the reference's, byte for byte but for one tie`() throws {
    let folder = try TemporaryFolder()
    let (comparison, a, b) = try compare(folder)
    try ComparisonFiles(comparison, a, b, cutoff: 0.7).writeReferenceFiles(to: folder.url)
    for name in ["a_dropped.csv", "b_introduced.csv", "summary.json"] {
      let expected = try Data(contentsOf: Fixtures.url("ep/match/\(name)"))
      #expect(try Data(contentsOf: folder.file(name)) == expected, "\(name)")
    }
    let pair = try #require(comparison.pairs.first { $0.a == 4 && $0.b == 11 })
    let ratio = pair.distance / Float(comparison.a.threshold)
    #expect(abs(ratio - 0.26855) < 2 * ratio.ulp)
    #expect(try Data(contentsOf: folder.file("matches.csv")) == ReferenceMatches.table())
    #expect(comparison.proof.isOptimal)
  }

  @Test func `cosines do not depend on the order in which the library adds`() throws {
    let (comparison, a, b) = try compare(TemporaryFolder())
    let (exemplarsA, exemplarsB) = (try a.exemplarRows(), try b.exemplarRows())
    for pair in comparison.pairs {
      let (x, y) = (exemplarsA.row(pair.a), exemplarsB.row(pair.b))
      var lanes = [Double](repeating: 0, count: 8)
      for index in x.indices { lanes[index % 8] += Double(x[index]) * Double(y[index]) }
      var width = 4
      while width > 0 {
        for index in 0..<width { lanes[index] += lanes[index + width] }
        width /= 2
      }
      #expect(pair.cosine == Float(lanes[0]))
    }
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
    #expect(CSVTable.quoted("a,\"b\"") == "\"a,\"\"b\"\"\"")
    #expect(CSVTable.quoted("plain text") == "plain text")
  }

  @Test func `means are summed in numpy's order`() {
    // numpy.mean of the same 300 f32, to the last bit.
    let values = (0..<300).map { Float($0) / 7 - 20 }
    #expect(values.mean.bitPattern == 1_068_349_146)
    #expect(([1, 2, 4] as [Float]).mean == Float(7) / 3)
    #expect(([3, 1, 2, 10] as [Float]).median == 2.5)
    #expect(([0, 1, 2, 3, 4] as [Float]).percentile(10) == 0.4)
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
    #expect(first.runs[0].meanCosine < Double(real.pairs.map(\.cosine).mean))
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

  // MARK: - With the stores of the samples

  private static let samples = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "sample-dicts")

  private func sample(_ name: String) throws -> DictionaryFile {
    try DictionaryFile(Self.samples.appending(path: name))
  }

  @Test func `the sample pair's top introduced region holds refusals that the parent did not give`()
    throws
  {
    let a = try sample("smollm2-instruct.last.p10.epdict")
    let b = try sample("smollm2-refusal.last.p10.epdict")
    let stores = try AttachedStores(a: AttachedStores.beside(a), b: AttachedStores.beside(b))
    let comparison = try DictionaryComparison.run(a, b, stores: stores.both, threads: 1)
    let flow = try #require(comparison.flow)
    #expect(flow.source == .stores("smollm2-instruct.epstore", "smollm2-refusal.epstore"))
    #expect(flow.rows == 200 && flow.isVerified)
    let report = ComparisonReport(
      comparison, cutoff: 0.7, outcomes: try stores.outcomes(a, b))
    let refusals = try #require(report.refusals)
    let top = try #require(refusals.top)
    #expect(top.region == 21)
    #expect(top.tally.own == RefusalCount(OutcomeCounts(refused: 10), prompts: 10))
    #expect(top.tally.there == RefusalCount(OutcomeCounts(complied: 10), prompts: 10))
    #expect(top.tally.mcNemar == McNemar(b: 10, c: 0))
    #expect(refusals.introduced.own.proportion == Proportion(33, of: 41))
    #expect(refusals.persisted.own.proportion == Proportion(112, of: 259))
    #expect(report.outcomes?.change(a: nil, b: 21) == 1)
    #expect(report.sentence.contains("Most in an introduced one: B 21, 10 of 10 prompts refused"))
  }

  @Test func `stores follow the members of dictionaries over other positions by the final ones`()
    throws
  {
    let a = try sample("smollm2-instruct.all.p10.epdict")
    let b = try sample("smollm2-refusal.last.p40.epdict")
    #expect(try MemberFlow.between(a, b).0 == nil)
    let stores = try AttachedStores(a: AttachedStores.beside(a), b: AttachedStores.beside(b))
    let both = try #require(stores.both)
    let (found, _) = try MemberFlow.between(a, b, stores: both, threads: 1)
    let flow = try #require(found)
    #expect(flow.rows == 200)
    #expect(Set(flow.cells.map(\.a)).isSubset(of: [1, 8]))
  }

  @Test func `documents that one dictionary alone was built from are left out, and counted`() throws
  {
    let a = try sample("smollm2-instruct.last.p40.epdict")
    let b = try sample("smollm2-refusal.last.p40.epdict")
    let stores = try #require(
      try AttachedStores(a: AttachedStores.beside(a), b: AttachedStores.beside(b)).both)
    let whole = try #require(try MemberFlow.between(a, b, stores: stores, threads: 2).0)
    #expect(
      whole.documents
        == .init(shared: 200, onlyA: 0, onlyB: 0, unseenByA: 0, unseenByB: 0, unseen: 0))
    #expect(whole.documents?.words == nil)
    // The same stores, one dictionary of the first documents alone.
    let folder = try TemporaryFolder()
    var request = DictionaryBuildRequest(
      source: try ActivationSource(
        stores.b.url, positions: .last,
        selection: StoreSelection(sets: ["harmful", "benign"], split: "train")),
      calibration: .percentile(40, activations: 200_000), options: BuildOptions(threads: 2))
    request.maxDocuments = 48
    let built = try DictionaryBuild.run(request)
    let made = folder.file("part.epdict")
    try DictionaryWriter.write(
      built.dictionary, provenance: built.provenance, tokenEnds: built.tokenEnds, to: made)
    let part = try DictionaryFile(made)
    let seen = part.provenance.prompts ?? 0
    #expect(seen > 0 && seen < 200)
    let flow = try #require(try MemberFlow.between(a, part, stores: stores, threads: 2).0)
    #expect(flow.rows == seen)
    #expect(flow.documents?.unseenByB == 200 - seen && flow.documents?.shared == seen)
    #expect(flow.documents?.words?.contains("\(200 - seen) that B was not built from") == true)
    let back = try #require(
      try MemberFlow.between(part, a, stores: (stores.b, stores.a), threads: 2).0)
    #expect(back.documents?.unseenByA == 200 - seen && back.rows == seen)
  }

  @Test func `a store's flow is each activation's nearest regions, row by row`() throws {
    let a = try sample("smollm2-instruct.last.p40.epdict")
    let b = try sample("smollm2-refusal.last.p40.epdict")
    let beside = try AttachedStores(a: AttachedStores.beside(a), b: AttachedStores.beside(b))
    let stores = try #require(beside.both)
    let (found, _) = try MemberFlow.between(a, b, stores: stores, threads: 2)
    let flow = try #require(found)
    var counts: [[Int]: Int] = [:]
    let sets = ["harmful", "benign"]
    let hook = try #require(a.provenance.hook)
    func nearest(_ dictionary: DictionaryFile, _ store: StoreFile, _ id: String) throws -> Int {
      let document = try #require(try store.document(id: id))
      let row = try store.lastRows(hook, of: [document])
      let centre = try dictionary.centre()
      let exemplars = try dictionary.exemplars()
      var best = (-1, -Float.infinity)
      for region in 0..<dictionary.regionCount {
        var product: Float = 0
        for i in centre.indices {
          product += (row[i] - centre[i]) * exemplars[region * centre.count + i]
        }
        if product > best.1 { best = (region, product) }
      }
      return best.0
    }
    for document in try stores.a.documents() where sets.contains(document.set) {
      let pair = [
        try nearest(a, stores.a, document.id), try nearest(b, stores.b, document.id),
      ]
      counts[pair, default: 0] += 1
    }
    #expect(flow.cells.reduce(into: [:]) { $0[[$1.a, $1.b]] = $1.count } == counts)
  }

  @Test func `another order of the stream founds other regions, and the same seed the same`() throws
  {
    let a = try sample("smollm2-instruct.last.p40.epdict")
    let store = try #require(try AttachedStores.beside(a)).url
    func null(_ seed: UInt64) throws -> ComparisonNull {
      try ComparisonNull.orders(
        a, store: store, count: 2, seed: seed, cutoff: 0.7, threads: 1, progress: { _, _ in })
    }
    let first = try null(3)
    #expect(try null(3) == first)
    #expect(first.runs.count == 2)
    #expect(first.introduced(at: 0.7) == first.introduced)
    #expect(
      first.introduced(at: -1)
        == Proportion(
          first.runs.reduce(0) { $0 + max(0, $1.count - $1.pairs) }, of: first.introduced.count))
    #expect(throws: ExperimentError.self) {
      try ComparisonNull.orders(
        sample("smollm2-refusal.last.p40.epdict"), store: URL(filePath: "/nowhere"), count: 1,
        seed: 0, cutoff: 0.7, threads: 1, progress: { _, _ in })
    }
  }
}
