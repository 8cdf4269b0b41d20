import ExemplarPartitioning
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct DictionaryRoundTripTests {
  let folder: TemporaryFolder
  let url: URL

  init() throws {
    folder = try TemporaryFolder()
    url = folder.file("sample.epdict")
  }

  @Test func `a dictionary comes back as it was written`() throws {
    let identity = try SampleDictionary.write(to: url)
    let file = try DictionaryFile(url)
    #expect(try file.load() == SampleDictionary.dictionary)
    #expect(file.identity == identity)
    #expect(file.identity == SampleDictionary.dictionary.identity)
    #expect(file.provenance == SampleDictionary.provenance)
    #expect(file.regionCount == 3)
    #expect(file.dimension == 3)
    #expect(file.threshold == 0.8146749329690576)
    #expect(file.activationCount == 9)
    #expect(file.documentCount == 5)
    #expect(abs(file.centreNorm - 5.25.squareRoot()) < 1e-12)
    #expect(try file.growth() == SampleDictionary.dictionary.growth)
    try file.verifyIdentity()
  }

  @Test func `a dictionary without any region comes back too`() throws {
    let empty = ExemplarDictionary(
      centre: [1, 2], threshold: 0.5, exemplars: [], means: [], regions: [])
    try DictionaryWriter.write(empty, provenance: DictionaryProvenance(), to: url)
    let file = try DictionaryFile(url)
    #expect(try file.load() == empty)
    #expect(try file.table() == RegionTable())
    #expect(try file.search(SearchQuery("river"), limit: 5).isEmpty)
  }

  @Test func `any name of a file will do`() throws {
    let odd = folder.file("a?b#c%20 'é\u{202e}&=.epdict")
    try SampleDictionary.write(to: odd)
    #expect(try DictionaryFile(odd).load() == SampleDictionary.dictionary)
  }

  @Test func `the table has a row for every region`() throws {
    try SampleDictionary.write(to: url)
    let table = try DictionaryFile(url).table()
    #expect(table.memberCounts == [5, 1, 2])
    #expect(table.coherences == [0.75, 1, 0.1 + 0.2])
    #expect(table.meanDistances == [0.25, 0, 1.0 / 6])
    #expect(table.importedLabels == [0: "water", 2: "bank \u{1b}[2J"])
  }

  @Test func `a detail has its contexts in order with the activating token`() throws {
    try SampleDictionary.write(to: url)
    let detail = try DictionaryFile(url).detail(of: 0)
    #expect(detail.batches == [0, 1, 4])
    #expect(detail.foundingBatch == 0)
    #expect(detail.closest.map(\.distance) == [0, 0.125])
    #expect(detail.farthest.map(\.document) == [2])
    let first = try #require(detail.closest.first)
    let token = try #require(first.token)
    let text = try #require(first.text)
    #expect(String(decoding: Array(text.utf8)[token], as: UTF8.self) == " river")
    #expect(detail.closest[1].token == nil)
  }

  @Test func `a context without a document keeps its row of the stream`() throws {
    try SampleDictionary.write(to: url)
    let detail = try DictionaryFile(url).detail(of: 2)
    #expect(detail.closest.map(\.position) == [77])
    #expect(detail.closest[0].text == nil)
    #expect(try DictionaryFile(url).members(of: 0) == [0, 3, 7, 1000, 9])
  }

  @Test func `control characters and NUL survive storage`() throws {
    try SampleDictionary.write(to: url)
    let file = try DictionaryFile(url)
    #expect(try file.detail(of: 1).closest[0].text == SampleDictionary.documents[3])
    #expect(try file.documents() == SampleDictionary.documents)
  }

  @Test func `a long document is cut around its token`() throws {
    let long = String(repeating: "é", count: 5000) + "HERE" + String(repeating: "x", count: 5000)
    var dictionary = SampleDictionary.dictionary
    dictionary.documents[0] = long
    var ends = SampleDictionary.tokenEnds
    ends[0] = [10, 10_000, 10_004, 15_004]
    try DictionaryWriter.write(
      dictionary, provenance: DictionaryProvenance(), tokenEnds: ends, to: url)
    let context = try DictionaryFile(url).detail(of: 0, textLimit: 101).closest[0]
    let text = try #require(context.text)
    let token = try #require(context.token)
    #expect(text.utf8.count <= 102)
    #expect(String(decoding: Array(text.utf8)[token], as: UTF8.self) == "HERE")
    #expect(context.textOffset + token.lowerBound == 10_000)
    #expect(context.documentByteCount == 15_004)
  }

  @Test func `single rows of directions are read alone`() throws {
    try SampleDictionary.write(to: url)
    let file = try DictionaryFile(url)
    #expect(try file.exemplars(rows: 1..<2) == [0, 1, 0])
    #expect(try file.means(rows: 2..<3) == [0, 0.6, 0.8])
    #expect(try file.exemplars() == SampleDictionary.dictionary.exemplars.values)
  }

  @Test func `closest contexts of a few regions come in one call`() throws {
    try SampleDictionary.write(to: url)
    let found = try DictionaryFile(url).closestContexts(of: [1, 2, 0])
    #expect(found[0]?.text == SampleDictionary.documents[0])
    #expect(found[2]?.position == 77)
  }

  @Test func `the same dictionary makes the same bytes`() throws {
    let second = folder.file("other.epdict")
    try SampleDictionary.write(to: url)
    try SampleDictionary.write(to: second)
    #expect(try contents(of: url) == contents(of: second))
    #expect(try contents(of: url).keys.sorted() == ["dictionary.sqlite", "directions.safetensors"])
  }

  @Test func `identity depends on what assigns activations and on nothing else`() {
    let original = SampleDictionary.dictionary
    var other = original
    other.regions[0].label = "else"
    other.documents.append("more")
    #expect(other.identity == original.identity)
    other.threshold = other.threshold.nextUp
    #expect(other.identity == original.identity)
    other.threshold += 0.001
    #expect(other.identity != original.identity)
    other = original
    var exemplars = other.exemplars.values
    exemplars[0] = exemplars[0].nextDown
    other.exemplars = DirectionRows(exemplars, dimension: 3)
    #expect(other.identity != original.identity)
    // Computed apart from this code, from the definition: labels are kept under it for good.
    #expect(
      original.identity == "29116b66faece3e72a7b336255224995650c16a03e13e877c09e1454967206a3")
  }

  @Test func `SHA-256 agrees with the standard's examples`() {
    #expect(
      SHA256.hexDigest(of: "abc")
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      SHA256.hexDigest(of: "")
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      SHA256.hexDigest(of: "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    var pieces = SHA256()
    for piece in [1, 63, 64, 65, 807] { pieces.update(String(repeating: "a", count: piece)) }
    #expect(pieces.hexDigest() == SHA256.hexDigest(of: String(repeating: "a", count: 1000)))
  }
}
