import ExemplarPartitioning
import Foundation

/// Regions whose prompts are all harmful, or all benign; any number of prompts will do.
package struct PureRegions: Sendable, Equatable {
  /// The most prompts first, then by id.
  package let harmful: [Int]
  /// Likewise.
  package let benign: [Int]
  /// Regions with prompts of both kinds.
  package let mixed: Int
  /// By region, the places of its prompts, ascending.
  package let members: [Int: [Int]]

  /// - Parameters:
  ///   - regions: of each prompt, its nearest.
  ///   - roles: of each prompt.
  package init(regions: [Int32], roles: [AblationPrompt.Role]) {
    precondition(
      regions.count == roles.count, "expected \(regions.count) roles, got \(roles.count)")
    var members: [Int: [Int]] = [:]
    for (place, region) in regions.enumerated() { members[Int(region), default: []].append(place) }
    func pure(_ role: AblationPrompt.Role) -> [Int] {
      members.filter { $0.value.allSatisfy { roles[$0] == role } }
        .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.map(\.key)
    }
    harmful = pure(.harmful)
    benign = pure(.benign)
    mixed = members.count - harmful.count - benign.count
    self.members = members
  }
}

/// What a region swap takes out of activations and puts back in their place, and the interventions that stand beside it.
///
/// With û(v) = (v − c) / (‖v − c‖ + 10⁻¹²) about the centre c, Q the orthonormal span of û of each wholly harmful
/// region's representative, and μ the unweighted mean of all wholly benign regions' representatives:
/// x ← x − QQᵀ(x − μ), which is projecting off Q about c and putting μ's own part of Q back.
///
/// - Source: Rumbelow, the reference's region swap; the span is by Gram–Schmidt, and a direction within the span of those
///   before it is passed over, where a QR factorisation would put an arbitrary one in its place.
package struct RegionSwap: Sendable, Equatable {
  package let pure: PureRegions
  /// Of the wholly harmful regions.
  package let span: Subspace
  /// Wholly harmful regions whose direction lies in the span of those before it.
  package let dependent: [Int]
  /// μ, `[D]`.
  package let target: [Float]
  /// Of as many wholly benign regions as there are harmful ones, the largest; of all where there are fewer.
  package let benignSpan: Subspace
  /// From the mean of the harmful representatives to the mean of the benign ones, `[D]`.
  package let shift: [Float]
  /// The span of û of the mean of all harmful prompts: one direction.
  package let globalSpan: Subspace
  /// The mean of all benign prompts, `[D]`.
  package let globalTarget: [Float]

  /// - Parameters:
  ///   - rows: final positions of the prompts, `[n, D]`.
  ///   - roles: of each prompt.
  ///   - regions: of each prompt, its nearest exemplar's, without a cut at θ.
  ///   - distances: to it; the prompt of the least (ties: the first) is a region's representative in basis `exemplar`.
  ///   - centre: c, `[D]`.
  ///   - basis: `exemplar`, or `mean`: the mean of a region's prompts.
  /// - Throws: `RegionSwapError` where fewer than two regions are wholly of a kind, or a span is as wide as the model.
  /// - Complexity: O(n·D + D·k²) for k wholly harmful regions.
  package init(
    rows: [Float], roles: [AblationPrompt.Role], regions: [Int32], distances: [Float],
    centre: [Float], basis: Basis
  ) throws(RegionSwapError) {
    let dimension = centre.count
    precondition(
      rows.count == roles.count * dimension && distances.count == roles.count,
      "expected \(roles.count) rows of \(dimension) and as many distances")
    let pure = PureRegions(regions: regions, roles: roles)
    guard pure.harmful.count >= 2, pure.benign.count >= 2 else {
      throw .tooFew(harmful: pure.harmful.count, benign: pure.benign.count, mixed: pure.mixed)
    }
    func mean(_ places: [Int]) -> [Double] {
      var sum = [Double](repeating: 0, count: dimension)
      for place in places {
        for d in 0..<dimension { sum[d] += Double(rows[place * dimension + d]) }
      }
      return sum.map { $0 / Double(places.count) }
    }
    func representative(_ region: Int) -> [Double] {
      let members = pure.members[region] ?? []
      switch basis {
      case .mean: return mean(members)
      case .exemplar:
        return mean([members.min { (distances[$0], $0) < (distances[$1], $1) } ?? 0])
      }
    }
    func direction(_ vector: [Double]) -> [Float] {
      var out = [Double](repeating: 0, count: dimension)
      var length = 0.0
      for d in 0..<dimension {
        out[d] = vector[d] - Double(centre[d])
        length += out[d] * out[d]
      }
      length = length.squareRoot() + 1e-12
      return out.map { Float($0 / length) }
    }
    func average(_ vectors: [[Double]]) -> [Double] {
      var sum = [Double](repeating: 0, count: dimension)
      for vector in vectors { for d in 0..<dimension { sum[d] += vector[d] } }
      return sum.map { $0 / Double(vectors.count) }
    }
    let harmful = pure.harmful.map(representative)
    let benign = pure.benign.map(representative)
    let (span, dependent) = try Self.span(harmful.map(direction))
    guard span.rank < dimension else { throw .asWideAsModel(rank: span.rank) }
    let target = average(benign)
    let origin = average(harmful)
    func places(_ role: AblationPrompt.Role) -> [Int] {
      roles.indices.filter { roles[$0] == role }
    }
    self.pure = pure
    self.span = span
    self.dependent = dependent.map { pure.harmful[$0] }
    self.target = target.map(Float.init)
    benignSpan = try Self.span(benign.prefix(harmful.count).map(direction)).span
    shift = zip(target, origin).map { Float($0 - $1) }
    globalSpan = try Self.span([direction(mean(places(.harmful)))]).span
    globalTarget = mean(places(.benign)).map(Float.init)
  }

  /// What stands for a region.
  package enum Basis: String, Sendable, Equatable, Codable {
    case exemplar, mean
  }

  /// The span of directions, those left out that lie within the span of the ones before them.
  private static func span(
    _ directions: [[Float]]
  ) throws(RegionSwapError) -> (span: Subspace, dependent: [Int]) {
    var kept = Array(directions.indices)
    while true {
      do {
        return (
          try Subspace(spanning: kept.map { directions[$0] }),
          directions.indices.filter { !kept.contains($0) }
        )
      } catch {
        guard error.code == .dependent else { throw .notFinite }
        kept.remove(at: error.direction)
        guard !kept.isEmpty else { throw .noDirection }
      }
    }
  }
}

/// Why there can be no swap.
package enum RegionSwapError: Error, Equatable {
  case tooFew(harmful: Int, benign: Int, mixed: Int)
  case asWideAsModel(rank: Int)
  case notFinite
  /// Every representative is the centre itself.
  case noDirection

  package var message: String {
    switch self {
    case .tooFew(let harmful, let benign, let mixed):
      "expected at least two regions whose train prompts are all harmful and two whose are all benign, "
        + "found \(harmful) and \(benign), and \(mixed) with both"
    case .asWideAsModel(let rank):
      "the wholly harmful regions span all \(rank) dimensions: nothing of an activation would be left"
    case .notFinite: "activations of the train prompts are not finite"
    case .noDirection: "the prompts' activations do not differ from the dictionary's centre"
    }
  }
}

/// What a swap was made from, as results keep it.
package struct SwapRecord: Sendable, Equatable, Codable {
  /// As in ``PureRegions``.
  package var harmful: [Int]
  package var benign: [Int]
  package var mixed: Int
  /// Dimensions of the harmful span, and of the benign one beside it.
  package var rank: Int
  package var benignRank: Int
  /// Train prompts that purity, representatives and means come from, and those in wholly harmful and benign regions.
  package var prompts: Int
  package var harmfulPrompts: Int
  package var benignPrompts: Int
  /// Evaluated prompts that are among them.
  package var evaluatedAmongThem: Int
}
