import Foundation
import Storage

/// How well the regions of one dictionary come out again, from a saved stability result.
package struct RegionStability: Sendable, Equatable {
  /// `[K]`: mean over the other dictionaries of the largest cosine with any of their means; `nil` for a region that the
  /// result says nothing of.
  package var best: [Double?]
  /// `[K]`: mean adjusted Rand index of the membership with the matched region; `nil` where members were not known.
  package var agreement: [Double?]
  /// Dictionaries compared, this one among them.
  package var dictionaries: Int
  /// The mean cosine matched with a dictionary rotated at random.
  package var null: Double?

  package init(best: [Double?], agreement: [Double?], dictionaries: Int, null: Double?) {
    self.best = best
    self.agreement = agreement
    self.dictionaries = dictionaries
    self.null = null
  }

  /// Reads the rows of one dictionary; `nil` where the result is not about it, or about one of other regions.
  ///
  /// - Parameter content: what the notebook keeps of a stability result.
  /// - Throws: `DecodingError`.
  package init?(content: String, identity: String, regionCount: Int) throws {
    struct Stored: Decodable {
      struct Region: Decodable {
        var dictionary: Int
        var region: Int
        var bestCosine: Double?
        var adjustedRand: Double?
      }
      struct Report: Decodable { var identities: [String]? }
      var regions: [Region]
      var sizes: [Int]
      var nullCosine: Double?
      var report: Report?
    }
    let stored = try JSONDecoder().decode(Stored.self, from: Data(content.utf8))
    guard let place = stored.report?.identities?.firstIndex(of: identity),
      stored.sizes.indices.contains(place), stored.sizes[place] == regionCount
    else { return nil }
    best = Array(repeating: nil, count: regionCount)
    agreement = best
    for row in stored.regions where row.dictionary == place && best.indices.contains(row.region) {
      best[row.region] = row.bestCosine
      agreement[row.region] = row.adjustedRand
    }
    dictionaries = stored.sizes.count
    null = stored.nullCosine
  }
}

extension RegionStability {
  /// What the latest stability result in a notebook says of a dictionary; `nil` where none is about it.
  ///
  /// - Throws: what reading the notebook throws; a result that cannot be read is passed over.
  package static func latest(
    of identity: String, regionCount: Int, in notebook: Notebook
  ) throws -> (experiment: SavedExperiment, regions: RegionStability)? {
    for experiment in try notebook.experiments() where experiment.kind == .stability {
      guard let content = try notebook.content(ofExperiment: experiment.id),
        let found = try? RegionStability(
          content: content, identity: identity, regionCount: regionCount)
      else { continue }
      return (experiment, found)
    }
    return nil
  }
}

/// Regions beside features, from a saved comparison with a sparse autoencoder.
package struct SavedFeatureMatches: Sendable, Equatable, Decodable {
  package struct Match: Sendable, Equatable, Decodable {
    /// The region.
    package var id: Int
    /// The feature.
    package var partner: Int
    package var overlap: Int
    package var precision: Double
    package var recall: Double
    package var f1: Double
    package var active: Int
  }

  /// A row that one side is among the most active on.
  package struct Place: Sendable, Equatable, Decodable {
    package var text: String
    /// UTF-8 range of the token in the text.
    package var token: [Int]?
    package var position: Int
    package var activation: Double

    package var range: Range<Int>? {
      guard let token, token.count == 2, token[0] >= 0, token[0] <= token[1] else { return nil }
      return token[0]..<token[1]
    }
  }

  package struct Contexts: Sendable, Equatable, Decodable {
    package var id: Int
    package var rows: [Place]
  }

  private struct Direction: Sendable, Equatable, Decodable { var matches: [Match] }

  package var sae: String
  package var topK: Int
  package var rows: Int
  private var regionToFeature: Direction
  private var firingRegionToFeature: Direction
  private var regionContexts: [Contexts]?
  private var featureContexts: [Contexts]?

  /// By top sets, the largest F1 first.
  package var matches: [Match] {
    regionToFeature.matches.sorted { ($1.f1, $0.id) < ($0.f1, $1.id) }
  }

  /// By firing sets.
  package func firing(_ region: Int) -> Match? {
    firingRegionToFeature.matches.first { $0.id == region }
  }

  package func places(ofRegion region: Int) -> [Place] {
    regionContexts?.first { $0.id == region }?.rows ?? []
  }

  package func places(ofFeature feature: Int) -> [Place] {
    featureContexts?.first { $0.id == feature }?.rows ?? []
  }

  package init(content: String) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(content.utf8))
  }
}

/// A saved path between two regions, through one dictionary or several.
package struct SavedPaths: Sendable, Equatable, Decodable {
  package struct Step: Sendable, Equatable, Decodable {
    package var region: Int
    package var members: Int
    package var label: String?
    package var tokens: [String]?
  }

  package struct Leg: Sendable, Equatable, Decodable {
    package var dictionary: String
    package var regions: Int
    package var theta: Double
    package var from: Int
    package var to: Int
    package var hops: Int?
    package var medianHops: Double?
    package var path: [Step]?
  }

  package var from: Int
  package var to: Int
  package var neighbours: Int
  package var dictionaries: [Leg]

  package init(content: String) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(content.utf8))
  }
}
