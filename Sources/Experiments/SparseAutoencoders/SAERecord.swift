import Numerics
import Storage

/// What ``SAEComparison`` found of one dictionary and autoencoder or several, under the keys by which it is printed and kept.
package struct SAERecord: Encodable, Sendable {
  /// Directions of one basis of a dictionary beside an autoencoder.
  package struct Compared {
    package var file: DictionaryFile
    package var autoencoder: SparseAutoencoder
    package var result: SAEComparison

    package init(_ file: DictionaryFile, _ autoencoder: SparseAutoencoder, _ result: SAEComparison)
    {
      (self.file, self.autoencoder, self.result) = (file, autoencoder, result)
    }
  }

  struct Match: Encodable {
    var id: Int
    var partner: Int
    var overlap: Int
    var precision: Double
    var recall: Double
    var f1: Double
    var active: Int

    init(_ match: SAEComparison.Match) {
      (id, partner, overlap, active) = (match.own, match.partner, match.overlap, match.active)
      (precision, recall, f1) = (match.precision, match.recall, match.f1)
    }
  }

  struct Direction: Encodable {
    enum CodingKeys: String, CodingKey {
      case evaluated, eligible, meanF1, medianF1
      case share = "shareAbove0.5"
      case share95, null, matches
    }

    struct Null: Encodable {
      var mean: Double?
      var p95: Double?
      var p: Double?
      var meanF1: Double?
    }

    var evaluated: Int
    var eligible: Int
    var meanF1: Double?
    var medianF1: Double?
    var share: Double?
    var share95: ConfidenceInterval?
    var null: Null
    var matches: [Match]

    init(_ found: SAEComparison.Direction) {
      (evaluated, eligible) = (found.matches.count, found.eligible)
      (meanF1, medianF1) = (found.meanF1, found.medianF1)
      (share, share95) = (found.shareAbove, found.interval)
      null = Null(mean: found.nullMean, p95: found.null95, p: found.p, meanF1: found.nullMeanF1)
      matches = found.matches.map(Match.init)
    }
  }

  struct OneToOne: Encodable {
    enum CodingKeys: String, CodingKey {
      case matched, meanF1, medianF1
      case share = "shareAbove0.5"
      case share95, null, matches
    }

    struct Null: Encodable {
      var meanF1: Double?
      var mean: Double?
      var p: Double?
    }

    var matched: Int
    var meanF1: Double?
    var medianF1: Double?
    var share: Double?
    var share95: ConfidenceInterval?
    var null: Null
    var matches: [Match]

    init(_ found: SAEComparison.OneToOne) {
      matched = found.matches.count
      (meanF1, medianF1) = (found.meanF1, found.medianF1)
      (share, share95) = (found.above.rate, found.above.wilson())
      null = Null(meanF1: found.nullMeanF1, mean: found.nullShare, p: found.p)
      matches = found.matches.map(Match.init)
    }
  }

  struct Coherence: Encodable {
    struct Region: Encodable {
      var id: Int
      var coherence: Double
      var f1: Double
    }

    var n: Int
    var spearman: Double?
    var spearman95: ConfidenceInterval?
    var p: Double?
    var regions: [Region]

    init(_ result: SAEComparison) {
      n = result.coherences.count
      (spearman, spearman95) = (result.coherence?.rho, result.coherence?.interval)
      p = result.coherence?.p
      regions = zip(result.regionToFeature.matches, result.coherences).map {
        Region(id: $0.own, coherence: $1, f1: $0.f1)
      }
    }
  }

  struct Site: Encodable {
    var sae: String
    var hook: String
    var hookSource: String
    var model: String?
    var transformations: [String]

    init(_ autoencoder: SparseAutoencoder, byHand: String) {
      (sae, model) = (autoencoder.name, autoencoder.model)
      (hook, hookSource) = (autoencoder.site.hook, autoencoder.site.source ?? byHand)
      transformations = autoencoder.transformations
    }
  }

  struct Figures: Encodable {
    var basis: String
    var regions: Int
    var features: Int
    var meanActiveFeatures: Double
    var regionToFeature: Direction
    var featureToRegion: Direction
    var firingRegionToFeature: Direction
    var firingFeatureToRegion: Direction
    var oneToOne: OneToOne
    var coherenceF1: Coherence
    var meanDistinctLeaders: Double?
    var sharedLeader: Double?
    var distinctLeaders: [Int]

    init(_ result: SAEComparison) {
      basis = result.basis.rawValue
      (regions, features) = (result.regionCount, result.featureCount)
      meanActiveFeatures = result.meanActiveFeatures
      regionToFeature = Direction(result.regionToFeature)
      featureToRegion = Direction(result.featureToRegion)
      firingRegionToFeature = Direction(result.firingRegionToFeature)
      firingFeatureToRegion = Direction(result.firingFeatureToRegion)
      (oneToOne, coherenceF1) = (OneToOne(result.oneToOne), Coherence(result))
      (meanDistinctLeaders, sharedLeader) = (result.meanDistinctLeaders, result.sharedLeader)
      distinctLeaders = result.leaders
    }
  }

  /// Where a region or a feature is most active.
  struct Contexts: Encodable {
    struct Place: Encodable {
      var text: String
      var token: [Int]?
      var position: Int
      var activation: Float
    }

    var id: Int
    var rows: [Place]

    /// By number.
    static func all(_ places: [Int: [SAEPlace]]) -> [Contexts] {
      places.sorted { $0.key < $1.key }.map { id, places in
        Contexts(
          id: id,
          rows: places.map { place in
            Place(
              text: place.text, token: place.token.map { [$0.lowerBound, $0.upperBound] },
              position: place.position, activation: place.activation)
          })
      }
    }
  }

  struct Comparison: Encodable {
    var dictionary: String
    var identity: String
    var theta: Double
    var percentile: Double?
    @Inline var site: Site
    @Inline var figures: Figures
  }

  // What stands at the top is of the first comparison.
  var dictionary: String
  var identity: String
  @Inline var site: Site
  var dictionaryHook: String?
  var dictionaryModel: String?
  var rows: Int
  var topK: Int
  var minActivations: Int
  @Inline var figures: Figures
  var regionContexts: [Contexts]
  var featureContexts: [Contexts]
  var comparisons: [Comparison]
  var seed: UInt64
  var seconds: Double

  /// - Parameter byHand: what says the hook of an autoencoder whose files do not.
  package init(
    _ compared: [Compared], _ options: SAEComparison.Options, seconds: Double, byHand: String
  ) {
    let (file, result) = (compared[0].file, compared[0].result)
    (dictionary, identity) = (file.name, file.identity)
    (dictionaryHook, dictionaryModel) = (file.provenance.hook, file.provenance.model)
    (rows, topK, minActivations) = (result.rowCount, options.topK, options.minimumActive)
    regionContexts = Contexts.all(result.regionPlaces)
    featureContexts = Contexts.all(result.featurePlaces)
    comparisons = compared.map { item in
      Comparison(
        dictionary: item.file.name, identity: item.file.identity, theta: item.file.threshold,
        percentile: item.file.provenance.percentile, site: Site(item.autoencoder, byHand: byHand),
        figures: Figures(item.result))
    }
    (site, figures) = (comparisons[0].site, comparisons[0].figures)
    (seed, self.seconds) = (options.seed, seconds)
  }
}
