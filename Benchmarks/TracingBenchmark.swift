import ExemplarPartitioning
import Explorer
import Foundation
import Storage
import Terminal

/// Whether the trace follows somebody who types: from a key to the cells of the frame that shows the trace of the text
/// up to that key, with the explorer's own queues between.
enum TracingBenchmark {
  static let regionCount = 20_000
  static let dimension = 576
  static let text = String(
    "How would you explain to somebody who has never seen the sea what its waves sound like at night, when nobody else is on the beach and the wind, which blew all day, has at last gone to sleep, as they have?"
      .prefix(200))
  static let interval = Duration.milliseconds(50)

  static func run(_ settings: Settings) throws {
    guard let file = LanguageModelBenchmark.model() else { return }
    let place = FileManager.default.temporaryDirectory.appending(
      path: "exemplar-benchmark-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    print(
      "a text of \(text.count) characters, typed into the trace; \(regionCount) random regions a layer, 200×60"
    )
    for layer in [4, 12, 16, 28] {
      var provenance = DictionaryProvenance()
      (provenance.model, provenance.hook) = (
        LanguageModelBenchmark.file, "blocks.\(layer).hook_resid_post"
      )
      provenance.positions = "all"
      try DictionaryWriter.write(
        dictionary(seed: UInt64(layer)), provenance: provenance,
        to: place.appending(path: "layer\(layer).epdict"))
    }
    print("                              key to frame   median   p99    max ms   characters/s")
    for (name, keys) in [("layer 16 of 30", ""), ("layers 4, 12, 16, 28", "<Enter>L<Tab>")] {
      let typist = Typist(place, model: file.path(percentEncoded: false))
      try typist.begin(then: keys)
      let times = try typist.type(text, every: interval)
      let total = try seconds { _ = try typist.type(text, every: .zero) }.1
      print(
        "\(name), 20 characters a second".padding(toLength: 44, withPad: " ", startingAt: 0)
          + ExplorerBenchmark.milliseconds(times))
      print(
        "\(name), each as the last is shown".padding(toLength: 66, withPad: " ", startingAt: 0)
          + column(Double(text.count) / total, 12, digits: 0))
    }
  }

  private static func dictionary(seed: UInt64) -> ExemplarDictionary {
    var random = BenchmarkRandom(seed: seed)
    var rows: [Float] = []
    rows.reserveCapacity(regionCount * dimension)
    for _ in 0..<regionCount {
      let row = (0..<dimension).map { _ in random.gaussian() }
      let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      rows += row.map { $0 / norm }
    }
    let region = Region(
      memberCount: 10, coherence: 0.5, sumDistance: 5, sumSquaredDistance: 3, batches: [0])
    return ExemplarDictionary(
      centre: [Float](repeating: 0, count: dimension), threshold: 0.9, exemplars: rows, means: rows,
      regions: Array(repeating: region, count: regionCount))
  }

  struct NeverShown: Error, CustomStringConvertible {
    var description: String
  }

  /// An explorer with its real queues, and a clock.
  private final class Typist {
    private var state: Session
    private let runner: EffectRunner
    private let awake = DispatchSemaphore(value: 0)
    private let theme = Theme.builtIn

    init(_ folder: URL, model: String) {
      state = Session(paths: [folder.appending(path: "layer16.epdict")], columns: 200, rows: 60)
      var options = EffectPerformer.Options(
        notebook: folder.appending(path: "notebook.sqlite"),
        cache: folder.appending(path: "cache"), author: nil)
      options.attachments.model = model
      runner = EffectRunner(EffectPerformer(options)) { [awake] in awake.signal() }
    }

    private func act(_ action: Action) {
      for effect in state.update(action) where effect.queue != .terminal { runner.run(effect) }
    }

    private func draw() {
      var screen = Screen(columns: 200, rows: 60)
      view(state, theme: theme, into: &screen)
    }

    /// Takes answers as they come, and draws, until `isDone`.
    private func wait(_ limit: Double = 120, until isDone: () -> Bool) throws {
      let end = ContinuousClock.now + .seconds(limit)
      while !isDone() {
        guard awake.wait(timeout: .now() + 1) == .success || ContinuousClock.now < end else {
          throw NeverShown(description: "nothing came: \(state.log.last?.text ?? "")")
        }
        for answer in runner.takeReplies() { act(answer) }
        draw()
      }
    }

    /// Opens the trace and has it load what it needs.
    func begin(then keys: String) throws {
      act(.start)
      try wait { state.regions != nil }
      for key in KeyPress.keys(in: "p") { act(.key(key)) }
      try wait { state.trace?.subject != nil }
      for key in KeyPress.keys(in: "warm") { act(.key(key)) }
      try wait { state.trace?.reading != nil && state.trace?.awaited == nil }
      for key in KeyPress.keys(in: keys) { act(.key(key)) }
      try wait { state.trace?.awaited == nil }
    }

    /// - Parameter interval: between keys; at zero each is pressed when the last one's frame was drawn.
    /// - Returns: for each key the seconds to the end of the frame that shows its trace.
    func type(_ text: String, every interval: Duration) throws -> [Double] {
      act(.key(KeyPress(.character("u"), .control)))
      let bytes = text.reduce(into: [0]) { $0.append(($0.last ?? 0) + String($1).utf8.count) }
      var pressed: [ContinuousClock.Instant] = []
      var times: [Double] = []
      func settle() {
        let read = state.trace?.readBytes ?? 0
        while times.count < pressed.count, bytes[times.count + 1] <= read {
          times.append((ContinuousClock.now - pressed[times.count]) / .seconds(1))
        }
      }
      let start = ContinuousClock.now
      for (index, character) in text.enumerated() {
        let due = start + interval * index
        while interval > .zero, ContinuousClock.now < due {
          let rest = (due - ContinuousClock.now) / .seconds(1)
          guard awake.wait(timeout: .now() + max(0, rest)) == .success else { break }
          for answer in runner.takeReplies() { act(answer) }
          draw()
          settle()
        }
        pressed.append(.now)
        act(.key(KeyPress(.character(character))))
        draw()
        if interval == .zero {
          try wait { (state.trace?.readBytes ?? 0) >= bytes[index + 1] }
          settle()
        }
      }
      try wait { (state.trace?.readBytes ?? 0) >= bytes[text.count] }
      settle()
      return times
    }
  }
}
