import ExemplarPartitioning
import Numerics
import Storage

/// A dictionary's metrics, and what its growth is drawn from.
package struct MetricsReading: Equatable, Sendable {
  package struct Entry: Equatable, Sendable {
    package var key: String
    /// `nil` where it does not exist.
    package var value: Double?
    package var isCount: Bool
    /// One line on how to read it.
    package var meaning: String

    package init(key: String, value: Double?, isCount: Bool, meaning: String) {
      self.key = key
      self.value = value
      self.isCount = isCount
      self.meaning = meaning
    }
  }

  /// After one batch.
  package struct Growth: Equatable, Sendable {
    package var activations: Int
    package var regions: Int

    package init(activations: Int, regions: Int) {
      self.activations = activations
      self.regions = regions
    }
  }

  package var entries: [Entry]
  /// Empty where not recorded.
  package var growth: [Growth]

  package init(entries: [Entry], growth: [Growth]) {
    self.entries = entries
    self.growth = growth
  }

  /// - Complexity: O(K² · D).
  package static func read(_ dictionary: DictionaryFile, threads: Int) throws -> MetricsReading {
    try MatrixProducts.verify()
    let metrics = try dictionary.metrics(threads: threads)
    return MetricsReading(
      entries: metrics.entries.map {
        Entry(key: $0.key, value: $0.value, isCount: $0.isCount, meaning: $0.meaning)
      },
      growth: try dictionary.growth().map {
        Growth(activations: $0.activations, regions: $0.regions)
      })
  }
}
