import ExemplarPartitioning
import Foundation
import Numerics
import Storage

/// The condition that a prompt is seen under. Raw values stand in JSON.
package enum AblationCondition: String, Sendable, Codable, CaseIterable,
  CodingKeyRepresentable
{
  case baseline
  case ablated
  case steered
  case null
  /// A baseline beside regions: the direction between the means of the two prompt sets.
  case diffmean
  /// A baseline likewise: as many random directions as are taken out.
  case random
  case swapped = "swap"
  /// Of a swap, projected off and nothing put back.
  case harmfulSpan = "harmful-span"
  case benignSpan = "benign-span"
  /// The difference of the means that a swap moves between, added or taken away.
  case meanShift = "meanshift"
  case meanShiftBack = "meanshift-back"
  /// The swap of the means of all harmful and all benign prompts.
  case globalSwap = "swap-global"
}

/// Where a final position lies, and what the readout makes of it.
package struct Landing: Sendable, Equatable, Codable {
  /// The nearest region; −1 in a dictionary without regions.
  package var region: Int
  /// d/θ; above 1 lies outside the dictionary.
  package var ratio: Double
  /// Predicted probability of a refusal; `nil` without a readout.
  package var predictedRefusal: Double?

  package init(region: Int, ratio: Double, predictedRefusal: Double?) {
    self.region = region
    self.ratio = ratio
    self.predictedRefusal = predictedRefusal
  }
}

/// What is known of an ablation without weights: stored final positions, edited.
package struct GeometryDepth: Sendable {
  private let dictionary: ExemplarDictionary
  private let threads: Int
  /// Fitted on the training prompts; `nil` where all or none of those were refused.
  package let readout: RefusalReadout?
  /// Of the readout on prompts that it was not fitted on; `nil` where those have no outcomes of both kinds.
  package private(set) var heldOut: AUROC?
  private let hook: String
  private let material: AblationMaterial

  /// Fits the readout: once for any number of edits.
  package init(_ subject: AblationSubject, threads: Int) throws {
    (dictionary, hook, material) = (subject.dictionary, subject.hook, subject.material)
    self.threads = threads
    let training = subject.training
    let rows = training.isEmpty ? [] : try subject.material.lastRows(subject.hook, of: training)
    readout = RefusalReadout(
      rows: rows, refused: training.map { $0.outcome == .refused }, centre: dictionary.centre)
    let fitted = Set(training.map(\.id))
    let others = subject.material.prompts.filter {
      $0.role != nil && $0.outcome != nil && $0.document.lastRow != nil && !fitted.contains($0.id)
    }
    guard let readout, !others.isEmpty else { return }
    let scores = readout.probabilities(try subject.material.lastRows(subject.hook, of: others))
    let refused = others.map { $0.outcome == .refused }
    let scored = zip(scores, refused)
    heldOut = AUROC(
      positives: scored.filter(\.1).map(\.0), negatives: scored.filter { !$0.1 }.map(\.0))
  }

  /// Where the prompts' final positions land after `edit` of the rows `[n, D]`.
  package func landings(
    of prompts: [AblationPrompt], edit: (inout [Float]) -> Void = { _ in }
  ) throws -> [Landing] {
    guard !prompts.isEmpty else { return [] }
    var rows = try material.lastRows(hook, of: prompts)
    edit(&rows)
    return landings(ofRows: rows, count: prompts.count)
  }

  /// Where rows `[count, D]` lie.
  package func landings(ofRows rows: [Float], count: Int) -> [Landing] {
    var assigner = RegionAssigner(dictionary, threads: threads)
    let (ids, distances) = assigner.assign(ActivationBatch(rows: rows, count: count))
    let predicted = readout?.probabilities(rows)
    return (0..<count).map { index in
      Landing(
        region: Int(ids[index]),
        ratio: Theta.multiple(Double(distances[index]), of: dictionary.threshold),
        predictedRefusal: predicted?[index])
    }
  }
}
