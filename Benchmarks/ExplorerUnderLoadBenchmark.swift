import Explorer
import Foundation
import Terminal

/// From a key to the frame that answers it while other work goes on: effects on the queues of the real program, and its patience.
final class ExplorerUnderLoadBenchmark {
  /// As the program has it: an answer that comes this soon is drawn together with what asked for it.
  private static let patience = 0.012

  private var state: Session
  private let runner: EffectRunner
  private let news: DispatchSemaphore

  private init(dictionary: URL, folder: URL) {
    let news = DispatchSemaphore(value: 0)
    self.news = news
    state = Session(paths: [dictionary], columns: 200, rows: 60)
    runner = EffectRunner(
      EffectPerformer(
        .init(
          notebook: folder.appending(path: "notebook.sqlite"),
          cache: folder.appending(path: "cache"), author: nil))
    ) { news.signal() }
  }

  static func run(dictionary: URL, folder: URL) {
    print("key to frame, while …                 median   p99    max ms")
    for (name, keys) in [
      ("nothing else goes on", ""), ("the metrics are computed", "%<Esc>"),
      ("searches follow each other", "/"),
    ] {
      let bench = ExplorerUnderLoadBenchmark(dictionary: dictionary, folder: folder)
      bench.apply(.start)
      while bench.state.regions == nil { bench.takeReplies(until: 1) }
      for key in KeyPress.keys(in: keys) { bench.press(key) }
      let isSearching = keys == "/"
      let script = isSearching ? "river lamp w1<C-u>w2 w3<C-u>" : "jjjjjjjj<C-d>kkGgJ"
      var times: [Double] = []
      while times.count < 400 {
        for key in KeyPress.keys(in: script) {
          times.append(seconds { bench.press(key) }.1)
          // A fast typist.
          usleep(15_000)
        }
      }
      print(
        name.padding(toLength: 38, withPad: " ", startingAt: 0)
          + ExplorerBenchmark.milliseconds(times))
      bench.runner.finishWriting()
    }
  }

  private func apply(_ action: Action) {
    for effect in state.update(action) where effect.queue != .terminal { runner.run(effect) }
  }

  private func press(_ key: KeyPress) {
    apply(.key(key))
    takeReplies(until: Self.patience)
    var screen = Screen(columns: 200, rows: 60)
    view(state, theme: Theme.builtIn, into: &screen)
  }

  private func takeReplies(until limit: Double) {
    let deadline = DispatchTime.now() + limit
    repeat {
      for answer in runner.takeReplies() { apply(answer) }
    } while (state.isIncomplete || state.regions == nil)
      && news.wait(timeout: deadline) == .success
  }
}
