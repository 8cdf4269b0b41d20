import Foundation
import Storage

/// An experiment as lists of them have it, under the keys by which it is printed.
package struct SavedExperimentRecord: Encodable, Sendable {
  /// What it is called.
  struct Head: Encodable {
    var id: Int64
    var kind: SavedExperiment.Kind
    var date: String
    var title: String

    init(_ entry: SavedExperiment) {
      (id, kind, title) = (entry.id, entry.kind, entry.title)
      date = entry.date.formatted(.iso8601)
    }
  }

  /// Of an ablation or a steering.
  struct Figures: Encodable {
    var depth: String
    var regions: [Int]
    var basis: String
    var at: String
    var role: String
    var n: Int
    var baseline: Int?
    var treated: Int?
    var control: Int?
    var degenerate: Int?

    init(_ headline: AblationHeadline) {
      (depth, regions) = (headline.setup.depth.rawValue, headline.regions)
      (basis, at, role) = (headline.setup.basis.rawValue, headline.at, headline.role.rawValue)
      (n, baseline, treated) = (headline.count, headline.baseline, headline.treated)
      (control, degenerate) = (headline.control, headline.degenerate)
    }
  }

  @Inline var head: Head
  var conclusion: String
  var complete: Bool
  @Inline var figures: Figures?
  /// All that the notebook keeps of it, where it was asked for.
  @IfAny var content: JSONValue?

  /// - Parameter content: JSON, as the notebook has it.
  package init(_ entry: SavedExperiment, content: String? = nil) {
    (head, conclusion, complete) = (Head(entry), entry.conclusion, entry.isComplete)
    figures = entry.ablation.map(Figures.init)
    self.content = content.map(JSONValue.encoded)
  }
}

/// A saved ablation or steering with every number of it, under the keys by which it is printed.
package struct SavedAblationRecord: Encodable, Sendable {
  @Inline var head: SavedExperimentRecord.Head
  @Inline var result: AblationRecord

  package init(_ entry: SavedExperiment, _ result: AblationResult) {
    (head, self.result) = (.init(entry), AblationRecord(result, texts: false))
  }
}
