import ExemplarPartitioning
import Numerics
import Storage

extension ComparisonReport {
  /// The reference's summary with further keys behind its own.
  package func summary(seconds: Double? = nil) -> JSONValue {
    .object(
      referenceSummary + [
        ("identity_a", .string(comparison.a.identity)),
        ("identity_b", .string(comparison.b.identity)),
        ("centre", .string(comparison.centring.rawValue)),
        ("persisted", Self.shareJSON(division.persisted.count, comparison.pairs.count)),
        ("introduced", Self.shareJSON(introduced)),
        ("null", .array(nulls.map(null))),
        ("certificate", certificate),
        ("flow", flowSummary),
        ("refusals", refusalSummary), ("sentence", .string(sentence)),
        ("seconds", .optional(seconds)),
      ])
  }

  private var referenceSummary: [(String, JSONValue)] {
    let cosines = comparison.pairs.map(\.cosine)
    let distances = comparison.pairs.map(\.distance)
    let thetas = (Float(comparison.a.threshold), Float(comparison.b.threshold))
    return [
      ("label_a", .string(labels.a)), ("label_b", .string(labels.b)),
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
        Self.statistics(distances.map { Theta.multiple($0, of: thetas.0) }, withExtremes: false)
      ),
      (
        "matched_dist_over_theta_b_stats",
        Self.statistics(distances.map { Theta.multiple($0, of: thetas.1) }, withExtremes: false)
      ),
    ]
  }

  private static func statistics(_ values: [Float], withExtremes: Bool) -> JSONValue {
    .object(
      ComparisonFiles.statistics(values, withExtremes: withExtremes).map {
        ($0.name, .optional(Double(ComparisonFiles.rounded($0.value, 4))))
      })
  }

  private static func shareJSON(_ part: Int, _ whole: Int) -> JSONValue {
    shareJSON(Proportion(part, of: whole))
  }

  private static func shareJSON(_ share: Proportion) -> JSONValue {
    .object([
      ("n", .integer(share.count)), ("count", .integer(share.successes)),
      ("rate", .optional(share.rate)), ("wilson95", share.wilsonJSON),
    ])
  }

  private func null(_ null: ComparisonNull) -> JSONValue {
    var entries: [(String, JSONValue)] = []
    switch null.kind {
    case .rotations(let count, let seed):
      entries = [
        ("kind", .string("rotations")), ("rotations", .integer(count)),
        ("seed", .seed(seed)),
      ]
    case .dictionary(let name, let identity):
      entries = [
        ("kind", .string("dictionary")), ("dictionary", .string(name)),
        ("identity", .string(identity)),
      ]
    case .orders(let count, let seed, let store):
      entries = [
        ("kind", .string("orders")), ("orders", .integer(count)),
        ("seed", .seed(seed)), ("store", .string(store)),
      ]
    }
    entries += [
      ("introduced", Self.shareJSON(null.introduced(at: division.cutoff))),
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
      ("cells", .integer(flow.cells.count)), ("source", source(flow)),
    ])
  }

  /// `comparison.json`: the summary, every pair, and every region without one, with what its members say.
  package func details(seconds: Double? = nil) -> JSONValue {
    var entries: [(String, JSONValue)] = []
    if case .object(let summary) = summary(seconds: seconds) { entries = summary }
    entries += [
      (
        "persisted_pairs",
        .array(
          division.persisted.map { pair in
            .object([
              ("a", .integer(pair.a)), ("b", .integer(pair.b)),
              ("cosine", .number(Double(pair.cosine))),
              ("fateOfA", fate(pair.a, .a)), ("originOfB", fate(pair.b, .b)),
              ("refusalA", refusal(pair.a, .a)), ("refusalB", refusal(pair.b, .b)),
              ("refusalChange", .optional(outcomes?.change(a: pair.a, b: pair.b))),
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
      (side == .a ? "fate" : "origin", fate(region, side)), ("refusal", refusal(region, side)),
      (
        "refusalChange",
        .optional(
          outcomes?.change(a: side == .a ? region : nil, b: side == .b ? region : nil))
      ),
    ])
  }

  private func fate(_ region: Int, _ side: MemberFlow.Side) -> JSONValue {
    guard let flow else { return .null }
    let parts = flow.parts(of: region, on: side)
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

  private func source(_ flow: MemberFlow) -> JSONValue {
    switch flow.source {
    case .members: .string("members")
    case .stores(let a, let b): .array([.string(a), .string(b)])
    }
  }

  private func refusal(_ region: Int, _ side: MemberFlow.Side) -> JSONValue {
    outcomes?.tally(region, on: side).map(tally) ?? .null
  }

  private func tally(_ tally: ComparisonOutcomes.Tally) -> JSONValue {
    func entries(_ count: RefusalCount) -> [(String, JSONValue)] {
      [("prompts", .integer(count.prompts))] + count.outcomes.json
    }
    return .object(
      entries(tally.own) + [
        ("sameByOther", tally.there.map { .object(entries($0)) } ?? .null),
        ("mcnemar", tally.mcNemar.map { .object($0.json) } ?? .null),
      ])
  }

  private var refusalSummary: JSONValue {
    guard let refusals else { return .null }
    return .object([
      ("storeA", .optional(outcomes?.sourceA?.store)),
      ("storeB", .optional(outcomes?.sourceB?.store)),
      ("classifierA", .optional(outcomes?.sourceA?.classifier)),
      ("classifierB", .optional(outcomes?.sourceB?.classifier)),
      ("introduced", tally(refusals.introduced)), ("persisted", tally(refusals.persisted)),
      ("dropped", refusals.dropped.map(tally) ?? .null),
      (
        "topIntroduced",
        refusals.top.map { top in
          .object([("region", .integer(top.region)), ("refusal", tally(top.tally))])
        } ?? .null
      ),
    ])
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
