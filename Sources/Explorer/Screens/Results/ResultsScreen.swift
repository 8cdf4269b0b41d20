import Experiments
import Foundation
import Storage

/// Results that the notebook keeps, and the one that is read.
package struct ResultsScreen: Equatable, Sendable {
  /// The dictionary whose results are listed first.
  package var identity: String?
  /// The latest first; `nil` until read.
  package var list: ListState<SavedExperiment>?
  package var awaited: EffectID?
  /// Whether results of other dictionaries are listed too.
  package var showsAll = false
  package var page: ResultsPage?
  package var failure: String?
  /// What the playground kept last, as far as the list was read since.
  var seenOfPlayground: Int64?

  package var listed: [SavedExperiment]? { list?.rows }
  package var cursor: Int { list?.cursor ?? 0 }
  package var top: Int { list?.top ?? 0 }
}

/// One result, read.
package struct ResultsPage: Equatable, Sendable {
  package var experiment: SavedExperiment
  package var awaited: EffectID?
  package var result: SavedResult?
  package var failure: String?
  /// Index among the lines of the page.
  package var cursor = 0
  package var top = 0
  /// Index of the match that is looked at side by side.
  package var pair: Int?

  package init(_ experiment: SavedExperiment) { self.experiment = experiment }
}

/// What of a result is held while it is read.
package struct SavedResult: Equatable, Sendable {
  /// `nil` for an ablation that an earlier version kept without its prompts.
  package var report: ResultReport?
  package var matches: [SavedFeatureMatches.Match] = []
  package var features: SavedFeatureMatches?
  package var paths: SavedPaths?
}

/// Work on saved results.
package enum ResultsWork: Equatable, Sendable {
  case list(identity: String?)
  case open(SavedExperiment)
  /// Writes a result as the name's ending says: .json, .csv, .svg or .html.
  case export(Int64, path: String)
}

/// What comes of it.
package enum ResultsReply: Equatable, Sendable {
  case listed([SavedExperiment])
  case opened(SavedResult)
  case exported(path: String)
}
