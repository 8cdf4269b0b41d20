import TestSupport
import Testing

@testable import LanguageModel

@Suite struct PairMergingTests {
  /// Every pair merges, with a rank that depends on the ids alone and often repeats.
  struct Ranking: PairRanking {
    func merge(_ left: MergeSymbol, _ right: MergeSymbol) -> MergeTable.Merge? {
      let mixed = (left.id &* 31 &+ right.id &* 17) & 63
      return mixed < 40 ? MergeTable.Merge(rank: UInt32(mixed), id: (left.id ^ right.id) & 15) : nil
    }
  }

  @Test func `the scan and the heap merge alike`() {
    var generator = SeededGenerator(state: 1)
    for count in [0, 1, 2, 3, 10, 57, 300] {
      for _ in 0..<20 {
        let symbols = (0..<count).map { index in
          let id = Int32.random(in: 0..<16, using: &generator)
          return MergeSymbol(id: id, start: Int32(index), end: Int32(index + 1))
        }
        var scan = PairMerger()
        scan.symbols = symbols
        scan.run(Ranking(), longestScan: .max)
        var heap = PairMerger()
        heap.symbols = symbols
        heap.run(Ranking(), longestScan: -1)
        #expect(scan.symbols.map(\.id) == heap.symbols.map(\.id))
        #expect(scan.symbols.map(\.end) == heap.symbols.map(\.end))
      }
    }
  }

  @Test func `among pairs of equal rank the leftmost merges first`() {
    struct Threes: PairRanking {
      func merge(_ left: MergeSymbol, _ right: MergeSymbol) -> MergeTable.Merge? {
        left.id == 1 && right.id == 1 ? MergeTable.Merge(rank: 0, id: 2) : nil
      }
    }
    for longestScan in [-1, Int.max] {
      var merger = PairMerger()
      merger.symbols = (0..<5).map { MergeSymbol(id: 1, start: $0, end: $0 + 1) }
      merger.run(Threes(), longestScan: longestScan)
      #expect(merger.symbols.map(\.id) == [2, 2, 1])
    }
  }

  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      "tokenizer-json/byte-level-llama3", "tokenizer-json/byte-fallback-gemma",
      "tokenizer-variants/metaspace-first",
    ])
  func `a long text of one word does not hang`(path: String) throws {
    let tokenizer = try HubTokenizerTests.tokenizer(path)
    let word = String(repeating: "thequicksurvey", count: 8_000)
    let ids = tokenizer.encode(word, addSpecial: false, parseSpecial: true)
    #expect(tokenizer.decode(ids, skipSpecial: false) == word)
  }

  @Test(arguments: [
    "tokenizer-json/byte-fallback-gemma", "tokenizer-variants/prepend",
    "tokenizer-variants/metaspace-first", "tokenizer-variants/metaspace-always",
  ])
  func `cutting before marks changes no encoding`(path: String) throws {
    let whole = try HubTokenizerTests.tokenizer(path)
    let steps = whole.wordSteps.filter {
      if case .split(.beforeMarks) = $0 { false } else { true }
    }
    #expect(steps.count < whole.wordSteps.count)
    let uncut = Tokenizer(
      model: whole.model, addedToText: whole.addedToText, rewriting: whole.rewriting,
      addedToRewritten: whole.addedToRewritten, wordSteps: steps, decoder: whole.decoder,
      spellings: whole.spellings,
      settings: whole.settings)
    let texts = try GoldenText.read("\(path).jsonl").map(\.text)
    let long = texts.joined(separator: " ")
    for text in texts + [long] {
      let (ids, expected) = (
        whole.encode(text, addSpecial: true, parseSpecial: true),
        uncut.encode(text, addSpecial: true, parseSpecial: true)
      )
      #expect(ids == expected, "\(text)")
    }
  }

  @Test func `scores rank from high to low`() {
    let scores: [Float] = [.infinity, 3.5, 1, 0, -0.5, -2, -1e9, -.infinity]
    let ranks = scores.map(ScoredPieceModel.rank)
    #expect(ranks == ranks.sorted())
    #expect(Set(ranks).count == scores.count)
    #expect(ScoredPieceModel.rank(forScore: -0.0) == ScoredPieceModel.rank(forScore: 0))
  }
}
