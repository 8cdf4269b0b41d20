import Dispatch
import Foundation
import Synchronization
import TensorFiles

/// The user pressed Ctrl-C, or the process was asked to end.
struct Interruption: Error {
  private static let isRequested = Atomic<Bool>(false)
  nonisolated(unsafe) private static var sources: [any DispatchSourceSignal] = []

  /// From here on SIGINT and SIGTERM set a flag that `check()` throws on, so that work ends between two batches. A second
  /// one ends the process at once, as the signal does by itself.
  static func watch() {
    // Twice, one signal would count as two.
    guard sources.isEmpty else { return }
    // A queue of its own has a thread even while work has all the others.
    let queue = DispatchQueue(label: "signals", qos: .userInteractive)
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        // Two that came at once are told as one event.
        let wasRequested = isRequested.exchange(true, ordering: .relaxed)
        guard wasRequested || source.data > 1 else { return }
        signal(number, SIG_DFL)
        kill(getpid(), number)
      }
      source.resume()
      sources.append(source)
    }
    LongWork.askBetweenSteps(check)
  }

  @Sendable static func check() throws {
    if isRequested.load(ordering: .relaxed) { throw Interruption() }
  }
}
