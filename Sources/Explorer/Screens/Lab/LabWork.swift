import Experiments
import Foundation
import Storage

/// Work for the ablation lab.
package enum LabWork: Equatable, Sendable {
  /// Opens the store that goes with a dictionary.
  case open(dictionary: URL)
  /// Answers many times: events, then its end.
  case run(dictionary: URL, AblationSetup, counting: AnswerConcept?)
  /// Answers many times: points, then its end.
  case series(dictionary: URL, AblationSetup, LabSeries.Kind)
  /// Writes a report, and the numbers as JSON beside it; never over files that are there.
  case report(AblationResult, name: String)
  /// Writes an experiment as the name's ending says.
  case export(AblationResult, path: String)
  /// Lists saved experiments.
  case list(identity: String)
  /// Reads a saved experiment, with its whole answers where they are still kept.
  case reopen(dictionary: URL, Int64)
  /// Puts two saved experiments beside each other.
  case compare(identity: String, Int64, Int64)
  /// Keeps a person's verdict.
  case judge(LabVerdict)
}

extension LabWork: LongScreenWork {
  /// What needs the notebook only never waits for an experiment.
  var queue: Effect.Queue {
    switch self {
    case .list, .compare, .report, .export, .judge: .notebook
    case .open, .run, .series, .reopen: .lab
    }
  }

  var canStop: Bool {
    switch self {
    case .open, .run, .series: true
    case .list, .compare, .report, .export, .judge, .reopen: false
    }
  }

  var jobTitle: String? {
    switch self {
    case .open: "opening the store of the lab"
    case .run(_, let setup, _): "ablation by \(setup.depth.rawValue)"
    case .series: "a series of ablations"
    case .list, .compare, .report, .export, .judge, .reopen: nil
    }
  }

  static func progress(of result: LabReply) -> String? {
    switch result {
    case .stage(let stage): stage
    case .events, .share: ""
    case .point(_, _, let done, let total): "\(done) of \(total)"
    default: nil
    }
  }

  func perform(
    by performer: EffectPerformer, tell: @escaping @Sendable (LabReply) -> Void,
    isCancelled: @escaping @Sendable () -> Bool
  ) throws -> LabReply {
    let options = performer.options
    let effects = performer.tool(
      LabEffects(
        options.attachments, threads: ProcessInfo.processInfo.activeProcessorCount,
        keepsGenerations: options.writes.isAnywhere))
    return try effects.perform(self, for: performer, tell: tell, isStopped: isCancelled)
  }
}

/// What comes of it.
package enum LabReply: Equatable, Sendable {
  case opened(LabSubject)
  /// What takes time before an experiment begins.
  case stage(String)
  case events([AblationEvent])
  case point(LabSeries.Point, before: Int, done: Int, total: Int)
  /// An experiment whose answers were counted by a person's own words.
  case counted(AblationResult)
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
  /// The notebook has the verdict.
  case judged(LabVerdict)
}
