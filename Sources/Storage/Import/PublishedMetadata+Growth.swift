import ExemplarPartitioning

/// What the snapshots of a build say of its end.
extension PublishedMetadata {
  /// The script takes a snapshot after every `log_cadence` batches, so that the last may come before the end: after it
  /// there are more activations and regions, or as many. Regions become fewer by merging alone.
  ///
  /// - Throws: what `refuse` makes of what the pickle, or the end, has, and of what a snapshot has.
  func checkGrowth(
    _ facts: PickleFacts, _ refuse: (_ what: String, _ own: String, _ other: String) -> StorageError
  ) throws {
    guard let last = growth.last else { return }
    func damaged(_ place: String, _ expected: String, _ found: String) -> StorageError {
      StorageError(
        .damaged, "\(place): expected \(expected), found \(found)", file: file,
        remedy: "leave the metadata out with \(.noMetadata)")
    }
    // Where nothing says that there was no merging, there may have been some.
    let canFall = mergeClose ?? facts.mergeClose ?? true
    var before = GrowthPoint(activations: 0, documents: 0, regions: 0, newRegionRate: 0)
    for (index, point) in growth.enumerated() {
      let name = "discovery.snapshots[\(index)]"
      func within(_ key: String, _ expected: String, _ found: Int) -> StorageError {
        damaged("\(name).\(key)", expected, "\(found)")
      }
      guard point.documents >= before.documents else {
        throw within("n_prompts", "\(before.documents) or more", point.documents)
      }
      guard canFall || point.regions >= before.regions else {
        throw within(
          "n_partitions", "\(before.regions) or more, since nothing was merged", point.regions)
      }
      // Every new region has an activation of its own.
      let added = point.activations - before.activations
      guard point.regions - before.regions <= added else {
        throw within(
          "n_partitions", "at most \(before.regions + added), for so many activations",
          point.regions)
      }
      before = point
    }
    let place = "discovery.snapshots[\(growth.count - 1)]"
    if let prompts, last.documents > prompts {
      throw damaged(
        "\(place).n_prompts", "at most the \(prompts) of the end", "\(last.documents)")
    }
    if let activations, last.activations > activations {
      throw damaged(
        "\(place).n_acts", "at most the \(activations) of the end", "\(last.activations)")
    }
    // A snapshot a batch: the last is of the end.
    if let activations, logCadence == 1, last.activations != activations {
      throw damaged(
        "\(place).n_acts",
        "the \(activations) of the end, as a snapshot was taken after each batch",
        "\(last.activations)")
    }
    guard canFall || last.regions <= facts.regions else {
      throw refuse("regions", "\(facts.regions)", "\(last.regions) in a snapshot")
    }
    if last.activations == activations || logCadence == 1, last.regions != facts.regions {
      throw refuse("regions", "\(facts.regions)", "\(last.regions) in the last snapshot")
    }
    if let activations, facts.regions - last.regions > activations - last.activations {
      throw refuse(
        "regions", "\(facts.regions)",
        "\(last.regions) in a snapshot, \(activations - last.activations) activations before the end"
      )
    }
  }
}
