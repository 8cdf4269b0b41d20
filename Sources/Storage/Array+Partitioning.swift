extension Array {
  /// The first index whose element satisfies `isAfter`, which must be false and then true.
  ///
  /// - Complexity: O(log count).
  func partitioningIndex(_ isAfter: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
