import Experiments
import Foundation

/// Work for the ablation lab.
package enum LabWork: Equatable, Sendable {
  /// Opens the store that goes with a dictionary.
  case open(dictionary: URL)
  /// Answers many times: events, then its end.
  case run(dictionary: URL, AblationSetup)
  /// Answers many times: points, then its end.
  case series(dictionary: URL, AblationSetup, LabSeries.Kind)
  /// Writes a report; never over a file that is there.
  case report(AblationResult, to: URL)
}

/// What comes of it.
package enum LabAnswer: Equatable, Sendable {
  case opened(LabSubject)
  /// What takes time before an experiment begins.
  case stage(String)
  case events([AblationEvent])
  case point(LabSeries.Point, before: Int, done: Int, total: Int)
  /// With its number in the notebook, where it was kept.
  case finished(saved: Int64?)
  case stopped
  case reported(URL)
}
