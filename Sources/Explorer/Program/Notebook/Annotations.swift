import Experiments
import Storage

/// What people have noted about the open dictionary, as the notebook last told.
package struct Annotations: Equatable, Sendable {
  package var labels: LabelView
  package var stars: Set<Int>
  /// By region.
  package var tags: [Int: [String]]
  package var notes: [Int: String]
  /// What programs would call a region, the latest first.
  package var suggestions: [Int: [Suggestion]] = [:]
  /// The notebook's count of changes when this was read; 0 without a notebook.
  package var version: Int64

  package init(
    labels: LabelView = LabelView(), stars: Set<Int> = [], tags: [Int: [String]] = [:],
    notes: [Int: String] = [:], version: Int64 = 0
  ) {
    self.labels = labels
    self.stars = stars
    self.tags = tags
    self.notes = notes
    self.version = version
  }
}

/// A label on its way to the notebook, or one that did not get there.
package struct PendingLabel: Equatable, Sendable {
  /// Empty to take the label away.
  package var text: String
  /// Why the notebook did not take it; `nil` while it is being asked.
  package var failure: String?

  package init(text: String, failure: String? = nil) {
    self.text = text
    self.failure = failure
  }
}
