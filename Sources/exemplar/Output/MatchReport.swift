import Experiments
import Foundation
import Numerics
import Regions

/// What a match found, for a person.
struct MatchReport {
  let report: ComparisonReport
  let seconds: Double

  private var comparison: DictionaryComparison { report.comparison }
  private var division: DictionaryComparison.Division { report.division }

  func text(certificate: Bool) -> String {
    func percent(_ value: Double) -> String { formatted((value * 1000).rounded() / 10) + " %" }
    func interval(_ share: Proportion) -> String {
      guard let value = share.rate, let interval = share.wilson() else { return "—" }
      return
        "\(percent(value)) [\(percent(interval.lower)), \(percent(interval.upper))], n \(share.count)"
    }
    let cosines = comparison.pairs.map(\.cosine)
    let note = report.hookNote.map { ["note: \(oneLine($0))"] } ?? []
    var lines =
      note + [
        "A \(oneLine(comparison.a.name)): \(quantity(comparison.a.count, "region")), θ \(formatted(comparison.a.threshold))",
        "B \(oneLine(comparison.b.name)): \(quantity(comparison.b.count, "region")), θ \(formatted(comparison.b.threshold))",
        "cutoff \(formatted(division.cutoff)): \(division.persisted.count) of \(comparison.pairs.count) pairs persist, \(division.dropped.count) of A dropped, \(division.introduced.count) of B introduced",
        "introduced \(interval(report.introduced)) (Wilson 95 %)",
        "matched cosine: median \(formatted(Double(cosines.median))), p10 \(formatted(Double(cosines.sorted().percentile(10)))), least \(formatted(Double(cosines.min() ?? .nan)))",
      ]
    for null in report.nulls {
      lines.append(
        "null, \(oneLine(ComparisonReport.what(null))): introduced \(interval(null.introduced(at: division.cutoff))); 5 % of its matched cosines are \(formatted(null.cosineExceededBy5Percent)) or more"
      )
    }
    if let words = ComparisonReport.againstOrder(
      report.introduced, report.nulls, cutoff: division.cutoff)
    {
      lines.append(words)
    }
    if let flow = comparison.flow {
      lines.append(
        "\(flow.rows) activations are in a region on both sides, \(Self.source(flow))"
          + (flow.isVerified ? "" : " (if the rows are the same: the documents were not recorded)"))
      if let words = flow.documents?.words { lines.append(words) }
    } else if let problem = comparison.flowProblem {
      lines.append("members cannot be followed: \(oneLine(problem))")
    }
    lines += refusals
    if certificate {
      let proof = comparison.proof
      lines += [
        "certificate: \(proof.isOptimal ? "optimal" : "NOT proved optimal")",
        "  sum of matched cosines \(proof.objective), bound by prices \(proof.bound)",
        "  cells above profit plus price \(proof.infeasibleCells), slackness violated \(proof.slackViolations) times; \(proof.bids) bids, \(proof.searches) shortest paths",
      ]
    }
    return lines.joined(separator: "\n")
  }
  private static func source(_ flow: MemberFlow) -> String {
    switch flow.source {
    case .members: "as members were recorded"
    case .stores(let a, let b): "by the activations of \(oneLine(a)) and \(oneLine(b))"
    }
  }

  /// Where the refusals are, and the regions without a partner that have most of them.
  private var refusals: [String] {
    guard let refusals = report.refusals, let outcomes = report.outcomes else { return [] }
    func words(_ tally: ComparisonOutcomes.Tally) -> String {
      let there = tally.there.map {
        "; the other model refused \($0.refused) of \($0.count) of the same"
      }
      let share = tally.own.count == 0 ? "" : " (\(shareWords(tally.own.proportion)))"
      return "\(tally.own.refused) of \(tally.own.count)\(share)\(there ?? "")"
    }
    var lines = [
      "prompts of \(oneLine(outcomes.sourceB?.store ?? "B")) refused, by region of their final position:",
      "  in introduced regions \(words(refusals.introduced))",
      "  in regions of B that persist \(words(refusals.persisted))",
    ]
    if let dropped = refusals.dropped {
      lines.append("  in dropped regions, by A \(words(dropped))")
    }
    let flow = comparison.flow.map(MemberFlow.Index.init)
    let introduced = division.introduced.compactMap { region in
      outcomes.tally(region, on: .b).map { (region, $0) }
    }.sorted { ($1.1.own.refused, $0.0) < ($0.1.own.refused, $1.0) }
    for (region, tally) in introduced.prefix(5) {
      let origin = flow.map { ", \(MemberFlow.words($0.parts(of: region, on: .b), on: .b))" } ?? ""
      lines.append("    introduced B \(region)\(origin): \(words(tally))")
    }
    return lines
  }
}
