import ExemplarPartitioning
import Numerics
import Storage

extension NullControl {
  var isRandom: Bool { if case .random = self { true } else { false } }
}

extension AblationSubject {
  /// The directions that regions stand beside: the difference of means of the two prompt sets, and random ones.
  ///
  /// - Parameter isRandomNull: whether the control is random already; no second one stands beside it.
  func baselines(
    _ setup: AblationSetup, rank: Int, isRandomNull: Bool, _ notices: inout [String]
  ) throws -> [AblationDirections.Baseline] {
    var found: [AblationDirections.Baseline] = []
    let (harmful, benign) = (
      training.filter { $0.role == .harmful }, training.filter { $0.role == .benign }
    )
    if harmful.isEmpty || benign.isEmpty {
      notices.append(
        "no difference of means: it needs harmful and benign prompts to choose by, found "
          + "\(harmful.count) and \(benign.count)")
    } else {
      let (first, second) = (try mean(harmful), try mean(benign))
      let difference = zip(first, second).map { Float($0 - $1) }
      if difference.contains(where: { $0 != 0 }) {
        found.append(
          .init(
            condition: .diffmean,
            subspace: try Self.span([difference], regions: [], dictionaryName)))
        notices.append(
          "diffmean: the mean final position of \(harmful.count) harmful prompts less that of "
            + "\(benign.count) benign ones, at \(hook), edited as the regions are; 1 direction")
      } else {
        notices.append("no difference of means: the two prompt sets have the same mean")
      }
    }
    guard !isRandomNull else { return found }
    found.append(.init(condition: .random, subspace: try randomSpan(rank, seed: setup.seed)))
    notices.append(
      "random: \(rank) random direction\(rank == 1 ? "" : "s"), seed \(setup.seed), edited likewise"
    )
    return found
  }

  private func mean(_ prompts: [AblationPrompt]) throws -> [Double] {
    let rows = try material.lastRows(hook, of: prompts)
    var sums = [Double](repeating: 0, count: dictionary.dimension)
    for start in stride(from: 0, to: rows.count, by: sums.count) {
      for d in sums.indices { sums[d] += Double(rows[start + d]) }
    }
    return sums.map { $0 / Double(prompts.count) }
  }
}
