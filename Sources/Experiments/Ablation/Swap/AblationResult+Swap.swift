import Numerics

extension AblationResult {
  /// What the parts of a swap do by themselves, on the prompts it aims at; nothing of other interventions.
  var partRemarks: [String] {
    guard let swap = target.swap else { return [] }
    let origin =
      "regions, representatives and means from \(swap.prompts) train prompts: \(swap.harmfulPrompts) in "
      + "\(swap.harmful.count) wholly harmful regions, \(swap.benignPrompts) in \(swap.benign.count) wholly "
      + "benign ones, the others in \(swap.mixed) with both; rank \(swap.rank)"
    guard setup.depth != .geometry else { return [origin] }
    let parts: [AblationCondition] = [.harmfulSpan, .benignSpan, .meanShift, .globalSwap]
    let flips = parts.compactMap { part in
      self.flips(aimedAt, from: part, to: treated).map { test in
        "\(part.rawValue) \(refusing(part, aimedAt)?.successes ?? 0) refuse, against it p = \(significant(test.p))"
      }
    }
    guard !flips.isEmpty else { return [origin] }
    return [origin, "beside the swap: " + flips.joined(separator: "; ")]
  }
}
