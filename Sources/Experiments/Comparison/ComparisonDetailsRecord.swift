import Storage

/// `comparison.json`: the summary, every pair, and every region without one, with what its members say.
package struct ComparisonDetailsRecord: Encodable, Sendable {
  enum CodingKeys: String, CodingKey {
    case summary
    case persisted = "persisted_pairs"
    case dropped = "dropped_regions"
    case introduced = "introduced_regions"
    case cells = "flow_cells"
  }

  @Inline var summary: ComparisonRecord
  var persisted: [Pair]
  var dropped: [Region]
  var introduced: [Region]
  /// Region of A, region of B, rows.
  var cells: [[Int]]

  package init(_ report: ComparisonReport, seconds: Double? = nil) {
    let division = report.division
    summary = ComparisonRecord(report, seconds: seconds)
    persisted = division.persisted.map { pair in
      Pair(
        a: pair.a, b: pair.b, cosine: pair.cosine,
        fateOfA: Fate(report.flow, pair.a, .a), originOfB: Fate(report.flow, pair.b, .b),
        refusalA: report.outcomes?.tally(pair.a, on: .a).map(ComparisonRecord.Tally.init),
        refusalB: report.outcomes?.tally(pair.b, on: .b).map(ComparisonRecord.Tally.init),
        refusalChange: report.outcomes?.change(a: pair.a, b: pair.b))
    }
    dropped = division.dropped.map { Region(report, $0, .a) }
    introduced = division.introduced.map { Region(report, $0, .b) }
    cells = (report.comparison.flow?.cells ?? []).map { [$0.a, $0.b, $0.count] }
  }

  struct Pair: Encodable {
    var a: Int
    var b: Int
    var cosine: Float
    var fateOfA: Fate?
    var originOfB: Fate?
    var refusalA: ComparisonRecord.Tally?
    var refusalB: ComparisonRecord.Tally?
    var refusalChange: Double?
  }

  /// One without a partner above the cutoff.
  struct Region: Encodable {
    var id: Int
    var members: Int
    /// Below the cutoff.
    var partner: Int?
    var cosine: Float?
    var nearest: Int
    var nearestCosine: Float
    // What became of a region of A, or what one of B came of.
    @IfAny var fate: Fate??
    @IfAny var origin: Fate??
    var refusal: ComparisonRecord.Tally?
    var refusalChange: Double?

    init(_ report: ComparisonReport, _ region: Int, _ side: MemberFlow.Side) {
      let isA = side == .a
      let own = isA ? report.comparison.a : report.comparison.b
      let pair = report.division.weak.first { (isA ? $0.a : $0.b) == region }
      (id, members) = (region, own.memberCounts[region])
      (partner, cosine) = (pair.map { isA ? $0.b : $0.a }, pair?.cosine)
      (nearest, nearestCosine) = (Int(own.nearest[region].region), own.nearest[region].cosine)
      let found = Fate(report.flow, region, side)
      if isA { fate = .some(found) } else { origin = .some(found) }
      refusal = report.outcomes?.tally(region, on: side).map(ComparisonRecord.Tally.init)
      refusalChange = report.outcomes?.change(a: isA ? region : nil, b: isA ? nil : region)
    }
  }

  struct Fate: Encodable {
    struct Part: Encodable {
      var region: Int
      var members: Int
      var share: Double
      var shareOfOther: Double

      init(_ part: MemberFlow.Part) {
        (region, members) = (part.region, part.count)
        (share, shareOfOther) = (part.share, part.shareOfOther)
      }
    }

    /// The largest are listed.
    private static let mostParts = 10

    var kind: String
    var words: String
    var parts: [Part]

    /// `nil` where members cannot be followed.
    init?(_ flow: MemberFlow.Index?, _ region: Int, _ side: MemberFlow.Side) {
      guard let parts = flow?.parts(of: region, on: side) else { return nil }
      kind = MemberFlow.fate(parts).name(on: side)
      words = MemberFlow.words(parts, on: side)
      self.parts = parts.prefix(Self.mostParts).map(Part.init)
    }
  }
}

extension MemberFlow.Fate {
  /// What it is called for a region of A, or for one of B, which it came of.
  func name(on side: MemberFlow.Side) -> String {
    switch (self, side) {
    case (_, .a), (.kept, _), (.unknown, _): rawValue
    case (.split, .b): "merge"
    case (.merged, .b): "split off"
    case (.scattered, .b): "gathered"
    }
  }
}
