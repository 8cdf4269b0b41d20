import ExemplarPartitioning
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct SearchTests {
  let folder: TemporaryFolder
  let file: DictionaryFile

  init() throws {
    folder = try TemporaryFolder()
    try SampleDictionary.write(to: folder.file("sample.epdict"))
    file = try DictionaryFile(folder.file("sample.epdict"))
  }

  private func regions(_ query: String, labels: [Int: String]? = nil) throws -> [Int] {
    try file.search(SearchQuery(query), limit: 10, labels: labels).map(\.region).sorted()
  }

  private func marked(_ hit: SearchHit) -> [String] {
    hit.matches.map { String(decoding: Array(hit.snippet.utf8)[$0], as: UTF8.self) }
  }

  @Test(arguments: [
    ("river", [0]), ("RIVER", [0]), ("lesson", [1]), ("lamp music", [1]), ("lamp river", []),
    ("lamp OR river", [0, 1]), ("cafe", [0]), ("Zurich naïve", [0]), ("riv*", [0]), ("riv", []),
    ("\"river bank\"", [0]), ("\"bank river\"", []), ("\"bank was st\"*", [0]),
    ("bank NOT river", [2]), ("bank AND NOT water", [2]), ("NOT river", [1, 2]),
    ("(lamp OR river) steep", [0]), ("lamp OR river steep", [0, 1]), ("label:bank", [2]),
    ("context:water", []), ("label:water", [0]), ("token:river", [0]), ("token:bank", []),
    ("don't", []), ("music - lamp", [1]), ("and", [0]), ("2J", [2]), ("never", []),
  ])
  func `a query finds its regions`(_ query: String, _ expected: [Int]) throws {
    #expect(try regions(query) == expected)
  }

  @Test func `a phrase does not run from one context into the next`() throws {
    // The first context ends in "fast", the second begins with "He".
    #expect(try regions("\"fast he\"").isEmpty)
    #expect(try regions("fast he") == [0])
  }

  @Test func `a label comes before contexts, and is what is shown`() throws {
    let hits = try file.search(SearchQuery("bank"), limit: 10)
    #expect(hits.map(\.region) == [2, 0])
    #expect(hits.map(\.field) == [.label, .context])
    #expect(hits[0].snippet == "bank \u{1b}[2J")
    #expect(marked(hits[0]) == ["bank"])
    #expect(hits[0].score > hits[1].score)
  }

  @Test func `a snippet marks every match`() throws {
    let hit = try #require(try file.search(SearchQuery("river steep"), limit: 1).first)
    #expect(marked(hit) == ["river", "steep", "river"])
    #expect(hit.field == .token)
  }

  @Test func `labels of the moment are searched in the place of the stored ones`() throws {
    #expect(try regions("water", labels: [1: "still waters", 2: "water"]) == [2])
    #expect(try regions("wat*", labels: [1: "still waters", 2: "water"]) == [1, 2])
    #expect(try regions("wat*", labels: [1: "still waters"]) == [1])
    #expect(try regions("\"still wat\"*", labels: [1: "still waters"]) == [1])
    #expect(try regions("water", labels: [:]).isEmpty)
  }

  @Test func `a shorter label that matches comes first`() throws {
    let labels = [0: "tides of the river Thames", 1: "river", 2: "river at night"]
    let hits = try file.search(SearchQuery("label:river"), limit: 10, labels: labels)
    #expect(hits.map(\.region) == [1, 2, 0])
  }

  @Test func `the limit keeps the best`() throws {
    let all = try file.search(SearchQuery("bank OR river OR music"), limit: 10)
    let some = try file.search(SearchQuery("bank OR river OR music"), limit: 2)
    #expect(some == Array(all.prefix(2)))
    #expect(all.count == 3)
  }

  @Test func `everything that matches is told, and the first of it explained`() throws {
    let result = try file.searchAll(SearchQuery("bank OR lamp"), explaining: 1)
    #expect(result.regions == [2, 1, 0])
    #expect(result.hits.map(\.region) == [2])
  }

  @Test func `any region that matches can be explained later`() throws {
    let hits = try file.hits(for: SearchQuery("bank"), in: [0, 1, 2])
    #expect(hits.map(\.region) == [0, 2])
    #expect(marked(hits[0]).contains("bank"))
  }

  @Test func `matches are found in texts as the index folds them`() throws {
    let query = try SearchQuery("cafe OR label:bank OR soc*")
    let texts = ["A Café society", "the bank", ""]
    let found = try file.matches(of: query, in: texts)
    #expect(found == [[2..<7, 8..<15], [], []])
  }

  @Test func `a snippet of a long document is a piece around the match`() throws {
    var dictionary = SampleDictionary.dictionary
    let filler = String(repeating: "é filler ", count: 2000)
    dictionary.documents[1] = filler + "the needle " + filler
    let url = folder.file("long.epdict")
    try DictionaryWriter.write(dictionary, provenance: DictionaryProvenance(), to: url)
    let hits = try DictionaryFile(url).search(SearchQuery("needle"), limit: 1)
    let hit = try #require(hits.first)
    #expect(hit.snippet.utf8.count < 200)
    #expect(marked(hit) == ["needle"])
  }

  @Test(arguments: [
    ("", 1), ("river AND", 10), ("AND river", 1), ("OR", 1), ("NOT", 4), ("(river", 1),
    ("river)", 6), ("()", 2), ("river \"bank", 7), ("river *", 7), ("\"...\"", 1),
    ("river OR OR bank", 10), ("label:", 1), ("!!!", 1),
  ])
  func `a mistake is pointed at`(_ query: String, _ column: Int) {
    #expect {
      try SearchQuery(query)
    } throws: {
      ($0 as? SearchQuery.SyntaxError)?.column == column
    }
  }

  @Test func `nesting without end is a mistake, not a crash`() {
    let deep = String(repeating: "(", count: 400) + "a" + String(repeating: ")", count: 400)
    #expect(throws: SearchQuery.SyntaxError.self) { try SearchQuery(deep) }
    #expect(throws: SearchQuery.SyntaxError.self) {
      try SearchQuery(String(repeating: "NOT ", count: 200) + "a")
    }
    #expect(throws: SearchQuery.SyntaxError.self) {
      try SearchQuery(String(repeating: "a", count: 100_000))
    }
  }

  @Test(arguments: [
    ("r", "r*"), ("riv", "riv*"), ("river ", "river"), ("river b", "river b*"),
    ("\"river ba", "\"river ba\"*"), ("\"river ", "\"river \""),
    ("\"river bank\"", "\"river bank\""),
    ("river AND", "river"), ("river AND ", "river"), ("river OR ban", "river OR ban*"),
    ("(river OR ban", "(river OR ban*)"), ("river)", "river"), ("river NOT", "river"),
    ("(((", nil), ("", nil), ("AND", nil), ("\"", nil), ("river (", "river"),
    ("river AND OR bank ", "river OR bank"), ("label:wa", "label:wa*"), ("label:", nil),
    ("riv*", "riv*"),
  ])
  func `a query being typed is read as far as it goes`(_ typed: String, _ whole: String?) throws {
    let typing = SearchQuery(typing: typed)
    let expected = try whole.map { try SearchQuery($0) }
    #expect(typing?.description == expected?.description)
  }

  @Test func `any text at all can be typed`() throws {
    var generator = SeededGenerator(seed: 7)
    let pieces = [
      "(", ")", "\"", "*", "AND", "OR", "NOT", " ", "riv", "é", "label:", "\0", "-", "'",
    ]
    for _ in 0..<500 {
      let text = (0..<Int.random(in: 0...9, using: &generator))
        .map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
      if let query = SearchQuery(typing: text) {
        #expect(throws: Never.self) { try file.search(query, limit: 3) }
      }
      if let query = try? SearchQuery(text) {
        #expect(throws: Never.self) { try file.search(query, limit: 3) }
      }
    }
  }
}

/// SplitMix64, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
