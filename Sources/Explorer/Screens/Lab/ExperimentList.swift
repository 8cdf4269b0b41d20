import Experiments
import Storage

/// The list of saved experiments on the dictionary.
package struct ExperimentList: Equatable, Sendable {
  package var asked: EffectID?
  /// The latest first; `nil` until read.
  package var entries: [SavedExperiment]?
  package var cursor = 0
  package var top = 0
  /// The experiment that the next one is compared with.
  package var marked: Int64?
  package var comparing: EffectID?
  package var comparison: LabComparison?

  package var selected: SavedExperiment? {
    guard let entries, entries.indices.contains(cursor) else { return nil }
    return entries[cursor]
  }
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
