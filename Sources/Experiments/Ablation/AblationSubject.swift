import ExemplarPartitioning
import Foundation
import Storage

/// A dictionary and a store of the same hook: what can be ablated, before any setup.
///
/// Makes what all experiments on the pair share once: regions of final positions, and candidates.
package struct AblationSubject: Sendable {
  package let dictionary: ExemplarDictionary
  package let identity: String
  package let dictionaryName: String
  package let material: AblationMaterial
  /// The dictionary's hook.
  package let hook: String
  /// The prompts that candidates are chosen by, all of known outcome: the train split's, or all where the store has
  /// no such split.
  package let training: [AblationPrompt]
  /// `nil` where no prompt has an outcome.
  package let candidates: RefusalCandidates?
  /// The prompts of the store that the dictionary was built from.
  package let own: OwnPrompts
  /// Whether the store is of the model that the dictionary was built from.
  package let match: Checkpoint.Match
  package internal(set) var notices: [String]
  /// Dictionaries of other layers, which a steering along refusal directions takes too.
  package internal(set) var others: [OtherLayer] = []

  /// - Parameter isOtherAllowed: lets a store of another model or adapter pass; results say so.
  /// - Throws: `ExperimentError.mismatch` where the dictionary was built from another model, adapter or hook than the
  ///   store's, naming both.
  package init(
    _ file: DictionaryFile, dictionary: ExemplarDictionary, material: AblationMaterial,
    isOtherAllowed: Bool = false, threads: Int
  ) throws {
    let provenance = file.provenance
    var notices = material.notices
    let hook: String
    if let recorded = provenance.hook {
      hook = recorded
    } else if let only = material.hooks.first, material.hooks.count == 1 {
      hook = only.name
      notices.append("\(file.name) does not say its hook: taken to be the store's, \(hook)")
    } else {
      throw ExperimentError(
        .mismatch,
        "does not say its hook, and \(material.name) has \(material.hooks.count)", file: file.name)
    }
    let dimension = try material.dimension(at: hook)
    guard dimension == file.dimension else {
      throw ExperimentError(
        .mismatch,
        "is of \(file.dimension) components, but \(material.name) has \(dimension) at \(hook)",
        file: file.name)
    }
    match = try Self.match(file, material, isOtherAllowed: isOtherAllowed, &notices)
    own = OwnPrompts(file, texts: dictionary.documents, of: material)
    let taking = material.prompts.filter { $0.role != nil && $0.document.lastRow != nil }
    var training = taking.filter { $0.document.split == "train" && $0.outcome != nil }
    if training.isEmpty {
      training = taking.filter { $0.outcome != nil }
      if !training.isEmpty {
        notices.append(
          "no prompt of split train has an outcome: candidates come from all prompts, the "
            + "evaluated ones too")
      }
    }
    self.dictionary = dictionary
    identity = file.identity
    dictionaryName = file.name
    self.material = material
    self.hook = hook
    self.training = training
    if training.isEmpty {
      candidates = nil
    } else {
      var assigner = RegionAssigner(dictionary, threads: threads)
      let rows = try material.lastRows(hook, of: training)
      let regions = assigner.assign(ActivationBatch(rows: rows, count: training.count)).ids
      let found = RefusalCandidates(
        regions: regions, outcomes: training.map { $0.outcome ?? .unclear },
        roles: training.map(\.role), dictionary: dictionary)
      candidates = found
      if found.baseRate == 0 || found.baseRate == 1 {
        notices.append(
          "\(found.baseRate == 0 ? "none" : "all") of the \(training.count) prompts that candidates "
            + "are chosen by was refused: no region can stand out")
      }
    }
    self.notices = notices
  }

  /// Whether dictionary and store are of one checkpoint, as far as both recorded theirs.
  static func match(
    _ file: DictionaryFile, _ material: AblationMaterial, isOtherAllowed: Bool,
    _ notices: inout [String]
  ) throws -> Checkpoint.Match {
    let mine = RecordedCheckpoint(file)
    let other = RecordedCheckpoint(material.provenance, of: material.name)
    guard let ownHash = mine.modelHash, let otherHash = other.modelHash else {
      let silent = mine.modelHash == nil ? file.name : material.name
      notices.append(
        "\(silent) does not record its model's hash: whether dictionary and store are of one model is not known"
      )
      return .unknown
    }
    var difference: String?
    if ownHash != otherHash {
      difference =
        "was built from a model of hash \(ownHash.prefix(12)), but \(material.name) is of "
        + "\(otherHash.prefix(12))"
    } else if !mine.hasSameAdapter(as: other) {
      difference =
        "was built from adapter \(mine.adapterWords), but \(material.name) is of "
        + other.adapterWords
    }
    guard let difference else { return .same }
    guard isOtherAllowed else {
      throw ExperimentError(
        .mismatch, difference, file: file.name, remedy: "\(.otherModel) allows it")
    }
    notices.append("\(file.name) \(difference)")
    return .other
  }

  /// The prompts that a setup evaluates: harmful ones first, in the order of the store.
  package func evaluated(_ setup: AblationSetup) throws -> [AblationPrompt] {
    let found = try material.prompts(ofSplit: setup.split)
    return AblationPrompt.Role.allCases.flatMap { role in
      found.filter { $0.role == role }.prefix(setup.limit ?? .max)
    }
  }

  /// Chooses regions and the control.
  ///
  /// - Throws: `ExperimentError.invalidValue` for a region that is not there, more regions than candidates, or
  ///   directions that span less than as many dimensions.
  package func target(_ setup: AblationSetup) throws -> AblationTarget {
    try directions(setup).target
  }

  /// As ``target(_:)``, with the directions.
  package func directions(_ setup: AblationSetup) throws -> AblationDirections {
    if case .swap = setup.intervention { return try swapDirections(setup) }
    let rank: CandidateRank = if case .top(_, let rank) = setup.target { rank } else { .reference }
    let ranked = candidates?.ranked(by: rank) ?? []
    var notices: [String] = []
    let regions: [Int]
    switch setup.target {
    case .top(let count, _):
      guard let candidates else {
        throw ExperimentError(
          .missing, "no prompt has an outcome: candidates cannot be chosen; name regions instead",
          file: material.name)
      }
      guard !ranked.isEmpty else {
        let best = candidates.tallies.filter { $0.prompts >= RefusalCandidates.minimumPrompts }
          .map(\.rate).max()
        throw ExperimentError(
          .invalidValue,
          "no region is a candidate: expected one with at least "
            + "\(RefusalCandidates.minimumPrompts) prompts and a refusal rate of at least "
            + "\(RefusalCandidates.minimumRate), found at most "
            + (best.map { "\(($0 * 1000).rounded() / 1000)" } ?? "no region of as many prompts")
            + "; name regions instead", file: dictionaryName)
      }
      guard (1...ranked.count).contains(count) else {
        throw ExperimentError(
          .invalidValue,
          "expected 1 to \(ranked.count) regions, the number of candidates; found \(count)",
          file: dictionaryName)
      }
      regions = ranked.prefix(count).map(\.region)
    case .regions(let named):
      guard !named.isEmpty else {
        throw ExperimentError(.invalidValue, "expected regions, found none", file: dictionaryName)
      }
      regions = named
    case .directions(let choice): return try refusalDirections(setup, choice)
    }
    for region in regions + setup.null.regions {
      guard dictionary.regions.indices.contains(region) else {
        throw ExperimentError(
          .invalidValue, "expected regions of 0…\(dictionary.count - 1), found \(region)",
          file: dictionaryName)
      }
    }
    if candidates != nil, case .regions = setup.target {
      for region in regions where !(candidates?.tallies.contains { $0.region == region } ?? false) {
        notices.append("no prompt ends in region \(region)")
      }
    }
    let subspace = try subspace(of: regions, setup.basis, &notices)
    let (null, nullSubspace) = try control(setup, regions, ranked, subspace.rank, &notices)
    let baselines =
      setup.hasBaselines == true
      ? try self.baselines(setup, rank: subspace.rank, isRandomNull: null.isRandom, &notices) : []
    return AblationDirections(
      target: AblationTarget(
        regions: regions, null: null, candidates: ranked, baseRate: candidates?.baseRate,
        notices: notices), subspace: subspace, nullSubspace: nullSubspace, baselines: baselines)
  }

  private func control(
    _ setup: AblationSetup, _ regions: [Int], _ ranked: [RegionTally], _ rank: Int,
    _ notices: inout [String]
  ) throws -> (NullControl, Subspace?) {
    func random() throws -> (NullControl, Subspace?) {
      (.random(seed: setup.seed), try randomSpan(rank, seed: setup.seed))
    }
    switch setup.null {
    case .none: return (.none, nil)
    case .random: return try random()
    case .region, .regions:
      let named = setup.null.regions
      try check(named, against: regions)
      return (NullControl(named), try subspace(of: named, setup.basis, &notices))
    case .automatic:
      let excluded = Set(regions).union(ranked.map(\.region))
      let matched = candidates?.nullRegions(for: regions, in: dictionary, excluding: excluded)
      let what = rank == 1 ? "a random direction" : "\(rank) random directions"
      guard let matched else {
        let found = candidates?.nullCount(excluding: excluded) ?? 0
        notices.append(
          (rank == 1
            ? "no region qualifies as the null"
            : "\(found == 0 ? "no" : "\(found)") region\(found > 1 ? "s" : "") of the \(rank) that "
              + "the control needs qualif\(found > 1 ? "y" : "ies") as null")
            + " (refusal rate ≤ \(RefusalCandidates.maximumNullRate)): "
            + "the control is \(what), seed \(setup.seed)")
        return try random()
      }
      do {
        return (NullControl(matched), try subspace(of: matched, setup.basis, &notices))
      } catch let error as ExperimentError where rank > 1 && error.code == .invalidValue {
        notices.append(
          "the matched null regions \(matched.map(String.init).joined(separator: ", ")) span fewer than "
            + "\(rank) dimensions: the control is \(what), seed \(setup.seed)")
        return try random()
      }
    }
  }

  /// As many dimensions as a target's, so that as much is taken out, of no meaning.
  func randomSpan(_ rank: Int, seed: UInt64) throws -> Subspace {
    try Self.span(
      (0..<rank).map {
        RandomDirection.unit(dimension: dictionary.dimension, seed: seed &+ UInt64($0))
      }, regions: [], dictionaryName)
  }

  /// Checks that a control that is named is one of the target: of its rank, and of other regions.
  private func check(_ null: [Int], against regions: [Int]) throws {
    guard null.count == regions.count else {
      throw ExperimentError(
        .invalidValue,
        "expected \(regions.count) null region\(regions.count == 1 ? "" : "s"), as many as are taken out, "
          + "found \(null.count)", file: dictionaryName)
    }
    if let shared = null.first(where: regions.contains) {
      throw ExperimentError(
        .invalidValue, "expected null regions that are not taken out, found \(shared)",
        file: dictionaryName)
    }
    guard Set(null).count == null.count else {
      throw ExperimentError(
        .invalidValue, "expected null regions that differ, found one twice", file: dictionaryName)
    }
  }

  private func subspace(
    of regions: [Int], _ basis: DirectionBasis, _ notices: inout [String]
  ) throws -> Subspace {
    try Self.subspace(of: regions, basis, in: dictionary, named: dictionaryName, &notices)
  }

  /// What regions' directions span: the one way in which regions become what is taken out or added.
  static func subspace(
    of regions: [Int], _ basis: DirectionBasis, in dictionary: ExemplarDictionary,
    named name: String, _ notices: inout [String]
  ) throws -> Subspace {
    if basis == .reanchored {
      for region in regions where !dictionary.hasSampledMembers(of: region) {
        notices.append("region \(region) has no sampled members: its exemplar stands in")
      }
    }
    return try span(
      regions.map { dictionary.direction(of: $0, basis: basis) }, regions: regions, name)
  }

  static func span(
    _ directions: [[Float]], regions: [Int], _ file: String
  ) throws -> Subspace {
    do {
      return try Subspace(spanning: directions)
    } catch {
      let region = regions.indices.contains(error.direction) ? "\(regions[error.direction])" : "—"
      throw ExperimentError(
        .invalidValue,
        "expected \(error.count) independent directions, found \(error.direction): that of region "
          + "\(region) is \(error.code == .notFinite ? "not finite" : "in the span of those before it")",
        file: file)
    }
  }
}
