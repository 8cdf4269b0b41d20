import ExemplarPartitioning
import GRDB
import TensorFiles

extension DictionaryFile {
  /// `[D]`, subtracted from an activation before it is normalised.
  package func centre() throws -> [Float] { try finite("center", tensors.floats("center")) }

  /// `[K, D]`, unit rows.
  package func exemplars() throws -> [Float] {
    try finite("exemplars", tensors.floats("exemplars"))
  }

  /// `[K, D]`, unit rows, read once for searching and hashing them.
  package func exemplarRows() throws -> DirectionRows {
    try exemplarRows(of: Array(0..<regionCount))
  }

  /// `[regions, D]`, unit rows of the regions given, in ascending order.
  ///
  /// The file's own pages are given back as the rows are copied, so that they are not held twice.
  private func exemplarRows(of regions: [Int]) throws -> DirectionRows {
    try DirectionRows(count: regions.count, dimension: dimension) { target in
      var place = 0
      try forEachBlock { rows in
        guard place < regions.count, regions[place] < rows.upperBound else { return }
        let values = try exemplars(rows: rows)
        values.withUnsafeBufferPointer { values in
          while place < regions.count, regions[place] < rows.upperBound {
            let from = (regions[place] - rows.lowerBound) * dimension
            let to = place * dimension
            _ = UnsafeMutableBufferPointer(rebasing: target[to..<to + dimension])
              .update(fromContentsOf: values[from..<from + dimension])
            place += 1
          }
        }
        tensors.releasePages()
      }
    }
  }

  /// The metrics, holding no more of the dictionary than the exemplars of the regions that count.
  package func metrics(minimumMembers: Int = 2, threads: Int) throws -> DictionaryMetrics {
    let table = try table()
    return try DictionaryMetrics.evaluate(
      memberCounts: table.memberCounts, meanDistances: table.meanDistances, threshold: threshold,
      minimumMembers: minimumMembers, threads: threads, exemplars: exemplarRows(of:))
  }

  /// `[rows, D]`, unit rows.
  package func exemplars(rows: Range<Int>) throws -> [Float] {
    try finite(
      "exemplars", tensors.floats("exemplars", rows: rows), firstRow: rows.lowerBound)
  }

  /// `[K, D]`, unit rows.
  package func means() throws -> [Float] { try finite("means", tensors.floats("means")) }

  /// `[rows, D]`, unit rows.
  package func means(rows: Range<Int>) throws -> [Float] {
    try finite("means", tensors.floats("means", rows: rows), firstRow: rows.lowerBound)
  }

  /// All of it, as it was written.
  package func load() throws -> ExemplarDictionary {
    try checkHash("reservoir_region")
    let owners = try tensors.int64s("reservoir_region").map { Int($0) }
    if let stray = owners.first(where: { $0 < 0 || $0 >= regionCount }) {
      throw StorageError(
        .damaged, "reservoir_region: expected regions below \(regionCount), found \(stray)",
        file: "\(name)/\(DictionarySchema.tensors)")
    }
    let reservoir = Reservoir(
      directions: try finite("reservoir", tensors.floats("reservoir")), regions: owners)
    let exemplars = try exemplarRows()
    return ExemplarDictionary(
      centre: try centre(), threshold: threshold, exemplars: exemplars,
      means: try RegionMeans(exemplars: exemplars, means(rows:)),
      regions: try regions(), growth: try growth(), reservoir: reservoir,
      documents: try documents())
  }

  /// Recomputes the identity from the directions.
  ///
  /// - Throws: `damaged` where it is not the recorded one.
  /// - Complexity: O(K · D).
  package func verifyIdentity() throws {
    let found = ExemplarDictionary.identity(
      centre: try centre(), threshold: threshold, exemplars: try exemplarRows())
    guard found == identity else {
      throw StorageError(
        .damaged,
        "the directions were changed: expected identity \(identity.prefix(12))…, found "
          + "\(found.prefix(12))…",
        file: name)
    }
  }

  private func regions() throws -> [Region] {
    try read { db in
      var regions: [Region] = []
      regions.reserveCapacity(regionCount)
      var memberSum = 0
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT region.members, coherence, sumDistance, sumSquaredDistance, label,
            membership.batches, membership.members, region.id
          FROM region JOIN membership ON membership.region = region.id ORDER BY region.id
          """)
      while let row = try rows.next() {
        let id = regions.count
        guard try row.decode(Int.self, atIndex: 7) == id else {
          throw damaged("region \(id) is not there")
        }
        let region = Region(
          memberCount: try count(row, 0, of: id), coherence: try number(row, 1, of: id),
          sumDistance: try number(row, 2, of: id),
          sumSquaredDistance: try number(row, 3, of: id),
          batches: try integers(row, 5, "batches", id),
          members: try integers(row, 6, "members", id),
          label: try row.decode(StoredText?.self, atIndex: 4)?.text)
        try checkValues(
          of: id, members: region.memberCount, sum: &memberSum,
          [region.coherence, region.sumDistance, region.sumSquaredDistance])
        regions.append(region)
      }
      guard regions.count == regionCount else {
        throw damaged("expected \(regionCount) regions, found \(regions.count)")
      }
      try readContexts(into: &regions, db)
      return regions
    }
  }

  private func readContexts(into regions: inout [Region], _ db: Database) throws {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT region, kind, distance, document, position FROM context ORDER BY region, kind, rank
        """)
    while let row = try rows.next() {
      let region = try row.decode(Int.self, atIndex: 0)
      let document = try row.decode(Int?.self, atIndex: 3)
      guard regions.indices.contains(region),
        (0..<documentCount).contains(document ?? 0) || document == nil
      else { throw damaged("a context points to region \(region), document \(document ?? 0)") }
      let context = Context(
        distance: try distance(row, 2), document: document,
        position: try row.decode(atIndex: 4))
      if try row.decode(Int.self, atIndex: 1) == 0 {
        regions[region].closest.append(context)
      } else {
        regions[region].farthest.append(context)
      }
    }
  }

  /// Every stored text, in the order that contexts refer to.
  package func documents() throws -> [String] {
    try read { db in
      var documents: [String] = []
      documents.reserveCapacity(min(documentCount, 1 << 20))
      let rows = try Row.fetchCursor(db, sql: "SELECT id, text FROM document ORDER BY id")
      while let row = try rows.next() {
        guard try row.decode(Int.self, atIndex: 0) == documents.count else {
          throw damaged("document \(documents.count) is not there")
        }
        documents.append(try row.decode(StoredText.self, atIndex: 1).text)
      }
      guard documents.count == documentCount else {
        throw damaged("expected \(documentCount) documents, found \(documents.count)")
      }
      return documents
    }
  }

  /// Some rows at a time, so that a whole tensor is never there twice.
  private func forEachBlock(_ body: (Range<Int>) throws -> Void) rethrows {
    let size = max((1 << 20) / max(dimension, 1), 1)
    for start in stride(from: 0, to: regionCount, by: size) {
      try body(start..<min(start + size, regionCount))
    }
  }

  private func finite(
    _ tensor: String, _ values: [Float], firstRow: Int = 0
  ) throws -> [Float] {
    try checkHash(tensor)
    let width = max(dimension, 1)
    guard let place = DictionaryWriter.firstNonFinite(values) else {
      guard tensor != "center",
        let (row, norm) = DictionaryValues.firstNotUnit(values, dimension: width)
      else { return values }
      throw StorageError(
        .damaged, "\(tensor): expected row \(firstRow + row) of length 1, found \(norm)",
        file: "\(name)/\(DictionarySchema.tensors)")
    }
    throw StorageError(
      .damaged,
      "\(tensor): row \(firstRow + place / width), component \(place % width) is \(values[place])",
      file: "\(name)/\(DictionarySchema.tensors)")
  }
}
