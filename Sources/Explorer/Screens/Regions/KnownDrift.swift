import Regions
import Storage

/// How the regions of the open dictionary stand to the one it was compared with.
package struct KnownDrift: Equatable, Sendable {
  /// What it follows from.
  struct Source: Equatable, Sendable {
    var identityA: String
    var identityB: String
    var cutoff: Double
    /// Whether the open dictionary was the second of the two.
    var isSecond: Bool
  }

  var source: Source
  /// `[K]`.
  package var regions: [RegionDrift]
}
