import ExemplarPartitioning
import LanguageModel
import Storage

extension AblationSubject {
  /// What a swap of this subject takes out and puts back, made from the final positions of the train split alone.
  ///
  /// - Throws: `ExperimentError.missing` for a store without train prompts of both kinds, `invalidValue` for a basis
  ///   that a swap has none of, a control that names regions, or regions that allow no swap.
  func swapDirections(_ setup: AblationSetup) throws -> AblationDirections {
    let swap: RegionSwap
    let training = try swapPrompts()
    let rows = try material.lastRows(hook, of: training)
    var assigner = RegionAssigner(dictionary, threads: 1)
    let (regions, distances) = assigner.assign(
      ActivationBatch(rows: rows, count: training.count))
    do {
      swap = try RegionSwap(
        rows: rows, roles: training.compactMap(\.role), regions: regions, distances: distances,
        centre: dictionary.centre, basis: try swapBasis(setup))
    } catch let error as RegionSwapError {
      throw ExperimentError(.invalidValue, error.message, file: dictionaryName)
    }
    var notices: [String] = []
    if !swap.dependent.isEmpty {
      notices.append(
        "the \(swap.pure.harmful.count) wholly harmful regions span \(swap.span.rank) dimensions: the directions of "
          + swap.dependent.map(String.init).joined(separator: ", ")
          + " lie within the span of those before them")
    }
    if swap.benignSpan.rank < swap.span.rank {
      notices.append(
        "the control by wholly benign regions has \(swap.benignSpan.rank) dimensions, and the swap "
          + "\(swap.span.rank): there are no more of them")
    }
    let trained = Set(training.map(\.id))
    let among = try evaluated(setup).count { trained.contains($0.id) }
    if among > 0 {
      notices.append(
        "\(among) of the evaluated prompts are among those that the swap was made from: they are not held "
          + "out")
    }
    func prompts(_ regions: [Int]) -> Int {
      regions.reduce(0) { $0 + (swap.pure.members[$1]?.count ?? 0) }
    }
    let record = SwapRecord(
      harmful: swap.pure.harmful, benign: swap.pure.benign, mixed: swap.pure.mixed,
      rank: swap.span.rank, benignRank: swap.benignSpan.rank, prompts: training.count,
      harmfulPrompts: prompts(swap.pure.harmful), benignPrompts: prompts(swap.pure.benign),
      evaluatedAmongThem: among)
    let null: NullControl
    var nullSubspace: Subspace?
    switch setup.null {
    case .automatic, .random:
      null = .random(seed: setup.seed)
      nullSubspace = try randomSpan(swap.span.rank, seed: setup.seed)
    case .none: null = .none
    case .region, .regions:
      throw ExperimentError(
        .invalidValue,
        "the control of a swap is as many random directions, or none; expected no regions",
        file: dictionaryName)
    }
    return AblationDirections(
      target: AblationTarget(
        regions: swap.pure.harmful, null: null,
        candidates: candidates?.ranked(by: .reference) ?? [], baseRate: candidates?.baseRate,
        notices: notices, swap: record),
      subspace: swap.span, nullSubspace: nullSubspace, swap: swap)
  }

  /// The prompts that purity, representatives and means come from: none of another split, so that held-out prompts are
  /// in nothing.
  private func swapPrompts() throws -> [AblationPrompt] {
    let found = material.prompts.filter {
      $0.role != nil && $0.document.lastRow != nil && $0.document.split == "train"
    }
    for role in AblationPrompt.Role.allCases where !found.contains(where: { $0.role == role }) {
      throw ExperimentError(
        .missing,
        "a swap is made from the harmful and benign prompts of split train; found no \(role.rawValue) one",
        file: material.name)
    }
    return found
  }

  private func swapBasis(_ setup: AblationSetup) throws -> RegionSwap.Basis {
    switch setup.basis {
    case .exemplar: return .exemplar
    case .mean: return .mean
    case .reanchored:
      throw ExperimentError(
        .invalidValue,
        "in a swap a region is represented by its prompt closest to the exemplar, or by the mean of its "
          + "prompts: expected basis exemplar or mean, found reanchored", file: dictionaryName)
    }
  }
}

extension RegionSwap {
  /// The swap, the control where there is one, and what tells the parts of the swap apart: the harmful span and the
  /// benign one projected off alone, the shift between the means added to and taken from every position, and the swap
  /// of the two kinds' global means.
  func conditions(_ null: Subspace?, centre: [Float], at hook: HookPoint) -> [RunCondition] {
    func project(_ subspace: Subspace, towards centre: [Float]) -> Edit {
      Edit(at: hook, .ablate(centre: centre, basis: subspace.rows))
    }
    return [RunCondition(.swapped, edit: project(span, towards: target))]
      + (null.map { [RunCondition(.null, edit: project($0, towards: centre))] } ?? [])
      + [
        RunCondition(.harmfulSpan, edit: project(span, towards: centre)),
        RunCondition(.benignSpan, edit: project(benignSpan, towards: centre)),
        RunCondition(.meanShift, edit: Edit(at: hook, .steer(direction: shift, alpha: 1))),
        RunCondition(.meanShiftBack, edit: Edit(at: hook, .steer(direction: shift, alpha: -1))),
        RunCondition(.globalSwap, edit: project(globalSpan, towards: globalTarget)),
      ]
  }
}
