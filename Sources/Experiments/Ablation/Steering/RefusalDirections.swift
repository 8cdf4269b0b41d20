import ExemplarPartitioning
import Foundation
import Numerics

/// The direction from benign to harmful prompts at one layer, made in three ways: of exemplars, of prompt means, and of as
/// many groups of as many prompts that no dictionary made.
///
/// Each is the unit difference of two unweighted means of raw activations, harmful less benign. *Held-out* prompts are in
/// none of them.
///
/// - `exemplars`: of the regions that are wholly harmful and wholly benign, their exemplar's prompt, the one closest to
///   the exemplar; regions where that prompt is held out are left out.
/// - `promptMeans`: of all prompts of a side.
/// - `shuffled`: each side's prompts are dealt to groups as large as that side's share of each region, mixed ones too, and
///   each group's prompt nearest to its mean stands for it. Prompts keep their side: it is the partition that it tests.
///
/// - Source: Rumbelow, the reference's refusal directions. Of a group of two both are as near to its mean: here the first as
///   dealt is taken, where rounding decides in 32-bit arithmetic.
package struct RefusalDirections: Sendable, Equatable {
  package enum Source: String, Sendable, Codable, CaseIterable {
    case exemplars = "ep"
    case promptMeans = "prompt-mean"
    case shuffled
  }

  /// Which prompts decide whether a region is wholly of one side.
  package enum Purity: String, Sendable, Codable, CaseIterable {
    /// All of them, held-out ones too: the reference's rule.
    case all
    case kept
  }

  package struct Direction: Sendable, Equatable {
    package var source: Source
    /// `[D]`, of length 1.
    package var unit: [Float]
    /// The prompts that the two means are of: their number, where they are all of a side.
    package var harmful: Int
    package var benign: Int
    /// With the direction of exemplars.
    package var cosine: Double
  }

  package let pure: PureRegions
  /// Regions wholly of one side whose exemplar is held out.
  package let omitted: [Int]
  /// In the order of ``Source``.
  package let directions: [Direction]
  /// Median Euclidean norm of all prompts' rows: the unit of a steering along these directions.
  package let norm: Double

  /// - Parameters:
  ///   - rows: final positions of the prompts, `[n, D]`.
  ///   - roles: of each prompt.
  ///   - isHeld: of each prompt.
  ///   - regions: of each prompt, its nearest exemplar's, without a cut at θ.
  ///   - distances: to it; of a region's prompts the one of the least (ties: the first) stands for it.
  ///   - generator: deals the prompts of the shuffled control, harmful ones first; it goes on from layer to layer.
  /// - Throws: `RefusalDirectionsError`.
  /// - Complexity: O(n·D).
  init(
    rows: [Float], dimension: Int, roles: [AblationPrompt.Role], isHeld: [Bool], regions: [Int32],
    distances: [Float], purity: Purity, generator: inout NumPyGenerator
  ) throws(RefusalDirectionsError) {
    let count = roles.count
    precondition(
      rows.count == count * dimension && isHeld.count == count && regions.count == count
        && distances.count == count,
      "expected \(count) rows of \(dimension), and as many of the others")
    guard rows.allSatisfy(\.isFinite) else { throw .notFinite }
    let points = PromptRows(rows: rows, dimension: dimension)
    // Places among all prompts of those that decide.
    let deciding = roles.indices.filter { purity == .all || !isHeld[$0] }
    let pure = PureRegions(
      regions: deciding.map { regions[$0] }, roles: deciding.map { roles[$0] })
    func exemplar(_ region: Int) -> Int {
      let members = pure.members[region, default: []].map { deciding[$0] }
      return members.min { (distances[$0], $0) < (distances[$1], $1) }!
    }
    func kept(_ role: AblationPrompt.Role) -> [Int] {
      roles.indices.filter { roles[$0] == role && !isHeld[$0] }
    }
    let exemplars = (harmful: pure.harmful.map(exemplar), benign: pure.benign.map(exemplar))
    omitted = zip(pure.harmful + pure.benign, exemplars.harmful + exemplars.benign)
      .filter { isHeld[$1] }.map(\.0).sorted()
    let prompts = (harmful: kept(.harmful), benign: kept(.benign))
    for (role, places) in [
      (AblationPrompt.Role.harmful, prompts.harmful), (.benign, prompts.benign),
    ]
    where places.isEmpty {
      throw .noPrompts(role)
    }
    let representing = (
      harmful: exemplars.harmful.filter { !isHeld[$0] },
      benign: exemplars.benign.filter { !isHeld[$0] }
    )
    for (role, regions, left) in [
      (AblationPrompt.Role.harmful, pure.harmful, representing.harmful),
      (.benign, pure.benign, representing.benign),
    ] where left.isEmpty {
      throw .noRegion(role, pure: regions.count, mixed: pure.mixed)
    }
    let dealt = (
      harmful: Self.dealt(prompts.harmful, regions, points, &generator),
      benign: Self.dealt(prompts.benign, regions, points, &generator)
    )
    var found: [Direction] = []
    var first: [Double]?
    for (source, ends) in zip(Source.allCases, [representing, prompts, dealt]) {
      let difference = zip(points.mean(ends.harmful), points.mean(ends.benign)).map { $0 - $1 }
      let length = difference.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard length > 0 else { throw .same(source) }
      let unit = difference.map { $0 / length }
      // Of a direction with itself no rounding is told.
      let cosine = first.map { zip($0, unit).reduce(0) { $0 + $1.0 * $1.1 } } ?? 1
      first = first ?? unit
      found.append(
        Direction(
          source: source, unit: unit.map(Float.init), harmful: ends.harmful.count,
          benign: ends.benign.count, cosine: cosine))
    }
    self.pure = pure
    directions = found
    norm = roles.indices.map { points.norm($0) }.median
  }

  /// One prompt for each group of a side's prompts, dealt to groups as large as its regions are.
  private static func dealt(
    _ prompts: [Int], _ regions: [Int32], _ points: PromptRows, _ generator: inout NumPyGenerator
  ) -> [Int] {
    let sizes = Dictionary(grouping: prompts) { regions[$0] }.sorted { $0.key < $1.key }
      .map(\.value.count)
    var order = prompts
    generator.shuffle(&order)
    var left = order[...]
    return sizes.map { size in
      let group = left.prefix(size)
      left = left.dropFirst(size)
      let mean = points.mean(group)
      let reach = group.map { ($0, points.squaredDistance($0, to: mean)) }
      return reach.min { $0.1 < $1.1 }!.0
    }
  }

  /// A layer's random unit row: of as many layers, the first control of each is that of its place.
  package static func random(
    _ control: Int, layer: Int, of layers: Int, dimension: Int, seed: UInt64
  ) -> [Float] {
    RandomDirection.unit(
      dimension: dimension, seed: seed &+ UInt64(control * layers + layer))
  }

  package subscript(_ source: Source) -> Direction {
    directions[Source.allCases.firstIndex(of: source)!]
  }
}

/// Rows `[n, D]`, read one at a time in double precision.
struct PromptRows {
  let rows: [Float]
  let dimension: Int

  func mean(_ places: some Collection<Int>) -> [Double] {
    var sum = [Double](repeating: 0, count: dimension)
    for place in places {
      for d in 0..<dimension { sum[d] += Double(rows[place * dimension + d]) }
    }
    return sum.map { $0 / Double(places.count) }
  }

  func squaredDistance(_ place: Int, to point: [Double]) -> Double {
    (0..<dimension).reduce(0) {
      let gap = Double(rows[place * dimension + $1]) - point[$1]
      return $0 + gap * gap
    }
  }

  func norm(_ place: Int) -> Double {
    squaredDistance(place, to: [Double](repeating: 0, count: dimension)).squareRoot()
  }

  func product(_ place: Int, _ direction: [Float]) -> Double {
    (0..<dimension).reduce(0) {
      $0 + Double(rows[place * dimension + $1]) * Double(direction[$1])
    }
  }
}

/// Why there are no directions.
package enum RefusalDirectionsError: Error, Equatable {
  /// No prompt of a side is left beside those that are held out.
  case noPrompts(AblationPrompt.Role)
  /// No region is wholly of a side and has an exemplar that is not held out.
  case noRegion(AblationPrompt.Role, pure: Int, mixed: Int)
  case notFinite
  /// Both means are one point.
  case same(RefusalDirections.Source)

  package var message: String {
    switch self {
    case .noPrompts(let role):
      "expected \(role.rawValue) prompts beside those that are held out, found none"
    case .noRegion(let role, let pure, let mixed):
      "expected a region whose prompts are all \(role.rawValue) and whose exemplar is not held out, found "
        + (pure == 0
          ? "none" : "\(pure) wholly \(role.rawValue) with a held-out exemplar")
        + ", and \(mixed) with both kinds"
    case .notFinite: "the prompts' activations are not finite"
    case .same(let source):
      "the means of harmful and benign prompts that \(source.rawValue) takes are the same: there is no direction"
    }
  }
}
