import Foundation
import Synchronization

/// Performs effects off the main thread and posts their replies.
///
/// One queue for reading regions, one for searching, one for the notebook, one for the library, one for
/// computing, one for the model: none waits for another, and what is on one queue keeps its order.
package final class EffectRunner: Sendable {
  let performer: EffectPerformer
  private let reading = DispatchQueue(label: "reading", qos: .userInitiated)
  private let searching = DispatchQueue(label: "searching", qos: .userInitiated)
  private let notebook = DispatchQueue(label: "notebook", qos: .userInitiated)
  private let computing = DispatchQueue(label: "computing", qos: .utility)
  private let modelling = DispatchQueue(label: "modelling", qos: .utility)
  private let library = DispatchQueue(label: "library", qos: .utility)
  private let comparing = DispatchQueue(label: "comparing", qos: .utility)
  private let settings = DispatchQueue(label: "settings", qos: .utility)
  private let lab = DispatchQueue(label: "lab", qos: .utility)
  private let tracing = DispatchQueue(label: "tracing", qos: .userInitiated)
  /// The latest effect of each slot.
  private let latest = Mutex<[String: EffectID]>([:])
  private let replies = Mutex<[Action]>([])
  /// Effects that nobody wants any more.
  private let cancelled = Mutex<Set<EffectID>>([])
  private let wake: @Sendable () -> Void

  /// - Parameter wake: called, from any thread, when there are replies to take.
  package init(_ performer: EffectPerformer, wake: @escaping @Sendable () -> Void) {
    self.performer = performer
    self.wake = wake
  }

  /// Begins an effect; those of the terminal are not for this runner.
  package func run(_ effect: Effect) {
    if case .cancel(let id) = effect.work {
      cancelled.withLock { _ = $0.insert(id) }
      return
    }
    if let slot = effect.slot { latest.withLock { $0[slot] = effect.id } }
    queue(of: effect)?.async { [self] in
      let isWanted = effect.slot.map { slot in latest.withLock { $0[slot] == effect.id } } ?? true
      guard isWanted else { return post(.superseded, of: effect.id) }
      post(reply(to: effect), of: effect.id)
    }
  }

  private func reply(to effect: Effect) -> Reply {
    performer.perform(
      effect.work, tell: { [self] in post($0, of: effect.id) },
      isCancelled: { [self] in
        if cancelled.withLock({ $0.contains(effect.id) }) { return true }
        guard effect.endsWhenReplaced, let slot = effect.slot else { return false }
        return latest.withLock { $0[slot] != effect.id }
      })
  }

  private func post(_ reply: Reply, of id: EffectID) {
    replies.withLock { $0.append(.replied(id, reply)) }
    wake()
  }

  /// The replies that have come since the last call, in order.
  package func takeReplies() -> [Action] {
    replies.withLock { replies in
      defer { replies = [] }
      return replies
    }
  }

  /// Waits until the notebook has all it was given, and keeps a copy of what it was given.
  ///
  /// - Returns: what a person should hear of, in sentences.
  @discardableResult
  package func finishWriting() -> [String] { notebook.sync { performer.finishNotebook() } }

  private func queue(of effect: Effect) -> DispatchQueue? {
    switch effect.queue {
    case .reading: reading
    case .searching: searching
    case .notebook: notebook
    case .library: library
    case .settings: settings
    case .comparing: comparing
    case .lab: lab
    case .tracing: tracing
    case .computing: computing
    case .modelling: modelling
    case .terminal, .immediate: nil
    }
  }
}
