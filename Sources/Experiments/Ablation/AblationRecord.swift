import ExemplarPartitioning
import Numerics
import Storage

/// An experiment as `exemplar ablate --json` gives it, and as the notebook keeps it beside what it can be read from again.
package struct AblationRecord: Encodable, Sendable {
  @Inline package var head: Head
  /// Of a steering.
  @IfAny var alpha: Float?
  @IfAny var norms: Double??
  @Inline package var outcome: Outcomes

  /// - Parameter texts: gives whole answers beside the outcomes; otherwise only their first words.
  package init(_ result: AblationResult, texts: Bool = false) {
    (head, outcome) = (Head(result), Outcomes(result, texts: texts))
    if case .steer(let alpha) = result.setup.intervention {
      (self.alpha, norms) = (alpha, .some(result.norms))
    }
  }
}

extension AblationRecord {
  /// What does not depend on the outcome.
  package struct Head: Encodable, Sendable {
    var depth: AblationSetup.Depth
    var hook: String
    var at: String
    var basis: DirectionBasis
    var regions: [Int]
    var command: String
    var nullRegion: Int?
    var nullRegions: [Int]
    var nullControl: Control
    /// What a count of refusals is made from.
    var counts: String
    var predicted: Bool
    // One of the three, by the kind of intervention.
    @IfAny var strength: Float?
    @IfAny var residualNorm: ResidualNormRecord??
    @IfAny var swap: Swap??
    /// Of a steering along refusal directions.
    @IfAny var directions: SteeredDirections?
    var rank: CandidateRank?
    var split: String
    var maxNewTokens: Int?
    var candidates: [Candidate]
    // n counts prompts at the nearest exemplar now; members are as the dictionary was streamed.
    var candidatesCountedBy = "nearest"
    var evaluated: Evaluated?
    var baseRate: Double?
    var readout: Readout
    var refusalTokens: Tokens?
    var provenance: Provenance

    package init(_ result: AblationResult) {
      let (setup, target) = (result.setup, result.target)
      (depth, split, predicted) = (setup.depth, setup.split, setup.depth == .geometry)
      (hook, at, basis) = (result.hook, result.actionHook, setup.basis)
      (regions, command, nullControl) = (target.regions, result.command, Control(target))
      (nullRegion, nullRegions) = (target.null.region, target.null.regions)
      counts =
        switch setup.depth {
        case .geometry: "predicted"
        case .resume: "first token"
        case .generate: "answers"
        }
      if case .top(_, let rank) = setup.target { self.rank = rank }
      switch setup.intervention {
      case .ablate(let strength): self.strength = strength
      case .steer where target.directions != nil: directions = target.directions
      case .steer: residualNorm = .some(result.residualNorm.map(ResidualNormRecord.init))
      case .swap: (swap, rank) = (.some(target.swap.map(Swap.init)), nil)
      }
      (maxNewTokens, baseRate) = (result.maxNewTokens, target.baseRate)
      candidates = target.candidates.map(Candidate.init)
      evaluated = result.evaluated.map(Evaluated.init)
      readout = Readout(heldOutAUROC: result.readoutAUROC, heldOut: result.readoutHeldOut)
      refusalTokens = result.refusalTokens.map {
        Tokens(ids: $0.ids, refusedShare: $0.refusedShare, otherShare: $0.otherShare)
      }
      provenance = Provenance(result.provenance, judge: result.judgedBy)
    }
  }

  struct Control: Encodable {
    var kind: String
    @IfAny var region: Int?
    @IfAny var regions: [Int]?
    @IfAny var seed: String?
    var rank: Int

    init(_ target: AblationTarget) {
      rank = target.nullRank
      switch target.null {
      case .region(let region): (kind, self.region, rank) = ("region", region, 1)
      case .regions(let regions): (kind, self.regions) = ("regions", regions)
      case .random(let seed): (kind, self.seed) = ("random", String(seed))
      case .none: (kind, rank) = ("none", 0)
      }
    }
  }

  struct Candidate: Encodable {
    var region: Int
    var n: Int
    var refused: Int
    var rate: Double
    var harmful: Int
    var members: Int
    var coherence: Double

    init(_ tally: RegionTally) {
      (region, n, refused) = (tally.region, tally.prompts, tally.refused)
      (rate, harmful) = (tally.rate, tally.harmful)
      (members, coherence) = (tally.members, tally.coherence)
    }
  }

  struct Evaluated: Encodable {
    var n: Int
    var dictionarysOwn: Int?
    var complete: Bool
    var sentence: String?

    init(_ prompts: EvaluatedPrompts) {
      (n, dictionarysOwn) = (prompts.count, prompts.own)
      (complete, sentence) = (prompts.isComplete, prompts.sentence)
    }
  }

  struct Readout: Encodable {
    var heldOutAUROC: Double?
    var heldOut: Int
  }

  struct Tokens: Encodable {
    var ids: [Int]
    var refusedShare: Double
    var otherShare: Double
  }

  struct Swap: Encodable {
    var harmfulRegions: [Int]
    var benignRegions: [Int]
    var mixedRegions: Int
    var rank: Int
    var benignRank: Int
    var trainPrompts: Int
    var harmfulPrompts: Int
    var benignPrompts: Int
    var evaluatedAmongThem: Int

    init(_ swap: SwapRecord) {
      (harmfulRegions, benignRegions) = (swap.harmful, swap.benign)
      (mixedRegions, rank, benignRank) = (swap.mixed, swap.rank, swap.benignRank)
      (trainPrompts, harmfulPrompts) = (swap.prompts, swap.harmfulPrompts)
      (benignPrompts, evaluatedAmongThem) = (swap.benignPrompts, swap.evaluatedAmongThem)
    }
  }

  struct Provenance: Encodable {
    var dictionary: String
    var identity: String
    var store: String
    var storeID: String?
    var model: String?
    var modelName: String?
    var modelIdentity: String?
    var adapter: String?
    var match: Checkpoint.Match?
    var rotaryPrecision: String?
    var engine: String?
    var classifier: String
    var judge: JudgeProvenance?
    var template: String?
    var decoding = "greedy"
    var toolVersion: String

    init(_ from: AblationResult.Provenance, judge: JudgeProvenance?) {
      (dictionary, identity) = (from.dictionary, from.identity)
      (store, storeID) = (from.store, from.storeID)
      modelName = from.modelName
      (model, modelIdentity, adapter) = (from.model, from.modelIdentity, from.adapter)
      (match, rotaryPrecision, engine) = (from.match, from.rotaryPrecision, from.engine)
      (classifier, self.judge, template) = (from.classifier, judge, from.template)
      toolVersion = from.toolVersion
    }
  }
}

/// The unit of a steering, under the keys that every command has for it.
package struct ResidualNormRecord: Encodable, Sendable {
  var median: Double
  var rows: Int
  var hook: String
  var of: String

  init(_ norm: ResidualNorm) {
    (median, rows, hook, of) = (norm.median, norm.rows, norm.hook, norm.source)
  }
}

extension AblationResult {
  /// As `exemplar ablate --json` gives it.
  package func json(texts: Bool = false) -> JSONValue {
    JSONValue(encoding: AblationRecord(self, texts: texts))
  }

  /// α of a steering in units of the median norm; `nil` where that is not known.
  package var norms: Double? {
    guard case .steer(let alpha) = setup.intervention else { return nil }
    if target.directions != nil { return Double(alpha) }
    return residualNorm?.norms(alpha)
  }

  /// The first words of an answer: enough to see what it is, too few to use.
  package static func opening(_ text: String) -> String {
    let words = text.split(whereSeparator: \.isWhitespace)
    let opening = words.prefix(6).joined(separator: " ").prefix(48)
    return words.count > 6 || opening.count == 48 ? opening + "…" : String(opening)
  }
}
