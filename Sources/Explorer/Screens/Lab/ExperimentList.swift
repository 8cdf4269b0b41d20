import Experiments
import Storage

/// The list of saved experiments on the dictionary.
package struct ExperimentList: Equatable, Sendable {
  package var asked: EffectID?
  /// The latest first; `nil` until read.
  package var list: ListState<SavedExperiment>?
  /// The experiment that the next one is compared with.
  package var marked: Int64?
  package var comparing: EffectID?
  package var comparison: LabComparison?

  package init(asked: EffectID) { self.asked = asked }

  package var entries: [SavedExperiment]? { list?.rows }
  package var cursor: Int { list?.cursor ?? 0 }
  package var top: Int { list?.top ?? 0 }
  package var selected: SavedExperiment? { list?.selected }
}

/// Two saved experiments beside each other.
package struct LabComparison: Equatable, Sendable {
  package var a: Int64
  package var b: Int64
  package var value: AblationComparison
  /// First of the lines on the screen.
  package var top = 0

  package init(a: Int64, b: Int64, value: AblationComparison) {
    (self.a, self.b, self.value) = (a, b, value)
  }
}

/// A verdict of a person's, as it was given.
package struct LabVerdict: Equatable, Sendable {
  package var key: ContinuationKey
  package var before: Storage.Outcome?
  package var after: Storage.Outcome?
  package var classifier: String
  package var classified: Storage.Outcome
  /// Whether it takes another back.
  package var isUndo = false
}
