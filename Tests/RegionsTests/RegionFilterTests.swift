import Regions
import Storage
import Testing

@Suite("Filtering regions")
struct RegionFilterTests {
  private static let table: RegionTable = {
    var table = RegionTable()
    table.memberCounts = [10, 50, 40]
    table.coherences = [0.9, 0.5, 0.7]
    table.meanDistances = [0.1, 0.4, 0.2]
    table.foundingBatches = [0, 3, nil]
    return table
  }()
  private static let facts = RegionFacts(
    table: table, threshold: 0.5,
    labels: LabelView(entries: [
      0: LabelView.Entry(text: "Poison and toxins", origin: .own),
      2: LabelView.Entry(text: "river", origin: .carried),
    ]),
    stars: [2], tags: [0: ["check", "harm"]], notes: [1: "two\nlines"],
    refusals: [
      0: RefusalCount(
        OutcomeCounts(refused: 3, complied: 1, degenerate: 1, unclear: 1), prompts: 7)
    ])

  private func regions(_ filter: RegionFilter) -> [Int] {
    (0..<3).filter { filter.accepts($0, Self.facts) }
  }

  @Test(
    "keeps the regions for which every comparison holds",
    arguments: [
      ("", [0, 1, 2]), ("members > 10", [1, 2]), ("members>=40 coherence<0.6", [1]),
      ("share = 50", [1]), ("distance <= 0.4", [0, 2]), ("label:~POISON", [0]),
      ("label:river", [2]), ("label:\"poison and toxins\"", [0]), ("label = 0", [1]),
      ("stars = 1", [2]), ("id != 1", [0, 2]), ("label:\"\"", [1]), ("!label:~poison", [1, 2]),
      ("tag:harm", [0]), ("!tag:harm", [1, 2]), ("note:~LINES", [1]), ("origin:carried", [2]),
      ("refusal = 0.5", [0]), ("refusal > 0.5", []), ("!refusal > 0.7", [0]), ("left = 2", [0]),
      ("prompts = 0", [1, 2]),
      ("founded <= 3", [0, 1]), ("!founded <= 3", []), ("! id = 1", [0, 2]),
    ])
  func accepted(filter: String, expected: [Int]) throws {
    #expect(try regions(RegionFilter(filter)) == expected)
  }

  @Test(
    "points at what it cannot understand",
    arguments: [
      ("size > 3", 1), ("members > many", 11), ("members 5", 9), ("coherence:0.5", 10),
      ("members > ", 11), ("!", 2), ("members > 1 !size", 14), ("> 3", 1),
      ("members > 1 label:\"open", 19),
    ])
  func mistakes(filter: String, column: Int) {
    let error = #expect(throws: RegionFilter.SyntaxError.self) { try RegionFilter(filter) }
    #expect(error?.column == column)
  }

  @Test(
    "while it is typed, what is not finished counts for nothing",
    arguments: [
      ("mem", [0, 1, 2]), ("members > 10 coh", [1, 2]), ("members >", [0, 1, 2]),
      ("members > 10 label:\"riv", [1, 2]), ("!", [0, 1, 2]), ("members > 10 !", [1, 2]),
    ])
  func typing(text: String, expected: [Int]) throws {
    #expect(regions(try RegionFilter.typing(text)) == expected)
    #expect(throws: RegionFilter.SyntaxError.self) { try RegionFilter(text) }
  }

  @Test("while it is typed, a mistake is one", arguments: ["size", "members > many", "members 5"])
  func typedMistakes(text: String) {
    #expect(throws: RegionFilter.SyntaxError.self) { try RegionFilter.typing(text) }
  }

  @Test(
    "completes fields, operators and values",
    arguments: [
      ("", ["id = ", "members > "], 0..<0), ("mem", ["members > "], 0..<3),
      ("members ", ["> ", ">= "], 8..<8), ("members > 5 lab", ["label:~"], 12..<15),
      ("label:~ri", ["river ", "\"wide river\" "], 7..<9),
      ("label:\"wid", ["\"wide river\" "], 6..<10), ("members > 3", [], 0..<0),
      ("size", [], 0..<0),
    ])
  func completions(text: String, expected: [String], range: Range<Int>) {
    let found = RegionFilter.completions(of: text) { _ in ["river", "wide river"] }
    #expect(Array(found.map(\.text).prefix(2)) == expected)
    #expect(found.allSatisfy { $0.range == range })
  }
}
