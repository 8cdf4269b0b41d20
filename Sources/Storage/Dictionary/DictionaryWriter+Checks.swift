import ExemplarPartitioning

extension DictionaryWriter {
  /// Refuses what no reader could show: SQLite would store NaN as NULL, and an index that points
  /// nowhere would be found only when somebody opens that region.
  static func check(
    _ dictionary: ExemplarDictionary, tokenEnds: [[Int32]?]?, name: String
  ) throws {
    func refuse(_ message: String) -> StorageError { StorageError(.invalid, message, file: name) }

    if let fault = DictionaryValues.fault(
      threshold: dictionary.threshold, centreNorm: 0, counts: [])
    {
      throw refuse(fault)
    }
    guard dictionary.documents.count <= Int32.max, dictionary.count <= Int32.max else {
      throw refuse("expected at most \(Int32.max) regions and documents")
    }
    func checkFinite(
      _ tensor: String, _ values: UnsafeBufferPointer<Float>, row: (Int) -> Int = { $0 }
    ) throws {
      guard let place = firstNonFinite(values) else { return }
      let width = max(dictionary.dimension, 1)
      throw refuse(
        "\(tensor): row \(row(place / width)), component \(place % width) is \(values[place])")
    }
    try dictionary.centre.withUnsafeBufferPointer { try checkFinite("centre", $0) }
    try dictionary.exemplars.withUnsafeBufferPointer { try checkFinite("exemplars", $0) }
    let means = dictionary.means
    try means.rows.withUnsafeBufferPointer {
      try checkFinite("means", $0) { own in
        means.rowOfRegion.firstIndex(of: Int32(own)) ?? own
      }
    }
    try dictionary.reservoir.directions.withUnsafeBufferPointer { try checkFinite("reservoir", $0) }
    if let stray = dictionary.reservoir.regions.first(where: {
      !dictionary.regions.indices.contains($0)
    }) {
      throw refuse("reservoir: expected regions below \(dictionary.count), found \(stray)")
    }
    for (id, region) in dictionary.regions.enumerated() {
      guard region.coherence.isFinite, region.sumDistance.isFinite,
        region.sumSquaredDistance.isFinite
      else { throw refuse("region \(id): a statistic is not a finite number") }
      for context in region.closest + region.farthest {
        guard context.distance.isFinite else {
          throw refuse("region \(id): a context's distance is \(context.distance)")
        }
        if let document = context.document, !dictionary.documents.indices.contains(document) {
          throw refuse(
            "region \(id): expected documents below \(dictionary.documents.count), "
              + "found \(document)"
          )
        }
      }
    }
    if let batch = dictionary.growth.firstIndex(where: { !$0.newRegionRate.isFinite }) {
      throw refuse("growth: the rate of batch \(batch) is not a finite number")
    }
    try check(tokenEnds: tokenEnds, of: dictionary.documents, refuse)
  }

  private static func check(
    tokenEnds: [[Int32]?]?, of documents: [String], _ refuse: (String) -> StorageError
  ) throws {
    guard let tokenEnds else { return }
    guard tokenEnds.count == documents.count else {
      throw refuse(
        "expected token ends of \(documents.count) documents, found \(tokenEnds.count)")
    }
    for (id, ends) in tokenEnds.enumerated() {
      guard let ends else { continue }
      var previous: Int32 = 0
      for end in ends {
        guard end >= previous else {
          throw refuse("document \(id): token ends go back from \(previous) to \(end)")
        }
        previous = end
      }
      guard previous <= documents[id].utf8.count else {
        throw refuse(
          "document \(id): a token ends at \(previous) of \(documents[id].utf8.count) bytes"
        )
      }
    }
  }

  static func firstNonFinite(_ values: [Float]) -> Int? {
    values.withUnsafeBufferPointer { firstNonFinite($0) }
  }

  /// The index of the first NaN or infinity.
  static func firstNonFinite(_ values: UnsafeBufferPointer<Float>) -> Int? {
    // 0 · x is NaN for exactly these, so one sum answers for a whole tensor.
    let bytes = UnsafeRawBufferPointer(values)
    var lanes = SIMD16<Float>.zero
    let whole = values.count / 16 * 16
    for start in stride(from: 0, to: whole, by: 16) {
      lanes += bytes.loadUnaligned(fromByteOffset: start * 4, as: SIMD16<Float>.self) * 0
    }
    let sum = values[whole...].reduce(lanes.sum()) { $0 + $1 * 0 }
    return sum.isFinite ? nil : values.firstIndex { !$0.isFinite }
  }
}
