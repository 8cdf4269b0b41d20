import Numerics
import Storage

/// The steps of a series among what the notebook keeps.
package struct SavedSweep: Sendable {
  /// In the order in which they were run.
  package let steps: [SavedExperiment]
  private let figures: [AblationHeadline]
  private let place: SweepPlace

  /// - Returns: `nil` for what is no step of a series.
  package init?(_ experiment: SavedExperiment, among all: [SavedExperiment]) {
    guard let place = experiment.ablation?.sweep else { return nil }
    let found = all.filter { $0.identity == experiment.identity }
      .compactMap { entry in entry.ablation.map { (entry, $0) } }
      .filter { $0.1.sweep?.id == place.id }
      .sorted { $0.0.id < $1.0.id }
    guard !found.isEmpty else { return nil }
    (steps, figures, self.place) = (found.map(\.0), found.map(\.1), place)
  }

  /// Of a list, the latest first, with one entry for all steps of a series, where the latest of them stood.
  package static func folded(_ all: [SavedExperiment]) -> [SavedExperiment] {
    var seen: Set<String> = []
    return all.compactMap { experiment in
      guard let place = experiment.ablation?.sweep else { return experiment }
      guard seen.insert(place.id).inserted else { return nil }
      return SavedSweep(experiment, among: all)?.entry
    }
  }

  /// The series in one line of a list, under the number of its latest step.
  package var entry: SavedExperiment {
    var entry = steps[steps.count - 1]
    let isWhole = steps.count == place.steps && steps.allSatisfy(\.isComplete)
    entry.title = "\(place.kind.words), \(steps.count) of \(place.steps) steps · \(target)"
    entry.conclusion =
      "\(what): "
      + zip(figures, labels).map { "\($1) \(count($0.treated))" }.joined(separator: ", ")
      + (figures[0].baseline.map { "; before any edit \($0)" } ?? "")
    entry.isComplete = isWhole
    return entry
  }

  private var labels: [String] { figures.map { $0.sweep?.label ?? "" } }

  private var target: String {
    let depth = figures[0].setup.depth
    var direction: String?
    if case .directions(let choice) = figures[0].setup.target {
      direction = "the direction \(choice.source.rawValue), "
    }
    let regions =
      direction
      ?? (place.kind == .k
        ? "" : "regions \(figures[0].regions.map(String.init).joined(separator: ", ")), ")
    return "\(regions)\(depth.rawValue)" + (depth == .geometry ? ", predicted" : "")
  }

  private var what: String {
    let depth = figures[0].setup.depth
    let verb =
      depth == .geometry
      ? "predicted to refuse" : depth == .resume ? "first token refuses" : "refused"
    return "\(verb), of \(figures[0].count) \(figures[0].role.rawValue) prompts"
  }

  private func count(_ value: Int?) -> String { value.map(String.init) ?? "—" }

  /// All of its steps as a table.
  package var report: ResultReport {
    let header = ["step", "n", "before", "edited", "control", "degenerate", "experiment"]
    let rows = zip(steps, figures).map { step, figures in
      [
        figures.sweep?.label ?? "", "\(figures.count)", count(figures.baseline),
        count(figures.treated), count(figures.control), count(figures.degenerate), "\(step.id)",
      ]
    }
    return ResultReport(
      identities: [steps[0].identity], text: entry.conclusion, header: header, rows: rows,
      plot: nil,
      csv: CSVTable(
        rows.map { row in
          JSONValue.object(zip(header, row).map { ($0, JSONValue.string($1)) })
        }
      ).text)
  }
}

extension AblationSweep.Kind {
  /// What differs from step to step.
  fileprivate var words: String {
    switch self {
    case .k: "sweep of K and the basis"
    case .strength: "sweep of the share taken out"
    case .layer: "sweep of the layer"
    case .alpha: "sweep of α"
    }
  }
}
