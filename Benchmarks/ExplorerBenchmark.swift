import ExemplarPartitioning
import Explorer
import Foundation
import Storage
import Terminal

/// What a person waits for, on a dictionary as large as the largest published: from a key to the cells of the frame that
/// answers it, effects included, without the terminal itself.
enum ExplorerBenchmark {
  static let regionCount = 20_000
  static let dimension = 2304
  /// Five closest and five boundary contexts a region: 200,000.
  static let contextsOfEachKind = 5
  static let documentCount = 60_000

  static func run(_ settings: Settings) throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "exemplar-benchmark-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appending(path: "large.epdict")
    print(
      "\(regionCount) regions × \(dimension), \(2 * contextsOfEachKind * regionCount) contexts in \(documentCount) documents, 200×60"
    )
    let (_, written) = try seconds {
      let made = dictionary()
      try DictionaryWriter.write(
        made, provenance: DictionaryProvenance(), tokenEnds: made.documents.map(tokenEnds), to: url)
    }
    print("(writing it took \(Int(written)) s)")
    let session = Performance(dictionary: url, folder: folder)

    let shares = try (0..<5).map { _ in
      let file = try DictionaryFile(url)
      return try seconds { try file.contextTokens() }.1
    }
    print("tokens of all contexts, read        " + milliseconds(shares))
    let (_, opened) = seconds { session.act(.start) }
    print("open, first frame drawn            " + milliseconds([opened]))
    print("key                                    median   p99    max ms")
    session.time("move down", keys: "j", count: 300)
    session.time("half a page down", keys: "<C-d>", count: 100)
    session.time("to the last, to the first", keys: "Gg", count: 50)
    session.time("sort by the next column", keys: "S", count: 50)
    session.time("search, a letter at a time", keys: "/river lamp<Esc><Esc>", count: 20)
    for query in ["zq*", "w1", "w1 w2", "\"w1 w2\"", "w*"] {
      let times = try session.search(query, in: url)
      print(
        "search of the index: \(query.padding(toLength: 17, withPad: " ", startingAt: 0))"
          + milliseconds(times))
    }
    ExplorerUnderLoadBenchmark.run(dictionary: url, folder: folder)
    try ExplorerOnTerminalBenchmark.run(dictionary: url, folder: folder)
  }

  static func milliseconds(_ times: [Double]) -> String {
    let sorted = times.sorted()
    let p99 = sorted[min(sorted.count - 1, Int(Double(sorted.count) * 0.99))]
    return [median(sorted), p99, sorted[sorted.count - 1]].map { column($0 * 1000, 7) }.joined()
  }

  /// A token a word, with the space before it.
  private static func tokenEnds(_ text: String) -> [Int32] {
    text.utf8.enumerated().filter { $0.element == UInt8(ascii: " ") }.map { Int32($0.offset) }
      + [Int32(text.utf8.count)]
  }

  /// Words by Zipf's law, so that some are in nearly every document.
  private static func dictionary() -> ExemplarDictionary {
    var random = BenchmarkRandom(seed: 7)
    func word() -> String {
      let u = Double.random(in: 0..<1, using: &random)
      let rank = Int(exp(u * log(20_000)))
      switch rank {
      case 50: return "river"
      case 200: return "lamp"
      case 9_999: return "zqx"
      default: return "w\(rank)"
      }
    }
    let documents = (0..<documentCount).map { _ in
      (0..<30).map { _ in word() }.joined(separator: " ")
    }
    func contexts() -> [Context] {
      (0..<contextsOfEachKind).map { rank in
        Context(
          distance: Double(rank) / 20, document: Int.random(in: 0..<documentCount, using: &random),
          position: Int.random(in: 1..<30, using: &random))
      }
    }
    let regions = (0..<regionCount).map { id in
      Region(
        memberCount: 1 + Int.random(in: 0..<500, using: &random), coherence: 0.5, sumDistance: 10,
        sumSquaredDistance: 1, batches: [id / 100], closest: contexts(),
        farthest: contexts().reversed())
    }
    let rows = (0..<regionCount * dimension).map { _ in Float.random(in: -1...1, using: &random) }
    return ExemplarDictionary(
      centre: [Float](repeating: 0, count: dimension), threshold: 0.5, exemplars: rows, means: rows,
      regions: regions, documents: documents)
  }

  /// The explorer with its effects performed at once, so that a frame shows the answer.
  private final class Performance {
    private var state: Session
    private let performer: EffectPerformer
    private let theme = Theme.builtIn
    private var screen: Screen

    init(dictionary: URL, folder: URL) {
      state = Session(paths: [dictionary], columns: 200, rows: 60)
      performer = EffectPerformer(
        EffectPerformer.Options(
          notebook: folder.appending(path: "notebook.sqlite"),
          cache: folder.appending(path: "cache"), author: nil))
      screen = Screen(columns: 200, rows: 60)
    }

    func act(_ action: Action) {
      var effects = state.update(action)[...]
      while let effect = effects.popFirst() {
        if effect.queue == .terminal { continue }
        effects += state.update(.replied(effect.id, performer.perform(effect.work)))
      }
      screen = Screen(columns: 200, rows: 60)
      view(state, theme: theme, into: &screen)
    }

    func time(_ name: String, keys: String, count: Int) {
      var times: [Double] = []
      for _ in 0..<count {
        for key in KeyPress.keys(in: keys) { times.append(seconds { act(.key(key)) }.1) }
      }
      print(name.padding(toLength: 38, withPad: " ", startingAt: 0) + milliseconds(times))
    }

    func search(_ query: String, in url: URL) throws -> [Double] {
      let file = try DictionaryFile(url)
      let query = try SearchQuery(query)
      _ = try file.search(query, limit: 200)
      return try (0..<20).map { _ in try seconds { try file.search(query, limit: 200) }.1 }
    }
  }
}
