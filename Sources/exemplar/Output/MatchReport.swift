import Experiments
import Foundation

/// What a match found, for other programs and for a person.
struct MatchReport {
  let files: ComparisonFiles
  let nulls: [ComparisonNull]
  let seconds: Double
  private let flowIndex: MemberFlow.Index?

  init(files: ComparisonFiles, nulls: [ComparisonNull], seconds: Double) {
    (self.files, self.nulls, self.seconds) = (files, nulls, seconds)
    flowIndex = files.comparison.flow.map(MemberFlow.Index.init)
  }

  private var comparison: DictionaryComparison { files.comparison }
  private var division: DictionaryComparison.Division { files.division }

  private var introduced: Proportion {
    Proportion(division.introduced.count, of: comparison.b.count)
  }

  // MARK: - JSON

  /// The reference's summary with further keys behind its own.
  var summary: JSONValue {
    .object(
      referenceSummary + [
        ("identity_a", .string(comparison.a.identity)),
        ("identity_b", .string(comparison.b.identity)),
        ("centre", .string(comparison.centring.rawValue)),
        ("persisted", Self.share(division.persisted.count, comparison.pairs.count)),
        ("introduced", Self.share(introduced)),
        ("null", .array(nulls.map(null))),
        ("certificate", certificate),
        ("flow", flowSummary),
        ("seconds", .number(seconds)),
      ])
  }

  private var referenceSummary: [(String, JSONValue)] {
    let cosines = comparison.pairs.map(\.cosine)
    let distances = comparison.pairs.map(\.distance)
    let thetas = (Float(comparison.a.threshold), Float(comparison.b.threshold))
    return [
      ("label_a", .string(files.labels.a)), ("label_b", .string(files.labels.b)),
      ("k_a", .integer(comparison.a.count)), ("k_b", .integer(comparison.b.count)),
      ("theta_a", .number(comparison.a.threshold)), ("theta_b", .number(comparison.b.threshold)),
      ("n_hungarian_pairs", .integer(comparison.pairs.count)),
      ("cutoff", .number(division.cutoff)),
      ("persisted_above_cutoff", .integer(division.persisted.count)),
      ("dropped_a_total", .integer(division.dropped.count)),
      ("dropped_a_unpaired", .integer(division.droppedUnpaired)),
      ("dropped_a_below_cutoff", .integer(division.weak.count)),
      ("introduced_b_total", .integer(division.introduced.count)),
      ("introduced_b_unpaired", .integer(division.introducedUnpaired)),
      ("introduced_b_below_cutoff", .integer(division.weak.count)),
      ("matched_cos_stats", Self.statistics(cosines, withExtremes: true)),
      (
        "matched_dist_over_theta_a_stats",
        Self.statistics(distances.map { $0 / thetas.0 }, withExtremes: false)
      ),
      (
        "matched_dist_over_theta_b_stats",
        Self.statistics(distances.map { $0 / thetas.1 }, withExtremes: false)
      ),
    ]
  }

  private static func statistics(_ values: [Float], withExtremes: Bool) -> JSONValue {
    .object(
      ComparisonFiles.statistics(values, withExtremes: withExtremes).map {
        ($0.name, .optional(Double(ComparisonFiles.rounded($0.value, 4))))
      })
  }

  private static func share(_ part: Int, _ whole: Int) -> JSONValue {
    share(Proportion(part, of: whole))
  }

  private static func share(_ share: Proportion) -> JSONValue {
    let interval = share.wilson().map {
      JSONValue.array([.number($0.lower), .number($0.upper)])
    }
    return .object([
      ("n", .integer(share.count)), ("count", .integer(share.successes)),
      ("rate", .optional(share.rate)), ("wilson95", interval ?? .null),
    ])
  }

  private func null(_ null: ComparisonNull) -> JSONValue {
    var entries: [(String, JSONValue)] = []
    switch null.kind {
    case .rotations(let count, let seed):
      entries = [
        ("kind", .string("rotations")), ("rotations", .integer(count)),
        ("seed", .integer(Int(clamping: seed))),
      ]
    case .dictionary(let name, let identity):
      entries = [
        ("kind", .string("dictionary")), ("dictionary", .string(name)),
        ("identity", .string(identity)),
      ]
    }
    entries += [
      ("introduced", Self.share(null.introduced)),
      ("cosineExceededBy5Percent", .number(null.cosineExceededBy5Percent)),
      (
        "runs",
        .array(
          null.runs.map { run in
            .object([
              ("pairs", .integer(run.pairs)), ("persisted", .integer(run.persisted)),
              ("introduced", .integer(run.introduced)), ("meanCosine", .number(run.meanCosine)),
              ("largestCosine", .number(run.largestCosine)),
            ])
          })
      ),
    ]
    return .object(entries)
  }

  private var certificate: JSONValue {
    let proof = comparison.proof
    return .object([
      ("objective", .number(proof.objective)), ("bound", .number(proof.bound)),
      ("isOptimal", .bool(proof.isOptimal)), ("infeasibleCells", .integer(proof.infeasibleCells)),
      ("slackViolations", .integer(proof.slackViolations)), ("searches", .integer(proof.searches)),
      ("bids", .integer(proof.bids)),
    ])
  }

  private var flowSummary: JSONValue {
    guard let flow = comparison.flow else {
      return .object([("rows", .integer(0)), ("problem", .optional(comparison.flowProblem))])
    }
    return .object([
      ("rows", .integer(flow.rows)), ("onlyA", .integer(flow.onlyA)),
      ("onlyB", .integer(flow.onlyB)), ("sameDocuments", .bool(flow.isVerified)),
      ("cells", .integer(flow.cells.count)),
    ])
  }

  /// `comparison.json`: the summary, every pair, and every region without one, with what its members say.
  var details: JSONValue {
    var entries: [(String, JSONValue)] = []
    if case .object(let summary) = summary { entries = summary }
    entries += [
      (
        "persisted_pairs",
        .array(
          division.persisted.map { pair in
            .object([
              ("a", .integer(pair.a)), ("b", .integer(pair.b)),
              ("cosine", .number(Double(pair.cosine))),
              ("fateOfA", fate(pair.a, .a)), ("originOfB", fate(pair.b, .b)),
            ])
          })
      ),
      ("dropped_regions", .array(division.dropped.map { region($0, .a) })),
      ("introduced_regions", .array(division.introduced.map { region($0, .b) })),
      (
        "flow_cells",
        .array(
          (comparison.flow?.cells ?? []).map {
            .array([.integer($0.a), .integer($0.b), .integer($0.count)])
          })
      ),
    ]
    return .object(entries)
  }

  private func region(_ region: Int, _ side: MemberFlow.Side) -> JSONValue {
    let own = side == .a ? comparison.a : comparison.b
    let pair = division.weak.first { (side == .a ? $0.a : $0.b) == region }
    let nearest = own.nearest[region]
    return .object([
      ("id", .integer(region)), ("members", .integer(own.memberCounts[region])),
      ("partner", .optional(pair.map { side == .a ? $0.b : $0.a })),
      ("cosine", .optional(pair.map { Double($0.cosine) })),
      ("nearest", .integer(Int(nearest.region))),
      ("nearestCosine", .number(Double(nearest.cosine))),
      (side == .a ? "fate" : "origin", fate(region, side)),
    ])
  }

  private func fate(_ region: Int, _ side: MemberFlow.Side) -> JSONValue {
    guard let flowIndex else { return .null }
    let parts = flowIndex.parts(of: region, on: side)
    return .object([
      ("kind", .string(MemberFlow.fate(parts).name(on: side))),
      ("words", .string(MemberFlow.words(parts, on: side))),
      (
        "parts",
        .array(
          parts.prefix(10).map { part in
            .object([
              ("region", .integer(part.region)), ("members", .integer(part.count)),
              ("share", .number(part.share)), ("shareOfOther", .number(part.shareOfOther)),
            ])
          })
      ),
    ])
  }

  // MARK: - Text

  func text(certificate: Bool) -> String {
    func percent(_ value: Double) -> String { formatted((value * 1000).rounded() / 10) + " %" }
    func interval(_ share: Proportion) -> String {
      guard let value = share.rate, let interval = share.wilson() else { return "—" }
      return
        "\(percent(value)) [\(percent(interval.lower)), \(percent(interval.upper))], n \(share.count)"
    }
    let cosines = comparison.pairs.map(\.cosine)
    var lines = [
      "A \(oneLine(comparison.a.name)): \(comparison.a.count) regions, θ \(formatted(comparison.a.threshold))",
      "B \(oneLine(comparison.b.name)): \(comparison.b.count) regions, θ \(formatted(comparison.b.threshold))",
      "cutoff \(formatted(division.cutoff)): \(division.persisted.count) of \(comparison.pairs.count) pairs persist, \(division.dropped.count) of A dropped, \(division.introduced.count) of B introduced",
      "introduced \(interval(introduced)) (Wilson 95 %)",
      "matched cosine: median \(formatted(Double(NumpyStatistics.median(cosines)))), p10 \(formatted(Double(NumpyStatistics.percentile(cosines, 10)))), least \(formatted(Double(cosines.min() ?? .nan)))",
    ]
    for null in nulls {
      let what =
        switch null.kind {
        case .rotations(let count, _): "\(count) random rotations of B"
        case .dictionary(let name, _): "\(oneLine(name)) in place of B"
        }
      lines.append(
        "null, \(what): introduced \(interval(null.introduced)); 5 % of cosines exceed \(formatted(null.cosineExceededBy5Percent))"
      )
    }
    if let flow = comparison.flow {
      lines.append(
        "\(flow.rows) activations are in a region on both sides"
          + (flow.isVerified ? "" : " (if the rows are the same: the documents were not recorded)"))
    } else if let problem = comparison.flowProblem {
      lines.append("members cannot be followed: \(oneLine(problem))")
    }
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
}

extension MemberFlow.Fate {
  /// What it is called for a region of A, or for one of B, which it came of.
  func name(on side: MemberFlow.Side) -> String {
    switch (self, side) {
    case (_, .a), (.kept, _), (.unknown, _): rawValue
    case (.split, .b): "merge"
    case (.merged, .b): "split off"
    case (.scattered, .b): "gathered"
    }
  }
}
