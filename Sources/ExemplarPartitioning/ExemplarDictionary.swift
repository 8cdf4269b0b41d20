/// An Exemplar Partitioning dictionary: K observed unit vectors and the regions they found.
///
/// Activations are compared after centring and normalising, `u = (a − centre) / (‖a − centre‖ + 1e-12)`,
/// by cosine distance, `1 − u · exemplar`. Region `i` is the set of points nearer to exemplar `i` than to any
/// other (ties: the earliest), and `i` is its id.
///
/// Matrices are flat, row-major f32.
/// - Source: Rumbelow, "Exemplar Partitioning for Mechanistic Interpretability", arXiv:2605.14347.
package struct ExemplarDictionary: Sendable, Equatable {
  /// `[D]`, subtracted from an activation before it is normalised.
  package var centre: [Float]
  /// θ, the cosine distance within which an activation joins a region.
  package var threshold: Double
  /// `[K, D]`, unit rows, in the order in which they were founded.
  package var exemplars: DirectionRows
  /// `[K, D]`, the unit direction of the sum of each region's unit members.
  package var means: RegionMeans
  /// K entries.
  package var regions: [Region]
  /// One entry a batch; empty where a file did not record it.
  package var growth: [GrowthPoint]
  /// Members drawn at random from each region.
  package var reservoir: Reservoir
  /// The texts that contexts point into.
  package var documents: [String]

  package init(
    centre: [Float], threshold: Double, exemplars: DirectionRows, means: RegionMeans,
    regions: [Region], growth: [GrowthPoint] = [], reservoir: Reservoir = Reservoir(),
    documents: [String] = []
  ) {
    let dimension = centre.count
    precondition(
      exemplars.dimension == dimension && (exemplars.count == regions.count || dimension == 0),
      "expected \(regions.count)×\(dimension) exemplars, got \(exemplars.count)×\(exemplars.dimension)"
    )
    precondition(
      means.rowOfRegion.count == exemplars.count,
      "expected \(exemplars.count) means, got \(means.rowOfRegion.count)")
    precondition(
      reservoir.directions.count == reservoir.regions.count * dimension,
      "expected \(reservoir.regions.count)×\(dimension) sampled components, got \(reservoir.directions.count)"
    )
    self.centre = centre
    self.threshold = threshold
    self.exemplars = exemplars
    self.means = means
    self.regions = regions
    self.growth = growth
    self.reservoir = reservoir
    self.documents = documents
  }

  /// D, the width of the residual stream.
  package var dimension: Int { centre.count }
  /// K.
  package var count: Int { regions.count }

  /// A copy of the exemplar of one region, `[D]`, unit length.
  package func exemplar(of region: Int) -> [Float] { exemplars.row(region) }

  /// A copy of the mean direction of one region, `[D]`, unit length.
  package func mean(of region: Int) -> [Float] { withMean(of: region) { Array($0) } }

  /// Calls `body` with the mean direction of one region, `[D]`, which it must not let escape.
  package func withMean<R>(
    of region: Int, _ body: (UnsafeBufferPointer<Float>) throws -> R
  ) rethrows -> R {
    let own = Int(means.rowOfRegion[region])
    return own < 0 ? try exemplars.withRow(region, body) : try means.rows.withRow(own, body)
  }
}

extension ExemplarDictionary {
  /// A dictionary of flat exemplars and means, `[K, D]` each.
  package init(
    centre: [Float], threshold: Double, exemplars: [Float], means: [Float], regions: [Region],
    growth: [GrowthPoint] = [], reservoir: Reservoir = Reservoir(), documents: [String] = []
  ) {
    precondition(
      means.count == exemplars.count,
      "expected \(exemplars.count) mean components, got \(means.count)")
    let rows = DirectionRows(exemplars, dimension: centre.count)
    let regionMeans = RegionMeans(exemplars: rows) {
      Array(means[$0.lowerBound * centre.count..<$0.upperBound * centre.count])
    }
    self.init(
      centre: centre, threshold: threshold, exemplars: rows, means: regionMeans, regions: regions,
      growth: growth, reservoir: reservoir, documents: documents)
  }
}

/// What is known of one region besides its directions.
package struct Region: Sendable, Equatable {
  package var memberCount: Int
  /// ‖Σ unit members‖ / N, in [0, 1]; 1 when all members agree.
  package var coherence: Double
  /// Σ distance of members to the exemplar; the founder counts 0.
  package var sumDistance: Double
  package var sumSquaredDistance: Double
  /// Indices of the batches that added to the region, ascending.
  package var batches: [Int]
  /// Indices of the member activations in the stream, ascending; empty where a file did not record them.
  package var members: [Int]
  /// Up to 10, nearest first.
  package var closest: [Context]
  /// Up to 10, farthest first.
  package var farthest: [Context]
  /// The label that came with the dictionary; a person's own labels live in the notebook.
  package var label: String?

  package init(
    memberCount: Int, coherence: Double, sumDistance: Double, sumSquaredDistance: Double,
    batches: [Int] = [], members: [Int] = [], closest: [Context] = [], farthest: [Context] = [],
    label: String? = nil
  ) {
    self.memberCount = memberCount
    self.coherence = coherence
    self.sumDistance = sumDistance
    self.sumSquaredDistance = sumSquaredDistance
    self.batches = batches
    self.members = members
    self.closest = closest
    self.farthest = farthest
    self.label = label
  }

  /// Mean distance of the members to the exemplar.
  package var meanDistance: Double { memberCount == 0 ? 0 : sumDistance / Double(memberCount) }
}

/// Where an activation was seen.
package struct Context: Sendable, Equatable {
  /// Cosine distance to the region's exemplar.
  package var distance: Double
  /// Index into the dictionary's documents, or `nil` where the stream had no text.
  package var document: Int?
  /// Token position in the document, counted from 0 as the model does; without a document, the row in the stream.
  package var position: Int

  package init(distance: Double, document: Int?, position: Int) {
    self.distance = distance
    self.document = document
    self.position = position
  }
}

/// The state of a build after one batch.
package struct GrowthPoint: Sendable, Equatable {
  package var activations: Int
  /// Prompts seen so far.
  package var documents: Int
  package var regions: Int
  /// Share of the batch's activations that founded a region.
  package var newRegionRate: Double

  package init(activations: Int, documents: Int, regions: Int, newRegionRate: Double) {
    self.activations = activations
    self.documents = documents
    self.regions = regions
    self.newRegionRate = newRegionRate
  }
}

/// Members drawn at random from regions, up to `capacity` each.
package struct Reservoir: Sendable, Equatable {
  /// Members kept of one region.
  package static let capacity = 30

  /// `[R, D]` unit rows, grouped by region in ascending order.
  package var directions: [Float]
  /// `[R]`, the region of each row.
  package var regions: [Int]

  package init(directions: [Float] = [], regions: [Int] = []) {
    self.directions = directions
    self.regions = regions
  }
}
