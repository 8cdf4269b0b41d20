import Experiments

/// How well the regions of the open dictionary come out again, and where that is known from.
package struct KnownStability: Equatable, Sendable {
  package var experiment: Int64
  package var regions: RegionStability
}
