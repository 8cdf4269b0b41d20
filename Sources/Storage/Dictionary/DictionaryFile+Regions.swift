import ExemplarPartitioning
import Foundation
import GRDB

/// One column per fact about the regions; the row is the region's id.
package struct RegionTable: Sendable, Equatable {
  package var memberCounts: [Int] = []
  package var coherences: [Double] = []
  /// Mean distance of the members to the exemplar; 0 without members.
  package var meanDistances: [Double] = []
  /// The batch that founded each region; `nil` where not recorded.
  package var foundingBatches: [Int?] = []
  /// The labels that came inside the dictionary. A person's own win over them; see ``LabelView``.
  package var importedLabels: [Int: String] = [:]
  /// What the rows of the members are described by; empty where they came without a table.
  package var rowFields = RowFields()

  package var count: Int { memberCounts.count }

  package func foundingBatch(of region: Int) -> Int? {
    foundingBatches.indices.contains(region) ? foundingBatches[region] : nil
  }

  /// Members of a region as a share of a stream of so many activations, 0...1.
  package func share(of region: Int, in activations: Int) -> Double {
    Double(memberCounts[region]) / Double(max(activations, 1))
  }

  /// A table without rows.
  package init() {}
}

/// Everything stored about one region but its directions.
package struct RegionDetail: Sendable, Equatable {
  package var id: Int
  package var memberCount: Int
  package var coherence: Double
  package var sumDistance: Double
  package var sumSquaredDistance: Double
  /// Indices of the batches that added to the region, ascending.
  package var batches: [Int]
  /// The label that came inside the dictionary.
  package var importedLabel: String?
  /// Nearest first.
  package var closest: [ContextText]
  /// Farthest first.
  package var farthest: [ContextText]

  package init(
    id: Int, memberCount: Int, coherence: Double, sumDistance: Double, sumSquaredDistance: Double,
    batches: [Int] = [], importedLabel: String? = nil, closest: [ContextText] = [],
    farthest: [ContextText] = []
  ) {
    self.id = id
    self.memberCount = memberCount
    self.coherence = coherence
    self.sumDistance = sumDistance
    self.sumSquaredDistance = sumSquaredDistance
    self.batches = batches
    self.importedLabel = importedLabel
    self.closest = closest
    self.farthest = farthest
  }

  package var meanDistance: Double { memberCount == 0 ? 0 : sumDistance / Double(memberCount) }
  package var foundingBatch: Int? { batches.first }
}

/// A context with the text around its activating token.
package struct ContextText: Sendable, Equatable {
  /// Cosine distance to the region's exemplar.
  package var distance: Double
  /// Token position in the document; without a document, the row in the stream.
  package var position: Int
  package var document: Int?
  /// The document, or as much of it as was asked for; `nil` where the stream had no text. As it
  /// was captured, control characters and all.
  package var text: String?
  /// The activating token, as UTF-8 offsets in `text`; `nil` where tokens were not recorded.
  package var token: Range<Int>?
  /// The UTF-8 offset of `text` in the document, 0 unless the document was cut.
  package var textOffset: Int
  /// The whole document's size in bytes of UTF-8.
  package var documentByteCount: Int
  /// The row of the array that it is of, where a table came with the rows.
  package var row: Int?
  /// What that table says of it.
  package var fields: [ContextField] = []

  /// A context that shows its whole document.
  package init(
    distance: Double, position: Int, document: Int?, text: String?, token: Range<Int>? = nil
  ) {
    self.distance = distance
    self.position = position
    self.document = document
    self.text = text
    self.token = token
    textOffset = 0
    documentByteCount = text?.utf8.count ?? 0
  }
}

extension DictionaryFile {
  /// The columns of all regions.
  ///
  /// - Complexity: O(K); a few milliseconds for 20,000.
  package func table() throws -> RegionTable {
    let rowFields = try countedRowFields()
    return try read { db in
      var table = RegionTable()
      table.rowFields = rowFields
      var memberSum = 0
      table.memberCounts.reserveCapacity(regionCount)
      table.coherences.reserveCapacity(regionCount)
      table.meanDistances.reserveCapacity(regionCount)
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT id, members, coherence, sumDistance, label, foundingBatch FROM region ORDER BY id
          """)
      while let row = try rows.next() {
        guard try row.decode(Int.self, atIndex: 0) == table.count else {
          throw damaged("region \(table.count) is not there")
        }
        let members = try count(row, 1, of: table.count)
        let coherence = try number(row, 2, of: table.count)
        let sum = try number(row, 3, of: table.count)
        try checkValues(of: table.count, members: members, sum: &memberSum, [coherence, sum])
        if let label = try row.decode(StoredText?.self, atIndex: 4) {
          table.importedLabels[table.count] = label.text
        }
        table.memberCounts.append(members)
        table.coherences.append(coherence)
        table.meanDistances.append(members == 0 ? 0 : sum / Double(members))
        table.foundingBatches.append(try row.decode(Int?.self, atIndex: 5))
      }
      guard table.count == regionCount else {
        throw damaged("expected \(regionCount) regions, found \(table.count)")
      }
      return table
    }
  }

  /// What is stored about one region.
  ///
  /// - Parameter textLimit: documents longer than this many bytes are cut to about that much around
  ///   the activating token (or from their start, where tokens were not recorded).
  package func detail(of region: Int, textLimit: Int = 65_536) throws -> RegionDetail {
    precondition(
      region >= 0 && region < regionCount, "expected a region below \(regionCount), got \(region)")
    let fields = try rowFields()
    return try read { db in
      guard
        let row = try Row.fetchOne(
          db,
          sql: """
            SELECT region.members, coherence, sumDistance, sumSquaredDistance, label, batches
            FROM region JOIN membership ON membership.region = region.id WHERE id = ?
            """, arguments: [region])
      else { throw damaged("region \(region) is not there") }
      var detail = RegionDetail(
        id: region, memberCount: try row.decode(atIndex: 0), coherence: try row.decode(atIndex: 1),
        sumDistance: try row.decode(atIndex: 2), sumSquaredDistance: try row.decode(atIndex: 3),
        batches: try integers(row, 5, "batches", region),
        importedLabel: try row.decode(StoredText?.self, atIndex: 4)?.text)
      try checkValues(
        of: region, members: detail.memberCount,
        [detail.coherence, detail.sumDistance, detail.sumSquaredDistance])
      let contexts = try Row.fetchCursor(
        db,
        sql: """
          \(contextQuery) WHERE region = ? ORDER BY kind, rank
          """, arguments: [region])
      while let row = try contexts.next() {
        let context = try contextText(row, fields, textLimit: textLimit)
        try checkValues(of: region, members: 0, [context.distance])
        if try row.decode(Int.self, atIndex: 0) == 0 {
          detail.closest.append(context)
        } else {
          detail.farthest.append(context)
        }
      }
      return detail
    }
  }

  /// The closest context of each of `regions`, for a list that shows one line a region; a region
  /// without contexts is left out.
  package func closestContexts(
    of regions: some Sequence<Int>, textLimit: Int = 4096
  ) throws -> [Int: ContextText] {
    let fields = try rowFields()
    return try read { db in
      let statement = try db.cachedStatement(
        sql: """
          \(contextQuery) WHERE region = ? AND kind = 0 AND rank = 0
          """)
      var found: [Int: ContextText] = [:]
      for region in regions {
        if let row = try Row.fetchOne(statement, arguments: [region]) {
          found[region] = try contextText(row, fields, textLimit: textLimit)
        }
      }
      return found
    }
  }

  /// Rows of the stream that belong to the region, ascending; empty where not recorded.
  package func members(of region: Int) throws -> [Int] {
    try read { db in
      guard
        let row = try Row.fetchOne(
          db, sql: "SELECT members FROM membership WHERE region = ?", arguments: [region])
      else { throw damaged("region \(region) is not there") }
      return try integers(row, 0, "members", region)
    }
  }

  /// The state of the build after each batch; empty where not recorded.
  package func growth() throws -> [GrowthPoint] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: "SELECT activations, documents, regions, newRegionRate FROM growth ORDER BY batch"
      ).map { row in
        let point = GrowthPoint(
          activations: try row.decode(atIndex: 0), documents: try row.decode(atIndex: 1),
          regions: try row.decode(atIndex: 2), newRegionRate: try row.decode(atIndex: 3))
        let counts = [point.activations, point.documents, point.regions]
        guard counts.allSatisfy((0...DictionaryValues.countLimit).contains),
          point.newRegionRate.isFinite
        else { throw damaged("growth: expected counts and a rate, found \(counts)") }
        return point
      }
    }
  }

  /// An integer as it is kept. Of text SQLite would make 0, and of a fraction its whole part.
  func count(_ row: Row, _ index: Int, of region: Int) throws -> Int {
    guard case .int64(let value) = (row[index] as DatabaseValue).storage else {
      throw damaged("region \(region): expected members of 0 or more, found no integer")
    }
    return Int(value)
  }

  /// Likewise a real number.
  func number(_ row: Row, _ index: Int, of region: Int) throws -> Double {
    switch (row[index] as DatabaseValue).storage {
    case .double(let value): return value
    case .int64(let value): return Double(value)
    default: throw damaged("region \(region): expected finite statistics, found no number")
    }
  }

  /// - Throws: `damaged` for what no build writes: a negative count, a number that is not finite.
  func checkValues(of region: Int, members: Int, _ numbers: [Double]) throws {
    guard members >= 0 else {
      throw damaged("region \(region): expected members of 0 or more, found \(members)")
    }
    guard let stray = numbers.first(where: { !$0.isFinite }) else { return }
    throw damaged("region \(region): expected finite statistics, found \(stray)")
  }

  /// Likewise of a region among all, whose members are added up on the way: many a figure is of their sum.
  func checkValues(
    of region: Int, members: Int, sum: inout Int, _ numbers: [Double]
  ) throws {
    try checkValues(of: region, members: members, numbers)
    let (total, overflows) = sum.addingReportingOverflow(members)
    guard !overflows, total <= DictionaryValues.countLimit else {
      throw damaged(
        "region \(region): expected at most \(DictionaryValues.countLimit) members in all")
    }
    sum = total
  }

  /// Of a context to its exemplar.
  ///
  /// - Throws: `damaged` for what is none, by any measure.
  func distance(_ row: Row, _ index: Int) throws -> Double {
    let distance = try row.decode(Double.self, atIndex: index)
    guard abs(distance) <= DictionaryValues.distanceLimit else {
      throw damaged("expected the distance of a context, found \(distance)")
    }
    return distance
  }

  func integers(_ row: Row, _ index: Int, _ name: String, _ region: Int) throws -> [Int] {
    let data = try row.decode(Data.self, atIndex: index)
    guard let numbers = data.withUnsafeBytes({ IntegerList.decode($0) }) else {
      throw damaged("the \(name) of region \(region) are cut short")
    }
    return numbers
  }

  private var contextQuery: String {
    """
    SELECT kind, distance, position, document, text, tokenEnds
      \(hasRows ? ", contextRow.\"row\", tokenStart, tokenEnd" : "")
    FROM context LEFT JOIN document ON document.id = context.document
    \(hasRows ? "LEFT JOIN contextRow USING (region, kind, rank)" : "")
    """
  }

  /// A context as ``contextQuery`` has it.
  /// - Parameter fields: of all rows, read before the query runs: a query within a query is none.
  private func contextText(_ row: Row, _ fields: [RowRecord.Field], textLimit: Int) throws
    -> ContextText
  {
    let position = try row.decode(Int.self, atIndex: 2)
    let text = try row.decode(StoredText?.self, atIndex: 4)?.text
    var context = ContextText(
      distance: try distance(row, 1), position: position,
      document: try row.decode(atIndex: 3), text: text)
    if hasRows, let number = try row.decode(Int?.self, atIndex: 6) {
      context.row = number
      context.fields = Self.fields(ofRow: number, in: fields)
    }
    guard let text else { return context }
    if hasRows, let start = try row.decode(Int?.self, atIndex: 7),
      let end = try row.decode(Int?.self, atIndex: 8)
    {
      guard start >= 0, start <= end, end <= context.documentByteCount else {
        throw damaged("a context's token lies outside its text")
      }
      context.token = start..<end
    }
    if let data = try row.decode(Data?.self, atIndex: 5) {
      context.token = data.withUnsafeBytes {
        Self.tokenRange(ends: $0, position: position, textBytes: context.documentByteCount)
      }
    }
    guard context.documentByteCount > textLimit else { return context }
    let window = TextWindow(of: text, around: context.token ?? 0..<0, limit: textLimit)
    context.text = window.text
    context.textOffset = window.offset
    context.token = context.token.map {
      max(
        $0.lowerBound - window.offset, 0)..<min(
          $0.upperBound - window.offset, window.text.utf8.count)
    }
    return context
  }

  /// The bytes of token `position`, or `nil` where the document has no such token.
  static func tokenRange(
    ends: UnsafeRawBufferPointer, position: Int, textBytes: Int
  ) -> Range<Int>? {
    guard let ends = IntegerList.decode(ends), ends.indices.contains(position) else { return nil }
    let start = position == 0 ? 0 : ends[position - 1]
    guard start >= 0, start <= ends[position], ends[position] <= textBytes else { return nil }
    return start..<ends[position]
  }
}
