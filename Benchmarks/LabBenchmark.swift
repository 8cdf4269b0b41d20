import Explorer
import Foundation
import Storage
import Terminal

/// What a person waits for while an experiment streams its answers: from a key, and whatever came in by then, to the
/// cells of the frame that answers both. The model runs on as many threads as ever.
enum LabBenchmark {
  /// - Parameters:
  ///   - dictionary: with its store beside it.
  ///   - patience: the run is stopped then, whatever is left of it.
  static func run(dictionary: URL, store: URL, model: URL, patience: Duration) {
    var options = EffectPerformer.Options(
      notebook: dictionary.deletingLastPathComponent().appending(path: "notebook.sqlite"))
    options.attachments.model = model.path
    options.attachments.store = store
    let runner = EffectRunner(EffectPerformer(options)) {}
    var state = Session(paths: [dictionary], columns: 200, rows: 60)
    let theme = Theme.builtIn
    var (cells, answers) = (0, 0)

    func act(_ action: Action) {
      for effect in state.update(action) where effect.queue != .terminal { runner.run(effect) }
    }
    func takeReplies() {
      for action in runner.takeReplies() {
        answers += 1
        act(action)
      }
    }
    func wait(_ condition: () -> Bool) {
      let deadline = ContinuousClock.now + .seconds(60)
      while !condition(), ContinuousClock.now < deadline {
        takeReplies()
        usleep(2000)
      }
    }
    act(.start)
    wait { state.regions != nil }
    act(.run(.openLab))
    wait { state.lab?.subject != nil || state.lab?.failure != nil }
    let start = ContinuousClock.now
    act(.run(.labGenerate))
    wait { state.lab?.run?.result != nil || state.lab?.run?.failure != nil }
    act(.key(KeyPress(.tab)))
    let keys = KeyPress.keys(in: "jjjkJ<Enter>j<Enter>lG<Enter><Enter>gzz")
    var times: [Double] = []
    while state.lab?.isRunning == true {
      for key in keys {
        let (_, taken) = seconds {
          takeReplies()
          act(.key(key))
          var screen = Screen(columns: 200, rows: 60)
          view(state, theme: theme, into: &screen)
          cells += screen.columns
        }
        times.append(taken)
        // A fast typist.
        usleep(15_000)
      }
      if ContinuousClock.now - start > patience { act(.run(.labStop)) }
    }
    let progress = state.lab?.run.map { "\($0.done) of \($0.total) answers" } ?? ""
    print(
      "lab, keys during a run (\(times.count) keys, \(answers) messages of the run, \(progress)): median, p99, max "
        + ExplorerBenchmark.milliseconds(times) + " ms (p99 at most 30)")
  }
}
