import ExemplarPartitioning
import Foundation
import LanguageModel
import Storage
import TestSupport
import Testing

@testable import Experiments

/// The reference's own patching script on a tiny model; `Fixtures/claims/reference/make.py` ran it.
@Suite struct PatchingTests {
  private struct Golden: Decodable {
    struct Run: Decodable {
      var summary: [String: Double]
      var rows: [Row]
    }

    /// A pair, by the script's own keys.
    struct Row: Decodable {
      var receiver: String
      var source: String
      var regions: [Int]
      var drawn: Int
      var position: Int
      var target: Int
      var isCorrect: Bool
      var flips: [String: Int] = [:]
      var differences: [String: Double] = [:]
      var divergences: [String: Double] = [:]

      private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
      }

      init(from decoder: any Decoder) throws {
        let row = try decoder.container(keyedBy: Key.self)
        receiver = try row.decode(String.self, forKey: Key("a_fill"))
        source = try row.decode(String.self, forKey: Key("b_fill"))
        regions = try ["a_pid", "b_pid"].map { try row.decode(Int.self, forKey: Key($0)) }
        drawn = try row.decode(Int.self, forKey: Key("random_pid"))
        position = try row.decode(Int.self, forKey: Key("a_position"))
        target = try row.decode(Int.self, forKey: Key("a_target_id"))
        isCorrect = try row.decode(Bool.self, forKey: Key("baseline_a_top1_correct"))
        for name in ["target", "random", "self", "row", "baseline"] {
          let old = name == "baseline" ? "baseline_a" : name
          flips[name] = try row.decode(Int.self, forKey: Key("flip_\(name)"))
          differences[name] = try row.decode(Double.self, forKey: Key("lgdiff_\(old)"))
          divergences[name] = try row.decode(Double.self, forKey: Key("kl_\(old)_to_baseline_b"))
        }
      }
    }

    var mean: Run
    var exemplar: Run

    enum CodingKeys: String, CodingKey {
      case mean = "patching-mean"
      case exemplar = "patching-exemplar"
    }
  }

  private let folder: TemporaryFolder
  private let transformer: Transformer
  private let tokenizer: Tokenizer
  private let dictionary: DictionaryFile
  private let items: [Patching.Item]

  init() throws {
    folder = try TemporaryFolder()
    try TinyModel.write(
      to: folder.file("model"), tokenizer: "claims/reference/tokenizer.json")
    let files = try ModelFiles.find(folder.file("model").path(percentEncoded: false))
    tokenizer = try files.tokenizer()
    transformer = try Transformer(
      folder.file("model").path(percentEncoded: false), threads: 2)
    try PickleImport(Fixtures.url("claims/reference/coarse.pkl"))
      .write(to: folder.file("coarse.epdict"))
    dictionary = try DictionaryFile(folder.file("coarse.epdict"))
    items = try Self.items(Fixtures.url("claims/reference/items.jsonl"), tokenizer)
  }

  private static func items(_ url: URL, _ tokenizer: Tokenizer) throws -> [Patching.Item] {
    try PatchItems.read(
      url,
      tokenize: { tokenizer.encodeWithOffsets($0, addSpecial: true, parseSpecial: false) },
      spelling: { tokenizer.spelling(of: $0) })
  }

  private func items(_ lines: String) throws -> [Patching.Item] {
    let file = folder.file("items.jsonl")
    try Data(lines.utf8).write(to: file)
    return try Self.items(file, tokenizer)
  }

  @Test(arguments: [ReadoutBasis.mean, .exemplar])
  func `every pair is what the reference's script finds`(basis: ReadoutBasis) throws {
    let golden = try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: Fixtures.url("claims/reference/golden.json")))
    let run = basis == .mean ? golden.mean : golden.exemplar
    var options = Patching.Options()
    options.basis = basis
    let found = try Patching.run(
      items, dictionary, transformer, hook: .residualPost(layer: 1), options,
      draw: { a, b in
        [run.rows.first { $0.receiver == a.fill && $0.source == b.fill }?.drawn ?? 0]
      })
    #expect(found.pairs.count == run.rows.count && found.possible == run.rows.count)
    #expect(!run.rows.isEmpty)
    for row in run.rows {
      let pair = try #require(
        found.pairs.first {
          items[$0.receiver].fill == row.receiver && items[$0.source].fill == row.source
        })
      let readings = [found.readings[pair.receiver], found.readings[pair.source]]
      #expect(readings.map(\.region) == row.regions)
      #expect(readings[0].isCorrect == row.isCorrect)
      #expect(items[pair.receiver].position == row.position)
      #expect(items[pair.receiver].targetToken == row.target)
      for (condition, name) in [
        (Patching.Condition.baseline, "baseline"), (.region, "target"), (.own, "self"),
        (.random, "random"), (.row, "row"),
      ] {
        let effect = try #require(pair.effects[condition])
        #expect(effect.isFlipped == (row.flips[name] == 1))
        // Forward passes are of f32 in both.
        #expect(abs(effect.logitDifference - (row.differences[name] ?? .nan)) < 5e-5, "\(name)")
        #expect(abs(effect.divergence - (row.divergences[name] ?? .nan)) < 5e-5, "\(name)")
      }
    }
    for (condition, name) in [
      (Patching.Condition.region, "target"), (.own, "self"), (.random, "random"),
    ] {
      let summary = found.summary(condition, rounds: 20)
      #expect(abs((summary.flips.rate ?? -1) - (run.summary["flip_\(name)"] ?? -2)) < 1e-9)
      #expect(
        abs(summary.logitDifference - (run.summary["lgdiff_\(name)"] ?? .nan)) < 5e-5)
    }
  }

  @Test func `a rate that every drawing has is given Wilson's interval of the pairs`() throws {
    let items = (0..<4).map { index in
      Patching.Item(
        prompt: "\(index)", fill: nil, target: "t", category: "c", tokens: [1], position: 0,
        positionToken: "p", targetToken: index, targetSpelling: "t")
    }
    func summary(_ flipped: [Bool]) -> Patching.Summary {
      let pairs = flipped.enumerated().map { index, flip in
        let effect = Patching.Effect(top: 0, isFlipped: flip, logitDifference: 0, divergence: 0)
        return Patching.Pair(
          receiver: index, source: (index + 1) % 4, drawn: [], effects: [.region: effect])
      }
      return Patching(
        items: items, readings: [], pairs: pairs, sameRegion: 0, possible: 4,
        options: Patching.Options()
      ).summary(.region, rounds: 100)
    }
    let (none, all) = (
      try #require(summary([false, false, false, false]).interval),
      try #require(summary([true, true, true, true]).interval)
    )
    // z² / (n + z²).
    #expect(none.lower == 0 && abs(none.upper - 0.489_891) < 1e-4)
    #expect(all.upper == 1 && abs(all.lower - 0.510_109) < 1e-4)
    let some = summary([true, false, true, false])
    #expect(some.interval != some.flips.wilson())
  }

  @Test func `draws, pairs and the null depend on the seed alone`() throws {
    var options = Patching.Options()
    (options.maxPairs, options.draws, options.seed) = (7, 3, 4)
    func run() throws -> Patching {
      try Patching.run(items, dictionary, transformer, hook: .residualPost(layer: 1), options)
    }
    let found = try run()
    #expect(found.pairs == (try run()).pairs && found.pairs.count == 7)
    for pair in found.pairs {
      #expect(pair.drawn.count == 3)
      #expect(!pair.drawn.contains(found.readings[pair.receiver].region))
      #expect(!pair.drawn.contains(found.readings[pair.source].region))
    }
    options.seed = 5
    #expect(found.pairs != (try run()).pairs)
    let null = found.null(.region, rounds: 50)
    #expect(null == found.null(.region, rounds: 50) && null.p > 0 && null.p <= 1)
  }

  @Test func `only sources of the named regions are put in`() throws {
    let all = try Patching.run(items, dictionary, transformer, hook: .residualPost(layer: 1))
    let region = try #require(all.byRegion.first).region
    var options = Patching.Options()
    options.regions = [region]
    let some = try Patching.run(
      items, dictionary, transformer, hook: .residualPost(layer: 1), options)
    #expect(some.byRegion.map(\.region) == [region])
    #expect(some.pairs.count == all.byRegion[0].group.pairs)
    options.regions = Set(0..<dictionary.regionCount).subtracting(all.readings.map(\.region))
    #expect(throws: ExperimentError.self) {
      _ = try Patching.run(
        items, dictionary, transformer, hook: .residualPost(layer: 1), options)
    }
  }

  @Test func `a position is listed, or of the word, or the last`() throws {
    let line = #"{"prompt": "A ring of gold is", "target": "dear""#
    let found = try items(
      [
        line + "}", line + #", "position": 0}"#, line + #", "position": -2}"#,
        line + #", "subject": "gold"}"#, line + #", "fill": "A ring"}"#,
      ].joined(separator: "\n"))
    let last = found[0].tokens.count - 1
    #expect(found.map(\.position).prefix(3) == [last, 0, last - 1])
    #expect(found[3].position < last && found[4].position < found[3].position)
    #expect(found.allSatisfy { $0.targetToken == found[0].targetToken })
  }

  @Test(arguments: [
    (#"{"prompt": "A ring of gold is"}"#, "expected target"),
    (#"{"prompt": "A ring of gold is", "target": " "}"#, "expected a word"),
    (#"{"prompt": "A ring of gold is", "target": 7}"#, "expected text"),
    (#"{"prompt": "A ring of gold is", "target": "dear", "fill": "silver"}"#, "with silver in it"),
    (#"{"prompt": "A ring of gold is", "target": "dear", "fill": "gol"}"#, "one that goes on"),
    (#"{"prompt": "A ring of gold is", "target": "dear", "position": 99}"#, "position"),
    (#"{"prompt": "A ring of gold is", "target": "dear", "position": 1.5}"#, "position"),
    (#"{"prompt": "A ring of gold is", "target": "dear", "position": "1"}"#, "position"),
    (#"{"prompt": "A", "target": "b", "fill": "A", "subject": "A"}"#, "found both"),
    (#"{"prompt": "A", "target": "b", "fill": "A", "position": 0}"#, "found both"),
  ])
  func `a line that is no such prompt is refused with its line`(line: String, words: String) {
    #expect {
      _ = try items(#"{"prompt": "Under the oak we", "target": "rest"}"# + "\n" + line)
    } throws: { error in
      "\(error)".contains("items.jsonl:2:") && "\(error)".contains(words)
    }
  }
}
