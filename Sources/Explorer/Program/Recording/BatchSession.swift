import Foundation
import Storage
import Synchronization
import Terminal

/// The explorer without a terminal: effects are performed at once, one after the other.
package final class BatchSession {
  package private(set) var state: Session
  private let performer: EffectPerformer
  /// What was copied, in order.
  package private(set) var copied: [String] = []

  package init(_ state: Session, performer: EffectPerformer) {
    self.state = state
    self.performer = performer
  }

  /// Takes in an action and all that follows from it.
  package func act(_ action: Action) {
    var effects = state.update(action)[...]
    while let effect = effects.popFirst() {
      if case .copy(let text) = effect.work {
        copied.append(text)
        effects += state.update(.replied(effect.id, .copied(.sent(bytes: text.utf8.count))))
      } else {
        let replies = Mutex<[Reply]>([])
        let last = performer.perform(
          effect.work, tell: { reply in replies.withLock { $0.append(reply) } })
        for reply in replies.withLock(\.self) + [last] {
          effects += state.update(.replied(effect.id, reply))
        }
      }
    }
  }

  /// Plays a recording to its end, or to where the session was left.
  package func play(_ log: SessionLog) {
    act(.start)
    for step in log.steps where state.exit == nil {
      act(.tick(step.time))
      act(step.action)
    }
  }

  /// The screen as it is now.
  package func screen(depth: ColorDepth = .truecolor) -> Terminal.Screen {
    var screen = Cells(columns: state.columns, rows: state.rows)
    view(state, theme: state.themes.theme.adapted(to: depth), into: &screen)
    return screen
  }
}
