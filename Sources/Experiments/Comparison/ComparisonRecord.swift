import ExemplarPartitioning
import Numerics
import Regions
import Storage

/// A comparison as `exemplar match --json` gives it: the reference's summary with further keys behind its own.
package struct ComparisonRecord: Encodable, Sendable {
  enum CodingKeys: String, CodingKey {
    case reference
    case identityA = "identity_a"
    case identityB = "identity_b"
    case centre, persisted, introduced, null, certificate, flow, refusals, sentence, seconds
  }

  @Inline var reference: Reference
  var identityA: String
  var identityB: String
  var centre: DictionaryComparison.Centring
  var persisted: ShareRecord
  var introduced: ShareRecord
  var null: [Null]
  var certificate: DictionaryComparison.Proof
  var flow: Flow
  var refusals: Refusals?
  var sentence: String
  var seconds: Double?

  package init(_ report: ComparisonReport, seconds: Double? = nil) {
    let (comparison, division) = (report.comparison, report.division)
    reference = Reference(report)
    (identityA, identityB) = (comparison.a.identity, comparison.b.identity)
    (centre, certificate) = (comparison.centring, comparison.proof)
    persisted = ShareRecord(
      Proportion(division.persisted.count, of: comparison.pairs.count))
    introduced = ShareRecord(report.introduced)
    null = report.nulls.map { Null($0, cutoff: division.cutoff) }
    flow = Flow(comparison)
    refusals = report.refusals.map { Refusals($0, report.outcomes) }
    (sentence, self.seconds) = (report.sentence, seconds)
  }

  /// The keys of the reference's summary.json.
  struct Reference: Encodable {
    enum CodingKeys: String, CodingKey {
      case labelA = "label_a"
      case labelB = "label_b"
      case kA = "k_a"
      case kB = "k_b"
      case thetaA = "theta_a"
      case thetaB = "theta_b"
      case pairs = "n_hungarian_pairs"
      case cutoff
      case persisted = "persisted_above_cutoff"
      case dropped = "dropped_a_total"
      case droppedUnpaired = "dropped_a_unpaired"
      case droppedWeak = "dropped_a_below_cutoff"
      case introduced = "introduced_b_total"
      case introducedUnpaired = "introduced_b_unpaired"
      case introducedWeak = "introduced_b_below_cutoff"
      case cosines = "matched_cos_stats"
      case distancesA = "matched_dist_over_theta_a_stats"
      case distancesB = "matched_dist_over_theta_b_stats"
    }

    var labelA: String
    var labelB: String
    var kA: Int
    var kB: Int
    var thetaA: Double
    var thetaB: Double
    var pairs: Int
    var cutoff: Double
    var persisted: Int
    var dropped: Int
    var droppedUnpaired: Int
    var droppedWeak: Int
    var introduced: Int
    var introducedUnpaired: Int
    var introducedWeak: Int
    var cosines: OrderedFields<Double?>
    var distancesA: OrderedFields<Double?>
    var distancesB: OrderedFields<Double?>

    init(_ report: ComparisonReport) {
      let (comparison, division) = (report.comparison, report.division)
      (labelA, labelB) = report.labels
      (kA, kB) = (comparison.a.count, comparison.b.count)
      (thetaA, thetaB) = (comparison.a.threshold, comparison.b.threshold)
      (pairs, cutoff) = (comparison.pairs.count, division.cutoff)
      (persisted, dropped) = (division.persisted.count, division.dropped.count)
      (droppedUnpaired, droppedWeak) = (division.droppedUnpaired, division.weak.count)
      introduced = division.introduced.count
      (introducedUnpaired, introducedWeak) = (division.introducedUnpaired, division.weak.count)
      func statistics(_ values: [Float], withExtremes: Bool = false) -> OrderedFields<Double?> {
        OrderedFields(
          ComparisonFiles.statistics(values, withExtremes: withExtremes).map {
            ($0.name, Double(ComparisonFiles.rounded($0.value, 4)))
          })
      }
      cosines = statistics(comparison.pairs.map(\.cosine), withExtremes: true)
      func multiples(_ threshold: Double) -> [Float] {
        comparison.pairs.map { Theta.multiple($0.distance, of: Float(threshold)) }
      }
      distancesA = statistics(multiples(thetaA))
      distancesB = statistics(multiples(thetaB))
    }
  }

  struct Null: Encodable {
    struct Run: Encodable {
      var pairs: Int
      var persisted: Int
      var introduced: Int
      var meanCosine: Double
      var largestCosine: Double

      init(_ run: ComparisonNull.Run) {
        (pairs, persisted, introduced) = (run.pairs, run.persisted, run.introduced)
        (meanCosine, largestCosine) = (run.meanCosine, run.largestCosine)
      }
    }

    // Those of its kind.
    var kind: String
    @IfAny var rotations: Int?
    @IfAny var orders: Int?
    @IfAny var dictionary: String?
    @IfAny var identity: String?
    @IfAny var seed: UInt64?
    @IfAny var store: String?
    var introduced: ShareRecord
    var cosineExceededBy5Percent: Double
    var runs: [Run]

    init(_ null: ComparisonNull, cutoff: Double) {
      introduced = ShareRecord(null.introduced(at: cutoff))
      cosineExceededBy5Percent = null.cosineExceededBy5Percent
      runs = null.runs.map(Run.init)
      switch null.kind {
      case .rotations(let count, let seed):
        (kind, rotations, self.seed) = ("rotations", count, seed)
      case .dictionary(let name, let identity):
        (kind, dictionary, self.identity) = ("dictionary", name, identity)
      case .orders(let count, let seed, let store):
        (kind, orders, self.seed, self.store) = ("orders", count, seed, store)
      }
    }
  }

  struct Flow: Encodable {
    var rows: Int
    // There where members can be followed, and the reason where they cannot.
    @IfAny var onlyA: Int?
    @IfAny var onlyB: Int?
    @IfAny var sameDocuments: Bool?
    @IfAny var cells: Int?
    @IfAny var source: Source?
    @IfAny var documents: DocumentCounts??
    @IfAny var problem: String??

    enum Source: Encodable {
      case members
      case stores([String])

      func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .members: try container.encode("members")
        case .stores(let names): try container.encode(names)
        }
      }
    }

    struct DocumentCounts: Encodable {
      enum CodingKeys: String, CodingKey {
        case shared, onlyA, onlyB, unseenByA, unseenByB
        case unseen = "unseenByBoth"
      }

      var shared: Int
      var onlyA: Int
      var onlyB: Int
      var unseenByA: Int
      var unseenByB: Int
      var unseen: Int

      init(_ documents: MemberFlow.Documents) {
        (shared, onlyA, onlyB) = (documents.shared, documents.onlyA, documents.onlyB)
        (unseenByA, unseenByB) = (documents.unseenByA, documents.unseenByB)
        unseen = documents.unseen
      }
    }

    init(_ comparison: DictionaryComparison) {
      guard let flow = comparison.flow else {
        (rows, problem) = (0, .some(comparison.flowProblem))
        return
      }
      (rows, onlyA, onlyB) = (flow.rows, flow.onlyA, flow.onlyB)
      (sameDocuments, cells) = (flow.isVerified, flow.cells.count)
      source =
        switch flow.source {
        case .members: .members
        case .stores(let a, let b): .stores([a, b])
        }
      documents = .some(flow.documents.map(DocumentCounts.init))
    }
  }

  struct Tally: Encodable {
    struct Count: Encodable {
      var prompts: Int
      @Inline var outcomes: OutcomeCountsRecord

      init(_ count: RefusalCount) {
        (prompts, outcomes) = (count.prompts, OutcomeCountsRecord(count.outcomes))
      }
    }

    @Inline var own: Count
    var sameByOther: Count?
    var mcnemar: McNemar?

    init(_ tally: ComparisonOutcomes.Tally) {
      (own, sameByOther) = (Count(tally.own), tally.there.map(Count.init))
      mcnemar = tally.mcNemar
    }
  }

  struct Refusals: Encodable {
    struct Top: Encodable {
      var region: Int
      var refusal: Tally
    }

    var storeA: String?
    var storeB: String?
    var classifierA: String?
    var classifierB: String?
    var introduced: Tally
    var persisted: Tally
    var dropped: Tally?
    var topIntroduced: Top?

    init(_ refusals: ComparisonReport.Refusals, _ outcomes: ComparisonOutcomes?) {
      (storeA, storeB) = (outcomes?.sourceA?.store, outcomes?.sourceB?.store)
      (classifierA, classifierB) = (outcomes?.sourceA?.classifier, outcomes?.sourceB?.classifier)
      (introduced, persisted) = (Tally(refusals.introduced), Tally(refusals.persisted))
      dropped = refusals.dropped.map(Tally.init)
      topIntroduced = refusals.top.map { Top(region: $0.region, refusal: Tally($0.tally)) }
    }
  }
}

/// Several dictionaries, each matched with the next, as `exemplar match --json` gives them.
package struct LineageRecord: Encodable, Sendable {
  var dictionaries: [String]
  var steps: [ComparisonRecord]
  var lineages: Int
  var spanning: Int
  var seconds: Double

  /// - Parameter spanning: lineages that go through all dictionaries.
  package init(
    _ dictionaries: [String], _ steps: [ComparisonReport], lineages: Int, spanning: Int,
    seconds: Double
  ) {
    (self.dictionaries, self.steps) = (dictionaries, steps.map { ComparisonRecord($0) })
    (self.lineages, self.spanning, self.seconds) = (lineages, spanning, seconds)
  }
}
