import ExemplarPartitioning

/// A dictionary's metrics under the reference's keys, and ours behind them.
package struct MetricsRecord: Encodable, Sendable {
  /// A count is a whole number.
  enum Value: Encodable {
    case count(Int?)
    case number(Double?)

    func encode(to encoder: any Encoder) throws {
      switch self {
      case .count(let value): try value.encode(to: encoder)
      case .number(let value): try value.encode(to: encoder)
      }
    }
  }

  struct Growth: Encodable {
    var point: GrowthPoint

    func encode(to encoder: any Encoder) throws {
      var values = encoder.unkeyedContainer()
      try values.encode(point.activations)
      try values.encode(point.documents)
      try values.encode(point.regions)
      try values.encode(point.newRegionRate)
    }
  }

  package struct Nearest: Encodable, Sendable {
    var rows: Int
    var ownRows: Bool
    var store: String
    var nontrivial: Int
    /// Regions whose two counts differ.
    package var unlikeMembers: Int
    var notices: [String]

    package init(
      _ nearest: NearestCounts, members: [Int], minimumMembers: Int
    ) {
      (rows, ownRows, store) = (nearest.rows, nearest.isOfOwnRows, nearest.store)
      nontrivial = nearest.counts.count { $0 >= minimumMembers }
      unlikeMembers = zip(nearest.counts, members).count { $0 != $1 }
      notices = nearest.notices
    }
  }

  @Inline var metrics: OrderedFields<Value>
  var membersCounted = "as streamed"
  @IfAny var nearest: Nearest?
  var growth: [Growth]

  package init(
    _ metrics: DictionaryMetrics, growth points: [GrowthPoint], nearest: Nearest?
  ) {
    self.metrics = OrderedFields(
      metrics.entries.map { entry in
        (
          entry.key,
          entry.isCount ? .count(entry.value.map { Int($0) }) : .number(entry.value)
        )
      })
    (self.nearest, growth) = (nearest, points.map(Growth.init))
  }
}
