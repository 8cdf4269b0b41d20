import Regions

@testable import Explorer

extension RegionSort.Column {
  static let coherence = Self(.coherence)
  static let distance = Self(.distance)
  static let founded = Self(.founded)
  static let refusal = Self(.refusal)
}
