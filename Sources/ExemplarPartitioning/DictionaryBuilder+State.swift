extension DictionaryBuilder {
  /// All that is needed to go on from the end of a batch; rows are not copied, and are to be let go before the next.
  ///
  /// What a search has learnt about its own cost is not among it: it changes how long a build takes, and no bit of its
  /// result. The documents' texts are their source's to give again.
  package func state() -> StateColumns {
    var state = StateColumns()
    state["exemplars"] = .rows(DirectionRows(exemplars))
    state["sums"] = .rows(DirectionRows(sums))
    state["sumRow"] = .shorts(sumRow)
    state["memberCounts"] = .integers(memberCounts.map(Int64.init))
    state["sumDistances"] = .doubles(sumDistances)
    state["sumSquaredDistances"] = .doubles(sumSquaredDistances)
    Self.keep(closest, as: "closest", in: &state)
    Self.keep(farthest, as: "farthest", in: &state)
    let lists = 0..<samples.listCount
    state["samples.counts"] = .shorts(lists.map { Int32(samples.count(of: $0)) })
    state["samples"] = .integers(lists.flatMap { samples[$0].map(Int64.init) })
    state["foundingNumber"] = .shorts(foundingNumber)
    state["mergedInto"] = .shorts(mergedInto)
    state["foundingOfActivation"] = .shorts(foundingOfActivation)
    state["batchStarts"] = .integers(batchStarts.map(Int64.init))
    state["growth"] = .integers(
      growth.flatMap { [Int64($0.activations), Int64($0.documents), Int64($0.regions)] })
    state["growth.rates"] = .doubles(growth.map(\.newRegionRate))
    state["documents"] = .integers([Int64(documents.count)])
    state["batchesSinceFounding"] = .integers([Int64(batchesSinceFounding)])
    return state
  }

  /// Goes on from a state.
  ///
  /// - Parameter documents: the texts of the stream's documents so far, `state.count("documents")` of them.
  /// - Throws: `StateError` for what no build could have kept.
  package init(
    _ state: StateColumns, calibration: Calibration, options: BuildOptions, documents: [String]
  ) throws {
    self.init(centre: calibration.centre, threshold: calibration.threshold, options: options)
    guard try state.count("documents") == documents.count else { throw StateError("documents") }
    self.documents = documents
    let dimension = calibration.centre.count
    try Self.append(try state.rows("exemplars", dimension: dimension), to: exemplars)
    try Self.append(try state.rows("sums", dimension: dimension), to: sums)
    let regions = exemplars.count
    sumRow = try state.shorts("sumRow", in: -1..<sums.count, count: regions)
    let activations = try state.shorts("foundingOfActivation", in: 0..<Int(Int32.max))
    memberCounts = try state.integers(
      "memberCounts", in: 1..<Int64(activations.count) + 1, count: regions
    )
    .map(Int.init)
    sumDistances = try state.doubles("sumDistances", count: regions)
    sumSquaredDistances = try state.doubles("sumSquaredDistances", count: regions)
    closest = try Self.heaps("closest", in: state, regions: regions, documents: documents.count)
    farthest = try Self.heaps("farthest", in: state, regions: regions, documents: documents.count)
    let sampled = try state.integers("samples", in: 0..<Int64(activations.count))
    guard
      let lists = ShortLists(
        longest: Reservoir.capacity,
        counts: try state.shorts("samples.counts", in: 0..<Reservoir.capacity + 1, count: regions),
        elements: sampled.map { UInt32($0) })
    else { throw StateError("samples") }
    samples = lists
    mergedInto = try Self.merges(state)
    foundingNumber = try state.shorts("foundingNumber", in: 0..<mergedInto.count, count: regions)
    guard activations.allSatisfy({ Int($0) < mergedInto.count }) else {
      throw StateError("foundingOfActivation")
    }
    foundingOfActivation = activations
    batchStarts = try state.integers("batchStarts", in: 0..<Int64(activations.count))
      .map(Int.init)
    guard zip(batchStarts, batchStarts.dropFirst()).allSatisfy({ $0 < $1 }),
      batchStarts.first ?? 0 == 0
    else { throw StateError("batchStarts") }
    let counts = try state.integers("growth", in: 0..<Int64.max, count: 3 * batchStarts.count)
    let rates = try state.doubles("growth.rates", count: batchStarts.count)
    growth = rates.enumerated().map { index, rate in
      GrowthPoint(
        activations: Int(counts[3 * index]), documents: Int(counts[3 * index + 1]),
        regions: Int(counts[3 * index + 2]), newRegionRate: rate)
    }
    batchesSinceFounding = try state.count("batchesSinceFounding")
  }

  /// Regions founded an activation, over the last batches.
  package var newRegionRate: Double? {
    let batches = 16
    guard let last = growth.last else { return nil }
    let before = growth.count > batches ? growth[growth.count - 1 - batches] : nil
    let added = last.activations - (before?.activations ?? 0)
    // Merging can leave fewer than before.
    return Double(max(0, last.regions - (before?.regions ?? 0))) / Double(max(1, added))
  }

  private static func keep(_ heaps: ContextHeaps, as name: String, in state: inout StateColumns) {
    let lists = heaps.heaps
    let entries = (0..<lists.listCount).flatMap { Array(lists[$0]) }
    state["\(name).counts"] = .shorts((0..<lists.listCount).map { Int32(lists.count(of: $0)) })
    state["\(name).keys"] = .floats(entries.map(\.key))
    state["\(name).documents"] = .shorts(entries.map(\.document))
    state["\(name).positions"] = .shorts(entries.map(\.position))
  }

  private static func heaps(
    _ name: String, in state: StateColumns, regions: Int, documents: Int
  ) throws -> ContextHeaps {
    let keys = try state.floats("\(name).keys")
    let owners = try state.shorts(
      "\(name).documents", in: -1..<documents, count: keys.count)
    let positions = try state.shorts(
      "\(name).positions", in: 0..<Int(Int32.max), count: keys.count)
    let counts = try state.shorts(
      "\(name).counts", in: 1..<ContextHeaps.capacity + 1, count: regions)
    let entries = keys.indices.map {
      ContextEntry(key: keys[$0], document: owners[$0], position: positions[$0])
    }
    guard !keys.contains(where: \.isNaN),
      let lists = ShortLists(longest: ContextHeaps.capacity, counts: counts, elements: entries)
    else { throw StateError(name) }
    return ContextHeaps(lists)
  }

  /// Each leads to one that stands, by way of others or none.
  private static func merges(_ state: StateColumns) throws -> [Int32] {
    let merges = try state.shorts("mergedInto", in: 0..<Int(Int32.max))
    guard merges.allSatisfy({ Int($0) < merges.count }) else { throw StateError("mergedInto") }
    // 0: not seen; 1: on the way; 2: ends.
    var marks = [UInt8](repeating: 0, count: merges.count)
    for start in merges.indices {
      var (number, way) = (start, [Int]())
      while marks[number] == 0, Int(merges[number]) != number {
        marks[number] = 1
        way.append(number)
        number = Int(merges[number])
      }
      guard marks[number] != 1 else { throw StateError("mergedInto") }
      for passed in way + [number] { marks[passed] = 2 }
    }
    return merges
  }

  private static func append(_ rows: DirectionRows, to growing: GrowingRows) throws {
    rows.withUnsafeBufferPointer { values in
      guard let first = values.baseAddress else { return }
      for row in 0..<rows.count { growing.append(first + row * rows.dimension) }
    }
  }
}
