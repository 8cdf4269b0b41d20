/// Which vector stands for a region when it is intervened along.
package enum DirectionBasis: String, CaseIterable, Sendable, Codable {
  /// The mean direction of the members.
  case mean
  /// The activation that founded the region.
  case exemplar
  /// The sampled member whose cosine to the mean is largest (ties: the earliest drawn).
  case reanchored
}

extension ExemplarDictionary {
  /// The direction of one region, `[D]`, of unit length to rounding.
  ///
  /// A region of which no members were sampled has its exemplar for `reanchored`, as in the reference;
  /// `hasSampledMembers(of:)` tells.
  /// - Complexity: O(D), for `reanchored` O(D · sampled members).
  package func direction(of region: Int, basis: DirectionBasis) -> [Float] {
    precondition(
      region >= 0 && region < count, "expected a region below \(count), got \(region)")
    switch basis {
    case .mean: return mean(of: region)
    case .exemplar: return exemplar(of: region)
    case .reanchored:
      var best: (start: Int, cosine: Double)?
      withMean(of: region) { mean in
        for row in sampledRows(of: region) {
          var cosine = 0.0
          for d in 0..<dimension {
            cosine += Double(reservoir.directions[row * dimension + d]) * Double(mean[d])
          }
          if best.map({ cosine > $0.cosine }) ?? true { best = (row * dimension, cosine) }
        }
      }
      guard let best else { return exemplar(of: region) }
      return Array(reservoir.directions[best.start..<best.start + dimension])
    }
  }

  /// Whether any member of the region was sampled.
  package func hasSampledMembers(of region: Int) -> Bool { !sampledRows(of: region).isEmpty }

  private func sampledRows(of region: Int) -> [Int] {
    reservoir.regions.indices.filter { reservoir.regions[$0] == region }
  }
}
