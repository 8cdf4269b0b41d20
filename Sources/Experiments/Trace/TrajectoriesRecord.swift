import ExemplarPartitioning
import Numerics
import Storage

/// The paths of many prompts, and how alike the regions are that those of a category end in, under the keys by which they are
/// printed and kept.
package struct TrajectoriesRecord: Encodable, Sendable {
  struct Path: Encodable {
    var id: String
    var category: String
    /// A region for each dictionary.
    var path: [Int]
    var distances: [Float]
    var modelMatch: Checkpoint.Match
  }

  /// The region that most prompts of a category end in.
  struct Dominant: Encodable {
    var region: Int
    var prompts: Int
  }

  struct Category: Encodable {
    var category: String
    var prompts: Int
    var distinctPaths: Int
    /// For each dictionary.
    var dominant: [Dominant]
  }

  /// What two categories have in common in one dictionary.
  struct Sharing: Encodable {
    var categories: [String]
    var dictionary: String
    var hook: String
    var jaccard: Double
    var nullMean: Double
    var p: Double
  }

  /// What is known of categories in one dictionary.
  struct Cohesion: Encodable {
    struct OfCategory: Encodable {
      var category: String
      var prompts: Int
      var regions: Int
      var cohesion: Double?
      var cohesion95: ConfidenceInterval?
      var cohesionNullMean: Double?
      var cohesionP: Double?
      var purity: Double
      var purityNullMean: Double
      var purityP: Double
    }

    struct Separation: Encodable {
      var categories: [String]
      var distance: Double
    }

    struct Within: Encodable {
      var cohesion: Double?
      var nullMean: Double?
      var p: Double?
    }

    struct Purity: Encodable {
      var share: Double
      var share95: ConfidenceInterval?
      var nullMean: Double
      var p: Double
    }

    struct Region: Encodable {
      var region: Int
      var prompts: Int
      var category: String
      var purity: Double
      /// By category.
      var counts: OrderedFields<Int>
    }

    var dictionary: String
    var hook: String
    var categories: [OfCategory]
    var separation: [Separation]
    var within: Within
    var purity: Purity
    var regions: [Region]

    init(
      _ found: Trajectories.Categories, _ dictionary: TracedDictionaries.Dictionary,
      _ names: [String]
    ) {
      (self.dictionary, hook) = (dictionary.name, dictionary.hook)
      categories = zip(found.cohesion, found.purity.categories).map { own, purity in
        OfCategory(
          category: own.category, prompts: own.prompts, regions: own.regions,
          cohesion: own.distance, cohesion95: own.interval, cohesionNullMean: own.nullMean,
          cohesionP: own.p, purity: purity.share, purityNullMean: purity.nullMean,
          purityP: purity.p)
      }
      separation = found.separation.map {
        Separation(categories: [$0.first, $0.second], distance: $0.distance)
      }
      within = Within(
        cohesion: found.within.distance, nullMean: found.within.nullMean, p: found.within.p)
      purity = Purity(
        share: found.purity.share, share95: found.purity.interval,
        nullMean: found.purity.nullMean, p: found.purity.p)
      regions = found.regions.map { region in
        Region(
          region: region.region, prompts: region.prompts, category: region.category,
          purity: region.purity,
          counts: OrderedFields(names.map { ($0, region.counts[$0] ?? 0) }))
      }
    }
  }

  /// A path that several prompts take.
  struct SharedPath: Encodable {
    var path: [Int]
    var prompts: Int
    var category: String
  }

  @Inline var traced: TracedDictionaries
  var prompts: Int
  var categories: [Category]
  /// For each pair of categories in turn, one a dictionary.
  var sharing: [Sharing]
  /// For each dictionary.
  var cohesion: [Cohesion]
  var sharedPaths: [SharedPath]
  var paths: [Path]
  var seed: UInt64

  /// - Parameter exemplars: of each dictionary.
  package init(
    _ trajectories: Trajectories, _ tracer: TextTracer, _ exemplars: [DirectionRows],
    _ checkpoint: Checkpoint, seed: UInt64
  ) {
    let traced = TracedDictionaries(tracer)
    let (dictionaries, names) = (traced.dictionaries, trajectories.categories)
    let columns = dictionaries.indices.map { trajectories.dominant(in: $0) }
    prompts = trajectories.paths.count
    categories = names.enumerated().map { index, category in
      Category(
        category: category, prompts: columns[0][index].total,
        distinctPaths: trajectories.distinctPaths(category),
        dominant: columns.map { Dominant(region: $0[index].region, prompts: $0[index].count) })
    }
    let shared = dictionaries.indices.map { trajectories.sharing(in: $0, seed: seed) }
    sharing = shared[0].indices.flatMap { pair in
      zip(dictionaries, shared).map { dictionary, found in
        Sharing(
          categories: [found[pair].first, found[pair].second], dictionary: dictionary.name,
          hook: dictionary.hook, jaccard: found[pair].overlap, nullMean: found[pair].nullMean,
          p: found[pair].p)
      }
    }
    cohesion = dictionaries.indices.map { index in
      Cohesion(
        trajectories.categories(in: index, distance: exemplars[index].distance, seed: seed),
        dictionaries[index], names)
    }
    sharedPaths = trajectories.sharedPaths().map {
      SharedPath(path: $0.regions, prompts: $0.prompts, category: $0.category)
    }
    paths = trajectories.paths.map {
      Path(
        id: $0.id, category: $0.category, path: $0.regions, distances: $0.distances,
        modelMatch: checkpoint.match)
    }
    (self.traced, self.seed) = (traced, seed)
  }
}
