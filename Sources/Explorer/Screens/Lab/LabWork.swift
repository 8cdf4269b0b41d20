import Experiments
import Foundation
import Storage

/// Work for the ablation lab.
package enum LabWork: Equatable, Sendable {
  /// Opens the store that goes with a dictionary.
  case open(dictionary: URL)
  /// Answers many times: events, then its end.
  case run(dictionary: URL, AblationSetup)
  /// Answers many times: points, then its end.
  case series(dictionary: URL, AblationSetup, LabSeries.Kind)
  /// Writes a report, and the numbers as JSON beside it; never over files that are there.
  case report(AblationResult, name: String)
  /// Lists saved experiments.
  case list(identity: String)
  /// Reads a saved experiment, with its whole answers where they are still kept.
  case reopen(dictionary: URL, Int64)
  /// Puts two saved experiments beside each other.
  case compare(identity: String, Int64, Int64)

  /// Whether it needs the notebook only, and so never waits for an experiment.
  var isOfNotebook: Bool {
    switch self {
    case .list, .compare, .report: true
    case .open, .run, .series, .reopen: false
    }
  }
}

/// What comes of it.
package enum LabReply: Equatable, Sendable {
  case opened(LabSubject)
  /// What takes time before an experiment begins.
  case stage(String)
  case events([AblationEvent])
  case point(LabSeries.Point, before: Int, done: Int, total: Int)
  /// How much of a series is done, in [0, 1].
  case share(Double)
  /// With its number in the notebook, where it was kept.
  case finished(saved: Int64?)
  /// As well, of an experiment that was ended before its end.
  case stopped(saved: Int64?)
  /// The names of the files.
  case reported([String])
  case listed([SavedExperiment])
  case reopened(SavedExperiment, AblationResult)
  case compared(LabComparison)
}
