import ExemplarPartitioning
import Foundation
import Numerics
import Storage

/// One ablation for every percentile, order of the prompts, basis and number of regions.
///
/// - Source: the reference's behavioural experiment, whose figure is the change of the refusal rate by percentile; it builds a
///   dictionary for each percentile and seed, and takes the first K candidates out.
package struct RefusalGrid: Sendable {
  package struct Axes: Sendable, Equatable {
    package var percentiles: [Double]
    package var seeds: [UInt64]
    package var bases: [DirectionBasis]
    /// Candidates that are taken out together.
    package var counts: [Int]

    package init(
      percentiles: [Double], seeds: [UInt64], bases: [DirectionBasis], counts: [Int]
    ) {
      (self.percentiles, self.seeds) = (percentiles, seeds)
      (self.bases, self.counts) = (bases, counts)
    }

    package var cellCount: Int { percentiles.count * seeds.count * bases.count * counts.count }
  }

  /// One condition beside the unedited model.
  package struct Reading: Sendable, Equatable, Codable {
    package var regions: [Int]
    /// Refused of harmful and of benign prompts: by answers, or by first tokens at depth resume.
    package var harmful: Proportion
    package var benign: Proportion?
    /// Degenerate answers of all; `nil` where none were made.
    package var degenerate: Proportion?
    /// Mean first-token divergence on benign prompts, in nats; `nil` where no model ran.
    package var divergence: Double?
    /// Harmful prompts that stopped and began refusing.
    package var flips: McNemar?

    package func change(from baseline: Proportion) -> Double? {
      guard let after = harmful.rate, let before = baseline.rate else { return nil }
      return after - before
    }
  }

  package struct Cell: Sendable, Equatable, Codable {
    package var percentile: Double
    package var seed: UInt64
    package var basis: DirectionBasis
    package var count: Int
    /// Of the dictionary that was built for it.
    package var identity: String
    package var regionCount: Int
    package var threshold: Double
    package var baseline: Proportion?
    package var baselineDegenerate: Proportion?
    package var ablated: Reading?
    /// The control; of random directions where `regions` is empty.
    package var null: Reading?
    /// Why there is no reading.
    package var reason: String?

    package var change: Double? {
      baseline.flatMap { before in ablated?.change(from: before) }
    }
    package var nullChange: Double? {
      baseline.flatMap { before in null?.change(from: before) }
    }
  }

  package var axes: Axes
  package var depth: AblationSetup.Depth
  package var cells: [Cell]

  package init(axes: Axes, depth: AblationSetup.Depth, cells: [Cell]) {
    (self.axes, self.depth, self.cells) = (axes, depth, cells)
  }

  /// Cells of one percentile, basis and number of regions over the seeds.
  package struct Summary: Sendable, Equatable {
    package var percentile: Double
    package var basis: DirectionBasis
    package var count: Int
    package var seeds: Int
    package var meanRegions: Double
    package var change: Saturation.Spread
    /// `nil` without controls.
    package var nullChange: Saturation.Spread?
    package var degenerate: Double?
    package var divergence: Double?
    package var nullDivergence: Double?
  }

  /// - Parameter cells: those with a reading alone are counted.
  package var summaries: [Summary] {
    axes.percentiles.flatMap { percentile in
      axes.bases.flatMap { basis in
        axes.counts.compactMap { count -> Summary? in
          let own = cells.filter {
            $0.percentile == percentile && $0.basis == basis && $0.count == count
              && $0.change != nil
          }
          guard !own.isEmpty else { return nil }
          func mean(_ values: [Double]) -> Double? { values.isEmpty ? nil : values.mean }
          let nulls = own.compactMap(\.nullChange)
          return Summary(
            percentile: percentile, basis: basis, count: count, seeds: own.count,
            meanRegions: own.map { Double($0.regionCount) }.mean,
            change: Saturation.Spread(own.compactMap(\.change)),
            nullChange: nulls.isEmpty ? nil : Saturation.Spread(nulls),
            degenerate: mean(own.compactMap { $0.ablated?.degenerate?.rate }),
            divergence: mean(own.compactMap { $0.ablated?.divergence }),
            nullDivergence: mean(own.compactMap { $0.null?.divergence }))
        }
      }
    }
  }
}

extension RefusalGrid.Cell {
  /// What an ablation came to.
  init(_ base: Self, _ result: AblationResult) {
    self = base
    let isGenerated = result.setup.depth == .generate
    func refused(
      _ condition: AblationCondition, _ role: AblationPrompt.Role
    ) -> Proportion? {
      switch result.setup.depth {
      case .generate: return result.counts(condition, role)?.refusal
      case .resume: return result.firstTokenRefusal(condition, role)
      case .geometry:
        let found = result.predictions(condition, role)
        return found.isEmpty ? nil : Proportion(found.count { $0 > 0.5 }, of: found.count)
      }
    }
    func degenerate(_ condition: AblationCondition) -> Proportion? {
      guard isGenerated else { return nil }
      let all = AblationPrompt.Role.allCases.compactMap { result.counts(condition, $0) }
      guard !all.isEmpty else { return nil }
      return Proportion(
        all.reduce(0) { $0 + $1.degenerate }, of: all.reduce(0) { $0 + $1.count })
    }
    func reading(_ condition: AblationCondition, _ regions: [Int]) -> RefusalGrid.Reading? {
      refused(condition, .harmful).map { harmful in
        RefusalGrid.Reading(
          regions: regions, harmful: harmful, benign: refused(condition, .benign),
          degenerate: degenerate(condition),
          divergence: result.setup.depth == .geometry ? nil : result.firstTokenKL(condition),
          flips: result.flips(.harmful, from: .baseline, to: condition))
      }
    }
    baseline = refused(.baseline, .harmful)
    baselineDegenerate = degenerate(.baseline)
    ablated = reading(result.treated, result.target.regions)
    null = result.conditions.contains(.null) ? reading(.null, result.target.null.regions) : nil
    if ablated == nil {
      reason =
        "nothing tells refusals apart: all or none of the prompts with an outcome were refused"
    }
  }
}
