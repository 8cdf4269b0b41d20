import Experiments
import Storage

/// What the pane beside the table shows of the selected region.
package enum DetailTab: String, CaseIterable, Sendable {
  case closest, boundary, sampled, neighbours, statistics, lens, outcomes, notes

  /// The list of contexts that it shows.
  package var kind: ContextKind? {
    switch self {
    case .closest: .closest
    case .boundary: .boundary
    default: nil
    }
  }

  var title: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
  /// For a narrow pane.
  var short: String { self == .statistics ? "Stats" : self == .outcomes ? "Rates" : title }

  var command: Command {
    switch self {
    case .closest: .showClosest
    case .boundary: .showBoundary
    case .sampled: .showSampled
    case .neighbours: .showNeighbours
    case .statistics: .showStatistics
    case .lens: .showLens
    case .outcomes: .showOutcomes
    case .notes: .showNotes
    }
  }

  /// What is asked for when it is looked at.
  var extra: Extra? {
    switch self {
    case .closest, .boundary: nil
    case .sampled, .neighbours, .statistics: .surroundings
    case .lens: .lens
    case .outcomes: .outcomes
    case .notes: .history
    }
  }
}

extension ContextKind {
  /// The tab that lists them.
  package var tab: DetailTab { self == .closest ? .closest : .boundary }
}

/// Knowledge that is read only when it is looked at.
package enum Extra: String, Hashable, Sendable {
  case surroundings, lens, history, outcomes, nearest, template, document, example, map, metrics
}

/// What was asked for, and how it went.
package struct Asked: Equatable, Sendable {
  /// `nil` once it was answered.
  package var id: EffectID?
  /// The region it is about; `nil` for the whole dictionary.
  package var region: Int?
  /// Why there is no answer.
  package var failure: String?
  /// Since the session began.
  package var since: Duration
}

/// What of the regions' surroundings and of whole dictionaries was read so far.
package struct Extras: Equatable, Sendable {
  package var asked: [Extra: Asked] = [:]
  package var surroundings: RegionSurroundings?
  package var lens: LensReading?
  package var history: RegionHistory?
  package var outcomes: RegionOutcomes?
  package var nearest: NearestCounts?
  package var template: TemplateShares?
  package var map: ExemplarMap?
  package var metrics: MetricsReading?

  package func isWaiting(for extra: Extra) -> Bool { asked[extra]?.id != nil }

  package func failure(_ extra: Extra, region: Int?) -> String? {
    asked[extra].flatMap { $0.region == region ? $0.failure : nil }
  }
}

/// Every change to what is noted about a region.
package struct RegionHistory: Equatable, Sendable {
  package var region: Int
  package var version: Int64
  package var changes: [NotebookChange]
}
