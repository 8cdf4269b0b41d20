import ExemplarPartitioning
import Foundation
import Numerics
import Storage

/// Two dictionaries matched one to one by their exemplars' cosines, with what is needed to read the result.
///
/// What persists, what is dropped and what is introduced follows from a cutoff, and so is asked for with one.
package struct DictionaryComparison: Sendable, Equatable, Codable {
  /// What is known of one of the two.
  package struct Side: Sendable, Equatable, Codable {
    package var name: String
    package var identity: String
    package var threshold: Double
    /// `nil` where the dictionary does not say it, and in comparisons kept before this was.
    package var hook: String?
    /// `[K]`.
    package var memberCounts: [Int]
    /// `[K]`, for each region the nearest one of the other side, whoever that is matched to.
    package var nearest: [Nearest]

    package var count: Int { memberCounts.count }
  }

  package struct Nearest: Sendable, Equatable, Codable {
    package var region: Int32
    package var cosine: Float
  }

  /// A region of A and its partner in B.
  package struct Pair: Sendable, Equatable, Codable {
    package var a: Int
    package var b: Int
    /// Of the exemplars.
    package var cosine: Float

    package var distance: Float { 1 - cosine }
  }

  package var a: Side
  package var b: Side
  package var centring: Centring
  /// As many as the smaller side has regions; the closest first, equals by A's id.
  package var pairs: [Pair]
  /// Where A's members are in B; `nil` where the two did not see the same rows.
  package var flow: MemberFlow?
  /// Why there is no flow.
  package var flowProblem: String?
  package var proof: Proof

  /// What a person needs to believe that the assignment is optimal.
  package struct Proof: Sendable, Equatable, Codable {
    package var objective: Double
    package var bound: Double
    /// Whether bound and objective are equal in exact arithmetic, and every other condition holds.
    package var isOptimal: Bool
    package var infeasibleCells: Int
    package var slackViolations: Int
    package var searches: Int
    package var bids: Int
  }

  /// The space in which exemplars are compared.
  package enum Centring: String, Sendable, Codable, CaseIterable {
    /// Each exemplar as its dictionary has it: its founder seen from that dictionary's own centre.
    case own
    /// The founders of both seen from the midpoint of the two centres.
    case common
  }

  package struct Progress: Sendable, Equatable {
    package enum Stage: String, Sendable {
      case exemplars = "reading the founders"
      case cosines
      case assignment = "matching"
      case members = "crossing the members"
      case building = "building it again"
    }

    package var stage: Stage
    package var done: Int
    package var total: Int

    package init(stage: Stage, done: Int, total: Int) {
      (self.stage, self.done, self.total) = (stage, done, total)
    }
  }

  /// Matches two dictionaries.
  ///
  /// - Parameters:
  ///   - names: what to call the two; their folders' names by default.
  ///   - founders: the activations of both, for a common centre; each one's own space without them.
  ///   - stores: what both captured; members are followed in them, and without them as they were recorded.
  ///   - progress: called many times a second; an error it throws cancels.
  /// - Throws: `MatchingError` for no regions or other widths; what reading throws; `MatrixProductError`.
  /// - Complexity: O(K_A · K_B · D), and 4 · K_A · K_B bytes.
  package static func run(
    _ a: DictionaryFile, _ b: DictionaryFile, names: (a: String, b: String)? = nil,
    founders: (a: ActivationSource, b: ActivationSource)? = nil,
    stores: MemberFlow.Stores? = nil, threads: Int,
    progress: (Progress) throws -> Void = { _ in }
  ) throws -> DictionaryComparison {
    try MatrixProducts.verify()
    try checkSizes(a, b)
    var (exemplarsA, exemplarsB) = (try a.exemplarRows(), try b.exemplarRows())
    if let founders {
      (exemplarsA, exemplarsB) = try CommonCentre.exemplars(
        (a, founders.a), (b, founders.b), threads: threads
      ) {
        try progress(Progress(stage: .exemplars, done: $0, total: a.regionCount + b.regionCount))
      }
    }
    let match = try ExemplarMatch(exemplarsA, exemplarsB, threads: threads, progress: progress)
    let certificate = match.assignment.certificate(for: match.matrix)
    let nearest = match.nearest()
    let total = a.regionCount + b.regionCount
    try progress(Progress(stage: .members, done: 0, total: total))
    let (flow, problem) = try follow(a, b, stores, threads: threads, progress: progress)
    return DictionaryComparison(
      a: try side(a, names?.a, nearest: nearest.ofA),
      b: try side(b, names?.b, nearest: nearest.ofB),
      centring: founders == nil ? .own : .common, pairs: match.pairs, flow: flow,
      flowProblem: problem,
      proof: Proof(
        objective: certificate.objective, bound: certificate.bound,
        isOptimal: certificate.isOptimal, infeasibleCells: certificate.infeasibleCells,
        slackViolations: certificate.slackViolations + certificate.unmatched
          + certificate.negativePrices, searches: match.assignment.effort.searches,
        bids: match.assignment.effort.bids))
  }

  /// Some ten seconds' worth.
  private static let quickProducts = 5e11

  private static func follow(
    _ a: DictionaryFile, _ b: DictionaryFile, _ stores: MemberFlow.Stores?, threads: Int,
    progress: (Progress) throws -> Void
  ) throws -> (MemberFlow?, problem: String?) {
    guard let stores else { return try MemberFlow.between(a, b) }
    func follow(limit: Double) throws -> (MemberFlow?, problem: String?) {
      try MemberFlow.between(a, b, stores: stores, limit: limit, threads: threads) {
        try progress(Progress(stage: .members, done: $0, total: $1))
      }
    }
    let (flow, _) = try follow(limit: quickProducts)
    if let flow { return (flow, nil) }
    // What takes minutes by the stores is in the dictionaries already, if they recorded the same rows.
    let (recorded, other) = try MemberFlow.between(a, b)
    if let recorded { return (recorded, nil) }
    let (slow, problem) = try follow(limit: .infinity)
    return (slow, slow == nil ? problem ?? other : nil)
  }

  static func checkSizes(_ a: DictionaryFile, _ b: DictionaryFile) throws {
    guard a.regionCount > 0, b.regionCount > 0 else {
      throw MatchingError.empty(a.regionCount, b.regionCount)
    }
    guard a.dimension == b.dimension else { throw MatchingError.widths(a.dimension, b.dimension) }
  }

  private static func side(
    _ file: DictionaryFile, _ name: String?, nearest: [Nearest]
  ) throws -> Side {
    Side(
      name: name ?? file.name, identity: file.identity, threshold: file.threshold,
      hook: file.provenance.hook, memberCounts: try file.table().memberCounts, nearest: nearest)
  }
}

/// The bare match of two sets of exemplars.
struct ExemplarMatch {
  let matrix: CosineMatrix
  let assignment: RectangularAssignment
  /// Whether A has more regions than B, so that the matrix has B's in its rows.
  let isTurned: Bool
  /// The closest first, equals by A's id. Which regions pair is exact for the matrix; their cosines are computed again, so
  /// that they are the same on every processor.
  let pairs: [DictionaryComparison.Pair]
  private let sides: (a: DirectionRows, b: DirectionRows)

  init(
    _ a: DirectionRows, _ b: DirectionRows, threads: Int,
    progress: (DictionaryComparison.Progress) throws -> Void = { _ in }
  ) throws {
    isTurned = a.count > b.count
    let rows = min(a.count, b.count)
    let matrix = try CosineMatrix(isTurned ? b : a, isTurned ? a : b, threads: threads) {
      try progress(.init(stage: .cosines, done: $0, total: rows))
    }
    let assignment = try RectangularAssignment.solve(matrix, threads: threads) {
      try progress(.init(stage: .assignment, done: $0, total: rows))
    }
    var pairs: [DictionaryComparison.Pair] = []
    pairs.reserveCapacity(rows)
    for (row, column) in assignment.columnOfRow.enumerated() {
      let (regionA, regionB) = isTurned ? (Int(column), row) : (row, Int(column))
      pairs.append(
        .init(a: regionA, b: regionB, cosine: a.product(regionA, with: b, regionB)))
    }
    pairs.sort { $0.cosine != $1.cosine ? $0.cosine > $1.cosine : $0.a < $1.a }
    (self.matrix, self.assignment, self.pairs, sides) = (matrix, assignment, pairs, (a, b))
  }

  /// For each region the nearest of the other side; equals: the earliest.
  func nearest() -> (ofA: [DictionaryComparison.Nearest], ofB: [DictionaryComparison.Nearest]) {
    let none = DictionaryComparison.Nearest(region: -1, cosine: -.infinity)
    var ofRows = [DictionaryComparison.Nearest](repeating: none, count: matrix.rows)
    var ofColumns = [DictionaryComparison.Nearest](repeating: none, count: matrix.columns)
    matrix.forEachRow { row, values in
      for (column, cosine) in values.enumerated() {
        if cosine > ofRows[row].cosine {
          ofRows[row] = .init(region: Int32(column), cosine: cosine)
        }
        if cosine > ofColumns[column].cosine {
          ofColumns[column] = .init(region: Int32(row), cosine: cosine)
        }
      }
    }
    var (ofA, ofB) = isTurned ? (ofColumns, ofRows) : (ofRows, ofColumns)
    for (region, nearest) in ofA.enumerated() {
      ofA[region].cosine = sides.a.product(region, with: sides.b, Int(nearest.region))
    }
    for (region, nearest) in ofB.enumerated() {
      ofB[region].cosine = sides.b.product(region, with: sides.a, Int(nearest.region))
    }
    return (ofA, ofB)
  }
}
